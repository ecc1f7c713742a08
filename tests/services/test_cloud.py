"""Every agent against the real service that Debian packages, on one host with MariaDB, RabbitMQ and memcached.

What was seen is printed beside what was expected when the run ends.
"""

from __future__ import annotations

import time

import pytest

from tests.box import cloud as openstack
from tests.box.machine import wait_for
from tests.conftest import long
from tests.matrix import faults, page, row, run

from .life import ENDED, PACKAGED, Life, broker_outage, in_waves, judge, outage, together, unit

SERVICES, OLD_SERVICES = list(PACKAGED), list(ENDED)
EVERY = pytest.mark.parametrize("name", SERVICES)


@pytest.fixture(scope="module")
def lives(cloud, verdicts):
    """Every service of the cloud after its life.  Keystone runs, but not under the name of its resource yet."""
    made = {name: Life(cloud, name, verdicts) for name in SERVICES}
    in_waves(list(made.values()))
    return made


@EVERY
def test_life(lives, verdicts, name):
    """
    validate, probe, start, monitor at each depth, freeze, crash, stop of what is left, and what keeps a start from it.
    """
    judge(verdicts, name)


def pids(host, program: str) -> list[str]:
    return sorted(host.run("pgrep", "-x", program, check=False).stdout.split())


@pytest.mark.long
def test_what_serves_the_tenants_goes_on(lives, cloud):
    """
    A network's dnsmasq and a router's haproxy outlive a stop of their agents, which find them again; so does a stranger.
    """
    cloud.run("dnsmasq", "--port=5353", "--listen-address=127.0.0.9", "--bind-interfaces", "--pid-file=/run/stranger")
    stranger = cloud.read("/run/stranger").strip()
    openstack.administer(
        cloud,
        "network create tenants",
        "subnet create --network tenants --subnet-range 198.51.100.0/24 tenants",
        "router create tenants",
        "router add subnet tenants tenants",
    )
    wait_for(lambda: pids(cloud, "haproxy"), 60, "an haproxy of the router", pause=0.5)
    # The DHCP agent runs it anew for each port of its network, and when it has started itself.
    wait_for(lambda: len(settled_pids(cloud, "dnsmasq")) == 2, 60, "a dnsmasq of the network beside the stranger")
    for name, program, may_change in (
        ("neutron-dhcp-agent", "dnsmasq", True),
        ("neutron-l3-agent", "haproxy", False),
    ):
        agent, serving = lives[name].agent, pids(cloud, program)
        assert agent("stop").code == 0
        assert agent("monitor").code == 7
        assert pids(cloud, program) == serving
        assert agent("start", timeout=120).code == 0
        lives[name].settle()
        assert agent.monitor().code == 0
        assert may_change or pids(cloud, program) == serving
    assert cloud.run("kill", "-0", stranger).returncode == 0
    wait_for(lambda: len(settled_pids(cloud, "dnsmasq")) == 2, 60, "the network's dnsmasq and the stranger")
    openstack.administer(
        cloud, "router remove subnet tenants tenants", "router delete tenants", "network delete tenants"
    )
    cloud.run("kill", stranger)
    wait_for(lambda: not pids(cloud, "dnsmasq") + pids(cloud, "haproxy"), 60, "the network and the router to go")


def settled_pids(host, program: str) -> list[str]:
    """The processes of a program, once they are the same for five seconds."""
    before = pids(host, program)
    time.sleep(5)
    return before if pids(host, program) == before else []


@EVERY
def test_run_as_the_distribution_runs_it(lives, cloud, name):
    """
    Every argument of the distribution's own script or unit is in the command line of the running daemon.
    """
    life = lives[name]
    script = {"neutron-server": "neutron-api"}.get(name, name)
    if name in ("horizon", "swift-daemon", "nova-novncproxy"):
        pytest.skip("Debian's script does not say how it runs this one")
    if name.startswith("swift"):
        unit = cloud.read(f"/lib/systemd/system/{script}.service")
        words = unit.partition("ExecStart=")[2].partition("\n")[0]
    else:
        words = cloud.run(f"/etc/init.d/{script}", "show-args").stdout
    wanted = set(words.replace('"', " ").split()[1:])
    command = cloud.read(f"/proc/{life.pid()}/cmdline")
    assert wanted
    assert wanted - set(command.translate(dict.fromkeys(map(ord, "\0()[]"), " ")).split()) == set()


