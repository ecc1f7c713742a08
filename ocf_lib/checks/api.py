"""Check: does this instance answer HTTP as it should, without credentials?"""

from __future__ import annotations

from .. import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from ..address import Address
    from ..cloud import http
    from ..daemon import Daemon
    from ..service import Service

REASONS = (
    ("http://... does not answer in N s", "The daemon hangs. Pacemaker restarts it."),
    (
        "less than 120 s ago: ... (http://... does not answer in N s)",
        "Degraded. That component is back, and the daemon may still wait for an old answer. If the daemon stays silent"
        " for two minutes, Pacemaker restarts the daemon.",
    ),
    ("http://... refuses connections", "No process listens there. Pacemaker restarts the daemon."),
    (
        "http://... answers 500",
        "Often the daemon's account cannot read a configuration file. Pacemaker restarts the daemon.",
    ),
    (
        "http://... answers ... instead of ...",
        "Another program has the port, or a proxy answers. Pacemaker restarts the daemon.",
    ),
    (
        "http://... answers 404; see path",
        "Degraded. The daemon of an openstack-daemon lives. Correct path, port or url.",
    ),
    (
        "http://... answers 400 to Host: ...; see host_header",
        "Degraded. ALLOWED_HOSTS of Horizon does not hold that name. Set host_header to a name that it holds.",
    ),
    ("http://... does not speak HTTP", "Another program has the port. Pacemaker restarts the daemon."),
    (
        "https://... cannot agree on TLS with the agent: ...",
        "Degraded. The daemon may serve http. Compare url with the configuration of the service.",
    ),
    (
        "http://... closes the connection without an answer",
        "A process of the daemon died. Pacemaker restarts the daemon.",
    ),
    errors.UNRESOLVED,
)


def ABOUT(service: Service) -> str:  # noqa: N802  a word of the check, like REASONS
    """What is checked."""
    return f"The daemon answers HTTP on port {service.api.port}."


def check(daemon: Daemon, seconds: float) -> None:
    """Send the daemon a request without credentials.

    These statuses are well: 2xx, 3xx (a version document has 300), 401 (the
    API is alive and wants credentials), and those that the service declares.
    Raises Silence, Degraded if the daemon refuses the Host header, and
    AgentError for any other answer.
    """
    context, api = daemon.context, daemon.service.api
    until = context.now() + seconds
    where = daemon.address
    answer = _ask(daemon, where, seconds)
    for path in api.paths:
        if answer.status != 404 or 404 in api.answers:
            break
        if path != where.path:
            where = where.at(path)
            answer = _ask(daemon, where, max(until - context.now(), 0.1))
    host = _host(daemon)
    if host and answer.status == 400:
        raise errors.Degraded(f"{where} answers 400 to Host: {host}; see host_header")
    if daemon.service.described and 400 <= answer.status < 500 and answer.status != 401:
        raise errors.Degraded(f"{where} answers {answer.status}; see path")
    if not (200 <= answer.status < 400 or answer.status == 401 or answer.status in api.answers):
        raise errors.AgentError(f"{where} answers {answer.status}")
    if answer.status == 200 and api.media and not api.own_listener and answer.media != api.media:
        raise errors.AgentError(f"{where} answers {answer.media or 'something'} instead of {api.media}")


def beat(daemon: Daemon) -> Callable[[float], None]:
    """A heartbeat asks the same as the check."""
    return lambda seconds: check(daemon, seconds)


def _ask(daemon: Daemon, where: Address, seconds: float) -> http.Answer:
    # The words of a check are read without what it asks with.
    from ..cloud import http

    certificate = http.certificate_name(daemon.context, where) if where.scheme == "https" else ""
    return http.send(daemon.context, http.Request(where=where, host=_host(daemon), certificate=certificate), seconds)


def _host(daemon: Daemon) -> str:
    """The Host header that the operator may choose; "" if this service answers to any name."""
    return daemon.context.get("host_header") if daemon.context.has("host_header") else ""
