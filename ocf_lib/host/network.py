"""The network of the host: questions to servers, and the sockets that processes hold."""

from __future__ import annotations

import errno
import os
import time

from . import kernel
from .itself import open_site

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    import ssl
    from typing import Callable

    Tls = tuple[ssl.SSLContext, str]
    """How to speak TLS, and the name to expect in the certificate."""

_HEAD_LIMIT = 1 << 16
_BODY_LIMIT = 1 << 23


class Network:
    """What the agents ask servers and the kernel's lists of sockets."""

    def ask_greeting(self, server: tuple[str, int], request: bytes, seconds: float, tls: Tls | None = None) -> bytes:
        """Send *request* to (name or address, port) and return the first bytes that come back.

        *seconds* bound the whole exchange, however slowly the other side
        drips.  Raises OSError: TimeoutError, ConnectionError and their kin.
        """
        return _exchange(server, request, seconds, tls, lambda answer: bool(answer))

    def ask_head(self, server: tuple[str, int], request: bytes, seconds: float, tls: Tls | None = None) -> bytes:
        """The same, with all that comes up to an empty line: the head of an HTTP answer (its first 64 KiB)."""
        return _exchange(
            server, request, seconds, tls, lambda answer: b"\r\n\r\n" in answer or len(answer) >= _HEAD_LIMIT
        )

    def ask_all(self, server: tuple[str, int], request: bytes, seconds: float, tls: Tls | None = None) -> bytes:
        """The same, with all that comes until the other side closes (its first 8 MiB)."""
        return _exchange(server, request, seconds, tls, lambda answer: len(answer) >= _BODY_LIMIT)

    def addresses(self, name: str) -> set[str]:
        """The IP addresses of a host, none if nobody knows it."""
        import _socket

        try:
            found = _socket.getaddrinfo(name.encode("ascii", "replace"), None, 0, _socket.SOCK_STREAM)
        except OSError:
            return set()
        return {str(where[0]) for *_, where in found}

    def sockets(self, pid: int) -> set[str]:
        """The inodes of the sockets that a process holds."""
        directory = f"/proc/{pid}/fd"
        found: set[str] = set()
        try:
            names = os.listdir(directory)
        except OSError:
            return found
        for name in names:
            try:
                found.add(kernel.socket(os.readlink(f"{directory}/{name}")))
            except OSError:
                # Closed since we listed it.
                continue
        return found - {""}

    def connected(self, port: int) -> list[tuple[str, str]]:
        """(inode, address of the other side) of every established TCP connection to *port*."""
        return [(inode, kernel.address(remote)) for _, remote, inode in _tcp(kernel.established(port))]

    def listening(self, port: int) -> set[str]:
        """The inodes of the TCP sockets that listen on *port*."""
        return {inode for local, _, inode in _tcp(kernel.LISTENS) if kernel.is_at(local, port)}

    def refusal(self, path: str, seconds: float) -> str | None:
        """Why a connection to a UNIX socket fails, or None if it does not."""
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
        """What a question needs to speak TLS.  Raises OSError if *cafile* cannot be used."""
        import ssl

        context = ssl.create_default_context(cafile=cafile or None)
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context, name

    def servers(self, port: int) -> list[tuple[int, str]]:
        """Who listens on a TCP port: (pid or 0, address).

        Looked up with psutil; raises ImportError if that is not installed.
        """
        open_site()
        import psutil

        return sorted(
            {
                (connection.pid or 0, connection.laddr.ip)
                for connection in psutil.net_connections("tcp")
                if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
            }
        )


def _exchange(
    server: tuple[str, int], request: bytes, seconds: float, tls: Tls | None, is_whole: Callable[[bytes], bool]
) -> bytes:
    """Send *request* and read until *is_whole* says so of what came, or the other side closes."""
    # What the socket module is built on: that one costs 5 ms of processor time, at every check.
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
        # Until Python 3.10 not yet the same as TimeoutError.
        raise TimeoutError from None
    finally:
        if connection is not None:
            connection.close()


def _connect(server: tuple[str, int], seconds: float) -> _socket.socket:
    """A connection to the first address of a name that takes one."""
    import _socket

    refused: OSError = ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
    # As bytes: a str is taken for an international name, and the codec for these costs more than the question.
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


def _tcp(wanted: str) -> list[tuple[str, str, str]]:
    """(local, remote, inode) of each line of the kernel's lists of TCP sockets that holds *wanted*."""
    found = []
    for name in ("tcp", "tcp6"):
        try:
            with open(f"/proc/net/{name}", encoding="ascii") as lines:
                found += [kernel.tcp(line) for line in lines if wanted in line]
        except FileNotFoundError:
            # A kernel without IPv6.
            continue
    return found
