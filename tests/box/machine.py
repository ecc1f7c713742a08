"""The box and its hosts: boot, run, pull the plug, cut the network, clear away.

Everything about a box is in files below ``STATE``, so that whoever comes next
(the warden, a second runner after a crashed one) can end what an earlier
process began.  Nothing is ended by name: a host is its first process, known by
pid and start time.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import BoxError, image

STATE = Path("/run/openstack-ra-box")
NETNS = "openstack-ra-box"  # holds the bridge; nothing here touches the machine's own network
# TEST-NET-1 (RFC 5737): addresses that no network routes.
NETWORK = "192.0.2"
VIP = f"{NETWORK}.10"
FIRST_HOST = 11
OUTSIDE = f"{NETWORK}.254"
PATIENCE = 60.0
"""Seconds for each step of a boot or a power cut; a quiet machine needs one for all of them."""

# The hierarchies of control groups in which the hosts have their parts: how each is mounted.
_HIERARCHIES = {"v1": ("cgroup", "-o", "none,name=systemd"), "v2": ("cgroup2",)}
_HERE = Path(__file__).resolve().parent
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def started(pid: int) -> int | None:
    """Start time of *pid* in clock ticks since boot (proc(5), field 22), or None if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, *fields = stat[stat.rindex(")") + 2 :].split()
    return None if state == "Z" else int(fields[18])


def remember(file: Path, pid: int) -> None:
    """Write down which process *pid* is."""
    file.write_text(f"{pid} {started(pid)}\n")


def recall(file: Path) -> int | None:
    """The pid in *file* if that very process still runs."""
    try:
        pid, start = (int(word) for word in file.read_text().split())
    except (FileNotFoundError, ValueError):
        return None
    return pid if started(pid) == start else None


def end(file: Path, within: float = PATIENCE) -> None:
    """SIGKILL the process that *file* speaks of, and wait until it is gone."""
    pid = recall(file)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: recall(file) is None, within, f"pid {pid} of {file} to end")


def wait_for(condition, within: float, what: str, pause: float = 0.05):
    """Poll *condition* until it is true and return its value.

    Raises TimeoutError naming *what* after *within* seconds.
    """
    until = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= until:
            raise TimeoutError(f"waited {within:g} s for {what}")
        time.sleep(pause)


def has_own_network(pid: str) -> bool:
    """Has *pid* (still alive) left this process's network namespace?"""
    try:
        return os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")
    except OSError:
        return False


