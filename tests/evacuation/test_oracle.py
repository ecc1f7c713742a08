"""What the oracle sees: it must notice every double, or no other test here proves anything."""

from __future__ import annotations

import subprocess
import uuid

import pytest

from tests.box.machine import wait_for

from .stand import Watch


@pytest.fixture
def watch(tmp_path):
    with Watch(tmp_path / "guests") as watch:
        yield watch


@pytest.fixture
def guest():
    """Starts a guest with a uuid."""
    started = []

    def start(name: str) -> subprocess.Popen:
        started.append(subprocess.Popen(["bash", "-c", f"exec -a guest-{name} sleep 60"]))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def lives(watch, *names: str) -> list[str]:
    """The uuids of the guests that have begun; there may be guests of others on this machine."""
    return [row["uuid"] for row in watch.events("begin") if row["uuid"] in names]


def doubles(watch, name: str) -> int:
    return sum(row["uuid"] == name for row in watch.events("double"))


def test_a_second_process_of_one_uuid_is_seen(watch, guest):
    name, other = str(uuid.uuid4()), str(uuid.uuid4())
    guest(name)
    guest(other)
    wait_for(lambda: len(lives(watch, name, other)) == 2, 5, "both guests to be seen")
    assert doubles(watch, name) == 0
    guest(name)
    wait_for(lambda: doubles(watch, name) == 1, 5, "the double to be seen")
    assert doubles(watch, other) == 0


def test_a_guest_that_moves_is_no_double(watch, guest):
    name = str(uuid.uuid4())
    first = guest(name)
    wait_for(lambda: name in watch.alive(), 5, "the guest to be seen")
    first.kill()
    first.wait()
    guest(name)
    wait_for(lambda: len(lives(watch, name)) == 2, 5, "the second life to be seen")
    assert doubles(watch, name) == 0
    assert watch.alive()[name] == ""


def test_a_process_becomes_a_guest_after_a_while(watch):
    """
    bash has another command line before it becomes one.
    """
    name = str(uuid.uuid4())
    process = subprocess.Popen(["bash", "-c", f"sleep 1; exec -a guest-{name} sleep 60"])
    wait_for(lambda: name in watch.alive(), 5, "the guest to be seen")
    process.kill()
    process.wait()
