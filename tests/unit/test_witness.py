"""The witness of the cluster's tests can see: a stop that leaves a process behind does not get past the witness."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable

import pytest

from tests.box import witness
from tests.box.machine import wait_for
from tests.box.witness import Family, Process, Seen

# A main process with two children: one of them leaves the session and takes another title.
DAEMON = "sleep 300 & setsid bash -c 'exec -a something-else sleep 301' & wait"
CHILDREN = ["sleep 300", "something-else 301"]
SCOPE = "/system.slice/openstack-keystone:p_keystone-10.5.scope"


def look() -> Seen:
    """Every process of this machine; the control group here is that of the tests, too."""
    return {pid: process._replace(group="") for pid, process in witness.look().items()}


@pytest.fixture
def daemon():
    """What the witness wrote down of a running daemon."""
    with subprocess.Popen(["bash", "-c", DAEMON], start_new_session=True) as started:

        def complete() -> Family | None:
            seen = look()
            found = witness.family(seen, seen[started.pid])
            # Whole titles: a child has its own session only after setsid, and its own title only after the last exec.
            return found if titles(found.members - {found.main}) == CHILDREN else None

        before = wait_for(complete, 30, "the daemon's children", pause=0.02)
        yield before
        end(*witness.left(look(), before))


def end(*processes: Process) -> None:
    for process in processes:
        os.kill(process.pid, signal.SIGKILL)


def titles(processes: Iterable[Process]) -> list[str]:
    return sorted(process.command.strip() for process in processes)


def gone(process: Process) -> None:
    wait_for(lambda: process.key not in {one.key for one in look().values()}, 30, f"{process} to end", pause=0.02)


def test_a_stop_that_kills_only_the_main_process_is_noticed(daemon):
    """
    Both children live on; one of them has another session, another parent and another title by then.
    """
    end(daemon.main)
    gone(daemon.main)
    assert titles(witness.orphans(look(), daemon)) == CHILDREN


def test_a_stop_that_kills_only_the_session_is_noticed(daemon):
    """
    The child that left the session is found, as the witness has written down all descendants.
    """
    session = [member for member in daemon.members if member.session == daemon.main.pid]
    end(*session)
    for member in session:
        gone(member)
    assert titles(witness.orphans(look(), daemon)) == ["something-else 301"]


def test_a_stop_that_kills_everything_leaves_nothing(daemon):
    """
    A stop that works is not blamed.
    """
    end(*daemon.members)
    for member in daemon.members:
        gone(member)
    assert witness.orphans(look(), daemon) == []


def process(pid: int, start: int = 5, parent: int = 1, group: str = SCOPE, name: str = "python3", **more) -> Process:
    facts = {"session": pid, "state": "S", "uid": 64061, "command": name, **more}
    return Process(pid=pid, start=start, parent=parent, group=group, name=name, **facts)


def seen(*processes: Process) -> Seen:
    return {one.pid: one for one in processes}


def test_a_process_that_came_later_is_known_by_its_control_group_or_session():
    """
    A child that was made between the witness's look and the stop is an orphan as well.
    """
    main = process(10)
    before = witness.family(seen(main), main)
    by_group, by_session = process(20, start=6), process(21, start=6, group="/", session=10)
    assert witness.orphans(seen(by_group, by_session, process(22, group="/")), before) == [by_group, by_session]


def test_the_number_of_a_session_may_belong_to_another_by_now():
    """
    Once a session is empty, the kernel gives its number to whoever comes.
    """
    main = process(10)
    before = witness.family(seen(main), main)
    assert witness.orphans(seen(process(10, start=99, group="/")), before) == []


def test_the_successor_in_the_same_unit_is_no_orphan():
    """
    A unit keeps its control group: only what is older than the new main process is left over.
    """
    unit = "/system.slice/apache2.service"
    main = process(10, group=unit)
    before = witness.family(seen(main), main)
    old, new, child = process(11, group=unit), process(12, 8, group=unit), process(13, 9, 12, group=unit)
    assert witness.orphans(seen(old, new, child), before, new) == [old]


def test_what_serves_the_tenants_is_no_orphan():
    """
    A dnsmasq may stay, and nothing else.
    """
    main = process(10)
    before = witness.family(seen(main), main)
    helper = process(21, name="privsep-helper", uid=0)
    assert witness.orphans(seen(process(20, name="dnsmasq"), helper), before) == [helper]


def test_a_daemon_in_pacemakers_control_group_is_noticed():
    """
    Pacemaker and the agents that it runs just now belong there; a daemon that an agent left there does not.
    """
    group = "/system.slice/pacemaker.service"
    executor = process(5, group=group, name="pacemaker-execd")
    agent, daemon = process(6, parent=5, group=group), process(10, group=group)
    assert witness.with_pacemaker(seen(executor, agent, daemon)) == [daemon]
