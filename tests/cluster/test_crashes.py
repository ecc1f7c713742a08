"""Crashes and stops of every daemon in a cluster, while a witness counts processes and believes no agent."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.box import cloud as openstack
from tests.box import cluster as pacemaker
from tests.box import services, stranger, witness
from tests.box.agent import Agent
from tests.box.cluster import settled
from tests.box.machine import wait_for
from tests.box.witness import Family, Process, Seen

# A round takes some 10 seconds.  For proof, with every service, in 12 to 16 minutes:
#   CRASH_ROUNDS=50 .venv/bin/pytest -s tests/cluster/test_crashes.py
ROUNDS = int(os.environ.get("CRASH_ROUNDS", "6"))
PACKAGED = services.rows(services.PACKAGED)
# One of each kind first: the short piece takes only these.
_KINDS = ("glance-api", "keystone", "horizon", "neutron-openvswitch-agent", "cinder-scheduler", "neutron-rpc-server")
SERVICES = [*_KINDS, *(name for name in PACKAGED if name not in _KINDS)][: max(ROUNDS, len(_KINDS))]
WITH_TENANTS = {"neutron-dhcp-agent", "neutron-l3-agent", "neutron-server"} <= set(SERVICES)
CRASH, FREEZE, STOP = "SIGKILL", "SIGSTOP", "stop"
ACTIONS = (CRASH, FREEZE, STOP)
# What stands in the command line of a main process, if that is not /usr/bin/NAME.
_COMMANDS = {
    **{
        name: rf"/etc/{project}/{ini}-uwsgi\.ini"
        for name, project, ini in (
            ("keystone", "keystone", "keystone"), ("cinder-api", "cinder", "cinder-api"),
            ("nova-api", "nova", "nova-api"), ("nova-api-metadata", "nova", "nova-api-metadata"),
            ("placement-api", "placement", "placement-api"), ("neutron-server", "neutron", "neutron-api"),
            ("heat-api", "heat", "heat-api"), ("heat-api-cfn", "heat", "heat-api-cfn"),
            ("manila-api", "manila", "manila-api"),
        )
    },
    "horizon": "^/usr/sbin/apache2",
    "swift-daemon": "/usr/bin/swift-object-replicator",
    "ceilometer-agent-central": "/usr/bin/ceilometer-polling",
    **{f"swift-{kind}": f"/usr/bin/swift-{kind}-server" for kind in ("account", "container", "object", "proxy")},
}  # fmt: skip
_PARAMETERS = {"swift-daemon": ["daemon=object-replicator"]}
_HELPERS = re.compile("privsep-helper|rootwrap")
FLEET = "/root/fleet.xml"
MEMORY = Path("/sys/fs/cgroup/memory")


def resource(service: str) -> str:
    return f"p_{service}"


class Fleet:
    """Every service of the list as a resource of one node, and the witness's notes about the node."""

    def __init__(self, host) -> None:
        self.host = host
        self.baseline = self.look()
        self.strangers: dict[tuple[int, int], str] = {}

    def look(self) -> Seen:
        """Every process of the host, with the pids that the host itself sees."""
        return witness.look(self.host.files / "proc")

    def mains(self, seen: Seen, service: str) -> list[Process]:
        """The main processes of a service: they run its program, and their parents do not."""
        command = re.compile(_COMMANDS.get(service, f"/usr/bin/{service}") + r"(?![\w-])")
        alike = {
            pid: process
            for pid, process in seen.items()
            if command.search(process.command) and process.key not in self.strangers
        }
        return [process for process in alike.values() if process.parent not in alike]

    def family(self, seen: Seen, service: str) -> Family:
        """What belongs to a service that runs exactly once."""
        (main,) = self.mains(seen, service)
        return witness.family(seen, main)

    def families(self, seen: Seen) -> list[Family]:
        return [witness.family(seen, main) for service in SERVICES for main in self.mains(seen, service)]

    def accounts(self, families: list[Family]) -> set[int]:
        """The accounts that daemons run as, without root."""
        return {member.uid for one in families for member in one.members} - {0}

    def ownerless(self, accounts: set[int]) -> list[Process]:
        """Processes of the *accounts*, or helpers of daemons, that belong to no daemon that runs."""
        seen = self.look()
        known = {process.key for process in self.baseline.values()} | set(self.strangers)
        known |= {member.key for one in self.families(seen) for member in one.members}
        agents = witness.descendants(seen, {process.pid for process in witness.pacemakers(seen)})
        return [
            process
            for pid, process in seen.items()
            if process.key not in known
            and pid not in agents
            and not process.name.startswith(witness.TENANTS)
            and (process.uid in accounts or "/openstack-" in process.group or _HELPERS.search(process.command))
        ]

    def counts(self, seen: Seen) -> Counter[int]:
        """How many processes each account has, without the strangers and what serves the tenants."""
        others = set(self.strangers) | serving_tenants(seen)
        return Counter(process.uid for process in seen.values() if process.key not in others)

    def touched(self) -> list[str]:
        """The strangers that are gone, stopped, or have got a signal."""
        seen = self.look()
        living = {process.key: process for process in seen.values()}
        gone = [name for key, name in self.strangers.items() if key not in living or living[key].state in "Tt"]
        log = self.host.run("sh", "-c", f"grep -H ^signal {stranger.HOME}/* || true").stdout
        return [*gone, *log.splitlines()]


