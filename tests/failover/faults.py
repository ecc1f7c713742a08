"""What is done to the nodes: faults, and planned work."""

from __future__ import annotations

import functools
import shutil
import time
from pathlib import Path
from typing import Callable, NamedTuple

from ocf_lib import __version__
from tests.box.agent import build, install
from tests.box.machine import Host, wait_for
from tests.conftest import ROOT

from .stand import CLONE, LONGEST, SINGLE, WITHOUT_GATE, Stand

EARLIER = "0.0.9"
WATCH = 35.0
"""Seconds after which the monitors that were asleep at an upgrade have ended (watch_time is 30)."""


class Fault(NamedTuple):
    """One thing that is done, and where."""

    title: str
    arrangement: str
    perform: Callable[[Stand], None]
    """does it, and returns when the cluster has done its part"""
    planned: bool = False
    """planned work loses no request"""
    before: Callable[[Stand], None] = lambda stand: None
    """what has to be done first, and is not measured"""


def _other(stand: Stand) -> Host:
    """A node without the address: what happens there is no matter of the address."""
    holder = stand.holder()
    return next(host for host in stand.nodes if host is not holder)


def _another_runs(stand: Stand, host: Host, pid: str) -> None:
    def another() -> bool:
        try:
            return stand.main_pid(host) not in ("", pid)
        except FileNotFoundError:
            return False

    wait_for(another, LONGEST, "another Keystone")
    _settle(stand)


def _settle(stand: Stand) -> None:
    seconds = int(LONGEST)
    stand.beside().run("crm_resource", "--wait", f"--timeout={seconds}s", timeout=seconds + 30)


def kill_instance(stand: Stand) -> None:
    _kill(stand, _other(stand))


def kill_single(stand: Stand) -> None:
    _kill(stand, stand.holder())


def _kill(stand: Stand, host: Host) -> None:
    pid = stand.main_pid(host)
    host.run("kill", "-KILL", pid)
    _another_runs(stand, host, pid)


def hang(stand: Stand) -> None:
    host = _other(stand)
    pid = stand.main_pid(host)
    host.run("pkill", "-STOP", "uwsgi")
    _another_runs(stand, host, pid)


def power(stand: Stand) -> None:
    host = stand.holder()
    host.off()
    _moved(stand, host)


def cable(stand: Stand) -> None:
    host = stand.holder()
    first = host.pid
    host.cut()
    # Whoever is fenced here loses its power.
    wait_for(lambda: host.pid != first, LONGEST, f"{host.name} to be fenced", pause=0.2)
    _moved(stand, host)


def _moved(stand: Stand, lost: Host) -> None:
    wait_for(lambda: lost.pid is None and stand.holder() is not lost, LONGEST, "the address to move", pause=0.2)
    _settle(stand)


def standby(stand: Stand) -> None:
    host = stand.holder()
    admin = stand.beside(host)
    stand.run("node", "standby", host.name, "--wait=200", at=admin)
    stand.run("node", "unstandby", host.name, "--wait=200", at=admin)


def move_address(stand: Stand) -> None:
    stand.run("resource", "move", "vip")
    _settle(stand)


def move_group(stand: Stand) -> None:
    stand.run("resource", "move", "g_keystone")
    _settle(stand)


def restart_instances(stand: Stand) -> None:
    for host in stand.nodes:
        stand.run("resource", "restart", "p_keystone-clone", host.name)
        _settle(stand)


def restart_nodes(stand: Stand) -> None:
    for host in stand.nodes:
        admin = stand.beside(host)
        stand.run("cluster", "stop", host.name, at=admin)
        stand.run("cluster", "start", host.name, "--wait=200", at=admin)
        _settle(stand)


@functools.cache
def earlier() -> Path:
    """A package of this tree that says it is an earlier version."""
    tree = ROOT / "build/earlier"
    shutil.rmtree(tree, ignore_errors=True)
    ignored = shutil.ignore_patterns(".git", ".venv", "build", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, tree, symlinks=True, ignore=ignored)
    for name in ("ocf_lib/__init__.py", "packaging/deb/changelog"):
        (tree / name).write_text((tree / name).read_text().replace(__version__, EARLIER, 1))
    return build(tree)


def older(stand: Stand) -> None:
    for host in stand.nodes:
        install(host, earlier())


def upgrade(stand: Stand) -> None:
    for host in stand.nodes:
        install(host)
        time.sleep(2)
    # Until a monitor of the new version has looked on every node.
    time.sleep(WATCH)
    _settle(stand)


FAULTS = {
    "kill": Fault("SIGKILL of one instance of the clone", CLONE, kill_instance),
    "hang": Fault("SIGSTOP of one instance of the clone", CLONE, hang),
    "power": Fault("power cut of the node that has the address", CLONE, power),
    "cable": Fault("network cable of the node that has the address", CLONE, cable),
    "standby": Fault("pcs node standby, and back, of the node that has the address", CLONE, standby, planned=True),
    "move": Fault("pcs resource move of the address", CLONE, move_address, planned=True),
    "restart": Fault("rolling restart, instance by instance", CLONE, restart_instances, planned=True),
    "nodes": Fault("rolling restart, node by node (pcs cluster stop)", CLONE, restart_nodes, planned=True),
    "upgrade": Fault("rolling upgrade of the agents (dpkg)", CLONE, upgrade, planned=True, before=older),
    "standby-no-gate": Fault("the same standby without the gate", WITHOUT_GATE, standby),
    "move-no-gate": Fault("the same move without the gate", WITHOUT_GATE, move_address),
    "kill-single": Fault("SIGKILL of a single Keystone", SINGLE, kill_single),
    "move-single": Fault("pcs resource move of the single Keystone with its address", SINGLE, move_group),
    "power-single": Fault("power cut of the node of the single Keystone", SINGLE, power),
}
