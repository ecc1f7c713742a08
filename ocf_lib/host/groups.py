"""Control groups of the host: which group a process lives in, and which processes live in a group.

systemd gives each unit and each scope a group.  The kernel keeps a process in
its group, whatever it calls itself, whoever it runs as, and whoever its parent
was.  Source: cgroups(7).
"""

from __future__ import annotations

import posix

from . import kernel
from .files import is_directory
from .processes import text

ROOTS = ("/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup")
"""Where the groups that systemd uses are mounted: on a legacy, a hybrid and a unified host."""


class Groups:
    """What the agents ask about control groups: the kernel's files answer, and systemd need not run."""

    def of(self, pid: int) -> str:
        """The group that systemd gave a process; "" if there is none."""
        return kernel.control_group(text(f"/proc/{pid}/cgroup"))

    def members(self, group: str) -> list[int]:
        """The pids in a group and in all groups below it, as a container makes them; none if there is no such group.

        systemd runs what stops a unit (ExecStop=) in ".control" if the unit has
        groups of its own.  That is no part of the unit's work.
        """
        found: list[int] = []
        directories = [place] if (place := _place(group)) else []
        for directory in directories:
            found += [int(word) for word in text(f"{directory}/cgroup.procs").split()]
            directories += _directories(directory)
        return found

    def below(self, group: str) -> list[str]:
        """The groups directly below *group*."""
        return [f"{group}/{path.rpartition('/')[2]}" for path in _directories(_place(group))]


def _place(group: str) -> str:
    """The directory of a group; "" if there is none.  A hybrid host has it twice, with the same members."""
    return next((place for root in ROOTS if group and is_directory(place := f"{root}{group}")), "")


def _directories(path: str) -> list[str]:
    try:
        with posix.scandir(path) as entries:
            found = [entry for entry in entries if entry.is_dir(follow_symlinks=False) and entry.name != ".control"]
            return sorted(entry.path for entry in found)
    except OSError:
        return []
