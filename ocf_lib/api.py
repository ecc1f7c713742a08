"""Does this instance answer, and what?"""

from __future__ import annotations

from . import daemon, errors
from .context import Context
from .host import Host
from .record import Record


class Answer(Record):
    """The head of an HTTP response."""

    status: int
    media: str  # media type, lower case, "" if none was named


def check(context: Context, host: Host, seconds: float) -> None:
    """Ask the daemon what it answers without credentials.

    2xx, 3xx (version documents answer 300) and 401 (the API is alive and asks
    who we are) are well.  Raises Silence, and AgentError for any other answer.
    """
    where = daemon.address(context, host)
    answer = get(context, host, where, seconds)
    if not (200 <= answer.status < 400 or answer.status == 401):
        raise errors.AgentError(f"{context.service.name}: {where} answers {answer.status}")
    wanted = context.service.api.media
    if answer.status == 200 and answer.media != wanted:
        raise errors.AgentError(
            f"{context.service.name}: {where} answers {answer.media or 'something'} where {wanted} is due"
        )


def get(context: Context, host: Host, where: daemon.Address, seconds: float, token: str = "") -> Answer:
    """GET *where*, following nothing, within *seconds* altogether.

    Raises Silence if no answer comes in time, AgentError if what comes is
    none.  Twenty lines over a socket: http.client would cost a monitor three
    times its other work, obey proxy variables, and know no overall deadline.
    """
    name = f"[{where.host}]" if ":" in where.host else where.host
    headers = f"GET {where.path} HTTP/1.1\r\nHost: {name}:{where.port}\r\nAccept: */*\r\nConnection: close\r\n"
    if token:
        headers += f"X-Auth-Token: {token}\r\n"
    request = f"{headers}User-Agent: openstack-resource-agents\r\n\r\n".encode("latin-1", "replace")
    who = f"{context.service.name}: {where}"
    began = host.now()
    try:
        tls = _tls(context, host, bool(token)) if where.scheme == "https" else None
        head = host.exchange(where.host, where.port, request, seconds, tls, b"\r\n\r\n")
    except TimeoutError:
        raise errors.Silence(f"{who} does not answer in {seconds:.0f} s") from None
    except ConnectionRefusedError:
        raise errors.AgentError(f"{who} refuses connections") from None
    except OSError as problem:
        raise errors.AgentError(f"{who}: {problem.strerror or problem}") from None
    answer = _parse(head)
    if answer is None:
        what = "closes the connection without an answer" if not head else "does not speak HTTP"
        raise errors.AgentError(f"{who} {what}")
    context.log.debug(f"GET {where}: {answer.status} {answer.media} in {(host.now() - began) * 1000:.0f} ms")
    return answer


def _parse(head: bytes) -> Answer | None:
    """The status and media type of a response's head, or None if it is no such thing."""
    lines = head.decode("latin-1").split("\r\n")
    version, _, rest = lines[0].partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/1.") or not status.isdecimal() or not 100 <= int(status) < 600:
        return None
    media = ""
    for line in lines[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "content-type":
            media = value.partition(";")[0].strip().lower()
    return Answer(status=int(status), media=media)


def _tls(context: Context, host: Host, secret: bool):
    """How to speak TLS: a token goes only to a server whose certificate holds, a health question to anyone."""
    return host.tls(context.get("os_cacert"), certificate_name(context, host), secret and not context.flag("insecure"))


def certificate_name(context: Context, host: Host) -> str:
    """The name that this instance's certificate should carry: that of the public URL, if we are told it."""
    public = context.get("os_auth_url")
    return daemon.parse_url("os_auth_url", public).host if public else daemon.address(context, host).host