@pytest.fixture(scope="module")
def fleet(lone):
    """All services as resources of pcs, started wave by wave; afterwards none is left."""
    made = Fleet(lone)
    lines = [f"pcs cluster cib {FLEET}"]
    lines += [
        f"pcs -f {FLEET} resource create {resource(name)} ocf:openstack:{name} {' '.join(_PARAMETERS.get(name, ()))}"
        " watch_time=10 op monitor interval=5s timeout=90s start timeout=300s stop timeout=90s"
        " meta target-role=Stopped"
        for name in SERVICES
    ]
    # The processes are the question here, not the fence: a failed stop is to stay visible.
    lines += [f"pcs -f {FLEET} property set stonith-enabled=false load-threshold=10000%"]
    lines += [f"pcs cluster cib-push {FLEET}"]
    lone.run("sh", "-ec", "\n".join(lines), timeout=400)
    for wave in sorted({PACKAGED[name]["wave"] for name in SERVICES}):
        enable(made, [name for name in SERVICES if PACKAGED[name]["wave"] == wave])
    yield made
    lone.run("cibadmin", "--delete-all", "--force", "--xpath", "//primitive[@provider='openstack']")
    lone.run("pcs", "property", "set", "stonith-enabled=true", "load-threshold=")
    settled(lone)
    lone.run("crm_resource", "--refresh")


def enable(fleet: Fleet, names: list[str]) -> None:
    fleet.host.run("pcs", "resource", "enable", *map(resource, names))

    def up() -> bool:
        assert broken(fleet) == []
        running = {
            found.get("id")
            for found in pacemaker.status(fleet.host).iter("resource")
            if found.get("role") == "Started" and found.get("failed") == "false"
        }
        return set(map(resource, names)) <= running

    wait_for(up, 600, f"{names} to be started", pause=1)
    settle(fleet)


def broken(fleet: Fleet) -> list[str]:
    """The starts and stops that failed."""
    return [str(one) for one in pacemaker.failures(fleet.host) if one.get("task") in ("start", "stop")]


def settle(fleet: Fleet) -> None:
    """Wait until the cluster has nothing left to do: one that recovers a daemon may take long on a busy machine."""
    fleet.host.run("crm_resource", "--wait", "--timeout=400s", timeout=450)