def test_the_broker_goes_and_comes_back(lives, verdicts):
    """
    Degraded where it matters, well again by itself, and nobody restarted. A proxy in its place, without a backend,
    changes nothing.
    """
    broker_outage(lives, verdicts, lives["keystone"].host)
    workers = [name for name, life in lives.items() if life.service.broker]
    said = {name: verdicts[name]["broker-empty"][1] for name in workers}
    assert [name for name in workers if "closes the connection without a greeting" not in said[name]] == []


@pytest.mark.long
def test_the_database_goes_and_comes_back(lives, verdicts):
    """
    The same, with every database refusing connections: Keystone's, too.
    """
    host = lives["keystone"].host
    outage(lives, verdicts, *unit(host, "database", "mariadb"))


@pytest.mark.long
def test_keystone_goes_and_comes_back(lives, verdicts):
    """
    Whoever asks it is degraded, and not restarted.
    """
    keystone = lives["keystone"]

    def take() -> None:
        assert keystone.agent("stop").code == 0
        # What the services remember of tokens.
        keystone.host.run("systemctl", "restart", "memcached")

    others = {name: life for name, life in lives.items() if name != "keystone"}
    outage(others, verdicts, {"keystone": take}, keystone.start)


@pytest.mark.parametrize("key", [*long("database-frozen"), "memcached-frozen"])
def test_a_column_of_the_outage_matrix(lives, cloud, key):
    """
    What is frozen answers nobody, and each is well afterwards, not restarted. ``make test-matrix`` makes all columns.
    """
    fault = next(one for one in faults.FAULTS if one.key == key)
    rows = [row.Row(cloud, name, openstack.CREDENTIALS) for name in lives]

    column = run.column(fault._replace(least=0.0), cloud, rows)

    assert page.wrong({key: column}) == {}


def test_everything_stops_and_nothing_is_left(lives, cloud):
    """
    After the last stop no account of any service has a process.
    """
    together(lambda life: life.note("last stop", life.agent("stop")), lives.values())
    assert {name: life.seen["last stop"][0] for name, life in lives.items()} == dict.fromkeys(SERVICES, "0")
    accounts = ",".join(sorted({life.service.user for life in lives.values()}))
    look = ("ps", "-u", accounts, "-o", "user,pid,args", "--no-headers")
    left = cloud.run(*look, check=False).stdout
    assert left == ""
    # Helpers that Neutron and Nova run as root notice a moment later that they are alone.
    helpers = ("pgrep", "-af", "privsep-helper|rootwrap")
    wait_for(lambda: cloud.run(*helpers, check=False).stdout == "", 15, "the last helpers to end")


@pytest.fixture(scope="module")
def old_lives(lives, cloud, verdicts):
    """The stand-ins for what has ended, started and taken through their lives, once the others have gone."""
    made = {name: Life(cloud, name, verdicts) for name in OLD_SERVICES}
    in_waves(list(made.values()))
    return made


@pytest.mark.parametrize("name", OLD_SERVICES)
def test_life_of_one_that_has_ended(old_lives, verdicts, name):
    """
    Stand-ins with the processes, sockets and ports of glance-registry, nova-cert, Quantum and their kin.
    """
    judge(verdicts, name)


def test_the_broker_goes_and_comes_back_for_those_that_have_ended(old_lives, verdicts):
    """
    As for the others.
    """
    outage(old_lives, verdicts, *unit(old_lives["nova-cert"].host, "broker", "rabbitmq-server"))
    together(lambda life: life.note("last stop", life.agent("stop")), old_lives.values())
    assert {name: life.seen["last stop"][0] for name, life in old_lives.items()} == dict.fromkeys(OLD_SERVICES, "0")
