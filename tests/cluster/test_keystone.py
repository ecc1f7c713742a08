"""Keystone in a real Pacemaker cluster of three nodes, managed with pcs as an administrator would."""

from __future__ import annotations

import statistics
import time

import pytest

from tests.box import cluster as pacemaker
from tests.box import keystone, trace
from tests.box.cluster import degraded, settled, started, trust_each_other
from tests.box.keystone import daemons
from tests.box.machine import VIP, wait_for
from tests.conftest import long

from .conftest import CREDENTIALS, LOG, main_pid

WATCH = 240
LONG_WATCH, LONG_TIMEOUT = (f"watch_time={WATCH}",), "timeout=400s"


def by_name(cluster, name):
    return next(host for host in cluster if host.name == name)


def test_the_line_from_the_paper(cluster, admin):
    """
    Old parameters, a v2.0 URL, one line: Keystone runs; its password can be changed under it, even to a wrong one.
    """
    admin.run("pcs", "resource", "create", "vip", "ocf:heartbeat:IPaddr2", f"ip={VIP}", "cidr_netmask=24", "nic=eth0")
    admin.run(
        "sh", "-c",
        'pcs resource create p_keystone ocf:openstack:keystone config="/etc/keystone/keystone.conf" os_password="secret" '
        f'os_username="admin" os_tenant_name="admin" os_auth_url="http://{VIP}:5000/v2.0/" '
        'op monitor interval="30s" timeout="30s"',
    )  # fmt: skip
    node = by_name(cluster, started(admin)[0])
    pid = main_pid(node)
    shown = node.run("pcs", "resource", "debug-monitor", "p_keystone", "--full")
    text = shown.stdout + shown.stderr
    assert f"keystone is pid {pid}" in text
    assert "os_password=****" in text
    assert "=secret" not in text

    settled(admin)
    admin.run("pcs", "resource", "update", "p_keystone", "os_password=not-this")
    reason = wait_for(lambda: degraded(admin), 90, "the monitor to be degraded", pause=0.5)
    assert reason.startswith("keystone: http://127.0.0.1:5000/v3 refuses user admin: 401")
    assert main_pid(node) == pid
    assert pacemaker.fail_count(admin, "p_keystone", node.name) == 0
    shown = admin.run("pcs", "status").stdout
    assert reason in shown, shown

    admin.run("pcs", "resource", "update", "p_keystone", "os_password=secret")
    wait_for(lambda: not degraded(admin), 90, "the monitor to be well again", pause=0.5)
    assert daemons(node)[0] == pid

    trust_each_other(cluster)
    admin.run("cibsecret", "set", "p_keystone", "os_password", "secret")
    settled(admin)
    assert "os_password=lrm://" in admin.run("pcs", "resource", "config", "p_keystone").stdout
    wait_for(lambda: not degraded(admin), 90, "the secret to be used", pause=0.5)
    assert main_pid(node) == pid


def test_pacemaker_takes_the_meta_data_without_an_error(clone, admin):
    """
    It loads them at a probe, at a start and at a reload. To Pacemaker 3.0 each declaration in them was a fault of its own.
    """
    admin.run("pcs", "resource", "update", "p_keystone", "heartbeat=3")
    settled(admin)
    for host in clone:
        assert [line for line in host.read(LOG).splitlines() if "assertion" in line] == []


def next_start(host, before: int) -> float:
    """Wait for a start operation on *host* beyond the *before* that were, and return when it began."""
    return wait_for(lambda: trace.begins(host, "start")[before:], 60, f"a start on {host.name}", pause=0.1)[0]


