"""Does a message broker greet?  A look at the brokers of one URL, to find whose fault a symptom is."""

from __future__ import annotations

from .. import errors, patience
from ..daemon.brokers import TLS, Broker
from ..param import TRUE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon

_HEADER = b"AMQP\0\0\x09\x01"  # AMQP 0-9-1, 4.2.2: a broker answers this header with its greeting


def trouble(daemon: Daemon, cluster: list[Broker], seconds: float) -> str:
    """What is wrong with the brokers of a *cluster*, for a reason; "" if one of them is well or nobody can tell.

    If many are silent, there is no time to ask all of them.  Then those that were asked explain the symptom.
    """
    context, network = daemon.context, daemon.context.host.network
    until = context.now() + seconds
    secured = daemon.settings.option("oslo_messaging_rabbit", "ssl").lower() in TRUE
    found = ""
    for number, one in enumerate(cluster):
        left = until - context.now()
        given = min(max(left / (len(cluster) - number), patience.GREETING_EVIDENCE), patience.GREETING_LONGEST)
        if given > left:
            break
        tls = network.tls("", one.server, False) if secured or one.ports[0] == TLS else None
        try:
            if network.ask_greeting((one.server, one.ports[0]), _HEADER, given, tls):
                return ""
            # A proxy without a backend accepts and closes.
            found = f"{one} closes the connection without a greeting"
        except OSError as problem:
            found = errors.unreachable(str(one), problem)
    return found
