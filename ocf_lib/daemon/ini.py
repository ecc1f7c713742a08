"""The uwsgi ini of a service: where uwsgi listens and logs.  It is read once."""

from __future__ import annotations

from ..address import Address
from ..context import Context

_SOCKETS = (("http-socket", "http"), ("https-socket", "https"), ("http", "http"), ("https", "https"))


class Ini:
    """The options of the ini; none if the file is missing or cannot be read."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lines: list[tuple[str, str]] | None = None

    def values(self, option: str) -> list[str]:
        """Every value of *option*."""
        if self._lines is None:
            self._lines = self._read()
        return [value for name, value in self._lines if name == option]

    def sockets(self) -> list[Address]:
        """The HTTP sockets that the ini declares.  Debian's ini declares none."""
        found = []
        for option, scheme in _SOCKETS:
            for value in self.values(option):
                # address:port, or address:port,certificate,key
                name, _, port = value.partition(",")[0].rpartition(":")
                if port.isdecimal():
                    found.append(Address(scheme=scheme, server=name.strip("[]"), port=int(port)))
        return found

    def _read(self) -> list[tuple[str, str]]:
        path = self._context.service.uwsgi.ini
        try:
            text = self._context.host.files.read(path) or ""
        except OSError as problem:
            self._context.log.debug(f"{path}: {problem.strerror}")
            return []
        pairs = [line.partition("=") for line in text.splitlines()]
        return [(name.strip(), value.strip()) for name, equals, value in pairs if equals]
