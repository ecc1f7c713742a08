"""The accounts of the host: who they are, and in which groups.

/etc/passwd is read first.  Only if it lacks the account, the C library asks the
other sources of nsswitch.conf(5), such as LDAP or SSSD.  They may hang, so a
child process asks them.
"""

from __future__ import annotations

import posix
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    Account = tuple[int, int, str]
    """(uid, gid, home)"""

# What was found in this run.  Each action asks several times.
_accounts: dict[str, Account] = {}
_groups: dict[str, list[int]] = {}


def find(name: str, seconds: float) -> Account | None:
    """The account *name*, or None if there is none.  Raises TimeoutError if nobody says that within *seconds*."""
    if name not in _accounts:
        found = local(name, "/etc/passwd") or _fields(_aside(name, lambda: _elsewhere(name), seconds))
        if found is None:
            return None
        _accounts[name] = found
    return _accounts[name]


def groups(name: str, gid: int, seconds: float) -> list[int]:
    """The ids of all groups of an account.  Raises TimeoutError if nobody says them within *seconds*."""

    def ask() -> str:
        return " ".join(str(group) for group in posix.getgrouplist(name, gid))

    if name not in _groups:
        _groups[name] = [int(group) for group in _aside(name, ask, seconds).split()]
    return _groups[name]


def identity(name: str, seconds: float) -> tuple[int, int, list[int]] | None:
    """(uid, gid, all groups) that a child process of the agent takes; None in a test without root.

    Raises TimeoutError as ``find`` does, and KeyError if there is no such account.
    """
    if posix.geteuid() != 0:
        return None
    until = time.monotonic() + seconds
    found = find(name, seconds)
    if found is None:
        raise KeyError(name)
    return found[0], found[1], groups(name, found[1], until - time.monotonic())


def local(name: str, path: str) -> Account | None:
    """The account in a file such as passwd(5)."""
    try:
        with open(path, "rb") as file:
            lines = file.read().decode("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    line = next((line for line in lines if line.startswith(f"{name}:")), "")
    _, _, uid, gid, _, home, *_ = (line.split(":") + [""] * 6)[:7]
    return (int(uid), int(gid), home) if uid.isdecimal() and gid.isdecimal() else None


def _fields(text: str) -> Account | None:
    uid, _, rest = text.partition(":")
    gid, _, home = rest.partition(":")
    return (int(uid), int(gid), home) if uid else None


def _elsewhere(name: str) -> str:
    """What the C library says; "" if there is no such account."""
    import pwd

    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return ""
    return f"{entry.pw_uid}:{entry.pw_gid}:{entry.pw_dir}"


def _aside(name: str, work: Callable[[], str], seconds: float) -> str:
    # Imported here, because the usual account is in /etc/passwd.
    from .aside import Aside

    try:
        return Aside(lambda: work().encode("utf-8", "surrogateescape"), seconds).answer().decode("utf-8", "replace")
    except OSError:
        # Also if the system has no room for a further process.
        raise TimeoutError(110, f"nobody says within {seconds:.0f} s who user {name} is") from None  # ETIMEDOUT
