"""How texts of /proc are read: pure functions from a text of the kernel to its meaning.

Source: proc(5) and cgroups(7).  The tests use texts of real kernels.
"""

from __future__ import annotations

import sys


def stat(text: str) -> tuple[str, int, int, int, str] | None:
    """(state, parent, session, start time in ticks since boot, name) from /proc/pid/stat; None if the text is empty.

    The name stands before the other fields, and may hold blanks and
    parentheses.  So the fields are counted from the last ")".  The name is the
    file name of the program or script, and has at most 15 characters.
    """
    if not text:
        return None
    name_ends = text.rindex(")")
    fields = text[name_ends + 2 :].split()
    return fields[0], int(fields[1]), int(fields[3]), int(fields[19]), text[text.index("(") + 1 : name_ends]


def worked(text: str) -> int:
    """User and system time of a process in clock ticks, from /proc/pid/stat; 0 if the text is empty."""
    fields = text[text.rfind(")") + 2 :].split()
    return int(fields[11]) + int(fields[12]) if fields else 0


def waited(text: str) -> int:
    """Nanoseconds in which a thread could have run and got no processor, from schedstat; 0 if the text is empty.

    Source: Documentation/scheduler/sched-stats.rst of Linux.
    """
    fields = text.split()
    return int(fields[1]) if fields else 0


def setting(text: str, name: str) -> str:
    """The value of the variable *name* in /proc/pid/environ, "" if it is not set."""
    for line in text.split("\0"):
        if line.startswith(name + "="):
            return line[len(name) + 1 :]
    return ""


def control_group(text: str) -> str:
    """The control group that systemd gave a process, from /proc/pid/cgroup; "" if there is none.

    A hybrid host has two hierarchies, and systemd uses one of them.  In the
    other one, all processes stay in the top group.
    """
    found = ""
    for line in text.splitlines():
        number, controllers, path = line.split(":", 2)
        if (number, controllers) == ("0", "") or controllers == "name=systemd":
            found = path if found in ("", "/") else found
    return found


def socket(target: str) -> str:
    """The inode of the socket that is the target of a link in /proc/pid/fd; "" if the target is no socket."""
    return target[8:-1] if target.startswith("socket:[") else ""


def established(port: int) -> str:
    """A text that a line of /proc/net/tcp holds if it is an established connection to *port*."""
    return f":{port:04X} 01 "


LISTENS = ":0000 0A "
"""A text that a line of /proc/net/tcp holds if its socket listens."""


def tcp(line: str) -> tuple[str, str, str]:
    """(local place, remote place, inode) of one line of /proc/net/tcp or tcp6."""
    fields = line.split()
    return fields[1], fields[2], fields[9]


def listens_at(line: str, path: str) -> str:
    """The inode of the UNIX socket in one line of /proc/net/unix; "" if it does not listen at *path*."""
    fields = line.rstrip("\n").split(None, 7)
    # Flags, inode and path; __SO_ACCEPTCON of linux/net.h is the flag of a socket that listens.
    return fields[6] if len(fields) == 8 and fields[7] == path and fields[3] == "00010000" else ""


def is_at(place: str, port: int) -> bool:
    """Does *place* ("0100007F:1628") have this port?"""
    return place.endswith(f":{port:04X}")


def port(place: str) -> int:
    """The port of a place."""
    return int(place.rpartition(":")[2], 16)


def address(place: str) -> str:
    """The IP address of a place.  The kernel writes it as 32-bit words in this machine's byte order."""
    text = place.partition(":")[0]
    return ip(b"".join(int(text[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(text), 8)))


def ip(packed: bytes) -> str:
    """The IP address in 4 or 16 bytes.  An IPv4 address that an IPv6 socket holds is returned as an IPv4 address."""
    import _socket

    if len(packed) == 16 and packed.startswith(b"\0" * 10 + b"\xff\xff"):
        packed = packed[12:]
    return _socket.inet_ntop(_socket.AF_INET if len(packed) == 4 else _socket.AF_INET6, packed)
