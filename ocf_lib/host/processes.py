"""Processes of the host: who they are, how they end."""

from __future__ import annotations

import os
import time

from . import kernel

MARK = "OPENSTACK_RESOURCE"
"""Environment variable by which a daemon, and whatever it starts, is known as ours."""


class Processes:
    """What the agents ask about processes, and the signals they send."""

    def pids(self) -> list[int]:
        """Every process."""
        return [int(name) for name in os.listdir("/proc") if name.isdecimal()]

    def stat(self, pid: int) -> tuple[str, int, int, int] | None:
        """(state, parent, session, start time in ticks since boot) of a process, or None if it is gone."""
        return kernel.stat(self._proc(pid, "stat"))

    def command(self, pid: int) -> str:
        """The command line, arguments separated by NUL; empty for a zombie and for one that is gone."""
        return self._proc(pid, "cmdline")

    def owner(self, pid: int) -> int | None:
        """The uid a process runs as, or None if it is gone."""
        try:
            return os.stat(f"/proc/{pid}").st_uid
        except OSError:
            return None

    def mark(self, pid: int) -> str:
        """Whose daemon a process says it descends from (MARK in its environment), or ""."""
        return kernel.setting(self._proc(pid, "environ"), MARK)

    def control_group(self, pid: int) -> str:
        """The control group in which systemd has put a process, or ""."""
        return kernel.control_group(self._proc(pid, "cgroup"))

    def family(self, pid: int) -> list[int]:
        """A process and all its descendants.

        proc(5), /proc/pid/task/tid/children: a few small files, where a look
        at every process of the host would cost a monitor more than the rest.
        """
        found = [pid]
        for member in found:
            for thread in self._threads(member):
                found += [int(child) for child in self._proc(member, f"task/{thread}/children").split()]
        return found

    def _threads(self, pid: int) -> list[str]:
        try:
            return os.listdir(f"/proc/{pid}/task")
        except OSError:
            return []

    def is_here(self, pid: int) -> bool:
        """Is the process of this host, and not of a container on it?"""
        try:
            return os.readlink(f"/proc/{pid}/ns/pid") == os.readlink("/proc/self/ns/pid")
        except OSError:
            return False

    def _proc(self, pid: int, name: str) -> str:
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                return file.read().decode("utf-8", "replace")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            # PermissionError: another user's environ, when a test runs without root.
            return ""

    def signal(self, pid: int, start: int, name: str) -> None:
        """Send the signal *name* to the process that began at *start*, and to no other.

        The pidfd is taken before the start time is compared, so the number
        cannot go to a stranger in between.  One that is gone is fine.
        """
        import signal

        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            stat = self.stat(pid)
            if stat is not None and stat[3] == start:
                signal.pidfd_send_signal(descriptor, getattr(signal, name))
        except ProcessLookupError:
            return
        finally:
            os.close(descriptor)

    def wait(self, processes: list[tuple[int, int]], seconds: float) -> bool:
        """Sleep until every one of *processes* (pid, start) has ended; return whether that came true.

        Costs no processor time: the kernel wakes us at a death (pidfd_open(2)).
        """
        import select

        until = time.monotonic() + seconds
        waiting = {}
        poll = select.poll()
        try:
            for pid, start in processes:
                try:
                    descriptor = os.pidfd_open(pid)
                except ProcessLookupError:
                    continue
                waiting[descriptor] = pid
                stat = self.stat(pid)
                if stat is None or stat[3] != start:
                    os.close(descriptor)
                    del waiting[descriptor]
                    continue
                poll.register(descriptor, select.POLLIN)
            while waiting:
                left = until - time.monotonic()
                if left <= 0:
                    return False
                for descriptor, _ in poll.poll(left * 1000):
                    poll.unregister(descriptor)
                    os.close(descriptor)
                    del waiting[descriptor]
            return True
        finally:
            for descriptor in waiting:
                os.close(descriptor)

    def account(self, name: str) -> tuple[int, int, str] | None:
        """(uid, gid, home) of an account, or None if there is no such account."""
        import pwd

        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            return None
        return entry.pw_uid, entry.pw_gid, entry.pw_dir
