"""The lists of workers (services, agents) that the APIs of OpenStack keep: where each is, and how to read it."""

from __future__ import annotations

from .. import errors, patience
from ..record import Record
from . import ask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..context import Context

    Row = dict[str, Any]

_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"


class Roster(Record):
    """One API's list."""

    catalogue: tuple[str, ...]  # types under which the catalogue has the API
    path: str  # where the list is; {project} is the credentials' project
    key: str  # name of the list in the answer
    headers: tuple[str, ...] = ()  # the version that the agent wants
    reports_by: str = ""  # binary of the workers through which others report; "*" is every worker in the list
    program: str = "binary"  # what a row calls the program of its worker
    filters: bool = True  # a query may name the rows that are wanted
    grace: float = patience.GRACE  # seconds within which a worker that is well reports anew


ROSTERS = {
    "cinder": Roster(catalogue=("volumev3", "block-storage"), path="/v3/{project}/os-services", key="services"),
    "heat": Roster(
        catalogue=("orchestration",),
        path="/v1/{project}/services",
        key="services",
        grace=patience.SLOW_REPORTS,
    ),
    "manila": Roster(
        catalogue=("sharev2", "shared-file-system"),
        # The project may be left out since version 2.60 only.
        path="/v2/{project}/services",
        key="services",
        headers=("X-OpenStack-Manila-API-Version: 2.7",),  # before 2.7 the list is elsewhere
    ),
    # nova-compute reports by RPC through a conductor; the others report without one.
    "nova": Roster(
        catalogue=("compute",),
        path="/v2.1/os-services",
        key="services",
        # Since 2.11 a row says forced_down.  Since 2.69 the list shows the hosts of a cell that does not answer.
        headers=("OpenStack-API-Version: compute 2.69",),
        reports_by="nova-conductor",
    ),
    # Agents report by RPC through a neutron-rpc-server, and that server is not in the list.
    "neutron": Roster(catalogue=("network",), path="/v2.0/agents", key="agents", reports_by="*"),
    "watcher": Roster(
        catalogue=("infra-optim", "resource-optimization"),
        # The short list does not say when a worker has reported.
        path="/v1/services/detail",
        key="services",
        program="name",
        filters=False,
        grace=patience.SLOW_REPORTS,
    ),
}


def rows(context: Context, roster: Roster, wanted: dict[str, str], until: float) -> list[Row]:
    """The rows with the *wanted* values.  Heat ignores what is wanted, and Watcher refuses it: both give every row.

    No API cuts this list, whatever its limits are (read and measured in Zed), except Watcher: its list ends
    after [api] max_limit rows, 1000 by default (read in 2025.1).
    Raises Degraded if the API does not give the list.
    """
    query = "&".join(f"{name}={quoted(value)}" for name, value in wanted.items() if roster.filters)
    path = f"{roster.path}?{query}" if query else roster.path
    answer, where = ask.wanted(context, roster.catalogue, path, roster.headers, until)
    try:
        found: list[Row] = _parse(answer.text)[roster.key]
        if all(isinstance(row, dict) for row in found):
            return found
    except (ValueError, StopIteration, SystemError, KeyError, TypeError, RecursionError):
        context.log.debug(f"{where} answers {context.log.masked(answer.text)[:200]!r}")
    raise errors.Degraded(f"{where} does not answer with a list of {roster.key}")


def text(row: Row, key: str) -> str:
    """The text at *key*; "" if there is none."""
    return str(row.get(key) or "")


def is_up(row: Row) -> bool:
    """Does the row say "up"?  Neutron has the key alive, the others have state, and Heat and Watcher have only status."""
    if "alive" in row:
        return row["alive"] is True
    # Watcher says "ACTIVE" or "FAILED".
    return text(row, "state" if "state" in row else "status").lower() in ("up", "active")


def reported(row: Row) -> str:
    """When the worker has reported, as the API says it; "" if the API does not say it."""
    return text(row, "heartbeat_timestamp") or text(row, "updated_at")


def quoted(value: str) -> str:
    """*value* as it stands in a query; urllib.parse would double the cost of the check."""
    return "".join(c if c in _PLAIN else "".join(f"%{byte:02X}" for byte in c.encode()) for c in value)


def _parse(text: str) -> Any:
    """Read JSON with the scanner that the json module is built on: importing json costs as much as the check.

    Raises StopIteration, SystemError, ValueError or RecursionError if *text* is no such JSON.  The
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
