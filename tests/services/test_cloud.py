"""Every agent against the real service that Debian packages, on one host with MariaDB, RabbitMQ and memcached.

What each is expected to say stands in LIFE below and in ``tests/box/services.py``;
what was seen is printed beside it when the run ends.
"""

from __future__ import annotations

import contextlib
import functools
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.box import cloud as openstack
from tests.box import services
from tests.box.agent import Agent
from tests.box.machine import wait_for
from tests.matrix import faults, page, row, run
from tests.unit.conftest import load, required

# Every one of them, in this order; the code is the action's.
LIFE = {
    "start": 0,
    "validate-all": 0,
    "monitor": 0,
    "monitor, level 10": 0,
    "monitor, level 20": 0,
    "second start": 0,
    "stopped by a signal (SIGSTOP)": 1,
    "continued": 0,
    "parent killed (SIGKILL)": "killed",
    "stop of what is left": 0,
    "orphans": 0,
    "probe of nothing": 7,
    "stop of nothing": 0,
    "start, configuration unreadable": 4,
    "start, port taken": "taken",
    "stop while it loads": 0,
    "orphans of that": 0,
    "last start": 0,
}
PACKAGED, ENDED = services.rows(services.PACKAGED), services.rows(services.ENDED)
EXPECTED = {**PACKAGED, **ENDED}
for _name, _row in EXPECTED.items():
    # Who asks something with credentials.
    _row["keystone"] = "190" if load(_name).listed_by or load(_name).api.question else "0"
    # A proxy that accepts and closes helps nobody.
    _row["broker-empty"] = _row["broker"]
SERVICES, OLD_SERVICES = list(PACKAGED), list(ENDED)
EVERY = pytest.mark.parametrize("name", SERVICES)
HANDS = 4  # cases at once: many of them wait
STRANGER = """
import os, socket, time
server = socket.socket(); server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("0.0.0.0", {port})); server.listen(); print(os.getpid(), flush=True); time.sleep(60)
"""


def expected(name: str, case: str) -> str:
    """The code in the tables; "-" where there is no such case."""
    if case == "start, configuration unreadable" and load(name).unit:
        return "-"
    if case == "monitor, level 20" and name in OLD_SERVICES:
        # It insists on credentials where there is something to ask with them.
        return "190" if load(name).listed_by or load(name).api.question else "0"
    code = LIFE.get(case, case)
    return str(code) if isinstance(code, int) else EXPECTED[name][code]


