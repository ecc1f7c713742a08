"""A unit that systemd has just started: does it still run, and if not, what did it log last?"""

from __future__ import annotations

from .. import errors
from ..context import Context
from . import child, systemd

_JOURNALCTL = "/usr/bin/journalctl"


class UnitChild:
    """One start of a unit, and how long the service's logs were before."""

    def __init__(self, context: Context, unit: str) -> None:
        self._context = context
        self._unit = unit
        logs = (context.service.log_file, *context.service.logs)
        self._logs = [(log, context.host.files.size(log)) for log in logs]

    def still_runs(self) -> None:
        """Raise Died, with the last words of the unit, if it has ended.  systemd is asked only if no process is left."""
        context = self._context
        if context.host.groups.members(systemd.group(context, self._unit)):
            return
        state = systemd.show(context, self._unit)
        if state.get("ActiveState") in ("failed", "inactive"):
            raise self.died(state)

    def complaint(self) -> str:
        """The error that the unit's processes logged last, for the end of a reason; "" if there is none."""
        return child.complaint(self._context, self._logs)

    def why(self, problem: errors.AgentError) -> errors.AgentError:
        """The error of a start of the unit that failed with *problem*: its last words, if systemd knows that it died."""
        try:
            state = systemd.show(self._context, self._unit)
        except errors.AgentError:
            return problem
        return self.died(state) if state.get("ActiveState") == "failed" else problem

    def died(self, state: dict[str, str]) -> errors.Died:
        """The error that says how the unit ended: its exit status, and what it logged last."""
        result, status = state.get("Result", ""), state.get("ExecMainStatus", "")
        said = child.logged(self._context, self._logs)
        said = said if said[0] else self._in_journal(state)
        how = f"{self._unit} ended at once, {result} (status {status})"
        return child.died(self._context, how, said, (result, status) == ("exit-code", "2"))

    def _in_journal(self, state: dict[str, str]) -> tuple[str, str]:
        """What ``child.logged`` returns, from what the unit's processes wrote to the journal."""
        wanted = f"_SYSTEMD_INVOCATION_ID={state.get('InvocationID', '')}"
        query = [_JOURNALCTL, "--quiet", "--no-pager", "--output=cat", "--lines=50", wanted]
        try:
            _, text = self._context.host.programs.ask(query, systemd.answers(self._context))
        except OSError as problem:
            self._context.log.debug(f"journalctl: {problem.strerror or problem}")
            return "", ""
        line, _ = child.last_line(text)
        return line, "journal"
