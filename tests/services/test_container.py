"""A unit that runs a container: a quadlet of podman on Debian 13, with the real Keystone in it.

The container's root is the host's own, with a layer of its own above. So nothing
has to be fetched, and the daemon is the one that Debian's package installs.
"""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.box import image, keystone
from tests.box.agent import Agent, install
from tests.box.machine import wait_for
from tests.conftest import long

from .test_keystone import GENERIC, NOT_RUNNING, SUCCESS, kill

URL = "http://127.0.0.1:5000/v3"
UNIT = "keystone.service"
QUADLET = """\
[Container]
ContainerName=keystone
Rootfs=/:O
Network=host
Volume=/var/lib/keystone:/var/lib/keystone
Volume=/var/log/keystone:/var/log/keystone
Exec=/usr/bin/uwsgi_python3 --http-socket :5000 --ini /etc/keystone/keystone-uwsgi.ini

[Service]
Restart=always
"""
# A host's disk is an overlay, and no overlay can have its upper layer on another one.
STORAGE = '[storage]\ndriver = "overlay"\ngraphroot = "/run/containers/graph"\nrunroot = "/run/containers/storage"\n'
# A host has no controller of control groups.
LIMITS = "[containers]\npids_limit = 0\n"
# Without this, systemd itself ends the container's processes as soon as conmon has ended.
LEAVE_THEM = "[Service]\nKillMode=process\nExecStopPost=\n"


# podman's own place for a container is a scope in machine.slice. Only a quadlet asks for a group below its unit.
APART = QUADLET.replace("Network=host\n", "Network=host\nPodmanArgs=--cgroups=enabled\n")
# Kolla-Ansible makes the container, and such a unit for it. The client of podman is then the main process.
CREATE = (
    "podman create --name keystone --network host --volume /var/lib/keystone:/var/lib/keystone"
    " --volume /var/log/keystone:/var/log/keystone --rootfs /:O"
    " /usr/bin/uwsgi_python3 --http-socket :5000 --ini /etc/keystone/keystone-uwsgi.ini"
)
KOLLA = """\
[Service]
ExecStart=/usr/bin/podman start -a keystone
ExecStop=/usr/bin/podman stop keystone -t 10
Restart=always
RestartSec=11
SuccessExitStatus=143
"""
# Of the administrator: it has precedence over a quadlet's unit.
ADMIN_UNIT = f"/etc/systemd/system/{UNIT}"
SOURCE = "/etc/containers/systemd/keystone.container"


@pytest.fixture(scope="module")
def host(box):
    """A host with Keystone on SQLite, to be run as a container."""
    made = box.add("container", release=image.NEWER)
    install(made)
    keystone.configure(made)
    keystone.bootstrap(made, URL)
    made.put("/etc/containers/storage.conf", STORAGE)
    made.put("/etc/containers/containers.conf", LIMITS)
    made.put(SOURCE, QUADLET)
    made.run("systemctl", "daemon-reload")
    yield made
    made.off()


@pytest.fixture
def agent(host):
    """A resource that runs the quadlet's unit; nothing of it is left afterwards."""
    made = Agent(host, "keystone", "p_container", unit="keystone", **keystone.credentials(URL))
    yield made
    stopped = made("stop")
    assert stopped.code == SUCCESS, stopped
    assert parts(host) == {}
    # The first command about a container without conmon fails, and lets podman know that the container has ended.
    host.run("podman", "rm", "--force", "--ignore", "keystone", check=False)


@pytest.fixture
def running(agent):
    """The same, started."""
    started = agent("start", timeout=120)
    assert started.code == SUCCESS, started
    return agent


@pytest.fixture
def left(running):
    """The pids of Keystone in a container whose conmon was killed, and which nobody has ended."""
    host = running.host
    drop_in = f"/run/systemd/system/{UNIT}.d/10-leave.conf"
    host.put(drop_in, LEAVE_THEM)
    host.run("systemctl", "daemon-reload")
    inside = daemons(host)
    kill(host, "KILL", conmon(host))
    wait_for(lambda: set(parts(host)) == inside, 60, "conmon to be gone")
    yield inside
    host.run("rm", drop_in)
    host.run("systemctl", "daemon-reload")


def parts(host) -> dict[int, str]:
    """{pid: command line} of all that belongs to the container, by control group or by name, wherever it runs."""
    found = {}
    for entry in (host.files / "proc").iterdir():
        if entry.name.isdecimal():
            try:
                line = (entry / "cmdline").read_text(errors="replace").replace("\0", " ")
                groups = (entry / "cgroup").read_text()
            except OSError:
                continue
            ours = UNIT in groups or "libpod" in groups
            if line and (ours or any(name in line for name in ("uwsgi", "conmon", "podman", "crun"))):
                found[int(entry.name)] = line
    return found


def daemons(host) -> set[int]:
    """The pids of Keystone itself."""
    return {pid for pid, line in parts(host).items() if line.startswith("/usr/bin/uwsgi")}


