"""The operating system, as the agents see it.

The only module that touches processes, files, sockets and the clock (signing
in, which is keystoneauth1's own business, apart).  Its verbs are those of the
agents, not of ``os``, so that the tests' double stays small.  What an import
would cost a monitor is imported by the one method that needs it.
"""

from __future__ import annotations

import errno
import os
import select
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_READ_LIMIT = 1 << 20
_HEAD_LIMIT = 1 << 16
_BODY_LIMIT = 1 << 23
DAEMON_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MARK = "OPENSTACK_RESOURCE"
"""Environment variable by which a daemon, and whatever it starts, is known as ours."""


class Host:
    """The machine we run on."""

    def __init__(self) -> None:
        self._site_open = False

    # -- clock

    def now(self) -> float:
        """Seconds on a clock that never goes backwards."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def date(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def date_text(self, form: str, date: float) -> str:
        """The local date as strftime(3) writes it in *form*."""
        return time.strftime(form, time.localtime(date))

    # -- files

    def read(self, path: str) -> str | None:
        """The text of *path* (its first MiB), or None if there is no such file.

        Raises OSError if there is one that cannot be read.
        """
        try:
            with open(path, "rb") as file:
                return file.read(_READ_LIMIT).decode("utf-8", "replace")
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, path: str, text: str, mode: int) -> None:
        """Put *text* in *path*, whole or not at all, with exactly *mode*.

        A directory that is missing is made.  The new file takes the old one's
        name, so that a link planted there is replaced and never followed.
        """
        os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
        part = f"{path}.{os.getpid()}"
        self.remove(part)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            os.fchmod(descriptor, mode)
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)
        os.rename(part, path)

    def append(self, path: str, text: str) -> None:
        """Add *text* to a log file, which is made (0640) if it is missing."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        try:
            os.write(descriptor, text.encode("utf-8", "replace"))
        finally:
            os.close(descriptor)

    def make_directory(self, path: str, mode: int) -> None:
        """Make *path* and its parents; one that exists stays as it is."""
        os.makedirs(path, mode, exist_ok=True)

    def remove(self, path: str) -> None:
        """Remove a file; none there is fine."""
        try:
            os.unlink(path)
        except FileNotFoundError:
            return

    def names(self, directory: str) -> list[str]:
        """What a directory holds, sorted; nothing if it is missing or not ours to read."""
        try:
            return sorted(os.listdir(directory))
        except OSError:
            return []

    def age(self, path: str) -> float | None:
        """Seconds since *path* was last written, or None if it is missing."""
        try:
            return time.time() - os.stat(path).st_mtime
        except FileNotFoundError:
            return None

    def version_of(self, path: str) -> str:
        """Text that changes when the file does."""
        try:
            seen = os.stat(path)
        except OSError:
            return "none"
        return f"{seen.st_ino} {seen.st_size} {seen.st_mtime_ns}"

    def size(self, path: str) -> int:
        """Bytes in *path*; 0 if it is missing."""
        try:
            return os.stat(path).st_size
        except OSError:
            return 0

    def tail(self, path: str, start: int) -> str:
        """What was added to *path* after its first *start* bytes (the last 8 KiB of that)."""
        try:
            with open(path, "rb") as file:
                file.seek(max(start, os.fstat(file.fileno()).st_size - 8192))
                return file.read().decode("utf-8", "replace")
        except OSError:
            return ""

    def is_file(self, path: str) -> bool:
        return os.path.isfile(path)

    def is_directory(self, path: str) -> bool:
        return os.path.isdir(path)

    def find_program(self, name: str) -> str | None:
        """The full path of an executable, or None."""
        if "/" in name:
            candidates = [name]
        else:
            candidates = [f"{directory}/{name}" for directory in DAEMON_PATH.split(":")]
        for path in candidates:
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return path
        return None

    # -- accounts

    def name(self) -> str:
        """The name of this host, as its services report it."""
        return os.uname().nodename

    def is_root(self) -> bool:
        return os.geteuid() == 0

    def account(self, name: str) -> tuple[int, int, str] | None:
        """(uid, gid, home) of an account, or None if there is no such account."""
        import pwd

        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            return None
        return entry.pw_uid, entry.pw_gid, entry.pw_dir

    def refusal(self, path: str, user: str) -> str | None:
        """Why *user* cannot read *path* ("Permission denied", ...), or None if it can.

        Opened as that user in a child, which is exact where mode bits are not
        (groups, access lists, network file systems).
        """
        import pwd

        entry = pwd.getpwnam(user)
        groups = os.getgrouplist(user, entry.pw_gid)
        child = os.fork()
        if child == 0:
            status = 0
            try:
                if os.geteuid() == 0:
                    os.setgroups(groups)
                    os.setgid(entry.pw_gid)
                    os.setuid(entry.pw_uid)
                os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
            except OSError as problem:
                status = problem.errno or errno.EIO
            finally:
                os._exit(min(status, 255))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return os.strerror(status) if status else None

    # -- processes

    def pids(self) -> list[int]:
        """Every process."""
        return [int(name) for name in os.listdir("/proc") if name.isdecimal()]

    def own_pid(self) -> int:
        return os.getpid()

    def stat(self, pid: int) -> tuple[str, int, int, int] | None:
        """(state, parent, session, start time in ticks since boot) of a process, or None if it is gone.

        proc(5), /proc/pid/stat.  The command name before these fields may hold
        blanks and parentheses, so they are counted from the last ")".
        """
        text = self._proc(pid, "stat")
        if not text:
            return None
        fields = text[text.rindex(")") + 2 :].split()
        return fields[0], int(fields[1]), int(fields[3]), int(fields[19])

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
        for setting in self._proc(pid, "environ").split("\0"):
            if setting.startswith(MARK + "="):
                return setting[len(MARK) + 1 :]
        return ""

    def control_group(self, pid: int) -> str:
        """The control group in which systemd has put a process (cgroups(7), /proc/pid/cgroup), or ""."""
        for line in self._proc(pid, "cgroup").splitlines():
            number, controllers, path = line.split(":", 2)
            if (number, controllers) == ("0", "") or controllers == "name=systemd":
                return path
        return ""

    def family(self, pid: int) -> list[int]:
        """A process and all its descendants.

        proc(5), /proc/pid/task/tid/children: a few small files, where a look
        at every process of the host would cost a monitor more than the rest.
        """
        found = [pid]
        for member in found:
            for thread in self.names(f"/proc/{member}/task"):
                found += [int(child) for child in self._proc(member, f"task/{thread}/children").split()]
        return found

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
        until = self.now() + seconds
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
                left = until - self.now()
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

    def launch(self, argv: list[str], user: str, environment: dict[str, str], directory: str, log: str) -> int:
        """Start a daemon in its own session, as *user*, and return its pid.

        Its output goes to the end of *log* (root's, 0640), its input is empty,
        its umask 022, its limit of open files that of Debian's units.  Nothing
        of our environment reaches it.  Raises OSError if it cannot be executed.
        """
        import resource
        import subprocess

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 65535 if hard == resource.RLIM_INFINITY else min(65535, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        self.make_directory(os.path.dirname(log), 0o750)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o640)
        try:
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=directory,
                env=environment,
                umask=0o022,
                start_new_session=True,
                **self._identity(user),
            )
        finally:
            os.close(output)
        # The daemon outlives us: nothing is to be waited for when we exit.
        child.returncode = 0
        return child.pid

    def _identity(self, user: str) -> dict[str, Any]:
        """What makes a child of root run as *user*; nothing for a test without root."""
        if not self.is_root():
            return {}
        import pwd

        entry = pwd.getpwnam(user)
        return {
            "user": entry.pw_uid,
            "group": entry.pw_gid,
            "extra_groups": os.getgrouplist(user, entry.pw_gid),
        }

    def ended(self, pid: int) -> str | None:
        """How a child of ours ended ("exit status 1", "signal 9"), or None while it runs."""
        try:
            done, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            return "no longer there"
        if done == 0:
            return None
        code = os.waitstatus_to_exitcode(status)
        return f"exit status {code}" if code >= 0 else f"signal {-code}"

    def run_as(self, user: str, argv: list[str], text: str, seconds: float) -> tuple[int, str] | None:
        """Run a short program as *user* with *text* as its input: (exit status, output), or None if it takes too long."""
        import subprocess

        try:
            done = subprocess.run(
                argv,
                input=text,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=max(seconds, 0.1),
                cwd="/",
                env={"PATH": DAEMON_PATH, "LANG": "C.UTF-8"},
                check=False,
                **self._identity(user),
            )
        except subprocess.TimeoutExpired:
            return None
        return done.returncode, done.stdout

    def ask(self, argv: list[str], seconds: float) -> tuple[int, str]:
        """Run a program of the system: (exit status, output).

        Raises TimeoutError, and OSError if there is no such program.
        Written with posix_spawn because a monitor of a unit comes here every
        time, and subprocess would cost it twice what the rest does.
        """
        reading, writing = os.pipe()
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, writing, 1),
            (os.POSIX_SPAWN_DUP2, writing, 2),
        ]
        environment = {"PATH": DAEMON_PATH, "LC_ALL": "C"}
        try:
            pid = os.posix_spawn(argv[0], argv, environment, file_actions=actions, setpgroup=0)
        except OSError:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        until = self.now() + seconds
        output = b""
        try:
            while True:
                ready, _, _ = select.select([reading], [], [], max(until - self.now(), 0))
                if not ready:
                    os.killpg(pid, 9)
                    raise TimeoutError(f"{' '.join(argv)} did not end in {seconds:.0f} s")
                piece = os.read(reading, 65536)
                if not piece:
                    break
                output += piece
        finally:
            os.close(reading)
            _, status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status), output.decode("utf-8", "replace")

    # -- network

    def exchange(
        self, address: str, port: int, request: bytes, seconds: float, tls=None, until: bytes | None = b""
    ) -> bytes:
        """Send *request* and return what comes back: up to and with *until*, any first bytes if that is empty, or
        all until the other side closes if it is None.

        *seconds* bound the whole exchange, however slowly the other side
        drips.  *tls* is None or a pair (ssl.SSLContext, name to verify).
        Raises OSError: TimeoutError, ConnectionError and their kin.
        """
        # What the socket module is built on: that one costs 5 ms of processor time, at every check.
        import _socket

        deadline = self.now() + seconds
        connection = None
        try:
            connection = self._connect(address, port, seconds)
            if tls is not None:
                import socket

                plain = socket.socket(fileno=connection.detach())
                plain.settimeout(max(deadline - self.now(), 0.01))
                connection = tls[0].wrap_socket(plain, server_hostname=tls[1])
            connection.settimeout(max(deadline - self.now(), 0.01))
            connection.sendall(request)
            answer = b""
            while len(answer) < (_BODY_LIMIT if until is None else _HEAD_LIMIT):
                left = deadline - self.now()
                if left <= 0:
                    raise TimeoutError
                connection.settimeout(left)
                piece = connection.recv(65536)
                answer += piece
                if not piece or (until is not None and until in answer):
                    break
            return answer
        except _socket.timeout:
            # Until Python 3.10 not yet the same as TimeoutError.
            raise TimeoutError from None
        finally:
            if connection is not None:
                connection.close()

    def _connect(self, address: str, port: int, seconds: float):
        """A connection to the first address of a name that takes one."""
        import _socket

        refused: OSError = ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        # As bytes: a str is taken for an international name, and the codec for these costs more than the question.
        name = address.encode("ascii", "replace")
        for family, kind, protocol, _, where in _socket.getaddrinfo(name, port, 0, _socket.SOCK_STREAM):
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
        found = set()
        for name in self.names(directory):
            try:
                target = os.readlink(f"{directory}/{name}")
            except OSError:
                # Closed since we listed it.
                continue
            if target.startswith("socket:["):
                found.add(target[8:-1])
        return found

    def connected(self, port: int) -> list[tuple[str, str]]:
        """(inode, address of the other side) of every established TCP connection to *port*."""
        wanted = f":{port:04X} 01 "
        return [(inode, _address(remote)) for _, remote, inode in self._tcp(wanted)]

    def listening(self, port: int) -> set[str]:
        """The inodes of the TCP sockets that listen on *port*."""
        return {inode for local, _, inode in self._tcp(":0000 0A ") if local.endswith(f":{port:04X}")}

    def _tcp(self, wanted: str) -> list[tuple[str, str, str]]:
        """(local, remote, inode) of each line of the kernel's lists of TCP sockets that holds *wanted*.

        proc(5), /proc/net/tcp: addresses and ports in hexadecimal, "01" is
        established, "0A" listens.
        """
        found = []
        for name in ("tcp", "tcp6"):
            try:
                with open(f"/proc/net/{name}", encoding="ascii") as lines:
                    found += [line.split() for line in lines if wanted in line]
            except FileNotFoundError:
                # A kernel without IPv6.
                continue
        return [(fields[1], fields[2], fields[9]) for fields in found]

    def unix_trouble(self, path: str, seconds: float) -> str | None:
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

    def tls(self, cafile: str, name: str, verify: bool):
        """What ``exchange`` needs to speak TLS.  Raises OSError if *cafile* cannot be used."""
        import ssl

        context = ssl.create_default_context(cafile=cafile or None)
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context, name

    def servers(self, port: int) -> list[tuple[int, str, str]]:
        """Who listens on a TCP port: (pid or 0, program, address).

        Looked up with psutil; raises ImportError if that is not installed.
        """
        self.open_site()
        import psutil

        found = set()
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
                pid = connection.pid or 0
                found.add((pid, self._program(pid), connection.laddr.ip))
        return sorted(found)

    def _program(self, pid: int) -> str:
        words = self.command(pid).split("\0") if pid else [""]
        return words[0] or "unknown program"

    # -- this process

    def open_site(self) -> None:
        """Let the next imports find Debian's or the distribution's Python packages.

        The agents run with -S: nobody's .pth files are executed, and a
        monitor that needs no package does not pay for their directory.
        """
        import site

        if not self._site_open:
            self._site_open = True
            site.main()

    def begin_again(self, argv: list[str]) -> str:
        """Let the program that *argv* names take this process's place; returns, with the reason, only if it cannot."""
        try:
            os.execv(argv[0], argv)  # noqa: S606  our own program, with our own arguments
        except OSError as problem:
            return f"{argv[0]}: {problem.strerror}"

    def limit(self, seconds: float) -> _Limit:
        """``with host.limit(s):`` raises TimeoutError in the block after *s* seconds, whatever it waits for."""
        return _Limit(seconds)

    def syslog(self, facility: str, priority: str, tag: str, text: str) -> None:
        """One line to the system log."""
        import syslog

        number = getattr(syslog, f"LOG_{facility.upper()}", syslog.LOG_DAEMON)
        syslog.openlog(tag, 0, number)
        syslog.syslog(getattr(syslog, f"LOG_{priority.upper()}"), text)

    def has_terminal(self) -> bool:
        """Does a person sit at our standard input?"""
        try:
            return os.isatty(0)
        except OSError:
            return False

    def say(self, text: str) -> None:
        """One line on standard error, where nothing else may log."""
        sys.stderr.write(text)


class _Over(BaseException):
    """Time is up.  Not an Exception: libraries catch those, and would make another error of it."""


class _Limit:
    """A bound on a block of code that we did not write and that waits where it likes."""

    def __init__(self, seconds: float) -> None:
        self._seconds = max(seconds, 0.05)

    def __enter__(self) -> None:
        import signal

        def over(_number, _frame):
            raise _Over

        signal.signal(signal.SIGALRM, over)
        signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def __exit__(self, kind: type[BaseException] | None, *_what: object) -> None:
        import signal

        signal.setitimer(signal.ITIMER_REAL, 0)
        if kind is _Over:
            raise TimeoutError from None


def _address(place: str) -> str:
    """The IP address in "0100007F:1628", as /proc/net/tcp has it: 32-bit words in this machine's byte order."""
    import _socket

    text = place.partition(":")[0]
    packed = b"".join(int(text[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(text), 8))
    if len(packed) == 16 and packed.startswith(b"\0" * 10 + b"\xff\xff"):
        packed = packed[12:]
    return _socket.inet_ntop(_socket.AF_INET if len(packed) == 4 else _socket.AF_INET6, packed)
