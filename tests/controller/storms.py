"""Storms: what every service needs goes away for a minute, on three nodes under Pacemaker, and comes back.

Pacemaker may restart nothing but what the storm itself ended, and every reason has to lead to the guilty.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import time
from collections.abc import Iterator
from typing import Callable, NamedTuple

from tests.box import cloud, keystone
from tests.matrix import faults, world

from .plane import Plane

LASTS = 60.0
"""Seconds that a storm lasts."""
PATIENCE = 300.0
"""Seconds after it until all has to be well."""
PAGE = """\
# Storms

`make test-storms` wrote this page. Every service of the box ran as a clone on three nodes under Pacemaker, with
credentials and the advertised monitors: {instances} instances. MariaDB, RabbitMQ, memcached and the name server
stood on a fourth host. Each storm lasted {lasts:.0f} s. The run fails in four cases: Pacemaker counts a failure, or restarts
another daemon than the storm has ended; a service stays ill; nobody notices; or a reason does not name the guilty.

One machine ({machine}) carried all four hosts, so the times are long.

| storm | made on | load | instances that were degraded | all well after | restarted |
|---|---|---|---|---|---|
{rows}

## What `crm_mon -A` showed

These are the causes at the end of each storm, each with the services that named it. The symptom that stands behind the cause
in parentheses is left out.