def conmon(host) -> int:
    """The pid of the unit's main process, which podman leaves beside each container."""
    (found,) = (pid for pid, line in parts(host).items() if line.startswith("/usr/bin/conmon"))
    return found


def master(host) -> int:
    """The pid of Keystone's main process: process 1 of the container."""
    inside = host.run("cat", f"/proc/{conmon(host)}/task/{conmon(host)}/children").stdout.split()
    return int(inside[0])


def ended(host) -> bool:
    """Is the unit down, with all that systemd runs after its end?"""
    state = host.run("systemctl", "show", "--property=ActiveState", "--value", UNIT).stdout.strip()
    return state in ("failed", "inactive") and parts(host) == {}


def only_podman_clears_away(host) -> None:
    """After a stop with force, nothing of the container is left; systemd runs podman once more for what lies on disk."""
    # Between its fork and podman, systemd 257 shows a program of its own.
    passing = ("podman", "systemd-executor")
    assert [line for line in parts(host).values() if not any(name in line for name in passing)] == []
    wait_for(lambda: parts(host) == {}, 60, "podman to clear away", pause=0.2)


def test_a_life(agent):
    """
    Stopped, started, watched at every depth, started again, stopped, stopped again.
    """
    assert agent("monitor").code == NOT_RUNNING
    assert agent("start", timeout=120).code == SUCCESS
    assert '"id": "v3' in agent.host.run("curl", "--silent", "--fail", URL).stdout
    assert agent("monitor").code == SUCCESS
    assert [agent.monitor(depth=depth).code for depth in (0, 10, 20)] == [SUCCESS] * 3
    before = parts(agent.host)
    assert agent("start", timeout=120).code == SUCCESS
    assert parts(agent.host) == before
    assert agent("stop").code == SUCCESS
    assert parts(agent.host) == {}
    assert agent("monitor").code == NOT_RUNNING
    assert agent("stop").code == SUCCESS


def test_where_the_processes_are(running):
    """
    conmon is the main process. It and the container are in groups below the unit's, which has no process itself.
    """
    host = running.host
    shown = host.run("systemctl", "show", "--property=MainPID,ControlGroup", UNIT).stdout.split()
    assert sorted(shown) == [f"ControlGroup=/system.slice/{UNIT}", f"MainPID={conmon(host)}"]
    assert host.run("cat", f"/sys/fs/cgroup/system.slice/{UNIT}/cgroup.procs").stdout == ""
    groups = {pid: host.read(f"/proc/{pid}/cgroup").partition(f"/{UNIT}/")[2].strip() for pid in parts(host)}
    assert groups.pop(conmon(host)) == "runtime"
    assert set(groups) == daemons(host)
    assert all(group.startswith("libpod-payload-") for group in groups.values())
    assert os.readlink(host.files / f"proc/{master(host)}/ns/pid") != os.readlink(host.files / "proc/1/ns/pid")


def test_killed_daemon(running):
    """
    After a SIGKILL of Keystone's main process the container ends, and with it everything: 7.
    """
    kill(running.host, "KILL", master(running.host))
    assert running.monitor().code in (GENERIC, NOT_RUNNING)
    wait_for(lambda: ended(running.host), 60, "the container to end")
    seen = running.monitor()
    assert (seen.code, seen.reason) == (NOT_RUNNING, "keystone: the daemon has ended, and nothing is left of it")


def test_killed_conmon(running):
    """
    systemd ends the container's processes, as conmon was the unit's main process: 7, and a start works.
    """
    kill(running.host, "KILL", conmon(running.host))
    wait_for(lambda: ended(running.host), 60, "systemd to end the container")
    assert running.monitor().code == NOT_RUNNING
    assert running("monitor").code == NOT_RUNNING
    assert running("start", timeout=120).code == SUCCESS


def test_a_container_that_outlives_conmon(running, left):
    """
    The container's processes are the daemon's: not running is no answer while they live. A stop ends them.
    """
    seen = running.monitor()
    assert seen.code == GENERIC
    assert seen.reason.startswith("keystone: the main process is gone, but these processes of the daemon live: ")
    assert {int(pid) for pid in seen.reason.rpartition(": ")[2].split()} == left
    assert running("monitor").code == GENERIC
    assert running("stop").code == SUCCESS
    assert parts(running.host) == {}
    assert running("monitor").code == NOT_RUNNING


def test_a_container_that_hangs(running):
    """
    A stop has to use force: no process of the container survives it.
    """
    kill(running.host, "STOP", *daemons(running.host))
    assert running.monitor(timeout=20).code == GENERIC
    assert running("stop").code == SUCCESS
    only_podman_clears_away(running.host)


