"""Check: does the API that lists workers (services, agents) say that this worker is up?

A worker reports to the database every ten to thirty seconds.  So the list shows
a worker that hangs about a minute later.  The list does not show a lost broker.
Some workers report through another worker.  If that one is down, the list shows
them all as down.  So this check looks at both before it blames this worker.

Only a row that is there, belongs to this very worker and says "down" can be
the fault of the worker.  A list without the row may be of another region, or
may leave a cell out.

A row belongs to a host, also with ``cluster`` in cinder.conf: each member of
the cluster then has a row of its own.  If several nodes have the same
``backend_host``, they share a row, and it is up as long as one of them reports.
"""

from __future__ import annotations

from .. import errors, notes, patience

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..cloud.lists import Roster, Row
    from ..daemon import Daemon
    from ..service import Service

_REPORTS_BY_RPC = ("nova-compute",)
# Neutron calls this agent down if the row beside it is down (plugins/ml2/drivers/ovn/agent/neutron_agent.py).
_BESIDE = {"neutron-ovn-metadata-agent": "ovn-controller"}
_BACKENDS = {"cinder-volume": "enabled_backends", "manila-share": "enabled_share_backends"}

REASONS = (
    (
        "the ... API says that it is down",
        "The worker does not report. Degraded for a minute (Heat, Watcher: 90 s), then Pacemaker restarts it.",
    ),
    (
        "... says that it is down, but so is every ...",
        "Degraded. Look at the services through which the worker reports. An agent of OVN counts as down while the"
        " ovn-controller of its node is down.",
    ),
    (
        "... says that it is down, but it is forced down, it is disabled, its cell does not answer",
        "Degraded. Enable the worker, or look at the database and the broker of its cell.",
    ),
    (
        "... says that it is down, but its reports go on",
        "Degraded. Compare the clocks of the nodes that run this API and its workers.",
    ),
    (
        "the ... API lists no ... on ...",
        "Degraded. Compare host and backend_host of the service with the API's list, and look at os_region_name.",
    ),
    ("the ... API says ... is down", "Degraded. One of several rows of this node is down."),
    ("... does not answer with a list of ...", "Degraded. The API that keeps the list is not well."),
)


def ABOUT(service: Service) -> str:  # noqa: N802  a word of the check, like REASONS
    """What is checked."""
    return f"With credentials, the {service.listed_by.capitalize()} API lists the daemon as up."


def check(daemon: Daemon, seconds: float) -> None:
    """Ask the API whether this worker is up.

    Raises NotUp if the API lists it as down, and NotListed if the API does not
    list it.  Raises Degraded if nobody can tell, or if the fault probably lies
    elsewhere, and SharedFault if the API or all workers have it, too.
    """
    from ..cloud import lists

    until = daemon.context.now() + seconds
    api, binary = f"the {daemon.service.listed_by} API", daemon.service.binary
    roster = lists.ROSTERS[daemon.service.listed_by]
    names = _names(daemon)
    ours = _rows(daemon, names, until)
    there = [lists.text(row, "host") for row in ours]
    missing = [name for name in names if name not in there]
    down = [row for row in ours if not lists.is_up(row)]
    # Heat has a row for each engine process, and keeps the rows of those that were killed.
    if len(down) < len(ours) and daemon.service.listed_by == "heat":
        return
    if missing:
        raise errors.NotListed(f"{api} lists no {binary} on {' or '.join(missing)}")
    if not down:
        return
    for excuse in filter(None, map(_proves_nothing, down)):
        raise errors.Degraded(f"{api} says that it is down, but {excuse}")
    if len(down) < len(ours):
        raise errors.Degraded(f"{api} says {', '.join(lists.text(row, 'host') for row in down)} is down")
    if _reports_go_on(daemon, " ".join(lists.reported(row) for row in down), roster.grace):
        raise errors.Degraded(f"{api} says that it is down, but its reports go on: compare the clocks of the nodes")
    _look_beside(daemon, roster, names[0], until)
    _look_further(daemon, roster, until)
    raise errors.NotUp(f"{api} says that it is down", roster.grace)


