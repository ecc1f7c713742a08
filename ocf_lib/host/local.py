"""The kernel's sockets that are not TCP: UDP ports, and UNIX sockets."""

from __future__ import annotations

from . import kernel


def udp(port: int) -> set[str]:
    """The inodes of the UDP sockets that are bound to *port*."""
    # A host has few of them, and the lines look as those of TCP.
    lines = [kernel.tcp(line) for name in ("udp", "udp6") for line in _lines(name)[1:]]
    return {inode for place, _, inode in lines if kernel.is_at(place, port)}


def unix(path: str) -> set[str]:
    """The inodes of the UNIX sockets that listen at *path*."""
    return {inode for line in _lines("unix") if (inode := kernel.listens_at(line, path))}


def _lines(name: str) -> list[str]:
    try:
        with open(f"/proc/net/{name}", encoding="utf-8", errors="replace") as text:
            return text.readlines()
    except FileNotFoundError:
        # This kernel has no IPv6.
        return []
