"""The address of a server: scheme, server, port and path; how the library reads a URL."""

from __future__ import annotations

from . import errors
from .record import Record

EVERY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104  a socket on every address has one of these; nothing is bound here


class Address(Record):
    """The address at which a server answers."""

    scheme: str
    server: str  # name or IP address; "" means every address of the host
    port: int
    path: str = "/"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.place}{self.path}"

    @property
    def place(self) -> str:
        """Server and port, as they stand in a URL and in a Host header."""
        return f"[{self.server}]:{self.port}" if ":" in self.server else f"{self.server}:{self.port}"

    @property
    def is_numeric(self) -> bool:
        """Is the server an IP address, or every address, so that nobody has to resolve its name?"""
        return ":" in self.server or self.server.replace(".", "").isdecimal() or not self.server

    def at(self, path: str) -> Address:
        """The same server, with another path."""
        return Address(scheme=self.scheme, server=self.server, port=self.port, path=path)

    @property
    def prefix(self) -> str | None:
        """What stands before the version in the path, as "/identity" of /identity/v3; None if there is no version."""
        words = self.path.split("/")
        for place in reversed(range(len(words))):
            number = words[place].removeprefix("v").replace(".", "")
            if words[place].startswith("v") and number.isdecimal():
                return "/".join(words[:place])
        return None


def parse_url(name: str, text: str) -> Address:
    """Read an http or https URL.  Raises BadParameter, with the name of the parameter *name*.

    It does not use urllib.parse, which would double the cost of a check.
    """
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    place, slash, path = rest.partition("/")
    if place.startswith("["):
        server, _, port = place[1:].partition("]")
        port = port.removeprefix(":")
    else:
        server, colon, port = place.partition(":")
        port = port or ("none" if colon else "")
    if not port:
        port = "443" if scheme == "https" else "80"
    fine = scheme in ("http", "https") and separator and port.isdecimal() and port.isascii()
    # No name has another form than this, and the ssl module refuses such a name with an error of its own.
    fine = fine and server.isascii() and all(0 < len(label) < 64 for label in server.removesuffix(".").split("."))
    if not fine or not 0 < int(port) < 65536 or "@" in place or not text.isprintable() or " " in text:
        # The condition above refuses a URL that holds a password.  The reason must not show it either.
        shown = "the value" if "@" in text else repr(text)
        raise errors.BadParameter(f"{name}: {shown} is not a URL such as http://127.0.0.1:5000/v3")
    return Address(scheme=scheme, server=server, port=int(port), path=slash + path or "/")
