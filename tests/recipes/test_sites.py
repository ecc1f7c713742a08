"""Two sites and an arbitrator, on real hosts: each site is lost in turn, and a lookout counts who runs Keystone."""

from __future__ import annotations

import contextlib
import platform
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.box import cluster as pacemaker
from tests.box import image, keystone
from tests.box.agent import install, package
from tests.box.lookout import Lookout
from tests.box.machine import Box, Host, wait_for

from .typed import commands, file, paste

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        image.RELEASE == image.OLDER and tuple(map(int, platform.release().split(".")[:2])) >= (6, 9),
        reason="its booth waits for ever for its own addresses with Linux 6.9 and later",
    ),
]
NAME = "two-sites"
TICKET = "openstack"
KEY = "a-key-that-the-tests-share"
PLANNED, FIRST = "Move it on purpose", "Set up"
_CONFIG = file(NAME, "booth.conf")
PATIENCE = 600.0


def _daemon(command: str) -> str | None:
    """Keystone, if this is its command line."""
    return "Keystone" if command.startswith("/usr/bin/uwsgi") else None


def seconds(setting: str) -> float:
    """A duration in booth.conf."""
    found = re.search(rf"{setting} = (\d+)", _CONFIG)
    assert found, setting
    return float(found[1])


class Site:
    """The nodes of one site, and the address of its booth."""

    def __init__(self, hosts: list[Host], address: str) -> None:
        self.hosts = hosts
        self.address = address

    @property
    def names(self) -> set[str]:
        return {host.name for host in self.hosts}

    @property
    def admin(self) -> Host:
        """A node that is in the cluster of the site."""
        return next(host for host in self.hosts if pacemaker.has_quorum(host))

    def runs_keystone(self) -> Host | None:
        """The node that has the address, if its own cluster says that Keystone and the address are started."""
        for host in filter(pacemaker.has_quorum, self.hosts):
            names = pacemaker.active_on(host, "vip")
            if names and names == pacemaker.active_on(host, "p_keystone"):
                return next(one for one in self.hosts if one.name == names[0])
        return None

    def rejoin(self) -> None:
        """Turn every node on, and let it into its cluster again; return when booth answers."""
        for host in self.hosts:
            host.boot()
        for host in self.hosts:
            if not pacemaker.has_quorum(host):
                host.run("systemctl", "start", "pcsd", "corosync", "pacemaker")
        wait_for(self.is_whole, PATIENCE, f"{self.names} to be whole", pause=1)

    def is_whole(self) -> bool:
        admin = next(filter(pacemaker.has_quorum, self.hosts), None)
        return (
            admin is not None
            and pacemaker.online(admin) == self.names
            and len(pacemaker.active_on(admin, "booth")) == 1
        )


class Sites:
    """Both sites, the arbitrator, and who looks at them."""

    def __init__(self, box: Box, lookout: Lookout) -> None:
        one, two, three, four, five = box.hosts
        self.both = [Site([one, two], "192.0.2.21"), Site([three, four], "192.0.2.22")]
        self.arbitrator = five
        self.lookout = lookout

    def holder(self) -> tuple[Site, Site]:
        """The site that runs Keystone, and the other one; waits until one does."""
        wait_for(lambda: any(site.runs_keystone() for site in self.both), PATIENCE, "Keystone to run", pause=0.5)
        (has,) = [site for site in self.both if site.runs_keystone()]
        (other,) = [site for site in self.both if site is not has]
        return has, other

    def moved_to(self, site: Site) -> Host:
        """Wait until Keystone runs at a site, and return its node."""
        return wait_for(site.runs_keystone, PATIENCE, f"Keystone at {site.address}", pause=0.5)

    @contextlib.contextmanager
    def apart(self, site: Site):
        """No packet passes between a site and everybody else."""
        inside = [host.address for host in site.hosts] + [site.address]
        outside = [host for one in self.both if one is not site for host in one.hosts] + [self.arbitrator]
        rules = [(chain, way, address) for address in inside for chain, way in (("INPUT", "-s"), ("OUTPUT", "-d"))]
        for host in outside:
            for rule in rules:
                host.run("iptables", "-A", *rule, "-j", "DROP")
        try:
            yield
        finally:
            for host in outside:
                for rule in rules:
                    host.run("iptables", "-D", *rule, "-j", "DROP")


@pytest.fixture(scope="module")
def sites():
    """The recipe on both sites, and the ticket granted to the first one."""
    with Box(["one", "two", "three", "four", "five"]) as box, Lookout(box.hosts, _daemon) as lookout:
        nodes = box.hosts[:4]
        package()
        with ThreadPoolExecutor(2) as hands:
            list(hands.map(install, nodes))
        for host in nodes:
            keystone.configure(host, cache=keystone.CACHE)
            host.run("systemctl", "enable", "memcached")
        keystone.bootstrap(nodes[0])
        keystone.copy(nodes[0], nodes[1:])
        for host in box.hosts:
            host.put("/etc/booth/booth.conf", _CONFIG)
            host.put("/etc/booth/authkey", KEY, 0o600)
        made = Sites(box, lookout)
        with ThreadPoolExecutor(2) as hands:
            list(hands.map(pacemaker.form, [site.hosts for site in made.both]))
        first, second = made.both
        no_unit, *arbitrator, at_first, at_second, grant = commands(NAME, FIRST)
        for host in nodes:
            paste(host, no_unit)
        for site, command in ((first, at_first), (second, at_second)):
            site.hosts[0].put("/root/pcs.sh", file(NAME, "pcs.sh"))
            paste(site.hosts[0], command)
        paste(made.arbitrator, "\n".join(arbitrator))
        for site in made.both:
            wait_for(site.is_whole, PATIENCE, "booth to answer", pause=0.5)
        assert not any(site.runs_keystone() for site in made.both)
        paste(first.admin, grant)
        made.moved_to(first)
        yield made


