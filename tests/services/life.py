"""The life of one service under its agent, and what takes something away that many services depend on.

What each is expected to say stands in LIFE below and in the tables of ``tests/box``.
"""

from __future__ import annotations

import contextlib
import functools
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.box import cloud as openstack
from tests.box import image, projects, services
from tests.box.agent import Agent
from tests.box.machine import wait_for
from tests.matrix import faults
from tests.unit.conftest import facts, load, required

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
PROJECTS = {name: services.rows(project.table) for name, project in projects.every().items()}
EXPECTED = {**PACKAGED, **ENDED}
for _rows in PROJECTS.values():
    EXPECTED.update(_rows)
for _name, _row in EXPECTED.items():
    for _column, _code in _row.items():
        if "/" in _code:
            _row[_column] = _code.split("/")[image.RELEASES.index(image.RELEASE)]
    # Who asks something with credentials.
    _row["keystone"] = "190" if load(_name).listed_by or load(_name).api.question else "0"
    # A proxy that accepts and closes helps nobody.
    _row["broker-empty"] = _row["broker"]
HANDS = 4  # cases at once: many of them wait
STRANGER = """
import os, socket, time
server = socket.socket(); server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("0.0.0.0", {port})); server.listen(); print(os.getpid(), flush=True); time.sleep(60)
"""
VERDICTS = pytest.StashKey[dict]()
"""{service: {case: (code seen, what was said)}}"""
VERSIONS: dict[str, str] = {}
"""{service: version of the real daemon}; "" for a stand-in"""
TIMES: dict[str, dict[str, list[float]]] = {}
"""{service: {action: seconds of each of its runs with a daemon that is well}}"""
_TIMED = {
    "start": "start",
    "last start": "start",
    "last stop": "stop",
    "monitor": "monitor",
    "monitor, level 20": "monitor",
    "continued": "monitor",
}


def expected(name: str, case: str) -> str:
    """The code in the tables; "-" where there is no such case."""
    if case == "start, configuration unreadable" and (load(name).unit or load(name).user == "root"):
        # A web server reads another one, and root reads every file.
        return "-"
    if case == "start, configuration unreadable" and not load(name).uwsgi.takes_config:
        return "6"
    if case == "monitor, level 20" and name in ENDED:
        # It insists on credentials where there is something to ask with them.
        return "190" if load(name).listed_by or load(name).api.question else "0"
    code = LIFE.get(case, case)
    return str(code) if isinstance(code, int) else EXPECTED[name][code]


class Life:
    """One service's agent, taken through every case; remembers what it said.  *params* are more of its parameters."""

    def __init__(self, host, name: str, seen: dict, **params: str) -> None:
        self.host = host
        self.name = name
        self.service = facts(name)
        credentials = {} if name in ENDED else openstack.CREDENTIALS
        self.agent = Agent(host, name, f"p_{name}", **credentials, **required(name), **params)
        self.seen = seen[name] = {}
        VERSIONS[name] = self.version()

    def note(self, case: str, outcome) -> None:
        self.seen[case] = (str(outcome.code), outcome.reason or outcome.err[-300:])
        if case in _TIMED and outcome.code == 0:
            TIMES.setdefault(self.name, {}).setdefault(_TIMED[case], []).append(outcome.seconds)

    def version(self) -> str:
        """The version of the daemon's package, as the project counts: without Debian's epoch and revision."""
        package = EXPECTED[self.name]["package"]
        if package == "-":
            return ""
        shown = self.host.run("dpkg-query", "--show", "--showformat=${Version}", package).stdout
        return shown.rpartition(":")[2].partition("-")[0]

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
        if expected(self.name, "start, configuration unreadable") != "-":
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
        until = time.monotonic() + 60
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
        path = self.agent.params.get("binary", f"/usr/bin/{program}")
        # Several services may run one program, each with its own arguments.  A child process of cotyledon has nothing
        # in its title but the name of the program.
        own = " ".join(service.arguments)
        pattern = service.uwsgi.ini or (f"{path} .*{own}|^{program}: " if program else "apache2")
        left = self.host.run("pgrep", "-f", "--", pattern, check=False).stdout.split()
        self.seen[case] = (str(len(left)), f"{pattern}: {' '.join(left)}")

    def unreadable(self) -> str:
        path = f"/etc/{self.service.project}/unreadable.conf"
        self.host.put(path, "[DEFAULT]\n", 0o600)
        return path

    def beside_a_stranger(self):
        """What start says while another program serves the port."""
        ini = self.service.uwsgi.ini
        moved = re.search(r"^http-socket = .*:(\d+)$", self.host.read(ini), re.MULTILINE) if ini else None
        script = STRANGER.format(port=moved[1] if moved else self.service.api.port)
        with subprocess.Popen(
            self.host.command("python3", "-c", script), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        ) as stranger:
            pid = stranger.stdout.readline().strip()
            try:
                # A web server's unit is started again and again until the time is over.
                return self.agent("start", timeout=20)
            finally:
                self.host.run("kill", "-KILL", pid)


def together(action, lives) -> None:
    """Run one action for several services at once; the first failure is raised."""
    with ThreadPoolExecutor(HANDS) as hands:
        for result in [hands.submit(action, life) for life in lives]:
            result.result()


def in_waves(lives: list[Life]) -> None:
    """Start every service, then take it through its life: those that others lean on before these."""
    waves = [[life for life in lives if EXPECTED[life.name]["wave"] == number] for number in "12345"]
    for action in (Life.start, Life.live):
        for wave in waves:
            together(action, wave)


def judge(verdicts, name: str) -> None:
    """What was seen of a life is what is expected."""
    seen = verdicts[name]
    wrong = {
        case: f"expected {expected(name, case)}, seen {seen.get(case)}"
        for case in LIFE
        if expected(name, case) not in ("-", seen.get(case, ("nothing",))[0])
    }
    assert not wrong, wrong


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


def broker_outage(lives, seen: dict, host) -> None:
    """Stop the broker, then put a proxy in its place that has no backend."""
    takes, give = unit(host, "broker", "rabbitmq-server")
    with contextlib.ExitStack() as proxy:

        def put_a_proxy_there() -> None:
            proxy.enter_context(faults.broker_without_backend(host, []))

        def restore() -> None:
            proxy.close()
            give()

        outage(lives, seen, {**takes, "broker-empty": put_a_proxy_there}, restore)


def unit(host, column: str, name: str):
    """How to take a unit away, for *column*, and how to give it back."""
    return {column: lambda: host.run("systemctl", "stop", name)}, lambda: host.run("systemctl", "start", name)