@pytest.mark.parametrize("times", [6, *long(20)])
def test_each_crash_is_noticed_at_once(clone, admin, times):
    """
    SIGKILLs: each counts once, is followed by a start within a second at the median, and leaves no orphan.
    """
    delays = []
    for round_ in range(times):
        host = clone[round_ % 3]
        before = pacemaker.fail_count(admin, "p_keystone", host.name)
        starts = len(trace.begins(host, "start"))
        pid = main_pid(host)
        old = daemons(host)
        # A monitor that has only just begun to watch and one in its last second: both are met.
        time.sleep(1.5 + 0.37 * (round_ % 5))
        killed = time.time()
        host.run("kill", "-KILL", str(pid))
        delays.append(next_start(host, starts) - killed)
        started(admin, copies=3)
        settled(admin)
        assert pacemaker.fail_count(admin, "p_keystone", host.name) == before + 1
        assert main_pid(host) != pid
        assert not set(old) & set(daemons(host))
    print(f"SIGKILL to start operation, {len(delays)} times: median {statistics.median(delays):.3f} s,"
          f" {min(delays):.3f} to {max(delays):.3f} s")  # fmt: skip
    # A quarter of a second on a quiet machine; most of it is Pacemaker's.
    assert statistics.median(delays) <= 1.0
    admin.run("pcs", "resource", "cleanup", "p_keystone")
    settled(admin)
    assert pacemaker.failures(admin) == []


@pytest.fixture
def unthrottled(admin):
    """A cluster that is as quick on a busy machine as on a quiet one.

    On a busy node Pacemaker does one thing at a time. If the interval of a
    monitor changes, it then asks for the new monitor first, and ends the one
    that watches afterwards.
    """
    admin.run("pcs", "property", "set", "load-threshold=10000%")
    yield
    admin.run("pcs", "property", "set", "load-threshold=")


@pytest.mark.usefixtures("unthrottled")
def test_nothing_waits_for_a_watching_monitor(clone, admin):
    """
    Disable, enable, standby and a changed interval go ahead although a monitor would watch for minutes.
    """
    admin.run("pcs", "resource", "update", "p_keystone", *LONG_WATCH, "op", "monitor", "interval=1s", LONG_TIMEOUT)
    settled(admin)
    for command, copies in (
        (["resource", "disable", "p_keystone-clone"], 0),
        (["resource", "enable", "p_keystone-clone"], 3),
        (["node", "standby", "two"], 2),
        (["node", "unstandby", "two"], 3),
        (["resource", "update", "p_keystone", "op", "monitor", "interval=2s", LONG_TIMEOUT], 3),
    ):
        if copies != 3 or "update" in command:
            for host in clone:
                wait_for(lambda host=host: trace.watching(host), 60, f"a watching monitor on {host.name}")
        began = time.monotonic()
        admin.run("pcs", *command)
        settled(admin)
        assert time.monotonic() - began < WATCH / 2, command
        assert len(pacemaker.active_on(admin, "p_keystone")) == copies


def test_a_move_is_not_delayed(cluster, admin):
    """
    A primitive moves away from a node whose monitor is watching, and leaves nothing there.
    """
    admin.run(
        "pcs", "resource", "create", "p_keystone", "ocf:openstack:keystone", *CREDENTIALS, *LONG_WATCH, "trace_ra=1",
        f"trace_file={trace.FILE}", "op", "monitor", "interval=1s", LONG_TIMEOUT,
    )  # fmt: skip
    source = by_name(cluster, started(admin)[0])
    target = next(host for host in cluster if host is not source)
    wait_for(lambda: trace.watching(source), 60, "a watching monitor")
    began = time.monotonic()
    admin.run("pcs", "resource", "move", "p_keystone", target.name, timeout=150)
    settled(admin)
    assert time.monotonic() - began < WATCH / 2
    assert pacemaker.active_on(admin, "p_keystone") == [target.name]
    assert daemons(source) == []