@pytest.fixture
def watched(sites):
    """The sites whole, and never two nodes with Keystone while the test runs."""
    for site in sites.both:
        site.rejoin()
    since = time.monotonic()
    yield sites
    assert sites.lookout.seen(since)
    assert sites.lookout.twice(since) == []


def test_a_site_that_is_cut_off_is_fenced_before_the_other_one_starts(watched):
    """
    The site is alive and whole, but nobody hears from it. Its booth gives the ticket up, the other one takes it later.
    """
    has, other = watched.holder()
    node, since = has.runs_keystone(), time.monotonic()
    first_process = node.pid
    with watched.apart(has):
        watched.moved_to(other)
        assert node.pid != first_process, f"{node.name} was not fenced"
        ended = last_seen(watched, has, since)
        began = first_seen(watched, other, since)
        print(f"cut off: ended after {ended - since:.1f} s, started at the other site after {began - since:.1f} s")
        assert ended < began
    has.rejoin()
    # Both know who has it.
    wait_for(lambda: leaders(watched) == {other.address}, PATIENCE, "both sites to agree", pause=0.5)
    assert has.runs_keystone() is None


def test_a_site_that_loses_its_power_comes_back_without_the_ticket(watched):
    """
    All nodes of the site at once. The other site takes the ticket, and keeps it when the first one returns.
    """
    has, other = watched.holder()
    since = time.monotonic()
    for host in has.hosts:
        host.off()
    node = watched.moved_to(other)
    print(f"power cut: an address again after {watched.lookout.gap(since):.1f} s")
    has.rejoin()
    wait_for(lambda: leaders(watched) == {other.address}, PATIENCE, "both sites to agree", pause=0.5)
    assert has.runs_keystone() is None
    assert other.runs_keystone() is node


def test_a_planned_move_fences_nothing(watched):
    """
    The commands of the page: Keystone stops at one site, and starts at the other. Nobody loses power.
    """
    has, other = watched.holder()
    first_processes = [host.pid for site in watched.both for host in site.hosts]
    since = time.monotonic()
    standby, settled, revoke, grant, activate = commands(NAME, PLANNED)
    for command in (standby, settled, revoke):
        paste(has.admin, command)
    paste(has.admin, grant.replace("192.0.2.22", other.address))
    watched.moved_to(other)
    print(f"planned: an address again after {watched.lookout.gap(since):.1f} s")
    paste(has.admin, activate)
    assert [host.pid for site in watched.both for host in site.hosts] == first_processes


def test_a_site_that_cannot_run_booth_does_not_run_keystone(watched):
    """
    boothd starts on no node of the site any more. Keystone stops there, and later the other site takes the ticket.
    """
    has, other = watched.holder()
    since = time.monotonic()
    for host in has.hosts:
        host.run("chmod", "-x", "/usr/sbin/boothd")
    try:
        for host in has.hosts:
            host.run("pkill", "-KILL", "-f", "^boothd ", check=False)
        watched.moved_to(other)
        assert last_seen(watched, has, since) < first_seen(watched, other, since)
    finally:
        for host in has.hosts:
            host.run("chmod", "+x", "/usr/sbin/boothd")
    has.admin.run("crm_resource", "--cleanup")
    wait_for(has.is_whole, PATIENCE, "booth to answer at both sites", pause=1)
    wait_for(lambda: leaders(watched) == {other.address}, PATIENCE, "both sites to agree", pause=0.5)
    assert has.runs_keystone() is None


@pytest.mark.parametrize("signal", ["KILL", "STOP"])
def test_a_new_boothd_goes_on_with_the_ticket(watched, signal):
    """
    It is killed, or hangs, and the arbitrator is away: Pacemaker starts boothd again, and Keystone notices nothing.
    """
    has, _ = watched.holder()
    node = has.runs_keystone()
    daemons, before = keystone.daemons(node), boothd(node)
    watched.arbitrator.off()
    try:
        node.run("kill", f"-{signal}", str(before))
        wait_for(lambda: boothd(node) not in (before, 0), PATIENCE, "another boothd")
        # Longer than a ticket lives that nobody renews, and than the other site waits.
        time.sleep(seconds("expire") + seconds("acquire-after"))
        assert has.runs_keystone() is node
        assert keystone.daemons(node) == daemons
    finally:
        watched.arbitrator.boot()


def boothd(host: Host) -> int:
    """The pid of boothd; 0 while there is none."""
    return int(host.run("pgrep", "-o", "-f", "^boothd ", check=False).stdout or 0)


def leaders(sites: Sites) -> set[str]:
    """Who has the ticket, as the booth of each site says."""
    said = [site.admin.run("booth", "list").stdout for site in sites.both]
    return {re.search(r"leader: ([^\s,]+)", line)[1] for line in said}


def last_seen(sites: Sites, site: Site, since: float) -> float:
    """When a process of Keystone or the address was last seen at a site."""
    return max(look.at for look in sites.lookout.seen(since) if frozenset().union(*look.where.values()) & site.names)


def first_seen(sites: Sites, site: Site, since: float) -> float:
    """When a process of Keystone or the address was first seen at a site."""
    return min(look.at for look in sites.lookout.seen(since) if frozenset().union(*look.where.values()) & site.names)
