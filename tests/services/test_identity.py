"""Real daemons in the forms of every distribution: none survives a stop, and no stranger is signalled."""

from __future__ import annotations

import contextlib
import subprocess

import pytest

from tests.box import cloud as openstack
from tests.box import cluster as pacemaker
from tests.box.agent import Agent
from tests.box.machine import wait_for

ROOT_OF_ITS_OWN = """\
mkdir -p /run/box/up /run/box/work /run/box/root
mount -t overlay overlay -o lowerdir=/,upperdir=/run/box/up,workdir=/run/box/work /run/box/root
for place in dev proc run tmp; do mount --rbind /$place /run/box/root/$place; done
"""


@pytest.fixture(scope="module")
def neighbours(cloud):
    """Keystone and Placement, without which Nova's daemons end at once."""
    made = [Agent(cloud, name, f"p_{name}", **openstack.CREDENTIALS) for name in ("keystone", "placement-api")]
    assert [one("start", timeout=120).code for one in made] == [0, 0]
    yield cloud
    assert [one("stop").code for one in made] == [0, 0]


@pytest.fixture
def agent(neighbours):
    """Make an agent on the host with every service of OpenStack; afterwards its daemon is stopped."""
    made = []

    def make(name, instance="", **params) -> Agent:
        made.append(Agent(neighbours, name, instance or f"i_{name}", **params))
        return made[-1]

    yield make
    for one in made:
        assert one("stop").code == 0


def of_account(host, account: str) -> list[str]:
    """The command line of every process of an account, counted by another than the agent."""
    done = host.run("ps", "-u", account, "-o", "pid=,stat=,args=", check=False).stdout.splitlines()
    return [line for line in done if line.split()[1][0] != "Z"]


def pids(host, pattern: str) -> list[int]:
    """The processes whose command line matches a pattern."""
    return [int(pid) for pid in host.run("pgrep", "-f", "--", pattern, check=False).stdout.split()]