@pytest.fixture(scope="module")
def strangers(fleet):
    """Processes that resemble each daemon of the fleet, and are none."""
    host, seen = fleet.host, fleet.look()
    wanted = list(resembling(fleet, seen))
    host.run("mkdir", "-p", stranger.HOME)
    host.put(f"{stranger.HOME}/stranger.py", Path(stranger.__file__).read_text(), 0o755)
    host.put("/root/strangers.json", json.dumps(wanted))
    program = ("/usr/bin/python3", f"{stranger.HOME}/stranger.py", "/root/strangers.json")
    host.run("systemd-run", "--unit=strangers", "--slice=user.slice", "--property=TasksMax=infinity", *program)

    def ready() -> bool:
        logs = [host.files / stranger.HOME.lstrip("/") / one["name"] for one in wanted]
        return all(log.exists() and log.read_text() == "ready\n" for log in logs)

    try:
        wait_for(ready, 120, "the strangers to be ready")
        for pid, process in fleet.look().items():
            if process.group.endswith("/strangers.service"):
                fleet.strangers[process.key] = named(host, pid)
        yield [one["name"] for one in wanted]
    finally:
        host.run("systemctl", "kill", "--signal=KILL", "strangers", check=False)
        wait_for(lambda: not any(p.group.endswith("/strangers.service") for p in fleet.look().values()), 60, "them")
        host.run("sh", "-c", f"umount -l {stranger.OTHER_ROOT}/usr {stranger.OTHER_ROOT}/proc "
                 f"{stranger.OTHER_ROOT}{stranger.HOME} && rm -rf {stranger.OTHER_ROOT} {stranger.HOME}")  # fmt: skip


def named(host, pid: int) -> str:
    """The name of a stranger, from its environment."""
    words = (host.files / f"proc/{pid}/environ").read_bytes().decode().split("\0")
    return next((word.partition("=")[2] for word in words if word.startswith("STRANGER=")), "the one who began them")


def names_of_accounts(host) -> dict[int, str]:
    lines = host.read("/etc/passwd").splitlines()
    return {int(uid): name for name, _, uid, *_ in (line.split(":") for line in lines)}


def resembling(fleet: Fleet, seen: Seen):
    """Each stranger: for every account, and for every daemon."""
    users = names_of_accounts(fleet.host)
    first: dict[int, tuple[str, list[str]]] = {}
    for service in SERVICES:
        main = fleet.family(seen, service).main
        command = (fleet.host.files / f"proc/{main.pid}/cmdline").read_text().rstrip("\0").split("\0")
        yield {"name": f"container-{service}", "user": users[main.uid], "where": "pid", "title": command}
        first.setdefault(main.uid, (service, command))
    for uid, (service, command) in first.items():
        project = service.partition("-")[0]
        user = users[uid]
        yield {"name": f"sleep-{user}", "user": user, "where": "here", "title": ["sleep", "100000"]}
        config = f"/etc/{project}/{project}.conf"
        yield {"name": f"editor-{user}", "user": user, "where": "here", "title": ["vim", config, f"{config}.old"]}
        log = f"/var/log/{project}/{service}.log"
        yield {"name": f"reader-{user}", "user": user, "where": "here", "title": ["tail", "-F", log]}
        for where in ("chroot", "pivot"):
            yield {"name": f"{where}-{user}", "user": user, "where": where, "title": command}
    once = ["/usr/bin/python3", "/usr/bin/swift-object-replicator", "/etc/swift/object-server.conf", "once"]
    yield {"name": "once", "user": "swift", "where": "here", "title": once}
    other = ["/usr/bin/python3", "/usr/bin/glance-api", "--config-file=/etc/glance/other.conf"]
    yield {"name": "other-configuration", "user": "glance", "where": "here", "title": other}


class Tally:
    """What the rounds came to; each fault counts once, however often it is seen."""

    def __init__(self) -> None:
        self.actions: list[str] = []
        self.with_others = 0  # crashes while workers or helpers lived
        self.orphans: dict[str, str] = {}
        self.copies: dict[str, str] = {}
        self.together: dict[str, str] = {}
        self.touched: dict[str, str] = {}

    def add(self, faults: dict[str, str], where: str, what) -> None:
        """Note where each of these faults was seen first."""
        for one in map(str, what):
            faults.setdefault(one, where)
            print(f"    {where}: {one}", flush=True)

    @property
    def faults(self) -> list[dict[str, str]]:
        return [self.orphans, self.copies, self.together, self.touched]