def reported(daemon: Daemon, seconds: float) -> str:
    """When those rows of this worker were written that say "up"; "" if there is none, or if nobody can tell."""
    from ..cloud import lists

    try:
        rows = _rows(daemon, _names(daemon), daemon.context.now() + seconds)
    except errors.AgentError as problem:
        daemon.context.log.debug(str(problem))
        return ""
    return " ".join(sorted(lists.reported(row) for row in rows if lists.is_up(row))).strip()


def _rows(daemon: Daemon, names: list[str], until: float) -> list[Row]:
    """The rows of this worker, which has these *names* there.  Raises Degraded if nobody can tell."""
    from ..cloud import lists

    binary, roster = daemon.service.binary, lists.ROSTERS[daemon.service.listed_by]
    # Several backends may have several hosts.  One list of all of them is one request, and no cloud has many.
    wanted = {"binary": binary, **({"host": names[0]} if len(names) == 1 else {})}
    rows = lists.rows(daemon.context, roster, wanted, until)
    return [row for row in rows if row.get(roster.program) == binary and lists.text(row, "host") in names]


def _proves_nothing(row: Row) -> str:
    """Why a row that does not say "up" is no fault of the worker, for a reason; "" if it may be one."""
    if row.get("forced_down") is True:
        return "it is forced down"
    if row.get("status") == "disabled" or row.get("admin_state_up") is False:
        return "it is disabled"
    if row.get("status") == "UNKNOWN":
        return "its cell does not answer"
    return ""


def _look_beside(daemon: Daemon, roster: Roster, host: str, until: float) -> None:
    """Raise SharedFault if this worker counts as down only because another one on its *host* is down, or not listed."""
    from ..cloud import lists

    other = _BESIDE.get(daemon.service.binary, "")
    if other and not any(
        lists.is_up(row) for row in lists.rows(daemon.context, roster, {"binary": other, "host": host}, until)
    ):
        raise errors.SharedFault(
            f"the {daemon.service.listed_by} API says that it is down, but so is {other} on {host}"
        )


def _look_further(daemon: Daemon, roster: Roster, until: float) -> None:
    """Raise SharedFault if every worker through which this one reports is down, too."""
    from ..cloud import lists

    if not roster.reports_by or (roster.reports_by != "*" and daemon.service.binary not in _REPORTS_BY_RPC):
        return
    wanted = {"fields": "alive"} if roster.reports_by == "*" else {"binary": roster.reports_by}
    rows: list[Row] = lists.rows(daemon.context, roster, wanted, until)
    if not any(lists.is_up(row) for row in rows):
        who = "every agent" if roster.reports_by == "*" else f"every {roster.reports_by}"
        raise errors.SharedFault(f"the {daemon.service.listed_by} API says that it is down, but so is {who}")


def _reports_go_on(daemon: Daemon, stamps: str, grace: float) -> bool:
    """Has the worker reported within the *grace*, whatever the list makes of the dates?

    The API compares a date of the worker's node with its own clock.  If these
    clocks differ by more than a minute, a worker that is well is "down".  The
    note holds the *stamps* of the last look, and when they last changed.
    """
    context = daemon.context
    note, now = notes.reported(context), context.now()
    age, (moved, _, before) = note.age(), note.read().strip().partition(" ")
    follows = age is not None and age < context.interval + context.timeout + patience.INTERRUPTED
    if not (follows and before):
        moved = "never"
    elif before != stamps:
        moved = f"{now:.0f}"
    note.write(f"{moved} {stamps}\n")
    return moved.isdecimal() and now - int(moved[:12]) < grace


def _names(daemon: Daemon) -> list[str]:
    """The names of this worker in the list.

    Workers report as the option host of their configuration, else as the name
    of the host.  cinder-volume and manila-share add the name of each backend.
    backend_host is an option of cinder-volume alone (cinder/cmd/volume.py).
    """
    option, binary = daemon.settings.option, daemon.service.binary
    host = option("DEFAULT", "host") or daemon.context.host.itself.name()
    listed = option("DEFAULT", _BACKENDS[binary]) if binary in _BACKENDS else ""
    backends = [backend.strip() for backend in listed.split(",") if backend.strip()]
    if not backends:
        return [host]
    of_backend = {backend: option(backend, "backend_host") for backend in backends if binary == "cinder-volume"}
    return [f"{of_backend.get(backend) or host}@{backend}" for backend in backends]
