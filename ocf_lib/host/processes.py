"""Processes of the host: list, identify, signal, and wait for their end; also the accounts they run as."""

from __future__ import annotations

import posix
import time

from . import kernel

DAEMON_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MARK = "OPENSTACK_RESOURCE"
"""Environment variable that the agent sets for a daemon.  The daemon's children inherit it."""


class Processes:
    """What the agents ask about processes, and the signals they send."""

    def pids(self) -> list[int]:
        """The pids of all processes."""
        return [int(name) for name in posix.listdir("/proc") if name.isdecimal()]

    def stat(self, pid: int) -> tuple[str, int, int, int, str] | None:
        """(state, parent, session, start time in ticks since boot, name) of a process, or None if it is gone."""
        return kernel.stat(self._proc(pid, "stat"))

    def worked(self, pid: int) -> float:
        """Seconds of processor time that a process has used; 0 if it is gone."""
        return kernel.worked(self._proc(pid, "stat")) / posix.sysconf("SC_CLK_TCK")

    def waited(self, pid: int) -> float:
        """Seconds in which the threads of a process could have run, and others had the processors; 0 if it is gone."""
        return sum(kernel.waited(self._proc(pid, f"task/{thread}/schedstat")) for thread in self._threads(pid)) / 1e9

    def command(self, pid: int) -> str:
        """The command line, with NUL between the arguments; empty if the process is a zombie or gone."""
        return self._proc(pid, "cmdline")

    def owner(self, pid: int) -> int | None:
        """The uid that a process runs as, or None if the process is gone."""
        try:
            return posix.stat(f"/proc/{pid}").st_uid
        except OSError:
            return None

    def mark(self, pid: int) -> str:
        """The value of MARK in the environment of a process: the daemon that it belongs to; "" if it has none."""
        return kernel.setting(self._proc(pid, "environ"), MARK)

    def family(self, pid: int) -> list[int]:
        """A process and all its descendants.

        Reads a few small files: proc(5), /proc/pid/task/tid/children.  A look
        at every process of the host would cost more than the rest of a monitor.
        """
        found = [pid]
        for member in found:
            for thread in self._threads(member):
                found += [int(child) for child in self._proc(member, f"task/{thread}/children").split()]
        return found

    def _threads(self, pid: int) -> list[str]:
        try:
            return posix.listdir(f"/proc/{pid}/task")
        except OSError:
            return []

    def is_here(self, pid: int) -> bool:
        """Does the process run on this host itself, and not in a container?

        A container may share the host's processes (--pid=host), but has a root
        directory of its own.
        """
        try:
            root, own = posix.stat(f"/proc/{pid}/root/"), posix.stat("/")
            return (root.st_dev, root.st_ino) == (own.st_dev, own.st_ino) and (
                posix.readlink(f"/proc/{pid}/ns/pid") == posix.readlink("/proc/self/ns/pid")
            )
        except OSError:
            return False

    def _proc(self, pid: int, name: str) -> str:
        return text(f"/proc/{pid}/{name}")

    def signal(self, pid: int, start: int, name: str) -> None:
        """Send the signal *name* to the process that began at *start*, and to no other.

        The pidfd is opened before the start time is compared.  So no other
        process can get the signal if the kernel uses the pid again.  A process
        that is gone is no error.
        """
        import signal

        try:
            descriptor = posix.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            stat = self.stat(pid)
            if stat is not None and stat[3] == start:
                signal.pidfd_send_signal(descriptor, getattr(signal, name))
        except ProcessLookupError:
            return
        finally:
            posix.close(descriptor)

    def wait(self, processes: list[tuple[int, int]], seconds: float) -> bool:
        """Wait until all *processes* (pid, start) have ended, at most *seconds*; return whether they have.

        This costs no processor time: the kernel wakes the agent when one dies (pidfd_open(2)).
        """
        import select

        until = time.monotonic() + seconds
        waiting = {}
        poll = select.poll()
        try:
            for pid, start in processes:
                try:
                    descriptor = posix.pidfd_open(pid)
                except ProcessLookupError:
                    continue
                waiting[descriptor] = pid
                stat = self.stat(pid)
                if stat is None or stat[3] != start:
                    posix.close(descriptor)
                    del waiting[descriptor]
                    continue
                poll.register(descriptor, select.POLLIN)
            while waiting:
                left = until - time.monotonic()
                if left <= 0:
                    return False
                for descriptor, _ in poll.poll(left * 1000):
                    poll.unregister(descriptor)
                    posix.close(descriptor)
                    del waiting[descriptor]
            return True
        finally:
            for descriptor in waiting:
                posix.close(descriptor)

    def ports(self, pids: list[int]) -> list[int]:
        """The TCP ports on which these processes listen."""
        from . import tcp

        return tcp.ports({inode for pid in pids for inode in tcp.held(pid)})

    def account(self, name: str, seconds: float) -> tuple[int, int, str] | None:
        """(uid, gid, home) of an account, or None if there is no such account.

        Raises TimeoutError if a directory of accounts (LDAP, SSSD) does not answer within *seconds*.
        """
        from . import accounts

        return accounts.find(name, seconds)


def text(path: str) -> str:
    """The text of a file of the kernel; "" if its process or control group is gone, or may not be read.

    Nobody may read a threaded group: its processes stand in the group above
    (cgroups(7)).  A test without root may not read the environ of others.
    """
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
