"""Does this instance answer, and what?"""

from __future__ import annotations

from . import daemon, errors
from .address import Address, parse_url
from .context import Context
from .record import Record


class Answer(Record):
    """The head of an HTTP response."""

    status: int
    media: str  # media type, lower case, "" if none was named


def check(context: Context, seconds: float) -> None:
    """Ask the daemon what it answers without credentials.

    2xx, 3xx (version documents answer 300), 401 (the API is alive and asks
    who we are) and what the service declares are well.  Raises Silence, and
    AgentError for any other answer.
    """
    api = context.service.api
    until = context.now() + seconds
    where = daemon.address(context)
    answer = get(context, where, seconds)
    for path in api.paths:
        if answer.status != 404 or 404 in api.answers:
            break
        if path != where.path:
            where = where.at(path)
            answer = get(context, where, max(until - context.now(), 0.1))
    if not (200 <= answer.status < 400 or answer.status == 401 or answer.status in api.answers):
        raise errors.AgentError(f"{context.service.name}: {where} answers {answer.status}")
    if answer.status == 200 and api.media not in ("", answer.media):
        raise errors.AgentError(
            f"{context.service.name}: {where} answers {answer.media or 'something'} where {api.media} is due"
        )


def get(context: Context, where: Address, seconds: float, token: str = "") -> Answer:
    """GET *where* of this instance, following nothing, within *seconds* altogether, and read the head of its answer.

    Raises Silence if no answer comes in time, AgentError if what comes is
    none.  Twenty lines over a socket: http.client would cost a monitor three
    times its other work, obey proxy variables, and know no overall deadline.
    """
    headers = f"X-Auth-Token: {token}\r\n" if token else ""
    answer, _ = _exchange(context, where, seconds, "HTTP/1.1", headers, "")
    return answer


def fetch(context: Context, where: Address, seconds: float, headers: str = "") -> tuple[Answer, str]:
    """GET *where* of the cloud, and read all of its answer: (head, body).  Raises as ``get`` does."""
    # HTTP 1.0 has no chunks: the body ends where the connection does.
    return _exchange(context, where, seconds, "HTTP/1.0", headers, where.server)


def _exchange(
    context: Context, where: Address, seconds: float, version: str, headers: str, certificate: str
) -> tuple[Answer, str]:
    """Ask, and return the head of the answer and what came after it.

    *certificate* is the name to expect over https; "" is that of this instance.
    """
    name = f"[{where.server}]" if ":" in where.server else where.server
    request = (
        f"GET {where.path} {version}\r\nHost: {name}:{where.port}\r\nAccept: */*\r\nConnection: close\r\n"
        f"{headers}User-Agent: openstack-resource-agents\r\n\r\n"
    ).encode("latin-1", "replace")
    who = f"{context.service.name}: {where}"
    began = context.now()
    try:
        tls = None
        if where.scheme == "https":
            # A token goes only to a server whose certificate holds, a health question to anyone.
            secret = "X-Auth-Token" in headers
            name_to_expect = certificate or certificate_name(context)
            tls = context.host.network.tls(
                context.get("os_cacert"), name_to_expect, secret and not context.flag("insecure")
            )
        network = context.host.network
        ask = network.ask_head if version == "HTTP/1.1" else network.ask_all
        text = ask((where.server, where.port), request, seconds, tls)
    except TimeoutError:
        raise errors.Silence(f"{who} does not answer in {seconds:.0f} s") from None
    except ConnectionRefusedError:
        raise errors.AgentError(f"{who} refuses connections") from None
    except OSError as problem:
        raise errors.AgentError(f"{who}: {problem.strerror or problem}") from None
    head, _, body = text.partition(b"\r\n\r\n")
    answer = _parse(head)
    if answer is None:
        what = "closes the connection without an answer" if not text else "does not speak HTTP"
        raise errors.AgentError(f"{who} {what}")
    context.log.debug(f"GET {where}: {answer.status} {answer.media} in {(context.now() - began) * 1000:.0f} ms")
    return answer, body.decode("utf-8", "replace")


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


def certificate_name(context: Context) -> str:
    """The name that this instance's certificate should carry: that of the public URL, if we are told it."""
    public = context.get("os_auth_url")
    return parse_url("os_auth_url", public).server if public else daemon.address(context).server
