"""How long a whole controller takes from nothing to all well, and what goes wrong meanwhile.

Two worlds.  In the roomy one each API has two workers of eight threads, and the machine does nothing else.  In the
narrow one each API has one worker of one thread, and other programs keep both processors busy.  Each world is
measured twice: Pacemaker starts everything after one push, and systemd starts everything at once.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from tests.box.agent import Agent
from tests.box.machine import Host
from tests.matrix.world import CREDENTIALS
from tests.unit.conftest import load, required

from .plane import NAMES, Plane

LONGEST = 1200.0
"""Seconds until a start is given up."""


class World(NamedTuple):
    """How much room the daemons have."""

    name: str
    processes: int
    threads: int
    busy: int
    """programs that each keep one processor busy"""


WORLDS = (World("roomy", 2, 8, 0), World("narrow", 1, 1, 2))


@contextlib.contextmanager
def busy(programs: int) -> Iterator[None]:
    """So many programs of the machine that only count."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(programs)]
    try:
        yield
    finally:
        for one in running:
            one.kill()
            one.wait()


class Start(NamedTuple):
    """What one start came to."""

    text: str
    ill: int
    failures: int


def by_pacemaker(plane: Plane, world: World) -> Start:
    """From the push until every attribute says "well", with every failure that Pacemaker counted."""
    plane.shape(world.processes, world.threads)
    lines = []
    with busy(world.busy):
        began = plane.push()
        while True:
            ill, lasted = plane.ill(), time.time() - began
            if not ill or lasted > LONGEST:
                break
            if lasted > 30 * (1 + len(lines)):
                lines.append(f"    after {lasted:.0f} s {len(ill)} are not well yet")
            time.sleep(1)
        load_ = os.getloadavg()[0]
    failures = plane.failures()
    lines += [f"    {node} {name}: {text or 'not started'}" for (node, name), text in sorted(ill.items())]
    lines += [f"    failure: {failure}" for failure in failures]
    title = f"{_line(plane, world, 'Pacemaker', lasted, load_)}, {len(failures)} failures"
    return Start("\n".join([title, *lines]), len(ill), len(failures))


def by_systemd(plane: Plane, world: World) -> Start:
    """From the start of all units until every monitor says 0.  Those monitors use the same processors as the start."""
    plane.shape(world.processes, world.threads)
    jobs = [(host, name) for host in plane.nodes for name in NAMES]
    units = {host: [_unit(host, name) for name in NAMES] for host in plane.nodes}
    with busy(world.busy):
        began = time.time()
        for host in plane.nodes:
            host.run("systemctl", "start", "--no-block", *units[host])
        ill = jobs
        with ThreadPoolExecutor(4) as hands:
            while ill and time.time() - began < LONGEST:
                codes = list(hands.map(lambda job: _monitor(*job).code, ill))
                ill = [job for job, code in zip(ill, codes) if code != 0]
                time.sleep(1)
        lasted, load_ = time.time() - began, os.getloadavg()[0]
    lines = [f"    {host.name} {name}: {_monitor(host, name)}" for host, name in ill]
    for host in plane.nodes:
        host.run("systemctl", "stop", *units[host], timeout=300)
    return Start("\n".join([_line(plane, world, "systemd", lasted, load_), *lines]), len(ill), 0)


def _line(plane: Plane, world: World, by: str, seconds: float, load_: float) -> str:
    return (
        f"{world.name}, {len(plane.nodes)} node(s), {by}: {len(plane.nodes) * len(NAMES)} services well"
        f" after {seconds:.0f} s, load {load_:.1f}"
    )


def _monitor(host: Host, name: str):
    return Agent(host, name, f"u_{name}", **CREDENTIALS, **required(name)).monitor(timeout=30)


def _unit(host: Host, name: str) -> str:
    """The distribution's unit of a service."""
    service = load(name)
    daemons = [f"swift-{service.daemons[0][0]}"] if service.daemons else []
    for unit in filter(None, (service.unit, *service.units, *daemons, name)):
        shown = host.run("systemctl", "show", "--property=LoadState", "--value", f"{unit}.service").stdout.strip()
        if shown == "loaded":
            return unit
    raise AssertionError(f"{host.name} has no unit for {name}")