@contextlib.contextmanager
def by_hand(host, account: str, *argv: str):
    """Run a program as an account in a session of its own, as a person or a deployment tool does."""
    started = subprocess.Popen(
        host.command("setsid", "runuser", "-u", account, "--", *argv), env=host.environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        started.kill()
        started.wait()


def test_a_worker_of_cotyledon_does_not_survive_its_killed_master(cloud, agent):
    """
    The worker's title has no program, no configuration and no mark. The probe must not say 7.
    """
    central = agent("ceilometer-agent-central")
    assert central("start", timeout=120).code == 0
    workers = wait_for(lambda: pids(cloud, r"^ceilometer-polling: .*worker\("), 60, "a worker of cotyledon")
    cloud.run("kill", "-STOP", *map(str, workers))
    cloud.run("kill", "-KILL", str(central.pid))

    assert central("monitor").code == 1
    assert central.monitor().code == 1
    assert central("stop").code == 0
    assert of_account(cloud, "ceilometer") == []
    assert central("monitor").code == 7


@pytest.mark.parametrize("way", ["stop", "crash"])
def test_a_root_helper_that_is_busy_does_not_survive(cloud, agent, way):
    """
    oslo.privsep's helper runs as root, with parent 1. Busy, it does not see that its daemon has gone.
    """
    switch = agent("neutron-openvswitch-agent")
    assert switch("start", timeout=120).code == 0
    helpers = wait_for(lambda: pids(cloud, "privsep-helper.*privsep_sock_path"), 60, "a helper of oslo.privsep")
    main = switch.pid
    cloud.run("kill", "-STOP", *map(str, helpers))
    if way == "crash":
        cloud.run("kill", "-KILL", str(main))
        wait_for(lambda: main not in pids(cloud, "."), 30, "the daemon to end")
        assert switch("monitor").code == 1

    assert switch("stop").code == 0
    assert set(helpers) & set(pids(cloud, ".")) == set()
    assert switch("monitor").code == 7


RDO = {
    "nova-scheduler": ("nova", "/usr/bin/nova-scheduler"),
    "nova-conductor": ("nova", "/usr/bin/nova-conductor"),
    "heat-engine": ("heat", "/usr/bin/heat-engine"),
    "glance-api": ("glance", "/usr/bin/glance-api"),
    "cinder-volume": ("cinder", "/usr/bin/cinder-volume", "--config-file", "/usr/share/cinder/cinder-dist.conf",
                      "--config-file", "/etc/cinder/cinder.conf", "--logfile", "/var/log/cinder/volume.log"),
    "neutron-dhcp-agent": ("neutron", "/usr/bin/neutron-dhcp-agent", "--config-file", "/usr/share/neutron/neutron-dist.conf",
                           "--config-file", "/etc/neutron/neutron.conf", "--config-file", "/etc/neutron/dhcp_agent.ini",
                           "--log-file", "/var/log/neutron/dhcp-agent.log"),
}  # fmt: skip


@pytest.mark.parametrize("name", RDO)
def test_a_daemon_in_the_form_of_rdo_is_adopted(cloud, agent, name):
    """
    "python3 -s PROGRAM", without a configuration file or with a -dist.conf first. Two of them on one volume were launched.
    """
    account, program, *words = RDO[name]
    for path in words:
        if path.endswith("-dist.conf"):
            cloud.put(path, "[DEFAULT]\n")
    resource = agent(name)
    assert resource("monitor").code == 7
    with by_hand(cloud, account, "/usr/bin/python3", "-s", program, *words):
        wait_for(lambda: resource("monitor").code == 0, 60, f"the probe to see {name}", pause=0.5)
        running = wait_for(lambda: pids(cloud, f"python3 -s {program}"), 60, "its processes")
        assert resource("start", timeout=120).code == 0
        assert resource.pid in running
        assert resource.monitor().code in (0, 190)
        assert resource("stop").code == 0

    assert of_account(cloud, account) == []
    assert resource("monitor").code == 7


def test_an_agent_whose_script_begins_with_minus_s_is_launched_once(cloud, agent):
    """
    RDO's scripts do. Each start added another DHCP agent, and each stop left them all.
    """
    path = "/usr/bin/neutron-dhcp-agent"
    script = cloud.read(path)
    cloud.put(
        path,
        script.replace("#! /usr/bin/python3", "#!/usr/bin/python3 -s").replace(
            "#!/usr/bin/python3\n", "#!/usr/bin/python3 -s\n"
        ),
        0o755,
    )
    assert " -s\n" in cloud.read(path).partition("\n")[0] + "\n"
    dhcp = agent("neutron-dhcp-agent")
    try:
        assert dhcp("start", timeout=120).code == 0
        assert dhcp("start", timeout=120).code == 0
        assert dhcp.monitor().code in (0, 190)
        assert len(pids(cloud, "neutron-dhcp-agent")) == 1
        assert dhcp("stop").code == 0
        assert pids(cloud, "neutron-dhcp-agent") == []
    finally:
        cloud.put(path, script, 0o755)


def test_a_second_volume_manager_is_refused(cloud, agent):
    """
    The first was launched for a resource that was deleted while it was unmanaged.
    """
    old, new = agent("cinder-volume", "i_old"), agent("cinder-volume", "i_new")
    assert old("start", timeout=120).code == 0

    seen = new("start", timeout=60)

    assert seen.code == 1
    assert seen.reason.startswith(f"cinder-volume: pid {old.pid} already runs this program, for i_old")
    assert new("monitor").code == 7
    assert old("monitor").code == 0


def test_a_run_of_swift_that_ends_by_itself_is_a_stranger(cloud, agent):
    """
    "swift-object-replicator CONF once" from cron was seen as the daemon, and stopped.
    """
    config = "/etc/swift/object-server.conf"
    replicator = agent("swift-daemon", daemon="object-replicator")
    with by_hand(cloud, "swift", "/usr/bin/swift-object-replicator", config, "once"):
        once = wait_for(lambda: pids(cloud, f"swift-object-replicator {config} once"), 30, "the run", pause=0.01)
        cloud.run("kill", "-STOP", *map(str, once))
        assert replicator("monitor").code == 7
        assert replicator("stop").code == 0
        assert set(once) <= set(pids(cloud, f"swift-object-replicator {config} once"))
        cloud.run("kill", "-CONT", *map(str, once))


def test_a_container_that_shares_the_processes_of_the_host_is_a_stranger(cloud, agent):
    """
    Kolla gives its network agents --pid=host. Text and account are those of the host; the root directory is another.
    """
    cloud.run("sh", "-ec", ROOT_OF_ITS_OWN)
    conductor = agent("nova-conductor")
    words = ("/usr/bin/python3", "/usr/bin/nova-conductor", "--config-file=/etc/nova/nova.conf")
    container = subprocess.Popen(
        cloud.command("unshare", "--mount", "--root=/run/box/root", "setpriv", "--reuid=nova", "--regid=nova",
                      "--init-groups", *words),
        env=cloud.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        inside = wait_for(lambda: pids(cloud, f"^{' '.join(words)}"), 60, "the service of the container")
        assert conductor("monitor").code == 7
        assert conductor("stop").code == 0
        assert set(inside) <= set(pids(cloud, "."))
    finally:
        container.kill()
        container.wait()
        cloud.run("pkill", "-KILL", "-f", f"^{' '.join(words)}", check=False)
        cloud.run("umount", "-R", "-l", "/run/box/root", check=False)


def test_no_daemon_lives_in_pacemakers_group(cloud, agent):
    """
    systemd stops a unit if the OOM killer ends one of its processes: Pacemaker would go down with a worker.
    """
    conductor = agent("nova-conductor")
    assert conductor("start", timeout=120).code == 0
    members = {conductor.pid, *pids(cloud, "/usr/bin/nova-conductor")}

    assert {cloud.group(pid).rpartition("/")[2].partition("-")[0] for pid in members} == {"openstack"}
    scope = cloud.group(conductor.pid).rpartition("/")[2]
    assert cloud.run("systemctl", "show", "--property=OOMPolicy", scope).stdout == "OOMPolicy=continue\n"


@pytest.mark.long
def test_two_compute_services_of_one_host_are_two(cloud, neighbours):
    """
    Two nova-compute for Ironic differ in additional_parameters. Each is started, watched and stopped alone.
    """
    pacemaker.form([cloud])
    for number in "12":
        cloud.put(f"/etc/nova/ironic{number}.conf", f"[DEFAULT]\nhost = ironic{number}\n", 0o644)
        cloud.run("pcs", "resource", "create", f"ironic{number}", "ocf:openstack:nova-compute",
                  f"additional_parameters=--config-file=/etc/nova/ironic{number}.conf",
                  "op", "monitor", "interval=2s", "timeout=60s")  # fmt: skip
    cloud.run("crm_resource", "--wait", "--timeout=120s", timeout=150)
    first, second = (Agent(cloud, "nova-compute", f"ironic{number}") for number in "12")
    kept = second.pid
    assert first.pid != kept
    assert len(pids(cloud, "nova-compute --config")) == 2

    cloud.run("pcs", "resource", "disable", "ironic1")
    cloud.run("crm_resource", "--wait", "--timeout=120s", timeout=150)
    assert pids(cloud, "nova-compute --config") == [kept]
    assert second.pid == kept
    cloud.run("pcs", "resource", "disable", "ironic2")
    cloud.run("crm_resource", "--wait", "--timeout=120s", timeout=150)
    assert pids(cloud, "nova-compute --config") == []
    assert "failed" not in cloud.run("pcs", "status").stdout.lower().replace("failed resource actions", "failed")
    cloud.run("pcs", "cluster", "destroy", timeout=180)
