"""What the API of a worker says of it: the list of services or agents, with those that are up.

A worker reports to its database every ten to thirty seconds, so the list
catches one that hangs, a minute late.  It does not catch a lost broker, and it
calls a worker down when the one that it reports through is: hence the second
look before anybody is restarted.
"""

from __future__ import annotations

from . import auth, errors, settings
from .context import Context
from .record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Row = dict[str, Any]


class Roster(Record):
    """One API's list."""

    catalogue: tuple[str, ...]  # types under which the catalogue has the API
    path: str  # of the list, below the endpoint
    key: str  # of the list in the answer
    through: str = ""  # query for those without whom nobody can report; all of the list if that is it


_ROSTERS = {
    "cinder": Roster(catalogue=("volumev3", "block-storage"), path="/os-services", key="services"),
    "heat": Roster(catalogue=("orchestration",), path="/services", key="services"),
    "manila": Roster(catalogue=("sharev2", "shared-file-system"), path="/services", key="services"),
    # A compute node reports by RPC through a conductor; the others on their own.
    "nova": Roster(catalogue=("compute",), path="/os-services", key="services", through="nova-conductor"),
    # Agents report by RPC through a neutron-rpc-server, which is not in the list itself.
    "neutron": Roster(catalogue=("network",), path="/v2.0/agents", key="agents", through="*"),
}
_HEADERS = "X-OpenStack-Manila-API-Version: 2.7\r\n"
_REPORTS_BY_RPC = ("nova-compute",)


def check(context: Context, seconds: float) -> None:
    """Is this worker up, as its API has it?

    Raises NotUp if it is not, and Degraded where nobody can tell or the fault
    is likely another's.
    """
    until = context.now() + seconds
    service = context.service
    roster = _ROSTERS[service.roster]
    binary = service.binary
    here = _names(context)
    rows = _rows(context, roster, f"?binary={binary}", until)
    ours = [row for row in rows if row.get("binary") == binary and _text(row, "host").partition("@")[0] in here]
    if not ours:
        raise errors.NotUp(f"{service.name}: the {service.roster} API lists no {binary} on {' or '.join(here)}")
    down = [row for row in ours if not _is_up(row)]
    if not down:
        return
    # Heat keeps a row for each engine that ever was.
    if len(down) < len(ours):
        if service.roster != "heat":
            names = ", ".join(_text(row, "host") for row in down)
            raise errors.Degraded(f"{service.name}: the {service.roster} API says {names} is down")
        return
    _look_further(context, roster, binary, until)
    raise errors.NotUp(f"{service.name}: the {service.roster} API says that it is down")


def _look_further(context: Context, roster: Roster, binary: str, until: float) -> None:
    """Raise Degraded if it may be another who is down."""
    if not roster.through or (roster.through != "*" and binary not in _REPORTS_BY_RPC):
        return
    query = "" if roster.through == "*" else f"?binary={roster.through}"
    if not any(_is_up(row) for row in _rows(context, roster, query, until)):
        who = "every agent" if roster.through == "*" else f"every {roster.through}"
        raise errors.Degraded(
            f"{context.service.name}: the {context.service.roster} API says that it is down, but {who} is"
        )


def _rows(context: Context, roster: Roster, query: str, until: float) -> list[Row]:
    """The rows of the list.  Raises Degraded if it cannot be had."""
    name = context.service.name
    text, where = auth.ask_cloud(context, roster.catalogue, roster.path + query, until, _HEADERS)
    try:
        answer = _parse(text)
        rows: list[Row] = answer[roster.key]
        if all(isinstance(row, dict) for row in rows):
            return rows
    except (ValueError, StopIteration, SystemError, KeyError, TypeError):
        context.log.debug(f"{where} answers {text[:200]!r}")
    raise errors.Degraded(f"{name}: {where} does not answer with a list of {roster.key}")


def _is_up(row: Row) -> bool:
    """Neutron says alive, the others state; Heat has only status."""
    if "alive" in row:
        return row["alive"] is True
    return _text(row, "state" if "state" in row else "status").lower() == "up"


def _text(row: Row, key: str) -> str:
    return str(row.get(key) or "")


def _names(context: Context) -> list[str]:
    """The names by which this host's workers go: configured, or the host's own."""
    given = [settings.option(context, "DEFAULT", "host")]
    for option in ("enabled_backends", "enabled_share_backends"):
        for backend in settings.option(context, "DEFAULT", option).split(","):
            given.append(settings.option(context, backend.strip(), "backend_host"))
    return [name for name in given if name] or [context.host.itself.name()]


def _parse(text: str):
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
