"""Check: does the API that lists workers (services, agents) say that this worker is up?

A worker reports to the database every ten to thirty seconds.  So the list shows
a worker that hangs about a minute later.  The list does not show a lost broker.
Some workers report through another worker.  If that one is down, the list shows
them all as down.  So this check looks at both before it blames this worker.
"""

from __future__ import annotations

from .. import errors
from ..record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..daemon import Daemon
    from ..service import Service

    Row = dict[str, Any]


class Roster(Record):
    """One API's list."""

    catalogue: tuple[str, ...]  # types under which the catalogue has the API
    path: str  # where the list is; {project} is the project of the credentials
    key: str  # name of the list in the answer
    reports_by: str = ""  # binary of the workers through which others report; "*" is every worker in the list


_ROSTERS = {
    "cinder": Roster(catalogue=("volumev3", "block-storage"), path="/v3/{project}/os-services", key="services"),
    "heat": Roster(catalogue=("orchestration",), path="/v1/{project}/services", key="services"),
    "manila": Roster(catalogue=("sharev2", "shared-file-system"), path="/v2/{project}/services", key="services"),
    # nova-compute reports by RPC through a conductor; the others report without one.
    "nova": Roster(catalogue=("compute",), path="/v2.1/os-services", key="services", reports_by="nova-conductor"),
    # Agents report by RPC through a neutron-rpc-server, and that server is not in the list.
    "neutron": Roster(catalogue=("network",), path="/v2.0/agents", key="agents", reports_by="*"),
}
_HEADERS = ("X-OpenStack-Manila-API-Version: 2.7",)
_REPORTS_BY_RPC = ("nova-compute",)

REASONS = (
    (
        "the ... API says that it is down",
        "The worker does not report. Degraded for a minute, then Pacemaker restarts it.",
    ),
    (
        "... says that it is down, but so is every ...",
        "Degraded. Look at the services through which the worker reports.",
    ),
    (
        "the ... API lists no ... on ...",
        "Compare host and backend_host of the service with the API's list. After a minute Pacemaker restarts the worker.",
    ),
    ("the ... API says ... is down", "Degraded. One of several rows of this node is down."),
    ("... does not answer with a list of ...", "Degraded. The API that keeps the list is not well."),
)


def ABOUT(service: Service) -> str:  # noqa: N802  a word of the check, like REASONS
    """What is checked."""
    return f"With credentials, the {service.listed_by.capitalize()} API lists the daemon as up."


def check(daemon: Daemon, seconds: float) -> None:
    """Ask the API whether this worker is up.

    Raises NotUp if the API lists it as down or does not list it.  Raises
    Degraded if nobody can tell, or if the fault probably lies elsewhere.
    """
    until = daemon.context.now() + seconds
    service = daemon.service
    roster = _ROSTERS[service.listed_by]
    binary = service.binary
    here = _names(daemon)
    rows = _rows(daemon, roster, f"?binary={binary}", until)
    ours = [row for row in rows if row.get("binary") == binary and _text(row, "host").partition("@")[0] in here]
    if not ours:
        raise errors.NotUp(f"the {service.listed_by} API lists no {binary} on {' or '.join(here)}")
    down = [row for row in ours if not _is_up(row)]
    if not down:
        return
    # Heat keeps the row of every engine that ever ran.
    if len(down) < len(ours):
        if service.listed_by != "heat":
            names = ", ".join(_text(row, "host") for row in down)
            raise errors.Degraded(f"the {service.listed_by} API says {names} is down")
        return
    _look_further(daemon, roster, until)
    raise errors.NotUp(f"the {service.listed_by} API says that it is down")


def _look_further(daemon: Daemon, roster: Roster, until: float) -> None:
    """Raise Degraded if every worker through which this one reports is down, too."""
    if not roster.reports_by or (roster.reports_by != "*" and daemon.service.binary not in _REPORTS_BY_RPC):
        return
    query = "" if roster.reports_by == "*" else f"?binary={roster.reports_by}"
    if not any(_is_up(row) for row in _rows(daemon, roster, query, until)):
        who = "every agent" if roster.reports_by == "*" else f"every {roster.reports_by}"
        raise errors.Degraded(f"the {daemon.service.listed_by} API says that it is down, but so is {who}")


def _rows(daemon: Daemon, roster: Roster, query: str, until: float) -> list[Row]:
    """The rows of the list.  Raises Degraded if the API does not give the list."""
    from ..cloud import token

    context = daemon.context
    answer, where = token.ask_cloud(context, roster.catalogue, roster.path + query, _HEADERS, until)
    try:
        rows: list[Row] = _parse(answer.text)[roster.key]
        if all(isinstance(row, dict) for row in rows):
            return rows
    except (ValueError, StopIteration, SystemError, KeyError, TypeError):
        context.log.debug(f"{where} answers {context.log.masked(answer.text)[:200]!r}")
    raise errors.Degraded(f"{where} does not answer with a list of {roster.key}")


def _is_up(row: Row) -> bool:
    """Does the row say "up"?  Neutron has the key alive, the others have state, and Heat has only status."""
    if "alive" in row:
        return row["alive"] is True
    return _text(row, "state" if "state" in row else "status").lower() == "up"


def _text(row: Row, key: str) -> str:
    return str(row.get(key) or "")


def _names(daemon: Daemon) -> list[str]:
    """The names under which this host's workers report: those of the configuration, else the name of the host."""
    settings = daemon.settings
    given = [settings.option("DEFAULT", "host")]
    for option in ("enabled_backends", "enabled_share_backends"):
        for backend in settings.option("DEFAULT", option).split(","):
            given.append(settings.option(backend.strip(), "backend_host"))
    return [name for name in given if name] or [daemon.context.host.itself.name()]


def _parse(text: str) -> Any:
    """Read JSON with the scanner that the json module is built on: importing json costs as much as the check.

    Raises StopIteration, SystemError or ValueError if *text* is no JSON.  The
    scanner has no exception of its own.  It is no public part of Python: if it
    is not as it was (3.15 added ``array_hook``), the json module reads the text.
    """

    class Usual:
        strict = True
        object_hook = object_pairs_hook = array_hook = None
        parse_float = float
        parse_int = int
        parse_constant = float
        memo: dict[str, str] = {}

    try:
        from _json import make_scanner

        scan = make_scanner(Usual)  # type: ignore[arg-type]
    except (ImportError, AttributeError, TypeError):
        import json

        return json.loads(text)
    value, _ = scan(text.strip(), 0)
    return value
