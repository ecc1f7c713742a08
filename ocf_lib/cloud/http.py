"""One HTTP request and the answer to it.

A hundred lines over a socket: http.client would cost a monitor three times its
other work, obey proxy variables, and know no overall deadline.
"""

from __future__ import annotations

from .. import errors
from ..address import Address, parse_url
from ..context import Context
from ..record import Record

_TOKEN = "X-Auth-Token: "  # the one header that is a secret


class Request(Record):
    """What to ask, and how much of the answer is wanted."""

    where: Address
    method: str = "GET"
    headers: tuple[str, ...] = ()
    body: bytes = b""
    whole: bool = False  # read all of the answer, and not its head alone
    certificate: str = ""  # the name to expect over https, if it is not that of the server asked

    @property
    def is_secret(self) -> bool:
        """Does it carry a token?"""
        return any(header.startswith(_TOKEN) for header in self.headers)

    def encoded(self) -> bytes:
        """The bytes to send.

        With HTTP 1.0 there are no chunks: the body ends where the connection does.
        """
        lines = [
            f"{self.method} {self.where.path} HTTP/{'1.0' if self.whole else '1.1'}",
            f"Host: {self.where.place}",
            "Accept: */*",
            "Connection: close",
            *self.headers,
            *([f"Content-Length: {len(self.body)}"] if self.body else []),
            "User-Agent: openstack-resource-agents",
        ]
        return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1", "replace") + self.body


class Answer(Record):
    """What came back."""

    status: int
    media: str  # media type, lower case, "" if none was named
    text: str = ""  # the body of an answer that was read whole


def token_header(token: str) -> str:
    """The header that signs a request."""
    return _TOKEN + token


def send(context: Context, request: Request, seconds: float) -> Answer:
    """Send *request*, follow nothing, and return the answer, within *seconds* altogether.

    Raises Silence if no answer comes in time, AgentError if what comes is none.
    """
    where = request.where
    began = context.now()
    try:
        text = _exchange(context, request, seconds)
    except TimeoutError:
        raise errors.Silence(f"{where} does not answer in {seconds:.0f} s") from None
    except OSError as problem:
        raise errors.AgentError(errors.unreachable(str(where), problem)) from None
    head, _, body = text.partition(b"\r\n\r\n")
    answer = parse(head, body)
    if answer is None:
        what = "closes the connection without an answer" if not text else "does not speak HTTP"
        raise errors.AgentError(f"{where} {what}")
    spent = (context.now() - began) * 1000
    context.log.debug(f"{request.method} {where}: {answer.status} {answer.media} in {spent:.0f} ms")
    return answer


def _exchange(context: Context, request: Request, seconds: float) -> bytes:
    """The bytes of the answer.  Raises OSError."""
    network, where = context.host.network, request.where
    tls = None
    if where.scheme == "https":
        # A token goes only to a server whose certificate holds, a health question to anyone.
        verify = request.is_secret and not context.flag("insecure")
        tls = network.tls(context.get("os_cacert"), request.certificate or where.server, verify)
    ask = network.ask_all if request.whole else network.ask_head
    return ask((where.server, where.port), request.encoded(), seconds, tls)


def parse(head: bytes, body: bytes = b"") -> Answer | None:
    """The answer of which these are the head and the body, or None if they are no such thing."""
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
    return Answer(status=int(status), media=media, text=body.decode("utf-8", "replace"))


def certificate_name(context: Context, where: Address) -> str:
    """The name that the certificate of the instance at *where* should carry: that of the public URL, if it is given."""
    public = context.get("os_auth_url")
    return parse_url("os_auth_url", public).server if public else where.server
