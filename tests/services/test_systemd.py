"""A real systemd that runs, hangs or waits beside the agents, and an Apache that several services share."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import pytest

from tests.box import image
from tests.box.agent import Agent, install
from tests.box.keystone import daemons
from tests.box.machine import wait_for
from tests.conftest import long

INI = "/etc/keystone/keystone-uwsgi.ini"
DROP_IN = "/run/systemd/system/keystone.service.d/test.conf"


@pytest.fixture
def make(solo):
    """Make a resource on the host with Keystone; afterwards nothing of it is left."""
    made = []

    def agent(instance="p_keystone", name="keystone", **params) -> Agent:
        made.append(Agent(solo, name, instance, **params))
        return made[-1]

    yield agent
    for one in made:
        assert one("stop").code == 0
    assert daemons(solo) == []


@contextlib.contextmanager
def frozen(host, *, bus: bool = False):
    """A systemd, or a bus, that answers nobody: SIGSTOP from outside the host."""
    if bus:
        host.run("pkill", "-STOP", "dbus-daemon")
    else:
        os.kill(host.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        if bus:
            host.run("pkill", "-CONT", "dbus-daemon")
        else:
            os.kill(host.pid, signal.SIGCONT)


def group(host, pid: int) -> str:
    """The last part of the control group of a process."""
    return host.group(pid).rpartition("/")[2]


@pytest.mark.parametrize("lost", [False, True], ids=["with-its-record", "with-an-empty-run-directory"])
def test_a_uwsgi_that_renames_its_processes_does_not_survive_stop(make, solo, lost):
    """
    With auto-procname, uwsgi overwrites command line and environment; nothing there tells whose it is.
    """
    ini, agent = solo.read(INI), make()
    solo.put(INI, f"{ini}\nauto-procname = true\nprocname-prefix-spaced = keystone\n")
    try:
        assert agent("start", timeout=120).code == 0
        titles = ("pgrep", "-f", "^keystone uWSGI")
        wait_for(lambda: solo.run(*titles, check=False).stdout.count("\n") >= 3, 60, "three processes with a title")
        if lost:
            solo.run("sh", "-c", "rm /run/resource-agents/p_keystone.*")
        assert agent("monitor").code == 0
        assert agent.monitor().code == 0
        assert agent("stop").code == 0
    finally:
        solo.put(INI, ini)

    assert solo.run("pgrep", "-u", "keystone", check=False).stdout == ""
    assert agent("monitor").code == 7


@pytest.mark.parametrize("bus", [False, True], ids=["systemd", "the-bus"])
def test_nothing_fails_while_systemd_hangs(make, solo, bus):
    """
    A start goes on without a scope, and probe, monitor and stop ask nobody. Stop still ends everything.
    """
    agent = make()
    with frozen(solo, bus=bus):
        assert agent("monitor").code == 7
        assert agent("start", timeout=120).code == 0
        assert not group(solo, agent.pid).startswith("openstack-")
        assert agent("monitor").code == 0
        assert agent.monitor().code == 0
        assert agent("stop").code == 0
        assert daemons(solo) == []

    assert agent("start", timeout=120).code == 0
    assert group(solo, agent.pid).startswith("openstack-keystone:p_keystone-")


@pytest.mark.parametrize("bus", [*long(False), True], ids=["systemd", "the-bus"])
def test_a_unit_is_probed_and_stopped_while_systemd_hangs(make, solo, bus):
    """
    The kernel's files say who lives in the unit. A failed probe or stop would fence a healthy node.
    """
    agent = make("p_unit", unit="keystone")
    with frozen(solo, bus=bus):
        assert agent("monitor").code == 7
        assert agent("stop").code == 0
    assert agent("start", timeout=120).code == 0
    with frozen(solo, bus=bus):
        assert agent("monitor").code == 0
        assert agent.monitor().code == 0
        assert agent("stop").code == 0
        assert daemons(solo) == []
    time.sleep(1)
    assert daemons(solo) == []
    solo.run("systemctl", "reset-failed", "keystone", check=False)


@pytest.mark.parametrize("params", [{}, {"unit": "keystone"}], ids=["adopted", "unit"])
def test_a_unit_between_two_attempts_stays_down_after_a_stop(make, solo, params):
    """
    Killed between systemd's attempts: a stop found nothing, and systemd then started the daemon outside the cluster.
    """
    solo.put(DROP_IN, "[Service]\nRestart=always\nRestartSec=5\n")
    solo.run("systemctl", "daemon-reload")
    agent = make("p_e2", **params)
    try:
        solo.run("systemctl", "start", "keystone")
        wait_for(lambda: len(daemons(solo)) > 1, 60, "the unit to run")
        solo.run("systemctl", "kill", "--signal=KILL", "keystone")
        wait_for(lambda: not daemons(solo), 30, "the unit to be dead")
        assert solo.run("systemctl", "show", "-P", "SubState", "keystone").stdout == "auto-restart\n"

        assert agent("stop").code == 0
        time.sleep(7)
        assert daemons(solo) == []
    finally:
        solo.run("systemctl", "stop", "keystone")
        solo.run("rm", DROP_IN)
        solo.run("systemctl", "daemon-reload")


@pytest.mark.long
@pytest.mark.skipif(image.RELEASE == image.OLDER, reason="Horizon works there as its package has it")
def test_horizon_as_shipped_fails_its_start_with_the_last_words_of_apache(box):
    """
    A library of Horizon's does not load in mod_wsgi's usual interpreter, and every page is a 500.
    """
    host = box.add("shipped", "cloud")
    install(host)
    # The package enables a site for which it does not enable the module.
    host.run("a2dissite", "-q", "default-ssl")
    agent = Agent(host, "horizon", "p_horizon")
    seen = agent("start", timeout=60)
    assert seen.code == 1, seen
    assert "/auth/login/ answers 500: ImportError: PyO3" in seen.reason, seen
    assert "(/var/log/apache2/error.log)" in seen.reason
    assert agent("stop").code == 0
    host.off()


INIT_SCRIPT = """\
#!/bin/sh
### BEGIN INIT INFO
# Provides:          openstack-keystone
# Required-Start:    $remote_fs
# Required-Stop:     $remote_fs
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: Keystone
### END INIT INFO
"""


def test_an_init_script_that_systemd_runs_at_boot_is_named(make, solo):
    """
    As neutron-periodic-workers has it in Debian 13. The named command is the cure.
    """
    script = "/etc/init.d/openstack-keystone"
    solo.put(script, INIT_SCRIPT, 0o755)
    solo.run("update-rc.d", "openstack-keystone", "defaults")
    solo.run("systemctl", "daemon-reload")
    agent = make()
    try:
        seen = agent("validate-all", depth=10)
        assert seen.code == 2, seen
        cure = seen.reason.rpartition(": ")[2]
        assert cure == "systemctl disable openstack-keystone.service"
        solo.run(*cure.split())
        assert agent("validate-all", depth=10).code == 0
    finally:
        solo.run("rm", script)
        solo.run("update-rc.d", "openstack-keystone", "remove")
        solo.run("systemctl", "daemon-reload")


def test_an_adopted_unit_is_not_restarted_beside_the_cluster(make, solo):
    """
    A monitor that finds the unit running writes the drop-in, and a crash is left to the cluster.
    """
    agent = make("p_unit", unit="keystone")
    solo.run("systemctl", "start", "keystone")
    wait_for(lambda: agent.monitor().code == 0, 60, "the unit to answer", pause=0.5)
    assert solo.run("systemctl", "show", "-P", "Restart", "keystone").stdout == "no\n"

    assert agent("stop").code == 0
    assert solo.run("systemctl", "show", "-P", "Restart", "keystone").stdout == "on-failure\n"


def test_a_unit_that_dies_at_once_fails_its_start_with_its_last_words(make, solo):
    """
    The agent starts it again until its time is over, and then says why it ended.
    """
    solo.put(DROP_IN, "[Service]\nExecStart=\nExecStart=/bin/sh -c 'sleep 0.5; echo No such key >&2; exit 3'\n")
    solo.run("systemctl", "daemon-reload")
    agent = make("p_unit", unit="keystone")
    try:
        seen = agent("start", timeout=20)
    finally:
        solo.run("rm", DROP_IN)
        solo.run("systemctl", "daemon-reload")
        solo.run("systemctl", "reset-failed", "keystone", check=False)

    assert seen.code == 1
    assert "keystone.service ended at once, exit-code (status 3): No such key" in seen.reason


def test_a_drop_in_limits_the_scope_of_a_daemon(make, solo):
    """
    The guide says so: a directory for the resource, and one for all daemons.
    """
    places = ("openstack-.scope.d/tasks.conf", "openstack-keystone:p_keystone-.scope.d/memory.conf")
    paths = [f"/etc/systemd/system/{place}" for place in places]
    for path, line in zip(paths, ("TasksMax=777", "MemoryMax=8G")):
        solo.put(path, f"[Scope]\n{line}\n")
    solo.run("systemctl", "daemon-reload")
    agent = make()
    try:
        assert agent("start", timeout=120).code == 0
        shown = solo.run("systemctl", "show", "--property=MemoryMax,TasksMax", group(solo, agent.pid)).stdout
    finally:
        solo.run("rm", *paths)
        solo.run("systemctl", "daemon-reload")

    assert sorted(shown.split()) == [f"MemoryMax={8 << 30}", "TasksMax=777"]


def test_a_daemon_of_the_version_before_keeps_running_through_an_upgrade(make, solo):
    """
    It was launched without scope and record, with a mark and a plain pid file. Monitors adopt it, and nothing restarts.
    """
    agent = make()
    solo.run(
        "sh", "-c",
        "setsid setpriv --reuid=keystone --regid=keystone --init-groups env OPENSTACK_RESOURCE=keystone/p_keystone"
        f" /usr/bin/uwsgi_python3 --http-socket :5000 --ini {INI} > /dev/null 2>&1 < /dev/null &"
        " echo $! > /run/resource-agents/p_keystone.pid",
    )  # fmt: skip
    wait_for(lambda: agent.monitor().code == 0, 60, "Keystone to answer", pause=0.5)
    before = daemons(solo)
    assert [agent("monitor").code for _ in range(3)] == [agent.monitor().code for _ in range(3)] == [0, 0, 0]
    assert agent("start", timeout=120).code == 0
    assert daemons(solo) == before
    assert solo.read("/run/resource-agents/p_keystone.launched").split()[0] == str(agent.pid)
    assert agent("stop").code == 0
    assert daemons(solo) == []
