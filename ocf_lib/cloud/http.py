"""One HTTP request, and the answer to it.

It does not use http.client.  That module would cost three times as much as the
rest of a monitor.  It also has no deadline for a whole request.
"""

from __future__ import annotations

from .. import errors
from ..address import Address, parse_url
from ..context import Context
from ..record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..host.network import Tls

_TOKEN = "X-Auth-Token: "  # the one header that is a secret


class Request(Record):
    """What the agent asks, and how much of the answer it wants."""

    where: Address
    method: str = "GET"
    headers: tuple[str, ...] = ()
    body: bytes = b""
    whole: bool = False  # read the whole answer, not only its head
    host: str = ""  # Host header; "" is the place of the server
    certificate: str = ""  # name that the certificate has to carry; "" is the name of the server

    @property
    def is_secret(self) -> bool:
        """Does the request carry a token?"""
        return any(header.startswith(_TOKEN) for header in self.headers)

    def encoded(self) -> bytes:
        """The bytes to send.

        HTTP 1.0 has no chunks, so the body ends when the server closes the connection.
        """
        lines = [
            f"{self.method} {self.where.path} HTTP/{'1.0' if self.whole else '1.1'}",
            f"Host: {self.host or self.where.place}",
            "Accept: */*",
            "Connection: close",
            *self.headers,
            *([f"Content-Length: {len(self.body)}"] if self.body or self.method in ("POST", "PUT") else []),
            "User-Agent: openstack-resource-agents",
        ]
        return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1", "replace") + self.body


class Answer(Record):
    """What came back."""

    status: int
    media: str  # media type in lower case; "" if the answer names none
    text: str = ""  # the body, if the request wanted the whole answer


def token_header(token: str) -> str:
    """The header with which a request carries the token."""
    return _TOKEN + token


def send(context: Context, request: Request, seconds: float) -> Answer:
    """Send *request*, and return the answer, within *seconds* altogether.  It follows no redirection.

    Raises Silence if no answer comes in time, AgentError if the server cannot
    be reached or does not answer in HTTP, and Degraded if its name cannot be
    resolved, or if the agent does not accept its certificate or finds no TLS.
    """
    where = request.where
    began = context.now()
    try:
        text = _exchange(context, request, seconds)
    except TimeoutError:
        raise errors.Silence(f"{where} does not answer in {seconds:.0f} s") from None
    except OSError as problem:
        from ..host.names import Unresolved

        if isinstance(problem, Unresolved):
            raise errors.Degraded(str(problem.strerror)) from None
        untrusted = tls_fault(str(where), problem)
        if untrusted:
            raise errors.Degraded(untrusted) from None
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
        # The agent sends a token only to a server whose certificate it accepts.  A request without a token is no
        # secret, so it may go to any server.
        verify = request.is_secret and not context.flag("insecure")
        tls = trusted(context, request.certificate or where.server, verify)
    ask = network.ask_all if request.whole else network.ask_head
    return ask((where.server, where.port), request.encoded(), seconds, tls)


def trusted(context: Context, name: str, verify: bool) -> Tls:
    """The TLS settings for a server whose certificate carries *name*.  Raises Degraded if os_cacert cannot be used."""
    file = context.get("os_cacert") if verify else ""
    try:
        # OpenSSL opens the file again.  If its disk hangs, only this look tells for which file the agent waits.
        if file and context.host.files.read(file) is None:
            raise errors.Degraded(f"os_cacert: {file}: there is no such file")
        return context.host.network.tls(file, name, verify)
    except OSError as problem:
        raise errors.Degraded(f"os_cacert: {file}: {_why(problem)}") from None


def tls_fault(where: str, problem: BaseException) -> str:
    """What is wrong with the certificate of *where*, or with a server that speaks no TLS; "" for another *problem*.

    No restart cures that.
    """
    # The names are those of the module ssl, which only a request over https loads.
    kind = type(problem).__name__
    if kind == "SSLCertVerificationError":
        return f"the certificate of {where} is not accepted: {getattr(problem, 'verify_message', '')}"
    # A daemon that dies in the handshake says nothing.  That has another name: SSLEOFError.
    return f"{where} cannot agree on TLS with the agent: {_why(problem)}" if kind == "SSLError" else ""


def _why(problem: BaseException) -> str:
    """The text of an error of the system, or of OpenSSL, which has a name such as WRONG_VERSION_NUMBER."""
    name: str = getattr(problem, "reason", None) or ""
    return name.replace("_", " ").lower() or getattr(problem, "strerror", "") or str(problem)


def parse(head: bytes, body: bytes = b"") -> Answer | None:
    """The answer with this head and body, or None if they are not HTTP."""
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
    """The name that the certificate of the instance at *where* has to carry.

    That is the server of *where* if it is a name.  An address of this host is in
    no certificate; then it is the name in os_auth_url, if the operator gives one.
    """
    public = context.get("os_auth_url") if context.has("os_auth_url") else ""
    if _is_name(where.server) or not public:
        return where.server
    name = parse_url("os_auth_url", public).server
    return name if _is_name(name) else where.server


def _is_name(server: str) -> bool:
    """Is this the name of a server that may have a certificate, and neither an IP address nor this host for itself?"""
    return not (":" in server or server.replace(".", "").isdigit() or server == "localhost")
