"""What other resources of this host have launched, and who else does the work of the daemon."""

from __future__ import annotations

from .. import notes, patience
from ..context import Context
from . import launched, scope
from .looks import Looks
from .process import Found, Process, read

_CIBADMIN = "/usr/sbin/cibadmin"
_NO_SUCH_OBJECT = 105  # crm_error(8)


class Others:
    """The launch records of all resources but this one."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._host = context.host
        self._asked: dict[str, bool] = {}
        self._mark, self._scope = launched.mark(context), scope.owner(context)
        # A person who asks without the name of a resource means whatever runs.
        texts = notes.launched_by_others(context) if context.environ.get("OCF_RESOURCE_INSTANCE") else {}
        self._records = {name: one for name, text in texts.items() if (one := launched.parse(text)) is not None}

    def resource(self, process: Process) -> str:
        """The other resource for which an agent launched *process*, by record, control group or mark; else ""."""
        mark = self._host.processes.mark(process.pid)
        return self.by_construction(process) or ("" if mark in ("", self._mark) else mark.partition("/")[2] or mark)

    def by_construction(self, process: Process) -> str:
        """The same by record or control group alone: a stuck process does not answer for its environment."""
        group = self._host.groups.of(process.pid)
        for name, one in self._records.items():
            is_its = (
                process.key == (one.pid, one.start)
                or (one.session and one.session == process.session and self._holds(one))
                or group in one.groups
            )
            if is_its and self._exists(name):
                return name
        whose = scope.whose(group)
        return "" if whose in ("", self._scope) else whose.partition(":")[2]

    def _holds(self, one: launched.Launched) -> bool:
        """Does the number of the recorded process still mean that process, or nobody?"""
        now = read(self._host, one.pid)
        return now is None or now.start == one.start

    def _exists(self, name: str) -> bool:
        """May there be a resource of this name?  What a deleted one had adopted is there for the next one."""
        if name not in self._asked:
            self._asked[name] = is_in_the_cluster(self._context, name) is not False
        return self._asked[name]


def is_in_the_cluster(context: Context, resource: str) -> bool | None:
    """Does the cluster have a resource of this name?  None if it does not answer, or cannot be asked for such a name.

    If a resource is deleted while it is unmanaged, its daemon runs on.
    """
    # All copies of a clone are one resource.
    name = resource.partition(":")[0]
    if not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        return None
    query = [_CIBADMIN, "--query", "--xpath", f"//primitive[@id='{name}']"]
    try:
        code, text = context.host.programs.ask(query, min(patience.CLUSTER_ANSWERS, context.left() / 4))
    except OSError as problem:
        code, text = 1, problem.strerror or str(problem)
    if code in (0, _NO_SUCH_OBJECT):
        return code == 0
    context.log.debug(f"cibadmin: {context.log.masked(text)}")
    return None


def second(context: Context, own: Found) -> str:
    """Who else does the work of the daemon, for a reason; "" if nobody does.

    It is a process that runs the same program as the same account, with
    whatever configuration.  One that another resource of the cluster has
    launched is welcome: two resources may run one program.
    """
    looks, others = Looks(context), Others(context)
    inside = {process.pid for process in own.all}
    for pid in context.host.processes.pids():
        process = read(context.host, pid)
        if process is None or pid in inside or not looks.fits(process, whole=False):
            continue
        resource = others.resource(process)
        if not resource:
            return f"pid {pid} already runs this program"
        known = is_in_the_cluster(context, resource)
        if not known:
            what = (
                "and the cluster does not say whether it has that"
                if known is None
                else "which is no resource of this cluster"
            )
            return f"pid {pid} already runs this program, for {resource}, {what}"
        ours = context.instance
        if resource.partition(":")[0] == ours.partition(":")[0] and (":" in resource) != (":" in ours):
            return f"pid {pid} already runs this program, for {resource}, the same resource in another form"
    return ""
