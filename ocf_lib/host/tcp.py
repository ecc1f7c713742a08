"""The kernel's TCP sockets: asked for by sock_diag(7), a netlink protocol, or read from /proc/net/tcp without that.

By netlink, the kernel selects by state and port, and sends only what fits.
/proc/net/tcp holds every socket of the host: 16,000 of them cost ten times as
much as the rest of a monitor.  ``request``, ``rows``, ``inode`` and ``remote``
go from values to the kernel's bytes and back.  Source: linux/netlink.h, linux/sock_diag.h, linux/inet_diag.h.
"""

from __future__ import annotations

import posix
import sys

from . import kernel

_PROTOCOL = 4  # NETLINK_SOCK_DIAG
_BY_FAMILY, _ERROR, _DONE = 20, 2, 3  # types of a message: SOCK_DIAG_BY_FAMILY, NLMSG_ERROR, NLMSG_DONE
_DUMP = 0x301  # NLM_F_REQUEST and NLM_F_DUMP
_TCP = 6
_FILTER = 1  # INET_DIAG_REQ_BYTECODE
ESTABLISHED, LISTENS = 1, 10  # states of a socket: linux/tcp_states.h
FROM, TO = (2, 3), (4, 5)  # a filter's operations >= and <= for the local port, and for the other side's
# A message begins with a header of 16 bytes.  Of the inet_diag_msg that follows:
_FAMILY, _LOCAL, _REMOTE = 16, 16 + 8, 16 + 24
INODE = slice(16 + 68, 16 + 72)
_SECONDS = 1.0
"""Time for the kernel to answer, which takes 0.001.  A kernel that only imitates the protocol may be silent."""


def held(pid: int) -> dict[str, int]:
    """{inode: file descriptor} of the sockets that a process holds."""
    directory = f"/proc/{pid}/fd"
    found: dict[str, int] = {}
    try:
        names = posix.listdir(directory)
    except OSError:
        return found
    for name in names:
        inode = socket(pid, int(name))
        if inode:
            found[inode] = int(name)
    return found


def socket(pid: int, descriptor: int) -> str:
    """The inode of the socket that a process has as *descriptor*; "" if it has none there, or no longer."""
    try:
        return kernel.socket(posix.readlink(f"/proc/{pid}/fd/{descriptor}"))
    except OSError:
        return ""


def connected(port: int, inodes: set[str]) -> dict[str, str]:
    """{inode: address of the other side} of each established connection to *port* among *inodes*."""
    try:
        messages = ask(ESTABLISHED, TO, port)
    except OSError:
        # A container may lack this protocol.
        lines = _lines(kernel.established(port))
        return {inode: kernel.address(remote) for _, remote, inode in lines if inode in inodes}
    # Thousands of others may be connected to the same broker.
    wanted = {inode_bytes(one) for one in inodes}
    ours = [one for one in messages if one[INODE] in wanted]
    return {inode(one): kernel.ip(remote(one)) for one in ours}


def listening(port: int) -> dict[str, str]:
    """{inode: its own address} of each socket that listens on *port*."""
    try:
        return {inode(one): kernel.ip(local(one)) for one in ask(LISTENS, FROM, port)}
    except OSError:
        lines = _lines(kernel.LISTENS)
        return {inode: kernel.address(local) for local, _, inode in lines if kernel.is_at(local, port)}


def ports(inodes: set[str]) -> list[int]:
    """The ports on which those of these sockets listen that do."""
    return sorted({kernel.port(local) for local, _, inode in _lines(kernel.LISTENS) if inode in inodes})


def servers(port: int) -> list[tuple[int, str]]:
    """Every process that listens on *port*: (pid, address).  The pid is 0 if no process here has the socket."""
    sockets = listening(port)
    found: set[tuple[int, str]] = set()
    if sockets:
        # Only the lists of open files say who holds a socket, and those of a whole host are long.
        for pid in [int(name) for name in posix.listdir("/proc") if name.isdecimal()]:
            found.update((pid, sockets[inode]) for inode in held(pid).keys() & sockets.keys())
    owned = {address for _, address in found}
    return sorted(found | {(0, address) for address in sockets.values() if address not in owned})


def request(family: int, state: int, side: tuple[int, int], port: int) -> bytes:
    """The request for all sockets of *family* and *state* with this port on one *side*, FROM or TO."""
    from _struct import pack

    # Two operations: at least this port, at most this port.  Each has the offsets to go on at if it holds, and if not.
    wanted = pack("=BBHHHBBHHH", side[0], 8, 20, 0, port, side[1], 8, 12, 0, port)
    body = pack("=BBBBI48xHH", family, _TCP, 0, 0, 1 << state, 4 + len(wanted), _FILTER) + wanted
    return pack("=IHHII", 16 + len(body), _BY_FAMILY, _DUMP, 1, 0) + body


def rows(piece: bytes) -> tuple[list[bytes], bool]:
    """The messages about sockets in one piece of the answer, and whether it is the last piece.

    Raises OSError if the kernel refuses the request.
    """
    from _struct import unpack_from

    found: list[bytes] = []
    at = 0
    while at + 16 <= len(piece):
        size, kind = unpack_from("=IH", piece, at)
        message = piece[at : at + size]
        if kind in (_ERROR, _DONE):
            code = unpack_from("=i", message, 16)[0] if len(message) >= 20 else 0
            if code:
                raise OSError(-code, posix.strerror(-code))
            return found, True
        if size < INODE.stop:
            raise OSError(71, "the kernel's answer makes no sense")  # EPROTO
        found.append(message)
        at += (size + 3) & ~3
    return found, False


def inode(message: bytes) -> str:
    """The inode of the socket."""
    return str(int.from_bytes(message[INODE], sys.byteorder))


def inode_bytes(inode: str) -> bytes:
    """What a message about the socket with this inode holds at INODE."""
    # The kernel counts inodes of sockets in 32 bits.
    return (int(inode) & 0xFFFFFFFF).to_bytes(4, sys.byteorder)


def local(message: bytes) -> bytes:
    """The socket's own IP address, as 4 or 16 bytes."""
    return _address(message, _LOCAL)


def remote(message: bytes) -> bytes:
    """The IP address of the other side, as 4 or 16 bytes."""
    return _address(message, _REMOTE)


def _address(message: bytes, at: int) -> bytes:
    import _socket

    return message[at : at + (4 if message[_FAMILY] == _socket.AF_INET else 16)]


def ask(state: int, side: tuple[int, int], port: int) -> list[bytes]:
    """The kernel's messages about its TCP sockets of this *state* and *port*.

    Raises OSError if the kernel, or the container that the agent runs in, does not have this protocol.
    """
    import _socket

    found: list[bytes] = []
    asked = _socket.socket(_socket.AF_NETLINK, _socket.SOCK_RAW, _PROTOCOL)
    try:
        asked.settimeout(_SECONDS)
        for family in (_socket.AF_INET, _socket.AF_INET6):
            asked.send(request(family, state, side, port))
            is_last = False
            while not is_last:
                some, is_last = rows(asked.recv(1 << 16))
                found += some
    finally:
        asked.close()
    return found


def _lines(wanted: str) -> list[tuple[str, str, str]]:
    """(local, remote, inode) of each socket whose line in /proc/net/tcp or tcp6 holds *wanted*."""
    found: list[tuple[str, str, str]] = []
    for name in ("tcp", "tcp6"):
        try:
            with open(f"/proc/net/{name}", encoding="ascii") as lines:
                found += [kernel.tcp(line) for line in lines if wanted in line]
        except FileNotFoundError:
            # This kernel has no IPv6.
            continue
    return found
