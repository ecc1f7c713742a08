"""What the API of a worker says of it: the list of services or agents, with those that are up.

A worker reports to its database every ten to thirty seconds, so the list
catches one that hangs, a minute late.  It does not catch a lost broker, and it
calls a worker down when the one that it reports through is: hence the second
look before anybody is restarted.
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
    path: str  # of the list, below the endpoint
    key: str  # of the list in the answer
    reports_by: str = ""  # query for those without whom nobody can report; all of the list if that is it


_ROSTERS = {
    "cinder": Roster(catalogue=("volumev3", "block-storage"), path="/os-services", key="services"),
    "heat": Roster(catalogue=("orchestration",), path="/services", key="services"),
    "manila": Roster(catalogue=("sharev2", "shared-file-system"), path="/services", key="services"),
    # A compute node reports by RPC through a conductor; the others on their own.
    "nova": Roster(catalogue=("compute",), path="/os-services", key="services", reports_by="nova-conductor"),
    # Agents report by RPC through a neutron-rpc-server, which is not in the list itself.
    "neutron": Roster(catalogue=("network",), path="/v2.0/agents", key="agents", reports_by="*"),
}
_HEADERS = ("X-OpenStack-Manila-API-Version: 2.7",)
_REPORTS_BY_RPC = ("nova-compute",)

REASONS = (
    (
        "the ... API says that it is down",
        "It does not report. Degraded for a minute, then Pacemaker restarts it.",
    ),
    ("... says that it is down, but every ... is", "Degraded. Look at those that it reports through."),
    ("... does not answer with a list of ...", "Degraded. The API that keeps the list is not well."),
)


def ABOUT(service: Service) -> str:  # noqa: N802  a word of the check, like REASONS
    """What is checked."""
    return f"With credentials, the {service.listed_by.capitalize()} API lists it as up."


def check(daemon: Daemon, seconds: float) -> None:
    """Is this worker up, as its API has it?

    Raises NotUp if it is not, and Degraded if nobody can tell or the fault
    is likely another's.
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
    # Heat keeps a row for each engine that ever was.
    if len(down) < len(ours):
        if service.listed_by != "heat":
            names = ", ".join(_text(row, "host") for row in down)
            raise errors.Degraded(f"the {service.listed_by} API says {names} is down")
        return
    _look_further(daemon, roster, until)
    raise errors.NotUp(f"the {service.listed_by} API says that it is down")


def _look_further(daemon: Daemon, roster: Roster, until: float) -> None:
    """Raise Degraded if it may be another who is down."""
    if not roster.reports_by or (roster.reports_by != "*" and daemon.service.binary not in _REPORTS_BY_RPC):
        return
    query = "" if roster.reports_by == "*" else f"?binary={roster.reports_by}"
    if not any(_is_up(row) for row in _rows(daemon, roster, query, until)):
        who = "every agent" if roster.reports_by == "*" else f"every {roster.reports_by}"
        raise errors.Degraded(f"the {daemon.service.listed_by} API says that it is down, but {who} is")


def _rows(daemon: Daemon, roster: Roster, query: str, until: float) -> list[Row]:
    """The rows of the list.  Raises Degraded if it cannot be had."""
    # The words of a check are read without what it asks with.
    from ..cloud import token

    context = daemon.context
    answer = token.ask_cloud(context, roster.catalogue, roster.path + query, _HEADERS, until)
    try:
        rows: list[Row] = _parse(answer.text)[roster.key]
        if all(isinstance(row, dict) for row in rows):
            return rows
    except (ValueError, StopIteration, SystemError, KeyError, TypeError):
        context.log.debug(f"the list is {context.log.masked(answer.text)[:200]!r}")
    raise errors.Degraded(f"the {daemon.service.listed_by} API does not answer with a list of {roster.key}")


def _is_up(row: Row) -> bool:
    """Neutron says alive, the others state; Heat has only status."""
    if "alive" in row:
        return row["alive"] is True
    return _text(row, "state" if "state" in row else "status").lower() == "up"


def _text(row: Row, key: str) -> str:
    return str(row.get(key) or "")


def _names(daemon: Daemon) -> list[str]:
    """The names by which this host's workers go: configured, or the host's own."""
    settings = daemon.settings
    given = [settings.option("DEFAULT", "host")]
    for option in ("enabled_backends", "enabled_share_backends"):
        for backend in settings.option("DEFAULT", option).split(","):
            given.append(settings.option(backend.strip(), "backend_host"))
    return [name for name in given if name] or [daemon.context.host.itself.name()]


def _parse(text: str) -> Any:
    """JSON, by the scanner that the json module is built on: importing that one costs as much as the check.

    Raises StopIteration, SystemError or ValueError for what is none: left to
    itself the scanner has no error of its own.
    """
    from _json import make_scanner

    class Usual:
        strict = True
        object_hook = object_pairs_hook = None
        parse_float = float
        parse_int = int
        parse_constant = float
        memo: dict[str, str] = {}

    value, _ = make_scanner(Usual)(text.strip(), 0)  # type: ignore[arg-type]
    return value