def test_no_crash_and_no_stop_leaves_a_process(fleet, strangers):
    """
    Round after round a daemon is killed, frozen or stopped: no orphan, no second copy, and no stranger gets a signal.
    """
    tenants(fleet)
    seen = fleet.look()
    accounts = fleet.accounts(fleet.families(seen))
    before = fleet.counts(seen)
    tally = Tally()
    for number in range(ROUNDS):
        one_round(fleet, number, accounts, tally)
    after = fleet.counts(fleet.look())
    stop_all(fleet, accounts, tally)
    report(fleet, tally, strangers, before, after)
    final, baseline = fleet.counts(fleet.look()), fleet.counts(fleet.baseline)
    assert {uid: final[uid] for uid in accounts} == {uid: baseline[uid] for uid in accounts}
    end_tenants(fleet)
    assert tally.faults == [{}, {}, {}, {}]
    assert broken(fleet) == []


def one_round(fleet: Fleet, number: int, accounts: set[int], tally: Tally) -> None:
    """Break one daemon, or stop and start it, and look at all processes before, between and after."""
    service, action = SERVICES[number % len(SERVICES)], ACTIONS[number % len(ACTIONS)]
    where = f"round {number + 1}, {service}, {action}"
    host, name, began = fleet.host, resource(service), time.monotonic()
    before = fleet.family(fleet.look(), service)
    helpers = sum(1 for member in before.members if _HELPERS.search(member.command))
    if action == STOP:
        host.run("pcs", "resource", "disable", name)
        settle(fleet)
        seen = fleet.look()
        tally.add(tally.orphans, where, witness.orphans(seen, before))
        tally.add(tally.copies, where, fleet.mains(seen, service))
        tally.add(tally.orphans, where, ownerless(fleet, accounts))
        host.run("pcs", "resource", "enable", name)
    else:
        host.run("kill", f"-{action.removeprefix('SIG')}", str(before.main.pid))
    wait_for(
        lambda: is_new(fleet, service, before) or broken(fleet), 400, f"{service} to run again: {where}", pause=0.5
    )
    settle(fleet)
    assert pacemaker.active_on(host, name) == [host.name], (where, pacemaker.failures(host))
    seen = fleet.look()
    for other in SERVICES:
        mains = fleet.mains(seen, other)
        if len(mains) != 1:
            tally.add(tally.copies, where, [f"{other}: {[str(process) for process in mains]}"])
    main = fleet.mains(seen, service)[0]
    tally.add(tally.orphans, where, witness.orphans(seen, before, main))
    tally.add(tally.orphans, where, ownerless(fleet, accounts))
    tally.add(tally.together, where, with_pacemaker(fleet))
    tally.add(tally.touched, where, fleet.touched())
    tally.actions.append(action)
    tally.with_others += action == CRASH and len(before.members) > 1
    print(f"round {number + 1:2}: {service:25} {action:7} pid {before.main.pid} and {len(before.members) - 1:2} others"
          f" ({helpers} helpers), now pid {main.pid}, after {time.monotonic() - began:.0f} s", flush=True)  # fmt: skip


def stop_all(fleet: Fleet, accounts: set[int], tally: Tally) -> None:
    """Stop every service at once: nothing is left but what was there before, the strangers and the tenants' programs."""
    where = "the last stop"
    seen = fleet.look()
    last, serving = fleet.families(seen), serving_tenants(seen)
    assert bool(serving) == WITH_TENANTS
    fleet.host.run("pcs", "resource", "disable", *map(resource, SERVICES))
    settle(fleet)
    seen = fleet.look()
    for one in last:
        tally.add(tally.orphans, where, witness.orphans(seen, one))
    assert serving <= serving_tenants(seen)
    tally.add(tally.orphans, where, ownerless(fleet, accounts))
    tally.add(tally.touched, where, fleet.touched())


def is_new(fleet: Fleet, service: str, before: Family) -> bool:
    """Does the service run once, as a process that the witness has not seen before?"""
    seen = fleet.look()
    mains = fleet.mains(seen, service)
    old = {process.key for process in before.members}
    return len(mains) == 1 and mains[0].key not in old and mains[0].start > before.main.start


def lasting(look, seconds: float = 15) -> list:
    """What *look* finds, if that stays: a process may be seen while it is just being made, or just ends."""
    until = time.monotonic() + seconds
    while (found := look()) and time.monotonic() < until:
        time.sleep(0.5)
    return found