class Life:
    """One service's agent, taken through every case; remembers what it said."""

    def __init__(self, host, name: str, seen: dict) -> None:
        self.host = host
        self.name = name
        self.service = load(name)
        credentials = openstack.CREDENTIALS if name in SERVICES else {}
        self.agent = Agent(host, name, f"p_{name}", **credentials, **required(name))
        self.seen = seen[name] = {}

    def note(self, case: str, outcome) -> None:
        self.seen[case] = (str(outcome.code), outcome.reason or outcome.err[-300:])

    def start(self) -> None:
        self.note("start", self.agent("start", timeout=120))

    def live(self) -> None:
        """From validate-all to the last start."""
        agent = self.agent
        self.note("validate-all", agent("validate-all", depth=10))
        self.settle()
        self.note("monitor", agent.monitor())
        self.note("monitor, level 10", agent.monitor(depth=10))
        self.note("monitor, level 20", agent.monitor(depth=20))
        before = self.pid()
        self.note("second start", agent("start", timeout=120))
        assert self.pid() == before, f"{self.name} is another after a second start"
        self.host.run("kill", "-STOP", str(before))
        self.note("stopped by a signal (SIGSTOP)", agent.monitor())
        self.host.run("kill", "-CONT", str(before))
        self.settle()
        self.note("continued", agent.monitor())
        if expected(self.name, "parent killed (SIGKILL)") == "1":
            # Those that are to outlive it have to be there.
            children = ("pgrep", "--parent", str(before))
            wait_for(lambda: self.host.run(*children, check=False).stdout, 60, f"a child of {self.name}")
        self.host.run("kill", "-KILL", str(before))
        self.bury()
        self.note("stop of what is left", agent("stop"))
        self.count("orphans")
        self.note("probe of nothing", agent("monitor"))
        self.note("stop of nothing", agent("stop"))
        if not self.service.unit:
            self.note("start, configuration unreadable", agent("start", config=self.unreadable()))
        if EXPECTED[self.name]["taken"] != "-":
            self.note("start, port taken", self.beside_a_stranger())
        # Its start gives up after a second; the cluster would have killed it.
        agent("start", timeout=1.2)
        self.note("stop while it loads", agent("stop"))
        self.count("orphans of that")
        self.note("last start", agent("start", timeout=120))

    def bury(self) -> None:
        """What the monitor says once that has ended which follows its parent by itself, as some take seconds to."""
        case = "parent killed (SIGKILL)"
        until = time.monotonic() + 15
        while True:
            self.note(case, self.agent.monitor())
            # Those whose workers stay are looked at once: that they stay, stop shows.
            if self.seen[case][0] == expected(self.name, case) or time.monotonic() > until:
                return
            time.sleep(0.2)

    def settle(self) -> None:
        """Wait for what depends on a neighbour: its API, who answers for it, or a Keystone that many sign in to at once."""
        until = time.monotonic() + 90
        while self.agent.monitor().code == 190 and time.monotonic() < until:
            time.sleep(0.5)

    def pid(self) -> int:
        if self.service.unit:
            shown = self.host.run("systemctl", "show", "--property=MainPID", "--value", self.service.unit).stdout
            return int(shown)
        return self.agent.pid

    def count(self, case: str) -> None:
        """How many processes of the service there are, counted by another than the agent."""
        service = self.service
        program = f"swift-{service.daemons[0][0]}" if service.daemons else service.binary
        pattern = service.uwsgi.ini or (f"/usr/bin/{program} " if program else "apache2")
        left = self.host.run("pgrep", "-f", "--", pattern, check=False).stdout.split()
        self.seen[case] = (str(len(left)), f"{pattern}: {' '.join(left)}")

    def unreadable(self) -> str:
        path = f"/etc/{self.service.project}/unreadable.conf"
        self.host.put(path, "[DEFAULT]\n", 0o600)
        return path

    def beside_a_stranger(self):
        """What start says while another program serves the port."""
        script = STRANGER.format(port=self.service.api.port)
        with subprocess.Popen(
            self.host.command("python3", "-c", script), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        ) as stranger:
            pid = stranger.stdout.readline().strip()
            try:
                # A web server's unit is started again and again until the time is over.
                return self.agent("start", timeout=20)
            finally:
                self.host.run("kill", "-KILL", pid)


@pytest.fixture(scope="module")
def verdicts(request):
    """{service: {case: (code seen, what was said)}}; printed when the run ends."""
    seen: dict[str, dict[str, tuple[str, str]]] = {}
    request.config.stash[VERDICTS] = seen
    return seen


VERDICTS = pytest.StashKey[dict]()


@pytest.fixture(scope="module")
def lives(cloud, verdicts):
    """Every service started, then taken through its life: those that others lean on before these."""
    made = {name: Life(cloud, name, verdicts) for name in SERVICES}
    # Keystone runs, but not under the name of its resource yet.
    waves = [[made[name] for name in SERVICES if EXPECTED[name]["wave"] == number] for number in "1234"]
    for wave in waves:
        together(Life.start, wave)
    for wave in waves:
        together(Life.live, wave)
    return made


def together(action, lives) -> None:
    """Run one action for several services at once; the first failure is raised."""
    with ThreadPoolExecutor(HANDS) as hands:
        for result in [hands.submit(action, life) for life in lives]:
            result.result()


