"""Where a server is: the words for an address, and how a URL is read."""

from __future__ import annotations

from . import errors
from .record import Record

EVERY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104  how a socket says so; nothing is bound here


class Address(Record):
    """Where an instance answers."""

    scheme: str
    server: str  # name or IP address; "" is every address of the host
    port: int
    path: str = "/"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.place}{self.path}"

    @property
    def place(self) -> str:
        """Server and port, as a URL and a Host header have them."""
        return f"[{self.server}]:{self.port}" if ":" in self.server else f"{self.server}:{self.port}"

    def at(self, path: str) -> Address:
        """The same server, another path."""
        return Address(scheme=self.scheme, server=self.server, port=self.port, path=path)


def parse_url(name: str, text: str) -> Address:
    """Read an http or https URL.  Raises BadParameter naming the parameter *name*.

    By hand: urllib.parse would double what a monitor's check costs.
    """
    scheme, separator, rest = text.partition("://")
    place, slash, path = rest.partition("/")
    if place.startswith("["):
        server, _, port = place[1:].partition("]")
        port = port.removeprefix(":")
    else:
        server, colon, port = place.partition(":")
        port = port or ("none" if colon else "")
    if not port:
        port = "443" if scheme == "https" else "80"
    fine = scheme in ("http", "https") and separator and server and port.isdecimal() and port.isascii()
    if not fine or not 0 < int(port) < 65536 or "@" in place or not text.isprintable() or " " in text:
        # A URL with a password in it is refused above; do not show it either.
        shown = "the value" if "@" in text else repr(text)
        raise errors.BadParameter(f"{name}: {shown} is not a URL such as http://127.0.0.1:5000/v3")
    return Address(scheme=scheme, server=server, port=int(port), path=slash + path or "/")
