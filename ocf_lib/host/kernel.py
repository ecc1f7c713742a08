"""What the kernel's texts say: pure functions from a text of /proc to its meaning.

Source: proc(5) and cgroups(7).  The tests read texts of real kernels.
"""

from __future__ import annotations

import sys


def stat(text: str) -> tuple[str, int, int, int] | None:
    """(state, parent, session, start time in ticks since boot) of /proc/pid/stat; None if it is empty.

    The command name before these fields may hold blanks and parentheses, so
    they are counted from the last ")".
    """
    if not text:
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return fields[0], int(fields[1]), int(fields[3]), int(fields[19])


def setting(text: str, name: str) -> str:
    """The value of a variable in /proc/pid/environ, or ""."""
    for line in text.split("\0"):
        if line.startswith(name + "="):
            return line[len(name) + 1 :]
    return ""


def control_group(text: str) -> str:
    """The control group in which systemd has put a process, of /proc/pid/cgroup, or "" if there is none.

    A hybrid host has two hierarchies that systemd may use, and leaves the
    processes of the other one at its top.
    """
    found = ""
    for line in text.splitlines():
        number, controllers, path = line.split(":", 2)
        if (number, controllers) == ("0", "") or controllers == "name=systemd":
            found = path if found in ("", "/") else found
    return found


def socket(target: str) -> str:
    """The inode of the socket that a link of /proc/pid/fd leads to, "" if it leads to something else."""
    return target[8:-1] if target.startswith("socket:[") else ""


def established(port: int) -> str:
    """What a line of /proc/net/tcp holds if it is an established connection to *port*."""
    return f":{port:04X} 01 "


LISTENS = ":0000 0A "
"""What a line of /proc/net/tcp holds if its socket listens."""


def tcp(line: str) -> tuple[str, str, str]:
    """(local place, remote place, inode) of one line of /proc/net/tcp or tcp6."""
    fields = line.split()
    return fields[1], fields[2], fields[9]


def is_at(place: str, port: int) -> bool:
    """Is *place* ("0100007F:1628") at this port?"""
    return place.endswith(f":{port:04X}")


def address(place: str) -> str:
    """The IP address of a place: 32-bit words in this machine's byte order.

    An IPv4 address in an IPv6 socket is the IPv4 address.
    """
    import _socket

    text = place.partition(":")[0]
    packed = b"".join(int(text[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(text), 8))
    if len(packed) == 16 and packed.startswith(b"\0" * 10 + b"\xff\xff"):
        packed = packed[12:]
    return _socket.inet_ntop(_socket.AF_INET if len(packed) == 4 else _socket.AF_INET6, packed)
