"""What the monitors of a whole controller cost: processor time of the agents and of the daemons that they ask, and memory."""

from __future__ import annotations

import os
import statistics
import time
from typing import NamedTuple

from tests.bench import BARE, ROUNDS, SELDOM, measure, yardsticks
from tests.box import keystone
from tests.box.agent import DIRECTORY, Agent
from tests.box.machine import Host
from tests.matrix.world import CREDENTIALS
from tests.unit.conftest import required

from .plane import NAMES, Plane

WINDOW = 300.0
"""Seconds of each measurement."""
SETTLED = 60.0
"""Seconds without a monitor that is new, before a measurement."""
DEAREST = 12
TICKS = os.sysconf("SC_CLK_TCK")
WAYS = {
    "advertised": ("as advertised", {}, ()),
    "no heartbeats": ("heartbeat=0", {"heartbeat": "0"}, ()),
    "polled": ("interval=10s watch_time=0", {"watch_time": "0"}, ("monitor", "interval=10s", "timeout=60s")),
}


class Process(NamedTuple):
    """One process of a host, from proc(5)."""

    pid: int
    parent: int
    begun: str
    command: str
    used: float
    """seconds of processor time, user and system"""
    children: float
    """the same of the children that have ended and are buried"""

    @property
    def program(self) -> str:
        """The configuration of a uwsgi, or the name of another program."""
        words = [word.rpartition("/")[2] for word in self.command.split()]
        ini = next((word for word in words if word.endswith("uwsgi.ini")), "")
        return ini or next((word for word in words if word and not word.startswith(("python", "(python"))), "")

    @property
    def is_monitor(self) -> bool:
        return "/resource.d/openstack/" in self.command


def processes(host: Host) -> dict[int, Process]:
    """{pid: process} of every process of the host."""
    found = {}
    for folder in (host.files / "proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        words = stat[stat.rindex(")") + 2 :].split()
        used, children = (sum(int(words[at + more]) for more in (0, 1)) / TICKS for at in (11, 13))
        found[int(folder.name)] = Process(int(folder.name), int(words[1]), words[19], command, used, children)
    return found


class Reading(NamedTuple):
    """Processor time so far, in seconds."""

    at: float
    agents: float
    """every agent that Pacemaker has run, with those that run now"""
    pacemaker: float
    others: dict[tuple[int, str, str], float]
    """{(pid, start time, program): the daemons and the servers}, each with its children"""


def read(host: Host) -> Reading:
    """What the host's processes have used until now."""
    now = processes(host)
    executor = next(one for one in now.values() if one.command.endswith("/pacemaker-execd "))
    agents = {pid for pid, one in now.items() if one.is_monitor}
    # What a waiting monitor has started, such as a login.
    agents |= {pid for pid, one in now.items() if one.parent in agents}
    family = {pid for pid, one in now.items() if "/pacemaker" in one.command or "corosync" in one.command}
    return Reading(
        time.monotonic(),
        executor.children + sum(now[pid].used + now[pid].children for pid in agents),
        sum(now[pid].used for pid in family),
        {
            (pid, one.begun, one.program): one.used + one.children
            for pid, one in now.items()
            if pid not in agents | family and pid != 1
        },
    )


class Spent(NamedTuple):
    """Shares of the machine (all its processors) between two readings."""

    agents: float
    pacemaker: float
    each: dict[str, float]
    """{program: the share of a daemon or a server}"""

    @property
    def daemons(self) -> float:
        return sum(self.each.values())


def spent(host: Host, seconds: float) -> Spent:
    """Measure for so long."""
    before = read(host)
    time.sleep(seconds)
    after = read(host)
    whole = (after.at - before.at) * (os.cpu_count() or 1)
    each: dict[str, float] = {}
    for who, used in after.others.items():
        each[who[2]] = each.get(who[2], 0.0) + (used - before.others.get(who, 0.0)) / whole
    return Spent((after.agents - before.agents) / whole, (after.pacemaker - before.pacemaker) / whole, each)


def waiting(host: Host) -> list[float]:
    """The proportional set size of each waiting monitor, in MiB."""
    sizes = []
    for pid, one in processes(host).items():
        if one.is_monitor:
            text = (host.files / f"proc/{pid}/smaps_rollup").read_text()
            sizes.append(next(int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("Pss:")))
    return sizes


def logins(host: Host, since: float) -> int:
    """How many tokens have been stored since then."""
    tokens = (host.files / "run/resource-agents").glob("*.token")
    return sum(token.stat().st_mtime > since for token in tokens)


def monitors(host: Host) -> list[str]:
    """The table of what one monitor of each service costs, beside what operators know."""
    ours = []
    for name in NAMES:
        agent = Agent(host, name, f"p_{name}", **CREDENTIALS, **required(name), watch_time="0")
        environment = {**host.environment(), **agent.environment(interval=1)}
        ours.append({"name": name, "argv": [f"{DIRECTORY}/{name}", "monitor"], "env": environment})
    asked = {
        "name": "openstack token issue",
        "argv": ["/usr/bin/openstack", "token", "issue"],
        "env": {**host.environment(), **keystone.client(CREDENTIALS)},
    }
    taken = {**measure(host, ROUNDS, [*yardsticks(host), *ours]), **measure(host, SELDOM, [asked])}
    medians = {name: statistics.median(times) for name, times in taken.items()}
    lines = [f"{'processor time of one monitor':34} {'median ms':>10} {'ratio':>7} {'runs':>5}"]
    lines += [
        f"{name:34} {median:10.1f} {median / medians[BARE]:7.2f} {len(taken[name]):5}"
        for name, median in medians.items()
    ]
    return lines


def report(plane: Plane, way: str) -> list[str]:
    """What all monitors together cost in one way, against daemons that nobody asks."""
    host = plane.admin
    title, params, operation = WAYS[way]
    plane.push(operation, **params)
    plane.wait_until_well()
    time.sleep(SETTLED)
    sizes = waiting(host)
    before = time.time()
    busy = spent(host, WINDOW)
    fresh = logins(host, before)
    # Without its monitors Pacemaker asks nothing, and the daemons do what they do anyway.
    host.run("pcs", "property", "set", "maintenance-mode=true")
    time.sleep(SETTLED)
    alone = spent(host, WINDOW)
    table = monitors(host)
    more = {name: share - alone.each.get(name, 0.0) for name, share in busy.each.items()}
    dearest = sorted(more, key=lambda name: -more[name])[:DEAREST]
    host.run("pcs", "property", "set", "maintenance-mode=false")
    assert not plane.failures(), plane.failures()
    return [
        f"{title}, {len(NAMES)} resources, {WINDOW:.0f} s: agents {busy.agents:.2%} of {os.cpu_count()} processors,"
        f" daemons and servers {busy.daemons - alone.daemons:+.2%} for the answers ({busy.daemons:.2%} with monitors,"
        f" {alone.daemons:.2%} without), Pacemaker {busy.pacemaker:.2%};"
        f" {fresh} logins ({fresh * 3600 / WINDOW:.0f} an hour);"
        f" {len(sizes)} waiting monitors {sum(sizes):.0f} MiB (PSS); load {os.getloadavg()[0]:.1f}",
        "the dearest answers: " + ", ".join(f"{name} {more[name]:+.2%}" for name in dearest),
        *table,
    ]