{causes}
"""


class Storm(NamedTuple):
    """One thing that goes away."""

    title: str
    broken: Callable[[Plane], contextlib.AbstractContextManager]
    guilty: tuple[str, ...]
    """one of these words has to be in each reason, in small letters"""
    ends: tuple[str, ...] = ()
    """services that the storm itself ends, or that a restart cures: another process of these has to run afterwards"""
    may_pass: bool = False
    """may every service go on as if nothing was?"""


class Seen(NamedTuple):
    """What a storm did."""

    storm: Storm
    reasons: dict[tuple[str, str], str]
    left: dict[tuple[str, str], str]
    """those that were not well again"""
    recovered: float
    restarted: list[tuple[str, str]]
    kept: list[tuple[str, str]]
    """those with the same process as before"""
    failures: list[str]

    @property
    def wrong(self) -> list[str]:
        """Everything that may not be."""
        return [
            *(f"{node} {name} is still ill: {text or 'not started'}" for (node, name), text in self.left.items()),
            *(f"{node} {name} was restarted" for node, name in self.restarted if name not in self.storm.ends),
            *(f"{node} {name} was not restarted" for node, name in self.kept if name in self.storm.ends),
            *(["nobody noticed"] if not (self.storm.may_pass or self.restarted or any(self.reasons.values())) else []),
            *(line for line in self.failures if not line.startswith(tuple(f"p_{name}" for name in self.storm.ends))),
            *(
                f"{node} {name} blames another: {text}"
                for (node, name), text in self.reasons.items()
                if text and not any(word in text.lower() for word in self.storm.guilty)
            ),
        ]


def on_server(fault) -> Callable[[Plane], contextlib.AbstractContextManager]:
    """A fault of the outage matrix, at the host of the servers."""
    return lambda plane: fault(plane.server, [])


@contextlib.contextmanager
def keystone_stopped(plane: Plane) -> Iterator[None]:
    plane.admin.run("pcs", "resource", "disable", "p_keystone")
    # What the services remember of tokens.
    plane.server.run("systemctl", "restart", "memcached")
    try:
        yield
    finally:
        plane.admin.run("pcs", "resource", "enable", "p_keystone")


@contextlib.contextmanager
def keystone_frozen(plane: Plane) -> Iterator[None]:
    """Pacemaker may cure this one, and does."""
    for host in plane.nodes:
        host.run("kill", "-STOP", *host.run("pgrep", "-f", "keystone-uwsgi.ini").stdout.split())
    yield
    for host in plane.nodes:
        # Of those that were frozen none may be left.
        host.run("sh", "-c", "kill -CONT $(pgrep -f keystone-uwsgi.ini)")


@contextlib.contextmanager
def password_rotated(plane: Plane) -> Iterator[None]:
    cloud.administer(plane.admin, "user set --password rotated admin")
    try:
        yield
    finally:
        keystone.bootstrap(plane.admin, world.KEYSTONE)


@contextlib.contextmanager
def run_full(plane: Plane) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for host in plane.nodes:
            stack.enter_context(faults.run_full(host, []))
        yield


_BROKER, _DATABASE, _MEMCACHED = ("broker",), ("database", "keystone"), ("memcached",)
STORMS = {
    "keystone": Storm("Keystone stopped", keystone_stopped, ("keystone",), ("keystone",)),
    "keystone-frozen": Storm("Keystone frozen", keystone_frozen, ("keystone",), ("keystone",)),
    "broker": Storm("RabbitMQ stopped", on_server(faults.unit_away("rabbitmq-server")), _BROKER),
    "broker-frozen": Storm("RabbitMQ frozen", on_server(faults.frozen("beam.smp")), _BROKER),
    "broker-empty": Storm("RabbitMQ stopped behind HAProxy", on_server(faults.broker_without_backend), _BROKER),
    "database": Storm("MariaDB stopped", on_server(faults.unit_away("mariadb")), _DATABASE),
    "database-frozen": Storm("MariaDB frozen", on_server(faults.frozen("mariadbd")), _DATABASE),
    "memcached": Storm("memcached stopped", on_server(faults.unit_away("memcached")), _MEMCACHED, may_pass=True),
    "memcached-frozen": Storm("memcached frozen", on_server(faults.frozen("memcached")), _MEMCACHED, may_pass=True),
    "dns": Storm("name server silent", on_server(faults.name_server_silent), ("cannot be resolved",)),
    "password": Storm("monitoring password changed", password_rotated, ("password", "401", "credentials")),
    "run-full": Storm("`/run` full on every node", run_full, ("no space",)),
}


def perform(plane: Plane, storm: Storm) -> Seen:
    """Let one storm come and go, and wait until all is well."""
    before = plane.leaders()
    with storm.broken(plane):
        time.sleep(LASTS)
        reasons = plane.ill()
    left, lasted = plane.recovered(PATIENCE)
    after = plane.leaders()
    failures = plane.failures()
    plane.admin.run("crm_resource", "--cleanup", timeout=300)
    restarted = [who for who in before if after.get(who) != before[who]]
    return Seen(storm, reasons, left, lasted, restarted, [who for who in before if who not in restarted], failures)


def record(seen: Seen) -> dict:
    """What the page says of a storm."""
    causes: dict[str, set[str]] = {}
    for (_, name), text in seen.reasons.items():
        causes.setdefault(_cause(text), set()).add(name)
    return {
        "made": time.strftime("%Y-%m-%d %H:%M"),
        "load": round(os.getloadavg()[1]),
        "ill": len(seen.reasons),
        "recovered": round(seen.recovered),
        "restarted": sorted({name for _, name in seen.restarted}),
        "causes": {text: sorted(names) for text, names in sorted(causes.items())},
    }


def page(records: dict[str, dict], instances: int) -> str:
    """The text of ``docs/storms.md``."""
    rows, causes = [], []
    for key, storm in STORMS.items():
        if key not in records:
            continue
        seen = records[key]
        restarted = ", ".join(seen["restarted"]) or "nothing"
        cells = (storm.title, seen["made"], seen["load"], seen["ill"], f"{seen['recovered']} s", restarted)
        rows.append(f"| {' | '.join(map(str, cells))} |")
        causes += [f"### {storm.title}\n"]
        causes += [f"- {text}: {', '.join(names)}" for text, names in seen["causes"].items()] or ["Nothing."]
        causes.append("")
    return PAGE.format(
        instances=instances, lasts=LASTS, machine=f"{platform.system()} with {os.cpu_count()} processors",
        rows="\n".join(rows), causes="\n".join(causes).rstrip(),
    )  # fmt: skip


def _cause(text: str) -> str:
    """A reason without the symptom behind it, and without the words of one node or one run."""
    cause = re.sub(r" \((http|no connection).*", "", text) or "not started"
    cause = re.sub(r"[0-9a-f]{32}", "PROJECT", cause)
    return f"`{re.sub(r'host=(one|two|three)', 'host=NODE', cause)}`"