@EVERY
def test_life(lives, verdicts, name):
    """
    validate, probe, start, monitor at each depth, freeze, crash, stop of what is left, and what keeps a start from it.
    """
    judge(verdicts, name)


def outage(lives, verdicts, takes: dict, give) -> None:
    """Take something away that many depend on, in one way after another, and give it back; note what every monitor says.

    *takes* holds a function for each column.
    """
    before = {name: life.pid() for name, life in lives.items()}

    def away(life: Life, column: str) -> None:
        # A lost connection shows within seconds, and a token is still believed for as long as it is cached.
        until = time.monotonic() + 40
        while True:
            outcome = life.agent.monitor()
            life.note(column, outcome)
            if str(outcome.code) == EXPECTED[life.name][column] or time.monotonic() > until:
                return
            time.sleep(1)

    def back(life: Life) -> None:
        codes = []
        until = time.monotonic() + 100
        while (not codes or codes[-1] != 0) and time.monotonic() < until:
            codes.append(life.agent.monitor().code)
            time.sleep(0.0 if codes[-1] == 0 else 1.0)
        # Degraded until it is well: never failed, which would restart it.
        worst = next((code for code in codes if code not in (0, 190)), codes[-1])
        life.seen[f"{next(iter(takes))} back"] = (str(worst), f"{codes}")

    try:
        for column, take in takes.items():
            take()
            together(functools.partial(away, column=column), lives.values())
    finally:
        give()
    together(back, lives.values())
    wanted = {
        name: {**{column: EXPECTED[name][column] for column in takes}, f"{next(iter(takes))} back": "0"}
        for name in lives
    }
    wrong = {
        f"{name}, {column}": f"expected {code}, seen {verdicts[name][column]}"
        for name, columns in wanted.items()
        for column, code in columns.items()
        if verdicts[name][column][0] != code
    }
    assert not wrong, wrong
    assert {name: life.pid() for name, life in lives.items()} == before


def pids(host, program: str) -> list[str]:
    return sorted(host.run("pgrep", "-x", program, check=False).stdout.split())


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


def unit(host, column: str, name: str):
    """How to take a unit away, for *column*, and how to give it back."""
    return {column: lambda: host.run("systemctl", "stop", name)}, lambda: host.run("systemctl", "start", name)


def judge(verdicts, name: str) -> None:
    """What was seen of a life is what is expected."""
    seen = verdicts[name]
    wrong = {
        case: f"expected {expected(name, case)}, seen {seen.get(case)}"
        for case in LIFE
        if expected(name, case) not in ("-", seen.get(case, ("nothing",))[0])
    }
    assert not wrong, wrong


def test_the_broker_goes_and_comes_back(lives, verdicts):
    """
    Degraded where it matters, well again by itself, and nobody restarted. A proxy in its place, without a backend,
    changes nothing.
    """
    host = lives["keystone"].host
    takes, give = unit(host, "broker", "rabbitmq-server")
    with contextlib.ExitStack() as proxy:

        def put_a_proxy_there() -> None:
            proxy.enter_context(faults.broker_without_backend(host, []))

        def restore() -> None:
            proxy.close()
            give()

        outage(lives, verdicts, {**takes, "broker-empty": put_a_proxy_there}, restore)
    workers = [name for name, life in lives.items() if life.service.broker]
    said = {name: verdicts[name]["broker-empty"][1] for name in workers}
    assert [name for name in workers if "closes the connection without a greeting" not in said[name]] == []


def test_the_database_goes_and_comes_back(lives, verdicts):
    """
    The same, with every database refusing connections: Keystone's, too.
    """
    host = lives["keystone"].host
    outage(lives, verdicts, *unit(host, "database", "mariadb"))


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


@pytest.mark.parametrize("key", ["database-frozen", "memcached-frozen"])
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
    together(Life.start, made.values())
    together(Life.live, made.values())
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