def test_hung_and_blind(clone, admin):
    """
    A daemon stopped by a signal is replaced within seconds, and one of which only the workers are stopped. One whose
    database is away is left alone, named, and well again by itself.
    """
    host = clone[1]
    for count, frozen in enumerate((lambda: daemons(host), lambda: set(daemons(host)) - {main_pid(host)}), 1):
        wait_for(lambda: trace.watching(host), 60, "a watching monitor")
        stops, pids = len(trace.begins(host, "stop")), frozen()
        began = time.time()
        host.run("kill", "-STOP", *map(str, pids))
        stop = wait_for(lambda before=stops: trace.begins(host, "stop")[before:], 90, "a stop", pause=0.1)[0]
        assert stop - began < 10
        started(admin, copies=3)
        settled(admin)
        assert pacemaker.fail_count(admin, "p_keystone", host.name) == count
        assert not set(pids) & set(daemons(host))
    admin.run("pcs", "resource", "cleanup", "p_keystone")
    settled(admin)

    pid = main_pid(host)
    host.run("chmod", "0", keystone.DATABASE)
    reason = wait_for(lambda: degraded(admin), 90, "the monitor to be degraded", pause=0.5)
    assert reason.startswith(f"keystone: database {keystone.DATABASE}: unable to open database file (")
    assert pacemaker.monitor_code(admin, "p_keystone", host.name) == 190
    host.run("chmod", "640", keystone.DATABASE)
    wait_for(
        lambda: pacemaker.monitor_code(admin, "p_keystone", host.name) == 0, 90, "the monitor to be well", pause=0.5
    )
    assert main_pid(host) == pid
    assert pacemaker.fail_count(admin, "p_keystone", host.name) == 0
    admin.run("pcs", "resource", "cleanup", "p_keystone")
    settled(admin)
    assert pacemaker.failures(admin) == []


def test_a_lost_node_is_fenced_and_its_service_runs_elsewhere(cluster, admin):
    """
    The plug of the active node is pulled: the cluster fences it and starts Keystone on another.
    """
    admin.run("pcs", "resource", "create", "p_keystone", "ocf:openstack:keystone", *CREDENTIALS)
    admin.run("pcs", "constraint", "location", "p_keystone", "prefers", "three=100")
    wait_for(lambda: pacemaker.active_on(admin, "p_keystone") == ["three"], 120, "Keystone on three", pause=0.3)
    settled(admin)
    lost = by_name(cluster, "three")
    lost.off()
    wait_for(lambda: lost.pid is not None, 120, "the fence agent to turn three on again", pause=0.3)
    other = wait_for(
        lambda: [name for name in pacemaker.active_on(admin, "p_keystone") if name != "three"],
        120,
        "Keystone elsewhere",
    )
    assert daemons(by_name(cluster, other[0]))
    assert "reboot of three successful" in admin.run("pcs", "stonith", "history", "show", "three").stdout


def test_a_cable_that_is_unplugged(cluster, admin):
    """
    For half a second nobody minds. For longer the node is fenced, and Keystone runs elsewhere.
    """
    admin.run("pcs", "resource", "create", "p_keystone", "ocf:openstack:keystone", *CREDENTIALS)
    admin.run("pcs", "constraint", "location", "p_keystone", "prefers", "three=100")
    wait_for(lambda: pacemaker.active_on(admin, "p_keystone") == ["three"], 120, "Keystone on three", pause=0.3)
    settled(admin)
    cut_off = by_name(cluster, "three")
    pid, first = main_pid(cut_off), cut_off.pid
    cut_off.cut()
    time.sleep(0.5)
    cut_off.heal()
    settled(admin)
    assert pacemaker.online(admin) == {"one", "two", "three"}
    assert main_pid(cut_off) == pid

    cut_off.cut()
    wait_for(lambda: cut_off.pid not in (first, None), 120, "three to be fenced", pause=0.3)
    wait_for(
        lambda: [name for name in pacemaker.active_on(admin, "p_keystone") if name != "three"],
        120,
        "Keystone elsewhere",
    )


def test_a_failed_stop_is_fenced(cluster, admin):
    """
    A stop that the cluster has to kill (no time at all here) counts as failed, and the node is fenced.
    """
    admin.run("pcs", "resource", "create", "p_keystone", "ocf:openstack:keystone", "op", "stop", "timeout=1s")
    # pcs itself takes whole seconds only.
    admin.run("cibadmin", "--modify", "--xml-text", '<op id="p_keystone-stop-interval-0s" timeout="20ms"/>')
    admin.run("pcs", "constraint", "location", "p_keystone", "prefers", "two=100")
    wait_for(lambda: pacemaker.active_on(admin, "p_keystone") == ["two"], 120, "Keystone on two", pause=0.3)
    victim = by_name(cluster, "two")
    first = victim.pid
    admin.run("pcs", "resource", "disable", "p_keystone", check=False)
    wait_for(lambda: victim.pid not in (first, None), 120, "two to be fenced", pause=0.3)
