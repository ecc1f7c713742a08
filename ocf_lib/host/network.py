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

    Tls = tuple[ssl.SSLContext, str]
    """The TLS settings, and the name that the certificate has to carry."""

_HEAD_LIMIT = 1 << 16
_BODY_LIMIT = 1 << 23


class Network:
    """How the agents ask servers, and read the kernel's lists of sockets."""

    def ask_greeting(self, server: tuple[str, int], request: bytes, seconds: float, tls: Tls | None = None) -> bytes:
        """Send *request* to (name or address, port) and return the first bytes that come back.

        *seconds* bound the whole exchange, however slowly the other side
        drips.  Raises OSError: TimeoutError, ConnectionError and their kin.
        """
        return _exchange(server, request, seconds, tls, lambda answer: bool(answer))

    def ask_head(self, server: tuple[str, int], request: bytes, seconds: float, tls: Tls | None = None) -> bytes:
        """Like ask_greeting, but return at least what comes up to an empty line: an HTTP head, or 64 KiB."""
        return _exchange(
            server, request, seconds, tls, lambda answer: b"\r\n\r\n" in answer or len(answer) >= _HEAD_LIMIT
        )

    def ask_all(self, server: tuple[str, int], request: bytes, seconds: float, tls: Tls | None = None) -> bytes:
        """Like ask_greeting, but return everything until the other side closes, or 8 MiB."""
        return _exchange(server, request, seconds, tls, lambda answer: len(answer) >= _BODY_LIMIT)

    def addresses(self, name: str) -> set[str]:
        """The IP addresses of the host *name*; none if the name cannot be resolved."""
        import _socket

        try:
            found = _socket.getaddrinfo(name.encode("ascii", "replace"), None, 0, _socket.SOCK_STREAM)
        except OSError:
            return set()
        return {str(where[0]) for *_, where in found}

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

    def refusal(self, path: str, seconds: float) -> str | None:
        """Why a connection to the UNIX socket *path* fails, or None if the socket accepts it."""
        import _socket

        connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        connection.settimeout(max(seconds, 0.01))
        try:
            connection.connect(path)
        except OSError as problem:
            return problem.strerror or "does not accept a connection"
        finally:
            connection.close()
        return None

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


def _exchange(
    server: tuple[str, int], request: bytes, seconds: float, tls: Tls | None, is_whole: Callable[[bytes], bool]
) -> bytes:
    """Send *request*, and read until *is_whole* is true of the answer, or the other side closes."""
    # The socket module is built on _socket.  Importing socket would cost 5 ms of processor time in every check.
    import _socket

    deadline = time.monotonic() + seconds
    connection: _socket.socket | None = None
    try:
        connection = _connect(server, seconds)
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


def _connect(server: tuple[str, int], seconds: float) -> _socket.socket:
    """A connection to the first address of the server that accepts one."""
    import _socket

    refused: OSError = ConnectionRefusedError(errno.ECONNREFUSED, posix.strerror(errno.ECONNREFUSED))
    # Bytes, because getaddrinfo() encodes a str with the codec for international names.  Loading that codec costs
    # more than the request.
    name = server[0].encode("ascii", "replace")
    for family, kind, protocol, _, where in _socket.getaddrinfo(name, server[1], 0, _socket.SOCK_STREAM):
        connection = _socket.socket(family, kind, protocol)
        connection.settimeout(max(seconds, 0.01))
        try:
            connection.connect(where)
        except OSError as problem:
            connection.close()
            refused = problem
        else:
            return connection
    raise refused