def sh(*command: str, check: bool = True) -> str:
    """Run a program of this machine and return what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise BoxError(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


class Host:
    """One Debian host of the box."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.home = STATE / "hosts" / name

    @property
    def address(self) -> str:
        return (self.home / "address").read_text().strip()

    @property
    def groups(self) -> str:
        """The version of its control groups: v1 or v2."""
        return (self.home / "groups").read_text().strip()

    def group(self, pid: int) -> str:
        """The control group of a process of this host, in the hierarchy that its systemd uses."""
        mark = {"v1": ":name=systemd:", "v2": "0::"}[self.groups]
        line = next(line for line in self.read(f"/proc/{pid}/cgroup").splitlines() if mark in line)
        return line.partition(mark)[2]

    @property
    def pid(self) -> int | None:
        """Its process 1 as this machine sees it, or None while it is off."""
        return recall(self.home / "init")

    @property
    def files(self) -> Path:
        """Its file system, as a path of this machine."""
        return Path(f"/proc/{self.pid}/root")

    def boot(self) -> None:
        """Turn it on, and return when systemd has settled."""
        with self._alone():
            if self.pid is None:
                self._boot()

    @contextlib.contextmanager
    def _alone(self):
        """The runner and the power switch may want the same host at the same time: one after the other."""
        with (self.home / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _boot(self) -> None:
        self._unplug()
        try:
            self._boot_plugged()
        except BaseException:
            # Half a host would be taken for a whole one by whoever turns it on next.
            self._off()
            raise

    def _boot_plugged(self) -> None:
        root = (self.home / "image").read_text().strip()
        with (self.home / "console").open("ab") as console:
            outer = subprocess.Popen(
                [_HERE / "boot.sh", STATE, root, self.name, self.address, self.groups],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )
        remember(self.home / "outer", outer.pid)

        def first_process():
            if outer.poll() is not None:
                raise BoxError(f"{self.name} did not boot: {(self.home / 'console').read_text()[-500:]}")
            for child in Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split():
                if has_own_network(child):
                    return int(child)
            return None

        init = wait_for(first_process, PATIENCE, f"{self.name} to get a first process")
        remember(self.home / "init", init)
        sh("ip", "-n", NETNS, "link", "add", self._cable, "type", "veth", "peer", "name", "eth0", "netns", str(init))
        sh("ip", "-n", NETNS, "link", "set", self._cable, "master", "bridge", "up")
        wait_for(lambda: Path(f"/proc/{init}/comm").read_text() == "systemd\n", PATIENCE, f"systemd of {self.name}")
        wait_for(
            lambda: self.run("systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded"),
            PATIENCE,
            f"{self.name} to finish booting",
            pause=0.2,
        )

    def off(self) -> None:
        """Pull its plug: the first process dies, and with it everything of the host, at once."""
        with self._alone():
            self._off()

    def _off(self) -> None:
        end(self.home / "init")
        end(self.home / "outer")
        self._unplug()

    @property
    def _cable(self) -> str:
        """The end of its network cable that is plugged into the bridge."""
        return f"port-{self.name}"

    def _unplug(self) -> None:
        """Remove the cable of a host that is off, and wait until its name is free.

        The kernel does this, too, but some time after the last process of the
        host has ended.
        """

        def gone() -> bool:
            sh("ip", "-n", NETNS, "link", "delete", self._cable, check=False)
            return sh("ip", "-n", NETNS, "link", "show", self._cable, check=False) == ""

        wait_for(gone, PATIENCE, f"the old cable of {self.name} to go")

    def cut(self) -> None:
        """Unplug its network cable."""
        sh("ip", "-n", NETNS, "link", "set", self._cable, "down")

    def heal(self) -> None:
        """Plug its network cable in again."""
        sh("ip", "-n", NETNS, "link", "set", self._cable, "up")

    def command(self, *command: str) -> list[str]:
        """The command line that runs *command* in this host; its environment is the caller's to give."""
        if self.pid is None:
            raise BoxError(f"{self.name} is off")
        return ["nsenter", "-t", str(self.pid), "-a", "-r", "-w", "--", *command]

    @staticmethod
    def environment(env: dict[str, str] | None = None) -> dict[str, str]:
        """Root's bare environment and *env*: never in a command line, where every user could read it."""
        return {"PATH": _PATH, "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb", **(env or {})}

    def run(self, *command, check=True, timeout=120, input=None, env=None) -> subprocess.CompletedProcess[str]:
        """Run *command* in this host; a failure shows everything it printed."""
        done = subprocess.run(
            self.command(*command),
            env=self.environment(env),
            input="" if input is None else input,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(
                f"on {self.name}: {' '.join(command)}\nreturned {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done

    def put(self, path: str, text: str, mode: int = 0o644, owner: str = "root:root") -> None:
        """Write a file in this host."""
        target = self.files / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(mode)
        if owner != "root:root":
            self.run("chown", owner, path)

    def read(self, path: str) -> str:
        return (self.files / path.lstrip("/")).read_text(errors="replace")


class Box:
    """A number of hosts on one bridge; a context manager that leaves nothing behind."""

    def __init__(self, names: list[str]) -> None:
        """A box whose first hosts stand on the root of a cluster."""
        self.hosts: list[Host] = []
        self._names = names
        self._lock: int | None = None
        self._warden: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Box:
        self._lock = claim()
        try:
            clear()
            # Under the lock: a changed package list replaces the root that other hosts stand on.
            image.build("cluster")
            self._lay_cables()
            for name in self._names:
                self.add(name)
        except BaseException:
            self._down()
            raise
        return self

    def __exit__(self, *_why: object) -> None:
        if (STATE / "keep").exists():
            os.close(self._lock)
        else:
            self._down()

    def _down(self) -> None:
        if self._warden is not None:
            self._warden.stdin.close()
            self._warden.wait(60)
        clear()
        os.close(self._lock)

    def add(
        self,
        name: str,
        kind: str = "cluster",
        release: str = image.RELEASE,
        groups: str = "",
        over: Path | None = None,
    ) -> Host:
        """Put one more host on the bridge, on the root of this kind and release, and turn it on.

        Its control groups are v1 or v2, as *groups* says; without a word they are what image.py says of the release.
        What the directory *over* holds lies over the root.
        """
        root = image.build(kind, release)
        host = Host(name)
        host.home.mkdir(parents=True)
        # For overlayfs, which takes the uppermost layer first.
        (host.home / "image").write_text(f"{over}:{root}" if over else str(root))
        (host.home / "groups").write_text(groups or image.groups(release))
        address = f"{NETWORK}.{FIRST_HOST + len(self.hosts)}"
        (host.home / "address").write_text(address)
        if name not in self._names:
            with (STATE / "hosts.txt").open("a") as names:
                names.write(f"{address} {name}\n")
        self.hosts.append(host)
        host.boot()
        return host

    def _lay_cables(self) -> None:
        """Make all that the hosts share: file systems, names, the bridge, the power switch."""
        STATE.mkdir()
        sh("mount", "-t", "tmpfs", "-o", "mode=755,size=12g", "openstack-ra-box", str(STATE))
        for version, (kind, *options) in _HIERARCHIES.items():
            (STATE / f"cgroup-{version}").mkdir()
            sh("mount", "-t", kind, *options, kind, str(STATE / f"cgroup-{version}"))
        places = [f"{NETWORK}.{FIRST_HOST + number} {name}" for number, name in enumerate(self._names)]
        (STATE / "hosts.txt").write_text("\n".join(["127.0.0.1 localhost", f"{VIP} vip", *places]) + "\n")
        sh("ip", "netns", "add", NETNS)
        sh("ip", "-n", NETNS, "link", "add", "bridge", "type", "bridge")
        sh("ip", "-n", NETNS, "address", "add", f"{OUTSIDE}/24", "dev", "bridge")
        sh("ip", "-n", NETNS, "link", "set", "bridge", "up")
        sh("ip", "-n", NETNS, "link", "set", "lo", "up")
        with (STATE / "warden.log").open("wb") as log:
            self._warden = subprocess.Popen(
                [sys.executable, "-m", "tests.box.warden"],
                cwd=_HERE.parent.parent,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        remember(STATE / "warden", self._warden.pid)
        wait_for((STATE / "switch").exists, 10, "the power switch")

    def keep(self) -> None:
        """Let the hosts outlive this process."""
        (STATE / "keep").touch()


def claim() -> int:
    """Take the machine's only box, or raise BoxError saying who has it."""
    lock = os.open("/run/openstack-ra-box.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BoxError("another test or demo run is using the hosts of this machine; wait for it or stop it") from None
    if (STATE / "keep").exists():
        raise BoxError("the hosts of an earlier demo are still up; end them with: make demo-down")
    return lock


def clear() -> None:
    """End every host and remove every trace of a box, whoever made it."""
    if not STATE.exists():
        return
    if recall(STATE / "warden") != os.getpid():
        end(STATE / "warden")
    for home in (STATE / "hosts").glob("*"):
        Host(home.name).off()
    if NETNS in sh("ip", "netns", "list").split():
        sh("ip", "netns", "delete", NETNS)
    for hierarchy in STATE.glob("cgroup*"):
        for folder, _, _ in os.walk(hierarchy / "openstack-ra-box", topdown=False):
            wait_for(lambda folder=folder: _removed(folder), 10, f"{folder} to empty")
        while os.path.ismount(hierarchy):
            sh("umount", str(hierarchy))
    while os.path.ismount(STATE):
        sh("umount", "--lazy", str(STATE))
    shutil.rmtree(STATE)


def _removed(folder: str) -> bool:
    """Remove an empty control group; one whose processes are still being reaped is busy."""
    try:
        os.rmdir(folder)
    except OSError:
        return False
    return True
