"""The recipe for a complete controller, typed as it stands and then broken, while a client writes down what it is promised.

Every test begins and ends with a controller that is well.  They run in this order, on one controller.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from pathlib import Path

import pytest

from tests.box import keystone
from tests.box.machine import VIP, Box, Host, wait_for

from . import controller_state as state
from .controller import NODES, Controller

pytestmark = pytest.mark.long

COLD, FAULT = 2400.0, 1500.0
"""Seconds until a start of everything, and the cure of one fault, are given up."""
URL = f"http://{VIP}:5000/v3"
CHECKER, NOTES = "/root/checker.py", "/root/notes.jsonl"
# What an administrator or the kernel may end: (what, on which node, the resource).
KILLED = (
    ("HAProxy of the node with the address", state.address, "p_haproxy"),
    ("Keystone", lambda admin: "two", "p_keystone"),
    ("memcached", lambda admin: "three", "p_memcached"),
    ("cinder-volume", lambda admin: state.where(admin, "p_cinder_volume"), "p_cinder_volume"),
    ("the database that HAProxy writes to", state.writer, "p_galera"),
    ("the broker", lambda admin: "two", "p_rabbitmq"),
)


@pytest.fixture(scope="module")
def plane():
    """The three nodes, with nothing in the cluster yet."""
    with Box([]) as box:
        yield Controller(box)


@pytest.fixture(scope="module")
def controller(plane):
    """The controller after the recipe's commands, and a client that creates things until the last test."""
    plane.push()
    waited = well(plane, COLD)
    print(f"all well {waited:.0f} s after the push; fail counts: {state.failed(plane.admin) or 'none'}")
    client = plane.client
    client.put(CHECKER, (Path(__file__).parent / "checker.py").read_text())
    checked(client, "prepare")
    with working(client) as worker:
        plane.worker = worker
        yield plane


@contextlib.contextmanager
def working(client: Host):
    """The checker at work in its host; it ends when its standard input does."""
    worker = subprocess.Popen(
        client.command("python3", CHECKER, "work", URL, NOTES), env=_environment(), stdin=subprocess.PIPE
    )
    try:
        yield worker
    finally:
        worker.stdin.close()
        worker.wait(300)


def _environment() -> dict[str, str]:
    return Host.environment({"OS_PASSWORD": keystone.ADMIN_PASSWORD})


def checked(client: Host, what: str) -> str:
    """What one run of the checker in its host prints."""
    return client.run("python3", CHECKER, what, URL, NOTES, env=_environment(), timeout=900).stdout


def well(plane: Controller, within: float, nodes: tuple[str, ...] = NODES) -> float:
    """Wait until exactly these nodes serve and all of it is well; returns how many seconds that took."""
    began = time.monotonic()
    admin = next(host for host in plane.nodes if host.name in nodes and host.pid is not None)
    seen: dict[str, str] = {}

    def ill() -> bool:
        seen.clear()
        seen.update(state.ill(admin, list(nodes)))
        return not seen

    try:
        wait_for(ill, within, "the controller to be well", pause=10)
    except TimeoutError as late:
        raise AssertionError(f"{late}; {seen}") from None
    return time.monotonic() - began


def untouched(before: dict, after: dict, moves: tuple[str, ...] = ()) -> None:
    """Every daemon that ran is the same process, except those of these services."""
    names = {state.resource(one) for one in moves}
    other = {key: (text, after.get(key)) for key, text in before.items() if after.get(key) != text}
    assert {key: texts for key, texts in other.items() if key[1] not in names} == {}


@pytest.mark.parametrize(("what", "place", "resource"), KILLED, ids=[what for what, *_ in KILLED])
def test_a_killed_daemon_comes_back_alone(controller, what, place, resource):
    """
    SIGKILL of a daemon: Pacemaker starts it again, restarts nothing else, and the address stays.
    """
    admin = controller.admin
    name = place(admin)
    host = next(one for one in controller.nodes if one.name == name)
    before, address = state.leaders(controller.nodes), state.address(admin)
    old = state.main_pid(host, resource)
    host.run("kill", "-KILL", old)
    if place is state.writer:
        took = wait_for_another_writer(admin, name)
        print(f"HAProxy writes to {state.writer(admin)} {took:.1f} s after the database of {name} died")
    wait_for(lambda: state.main_pid(host, resource) not in ("", "0", old), FAULT, f"another {what}")
    waited = well(controller, FAULT)
    print(f"{what} on {name}: all well after {waited:.0f} s")
    assert state.address(admin) == address
    del before[name, resource]
    untouched(before, state.leaders(controller.nodes))
    assert state.banned(admin) == []
    checked(controller.client, "look")


def wait_for_another_writer(admin: Host, dead: str) -> float:
    """Wait until HAProxy writes to another node than *dead*; returns how many seconds that took."""
    began = time.monotonic()
    wait_for(lambda: state.writer(admin) not in ("", dead), 60, "HAProxy to write to another database", pause=0.2)
    return time.monotonic() - began


def test_a_node_in_standby_takes_nothing_with_it(controller):
    """
    All of one node stops and starts again. Its address and its single instances move, and no other daemon restarts.
    """
    admin = controller.admin
    name = next(node for node in NODES[1:] if node != state.address(admin))
    others = [host for host in controller.nodes if host.name != name]
    before = state.leaders(others)
    admin.run("pcs", "node", "standby", name)
    stays = tuple(host.name for host in others)
    print(f"standby of {name}: all well after {well(controller, FAULT, stays):.0f} s")
    checked(controller.client, "look")
    admin.run("pcs", "node", "unstandby", name)
    print(f"unstandby of {name}: all well after {well(controller, FAULT):.0f} s")
    untouched(before, state.leaders(others), state.SINGLE)
    assert state.banned(admin) == []
    assert state.members(admin) == (3, 3)


def test_a_power_cut_of_the_node_with_the_address(controller):
    """
    The cluster fences the node and goes on. The node comes back into the clusters of the database and of the broker.
    """
    name = state.address(controller.admin)
    lost = next(host for host in controller.nodes if host.name == name)
    others = [host for host in controller.nodes if host is not lost]
    before, first = state.leaders(others), lost.pid
    cut = time.monotonic()
    lost.off()
    wait_for(lambda: lost.pid not in (None, first), FAULT, f"the fence agent to turn {name} on again")
    stays = tuple(host.name for host in others)
    well(controller, FAULT, stays)
    print(f"power cut of {name}: the others are well after {time.monotonic() - cut:.0f} s")
    checked(controller.client, "look")
    lost.run("pcs", "cluster", "start", timeout=300)
    print(f"return of {name}: all well after {well(controller, FAULT):.0f} s")
    untouched(before, state.leaders(others), state.SINGLE)
    assert state.banned(others[0]) == []
    assert state.members(lost) == (3, 3)
    assert state.address(others[0]) != name


def test_what_was_acknowledged_is_there_once_and_intact(controller):
    """
    Through all of these faults a client created things of every kind. The cloud kept each of its promises.
    """
    controller.worker.stdin.close()
    assert controller.worker.wait(300) == 0
    found = json.loads(checked(controller.client, "audit"))
    for kind, said in found.items():
        print(f"{kind}: {said}")
    for kind, said in found.items():
        # What is made later may fail, if what makes it dies.
        assert said["acknowledged"] > 2 * len(said["failed"] + said["unfinished"]), (kind, said)
        assert {key: said[key] for key in ("missing", "broken", "twice")} == {
            "missing": [],
            "broken": [],
            "twice": [],
        }, kind