def test_the_bus_hangs(running):
    """
    Root asks systemd without the bus: everything works while dbus-daemon is stopped by a signal.
    """
    host = running.host
    bus = int(host.run("systemctl", "show", "--property=MainPID", "--value", "dbus").stdout)
    try:
        kill(host, "STOP", bus)
        assert running.monitor().code == SUCCESS
        assert running("stop").code == SUCCESS
        assert parts(host) == {}
        assert running("monitor").code == NOT_RUNNING
        assert running("start", timeout=120).code == SUCCESS
    finally:
        kill(host, "CONT", bus)


@pytest.fixture(params=["quadlet", *long("kolla")])
def apart(host, agent, request):
    """A started resource whose container is in no group below the unit's."""
    if request.param == "kolla":
        host.run(*CREATE.split())
        host.put(ADMIN_UNIT, KOLLA)
    else:
        host.put(SOURCE, APART)
    host.run("systemctl", "daemon-reload")
    started = agent("start", timeout=120)
    assert started.code == SUCCESS, started
    assert all("libpod" in host.read(f"/proc/{pid}/cgroup") for pid in daemons(host))
    yield agent
    # With force, so that a failure here does not become one of the next test.
    inside = daemons(host)
    if inside:
        kill(host, "KILL", *inside)
    host.run("systemctl", "stop", UNIT)
    host.run("rm", "-f", ADMIN_UNIT)
    host.put(SOURCE, QUADLET)
    host.run("systemctl", "daemon-reload")
    host.run("podman", "rm", "--force", "--ignore", "keystone", check=False)


def test_a_container_that_is_apart(apart):
    """
    A monitor at every depth looks at the container's processes; a stop ends them.
    """
    assert [apart.monitor(depth=depth).code for depth in (0, 10, 20)] == [SUCCESS] * 3
    assert apart("stop").code == SUCCESS
    assert parts(apart.host) == {}
    assert apart("monitor").code == NOT_RUNNING


def test_a_container_that_is_apart_and_hangs(apart):
    """
    A stop ends it, though the unit's group does not have it, and podman has no time for a clean end.
    """
    kill(apart.host, "STOP", *daemons(apart.host))
    assert apart.monitor(timeout=20).code == GENERIC
    assert apart("stop").code == SUCCESS
    only_podman_clears_away(apart.host)
    assert apart("monitor").code == NOT_RUNNING


def test_a_container_that_is_apart_hangs_and_has_lost_conmon(apart):
    """
    Nothing is left in the unit's group, or only podman's attempt to stop the container. A stop ends the container.
    """
    kill(apart.host, "STOP", *daemons(apart.host))
    kill(apart.host, "KILL", conmon(apart.host))
    assert apart.monitor(timeout=20).code == GENERIC
    assert apart("stop").code == SUCCESS
    only_podman_clears_away(apart.host)
    assert apart("monitor").code == NOT_RUNNING


def test_a_stop_between_two_restarts(agent):
    """
    A unit that was started outside of the cluster has its own Restart=: systemd must not start it after the stop.
    """
    host = agent.host
    drop_in = f"/run/systemd/system/{UNIT}.d/10-slow.conf"
    host.put(drop_in, "[Service]\nRestartSec=5\n")
    host.run("systemctl", "daemon-reload")
    try:
        host.run("systemctl", "start", UNIT)
        kill(host, "KILL", conmon(host))
        show = ("systemctl", "show", "--property=SubState", "--value", UNIT)
        wait_for(lambda: host.run(*show).stdout == "auto-restart\n", 60, "systemd to wait for the next start")
        assert agent("stop").code == SUCCESS
        time.sleep(7)
        assert parts(host) == {}
        assert agent("monitor").code == NOT_RUNNING
    finally:
        host.run("rm", drop_in)
        host.run("systemctl", "daemon-reload")


@pytest.mark.long
def test_systemd_hangs(running):
    """
    Only a living process may make a stop fail: the stop ends all of them without systemd.
    """
    systemd = running.host.pid
    os.kill(systemd, signal.SIGSTOP)
    try:
        assert running("stop", timeout=40).code == SUCCESS
        assert parts(running.host) == {}
        assert running("monitor", timeout=20).code == NOT_RUNNING
    finally:
        os.kill(systemd, signal.SIGCONT)
    # Only now systemd learns of the end, and runs podman to clear away.
    wait_for(lambda: ended(running.host), 60, "podman to clear away", pause=0.2)


@pytest.mark.long
def test_a_container_that_ends_at_once(agent):
    """
    The agent starts the unit again until its time is over, and then says how it ended.
    """
    host = agent.host
    host.put(SOURCE, QUADLET.replace("Exec=/usr/bin/uwsgi_python3", "Exec=/usr/bin/false"))
    host.run("systemctl", "daemon-reload")
    try:
        started = agent("start", timeout=30)
        assert started.code == GENERIC
        assert "keystone.service ended at once, exit-code (status 1)" in started.reason
    finally:
        host.put(SOURCE, QUADLET)
        host.run("systemctl", "daemon-reload")
