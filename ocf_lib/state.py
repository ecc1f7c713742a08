"""The state of a service as an attribute of the node: ``openstack-<resource>`` holds "well", or what is wrong.

Pacemaker does not report a result again that has not changed.  So only this
attribute shows a reason that changes while the service stays degraded, and only
this attribute says that the service is well again.  It never decides: if the
cluster does not take it, the result of the action stays the same.
"""

from __future__ import annotations

from . import notes, patience
from .context import Context
from .record import Record

WELL = "well"
_UPDATER = "/usr/sbin/attrd_updater"
_LONGEST = 200  # characters of a value; the log has all of it


class _Shown(Record):
    """What the attribute holds, as far as this node knows."""

    text: str = ""
    by: str = ""  # interval of the monitor that said it, in milliseconds
    until: float = 0.0  # when to say it again, on the clock of ``Context.now``
    age: float = 0.0  # seconds since that monitor last said it


def show(context: Context, text: str) -> None:
    """Let the attribute hold *text*: WELL, or the reason of a result.

    A process runs only if the text is new.  A monitor of another interval may
    look less deep, so it replaces no reason while its owner still gives it.
    """
    node = _node(context)
    if not node:
        return
    text = _fitting(context.log.ours(text))
    note = notes.state(context)
    before = _parse(note)
    now, by = context.now(), f"{context.interval * 1000:.0f}"
    # A start, "0", gives its reason only once.
    if before.by not in ("0", by) and before.text not in ("", WELL) and before.age < _freshness(context, before):
        return
    until = before.until
    if now >= until or _lasting(text) != _lasting(before.text):
        taken = _tell(context, node, f"--update={text}")
        until = now + (patience.STATE_AGAIN if taken else patience.STATE_RETRY)
    elif text == WELL:
        return
    # A reason is noted each time, so that the age of the note says whether its monitor still gives it.
    note.write(f"{until:.0f} {by} {text}")


def remove(context: Context) -> None:
    """Remove the attribute: a stopped service has no state."""
    node = _node(context)
    if node:
        _tell(context, node, "--delete")


def _node(context: Context) -> str:
    """The name of this node in the cluster; "" if no cluster has called the agent.  crm_resource passes none."""
    return context.given.get("CRM_meta_on_node", "")


def _freshness(context: Context, shown: _Shown) -> float:
    """Seconds after which the monitor that gave this reason must have come again."""
    return int(shown.by) / 1000 + context.timeout + patience.INTERRUPTED


def _parse(note: notes.Dated) -> _Shown:
    age = note.age()
    until, _, rest = note.read().partition(" ")
    by, _, text = rest.partition(" ")
    if age is None or not all(word.isdecimal() and word.isascii() and len(word) < 20 for word in (until, by)):
        return _Shown()
    return _Shown(text=text, by=by, until=float(until), age=age)


def _fitting(text: str) -> str:
    """*text*, short enough for one line of ``crm_mon -A``."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _lasting(text: str) -> list[str]:
    """The words of *text* without its seconds ("does not answer in 21 s"): another number is not another state."""
    words = text.split()
    return [word for word, unit in zip(words, [*words[1:], ""]) if not (word.isdecimal() and unit.strip("),") == "s")]


def _tell(context: Context, node: str, what: str) -> bool:
    """Change the attribute.  Returns false, and logs why, if the cluster does not take the change."""
    command = [_UPDATER, f"--name=openstack-{context.instance}", f"--node={node}", what]
    try:
        code, said = context.host.programs.ask(command, min(patience.ATTRIBUTE_TAKEN, context.left() / 4))
    except OSError as problem:
        code, said = 1, problem.strerror or str(problem)
    if code:
        context.log.warn(f"the state is not shown: attrd_updater: {context.log.masked(said) or f'exit status {code}'}")
    return code == 0