def ownerless(fleet: Fleet, accounts: set[int]) -> list[Process]:
    """Whatever stays without a daemon to which it belongs is an orphan."""
    return lasting(lambda: fleet.ownerless(accounts))


def with_pacemaker(fleet: Fleet) -> list[Process]:
    """The daemons in Pacemaker's control group, which is to hold Pacemaker and the agents that it runs just now."""
    seen = fleet.look()
    own = witness.pacemakers(seen)
    assert len(own) >= 7
    assert {process.group.rpartition("/")[2] for process in own} == {"pacemaker.service"}
    daemons = [member for one in fleet.families(seen) for member in one.members if member.group == own[0].group]
    return daemons + lasting(lambda: witness.with_pacemaker(fleet.look()))


def tenants(fleet: Fleet) -> None:
    """A network and a router, if the fleet can have them: their programs have to outlive the agents."""
    if not WITH_TENANTS:
        return
    openstack.administer(
        fleet.host,
        "network create tenants",
        "subnet create --network tenants --subnet-range 198.51.100.0/24 tenants",
        "router create tenants",
        "router add subnet tenants tenants",
    )

    def both() -> bool:
        names = {process.name for process in fleet.look().values()}
        return {"dnsmasq", "haproxy"} <= names

    wait_for(both, 120, "dnsmasq and haproxy", pause=0.5)


def serving_tenants(seen: Seen) -> set[tuple[int, int]]:
    return {process.key for process in seen.values() if process.name.startswith(witness.TENANTS)}


def end_tenants(fleet: Fleet) -> None:
    for pid, _start in serving_tenants(fleet.look()):
        fleet.host.run("kill", str(pid), check=False)


def report(fleet: Fleet, tally: Tally, strangers: list[str], before, after) -> None:
    """Print what was counted."""
    final, baseline = fleet.counts(fleet.look()), fleet.counts(fleet.baseline)
    users = names_of_accounts(fleet.host)
    print(
        f"\n{'account':16}{'nothing runs':>14}{'before':>10}{'after':>10}{'all stopped':>14}   (without the strangers)"
    )
    for uid in sorted({*baseline, *before, *after, *final}):
        print(f"{users.get(uid, str(uid)):16}{baseline[uid]:14}{before[uid]:10}{after[uid]:10}{final[uid]:14}")
    kinds = ", ".join(f"{tally.actions.count(action)} x {action}" for action in ACTIONS)
    print(f"{len(tally.actions)} rounds with {len(SERVICES)} services: {kinds}; workers or helpers lived at"
          f" {tally.with_others} x {CRASH}")  # fmt: skip
    print(f"{len(tally.orphans)} orphans, {len(tally.copies)} second copies, {len(tally.together)} daemons in Pacemaker's"
          f" control group; {len(strangers)} strangers ({len(fleet.strangers)} processes), {len(tally.touched)}"
          " signalled", flush=True)  # fmt: skip


BROKEN = """\
#!/bin/sh
[ "$1" = stop ] || exec /usr/lib/ocf/resource.d/openstack/glance-api "$@"
kill -KILL "$(cat /run/resource-agents/p_broken.pid)"
exit 0
"""


def test_a_stop_that_skips_the_workers_is_noticed(fleet):
    """
    The witness names the worker that a broken agent leaves, although the cluster believes that agent.
    """
    host, service = fleet.host, "glance-api"
    host.run("pcs", "resource", "disable", resource(service))
    settle(fleet)
    host.put("/usr/lib/ocf/resource.d/broken/glance-api", BROKEN, 0o755)
    host.run("pcs", "resource", "create", "p_broken", "ocf:broken:glance-api", "op", "start", "timeout=300s")
    try:
        wait_for(lambda: pacemaker.active_on(host, "p_broken"), 300, "the broken resource to be started", pause=1)
        before = fleet.family(fleet.look(), service)
        host.run("pcs", "resource", "disable", "p_broken")
        settle(fleet)
        assert (pacemaker.active_on(host, "p_broken"), broken(fleet)) == ([], [])
        left = witness.orphans(fleet.look(), before)
        assert {process.key for process in left} == {member.key for member in before.members - {before.main}}
        assert left
    finally:
        assert Agent(host, service, "p_broken")("stop").code == 0
        host.run("pcs", "resource", "delete", "p_broken", "--force")
    assert witness.orphans(fleet.look(), before) == []


