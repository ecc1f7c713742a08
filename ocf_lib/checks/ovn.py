"""Whose fault it is: are OVN's databases well, if a Neutron daemon uses OVN?

The agent asks this only after a check has failed.  Each request that changes
or lists what OVN knows waits for these databases, so an API with few workers is
soon silent.
"""

from __future__ import annotations

from .. import errors, patience

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon

REASONS = (
    (
        "OVN database ... does not answer, refuses connections",
        "Degraded. Look at OVN's databases. Pacemaker restarts nothing.",
    ),
)
# Neutron's own defaults, in neutron/conf/plugins/ml2/drivers/ovn/ovn_conf.py.
_DEFAULTS = {"ovn_nb_connection": "tcp:127.0.0.1:6641", "ovn_sb_connection": "tcp:127.0.0.1:6642"}
# RFC 7047, 4.1.11.  A server that wants TLS closes the connection, which is an answer, too.
_ECHO = b'{"method":"echo","id":0,"params":[]}'


def trouble(daemon: Daemon, seconds: float) -> str:
    """What is wrong with OVN's databases, for a reason; "" if they are well, or the daemon has none, or nobody can tell.

    The members of a cluster stand in one option.  One that is well is enough.
    """
    option = daemon.settings.option
    wanted = daemon.service.ovn
    if not wanted and "ovn" in [word.strip() for word in option("ml2", "mechanism_drivers").split(",")]:
        # The section alone proves nothing: an earlier driver may have left it behind, and other agents read it, too.
        wanted = tuple(_DEFAULTS)
    for name in wanted:
        words = option("ovn", name, _DEFAULTS[name]).split(",")
        members = [place for word in words if (place := _member(word.strip()))]
        found = [_away(daemon, place, seconds / len(wanted) / len(members)) for place in members]
        if found and all(found):
            return found[0]
    return ""


def _member(text: str) -> tuple[str, int] | None:
    """(name or address, port) of "tcp:127.0.0.1:6641" or "ssl:[::1]:6641"; None for a UNIX socket."""
    scheme, _, place = text.partition(":")
    server, _, port = place.rpartition(":")
    return (server.strip("[]"), int(port)) if scheme in ("tcp", "ssl") and server and port.isdecimal() else None


def _away(daemon: Daemon, place: tuple[str, int], seconds: float) -> str:
    """Why one server is away, for a reason; "" if it is not, or if there was too little time to tell."""
    given = min(seconds, patience.GREETING_LONGEST)
    try:
        daemon.context.host.network.ask_greeting(place, _ECHO, given)
    except ConnectionResetError:
        return ""
    except OSError as problem:
        if isinstance(problem, TimeoutError) and given < patience.GREETING_EVIDENCE:
            return ""
        return errors.unreachable(f"OVN database {place[0]}:{place[1]}", problem)
    return ""
