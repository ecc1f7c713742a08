"""The network of the host: requests to servers, name lookups, and the sockets that processes hold."""

from __future__ import annotations

import errno
import posix
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    import ssl
    from typing import Callable

    from .names import Names

    Server = tuple[str, int]
    """Name or IP address, and port."""
    IsWhole = Callable[[bytes], bool]
    Tls = tuple[ssl.SSLContext, str]
    """The TLS settings, and the name that the certificate has to carry."""

_HEAD_LIMIT = 1 << 16
_BODY_LIMIT = 1 << 23


class Network:
    """How the agents ask servers, and read the kernel's lists of sockets."""

    def __init__(self) -> None:
        self._names: Names | None = None

    def ask_greeting(self, server: Server, request: bytes, seconds: float, tls: Tls | None = None) -> bytes:
        """Send *request* to (name or address, port) and return the first bytes that come back.

        *seconds* bound the whole exchange, however slowly the other side
        drips.  Raises OSError: TimeoutError, ConnectionError and their kin, and
        ``names.Unresolved`` if nobody says in time which addresses the name has.
        """
        return self._exchange(server, request, seconds, tls, lambda answer: bool(answer))

    def ask_head(self, server: Server, request: bytes, seconds: float, tls: Tls | None = None) -> bytes:
        """Like ask_greeting, but return at least what comes up to an empty line: an HTTP head, or 64 KiB."""
        return self._exchange(
            server, request, seconds, tls, lambda answer: b"\r\n\r\n" in answer or len(answer) >= _HEAD_LIMIT
        )

    def ask_all(self, server: Server, request: bytes, seconds: float, tls: Tls | None = None) -> bytes:
        """Like ask_greeting, but return everything until the other side closes, or 8 MiB."""
        return self._exchange(server, request, seconds, tls, lambda answer: len(answer) >= _BODY_LIMIT)

    def addresses(self, names: list[str], seconds: float) -> dict[str, list[str]]:
        """{name: its IP addresses} of hosts; none if the name cannot be resolved, or not within *seconds*.

        In one run of the agent, each name is looked up once, whatever came of it.
        """
        found = {name: _numeric(name) for name in names}
        others = [name for name in found if not found[name]]
        if others:
            if self._names is None:
                from .names import Names

                self._names = Names()
            found.update(self._names.addresses(others, seconds))
        return found

    def sockets(self, pid: int) -> dict[str, int]:
        """{inode: file descriptor} of the sockets that a process holds."""
        from . import tcp

        return tcp.held(pid)

    def socket(self, pid: int, descriptor: int) -> str:
        """The inode of the socket that a process has as *descriptor*; "" if it has none there, or no longer."""
        from . import tcp

        return tcp.socket(pid, descriptor)

    def connected(self, port: int, inodes: set[str]) -> dict[str, str]:
        """{inode: address of the other side} of each established TCP connection to *port* among *inodes*."""
        from . import tcp

        return tcp.connected(port, inodes)

    def listening(self, port: int) -> set[str]:
        """The inodes of the TCP sockets that listen on *port*."""
        from . import tcp

        return set(tcp.listening(port))

    def bound(self, place: str) -> set[str]:
        """The inodes of the sockets that are bound to a UDP port, or that listen at the path of a UNIX socket."""
        from . import local

        return local.udp(int(place)) if place.isdecimal() else local.unix(place)

    def tls(self, cafile: str, name: str, verify: bool) -> Tls:
        """The TLS settings for a request.  Raises OSError if *verify* is true and *cafile* cannot be used."""
        import ssl

        if verify:
            return ssl.create_default_context(cafile=cafile or None), name
        # To load the authorities of the system takes 20 ms, and nothing is compared with them.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context, name

    def servers(self, port: int) -> list[tuple[int, str]]:
        """Every process that listens on a TCP port: (pid, address).  The pid is 0 if no process here has the socket."""
        from . import tcp

        return tcp.servers(port)

    def _exchange(self, server: Server, request: bytes, seconds: float, tls: Tls | None, is_whole: IsWhole) -> bytes:
        """Send *request*, and read until *is_whole* is true of the answer, or the other side closes."""
        # The socket module is built on _socket.  Importing socket would cost 5 ms of processor time in every check.
        import _socket

        deadline = time.monotonic() + seconds
        addresses = self.addresses([server[0]], seconds)[server[0]]
        if not addresses:
            from .names import Unresolved

            raise Unresolved(server[0])
        connection: _socket.socket | None = None
        try:
            connection = _connect(addresses, server[1], deadline)
            if tls is not None:
                import socket

                plain = socket.socket(fileno=connection.detach())
                plain.settimeout(max(deadline - time.monotonic(), 0.01))
                connection = tls[0].wrap_socket(plain, server_hostname=tls[1])
            connection.settimeout(max(deadline - time.monotonic(), 0.01))
            connection.sendall(request)
            answer = b""
            while not is_whole(answer):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                connection.settimeout(left)
                piece = connection.recv(65536)
                if not piece:
                    break
                answer += piece
            return answer
        except _socket.timeout:
            # Before Python 3.10, socket.timeout is not TimeoutError.
            raise TimeoutError from None
        finally:
            if connection is not None:
                connection.close()


def _connect(addresses: list[str], port: int, deadline: float) -> _socket.socket:
    """A connection to the first address that accepts one.  Each gets its part of the time that is left."""
    import _socket

    refused: OSError = ConnectionRefusedError(errno.ECONNREFUSED, posix.strerror(errno.ECONNREFUSED))
    for number, address in enumerate(addresses):
        for family, kind, protocol, _, place in _places(address, port):
            connection = _socket.socket(family, kind, protocol)
            left = deadline - time.monotonic()
            connection.settimeout(max(left / (len(addresses) - number), 0.01))
            try:
                connection.connect(place)
            except OSError as problem:
                connection.close()
                refused = problem
            else:
                return connection
    raise refused


def _places(address: str, port: int) -> list[tuple[int, int, int, str, tuple[str, int]]]:
    """Family, kind, protocol, name and place of a numeric *address*, from getaddrinfo(3), which then asks nobody."""
    import _socket

    # Bytes, because getaddrinfo() encodes a str with the codec for international names.  Loading that codec costs
    # more than the request.
    name = address.encode("ascii", "replace")
    return _socket.getaddrinfo(name, port, 0, _socket.SOCK_STREAM, 0, _socket.AI_NUMERICHOST)  # type: ignore[return-value]


def _numeric(name: str) -> list[str]:
    """The address in *name*; none if it is no numeric address."""
    try:
        return [place[0] for *_, place in _places(name, 0)]
    except OSError:
        return []