def test_out_of_memory_a_worker_dies_and_pacemaker_lives(fleet):
    """
    The kernel runs out of memory for a daemon and kills a worker: neither the daemon nor Pacemaker ends.

    The hosts have no memory controllers.  So the machine's get the groups that systemd made on the host: one for the
    daemon, one for Pacemaker.
    """
    if not (MEMORY / "memory.oom_control").exists():
        pytest.skip("this machine has no memory controller of cgroup v1")
    # Its workers are larger than its main process, so that the kernel takes one of them.
    service = "keystone"
    enable(fleet, [service])
    seen = fleet.look()
    before, pacemaker_before = fleet.family(seen, service), {one.key for one in witness.pacemakers(seen)}
    failed = pacemaker.fail_count(fleet.host, resource(service), fleet.host.name)
    outside = witness.look()
    with contextlib.ExitStack() as groups:
        ours = groups.enter_context(memory_group(outside, before.group))
        theirs = groups.enter_context(memory_group(outside, witness.pacemakers(seen)[0].group))
        (ours / "memory.limit_in_bytes").write_text("16384")
        many = "while curl --silent --max-time 60 --output /dev/null http://127.0.0.1:5000/v3; do :; done"
        ask = fleet.host.command("timeout", "60", "sh", "-c", many)
        with subprocess.Popen(ask, stdout=subprocess.DEVNULL) as client:
            try:
                wait_for(lambda: killed(ours), 60, "an out-of-memory kill", pause=0.01)
            finally:
                (ours / "memory.limit_in_bytes").write_text("-1")
                client.kill()
        assert killed(theirs) == 0
        dead = wait_for(lambda: ended(fleet, before), 30, "the killed process to be gone")
        print(f"the kernel killed {', '.join(map(str, dead))}", flush=True)
        wait_for(lambda: len(fleet.family(fleet.look(), service).members) == len(before.members), 60, "another worker")
    time.sleep(10)
    settle(fleet)
    seen = fleet.look()
    assert fleet.family(seen, service).main.key == before.main.key
    assert {one.key for one in witness.pacemakers(seen)} == pacemaker_before
    assert pacemaker.fail_count(fleet.host, resource(service), fleet.host.name) == failed
    fleet.host.run("pcs", "resource", "disable", resource(service))
    settle(fleet)


def ended(fleet: Fleet, before: Family) -> list[Process]:
    """The members of a family that are gone."""
    living = {one.key for one in fleet.look().values()}
    return [member for member in before.members if member.key not in living]


@contextlib.contextmanager
def memory_group(outside: Seen, group: str):
    """A memory controller for the processes of one control group of a host, as a host of its own would have it."""
    made = MEMORY / f"openstack-ra-{group.rpartition('/')[2].replace(':', '-')}"
    members = [pid for pid, process in outside.items() if process.group == group]
    home = MEMORY / memory_of(members[0]).lstrip("/")
    made.mkdir()
    try:
        move(members, made)
        yield made
    finally:
        (made / "memory.limit_in_bytes").write_text("-1")

        def removed() -> bool:
            move([int(pid) for pid in (made / "cgroup.procs").read_text().split()], home)
            with contextlib.suppress(OSError):
                made.rmdir()
            return not made.exists()

        wait_for(removed, 20, f"{made} to be empty")


def memory_of(pid: int) -> str:
    """The memory controller of a process."""
    lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    return next(path for _, controllers, path in (line.split(":", 2) for line in lines) if controllers == "memory")


def move(pids: list[int], group: Path) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            (group / "cgroup.procs").write_text(str(pid))


def killed(group: Path) -> int:
    """How many processes of a memory controller the kernel has killed."""
    return int((group / "memory.oom_control").read_text().rpartition("oom_kill ")[2].split()[0])
