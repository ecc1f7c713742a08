"""What becomes of instances when computes die: the cases of the fault matrix, with a real Nova and a real Pacemaker.

In every case: no instance ever has two living guests, none gets a second order while one is in flight, and the
evacuator's monitors return nothing but 0 and 190.
"""

from __future__ import annotations

import os
import time

import pytest

from tests.box import cluster as pacemaker
from tests.box.machine import wait_for

from . import stand as place

LONG = pytest.mark.skipif(os.environ.get("EVACUATION") != "all", reason="takes minutes: make test-evacuation")
"""Mark of the cases that are not part of the short piece."""
PATIENCE = 420.0
"""Seconds for an evacuation or a return; an idle machine needs a fifth."""


@pytest.fixture(scope="module")
def stand():
    """The whole stand, for all cases."""
    with place.standing() as made:
        yield made


@pytest.fixture
def watch(stand, tmp_path):
    """The oracle over one case, which begins and ends with all computes up and nothing to do."""
    rested(stand)
    with place.Watch(tmp_path / "guests") as watch:
        yield watch
        records = {}
        for row in stand.migrations():
            records.setdefault(row["instance_uuid"], []).append(row)
        for host in stand.computes:
            host.boot()
            host.run("rm", "-f", "/var/lib/nova/spawn-is-held")
        rested(stand)
        stand.delete_all()
    over = watch.events("over")[0]
    print(f"\nthe oracle looked {over['looks']} times, with {over['longest']:.2f} s between two looks at the most")
    assert watch.events("double") == []
    for rows in records.values():
        assert overtaken(rows) == []
    codes = {row["exitcode"] for row in pacemaker.failures(stand.admin) if row["op_key"].startswith("evacuator_mon")}
    # 1: Pacemaker's word for a monitor that this test has killed.
    assert codes <= {"190", "1"}


def rested(stand) -> None:
    """Wait until all computes are up, and the evacuator has nothing to say."""
    names = {host.name for host in stand.computes}
    wait_for(lambda: stand.up() == names, PATIENCE, f"{names} to be up and enabled", pause=2)
    wait_for(lambda: stand.evacuator() == "well", PATIENCE, "the evacuator to be well", pause=2)


def overtaken(rows: list[dict]) -> list[dict]:
    """The orders for one instance that were given before the one before them had ended."""
    rows = sorted(rows, key=lambda row: row["id"])
    return [
        after
        for before, after in zip(rows, rows[1:])
        if before["status"] in ("accepted", "pre-migrating")
        or (before["status"] in ("failed", "error") and before["updated_at"] > after["created_at"])
        or (before["status"] in ("done", "completed") and before["dest_compute"] != after["source_compute"])
    ]


def lose(stand, host) -> None:
    """Pull the plug of a compute, and wait until the cluster has fenced it."""
    host.off()
    wait_for(lambda: stand.fenced(host.name), PATIENCE, f"{host.name} to be fenced", pause=0.5)


def evacuated(stand, watch, lost: str, wanted: dict[str, str]) -> None:
    """Wait until no instance is on the lost host any more, and all of them are as they were."""

    def settled() -> bool:
        rows = stand.where(wanted)
        return all(host != lost and status == wanted[uuid] for uuid, (status, host) in rows.items())

    try:
        wait_for(settled, PATIENCE, f"{lost} to be evacuated", pause=2)
        wait_for(lambda: stand.marker(lost).startswith("done"), PATIENCE, "the marker to say done", pause=1)
    except TimeoutError as problem:
        raise AssertionError(
            f"{problem}: {stand.evacuator()!r}, marker {stand.marker(lost)!r}, {stand.where(wanted)}, {stand.migrations()}"
        ) from None
    running = {uuid: host for uuid, (status, host) in stand.where(wanted).items() if status == "ACTIVE"}
    wait_for(lambda: {uuid: watch.alive().get(uuid) for uuid in running} == running, 30, "all guests to live", pause=1)
    for uuid in wanted.keys() - running.keys():
        assert uuid not in watch.alive()


def returns(stand, host) -> None:
    """Turn a host on, and wait until it takes instances again."""
    host.boot()
    wait_for(lambda: host.name in stand.up(), PATIENCE, f"{host.name} to be up and enabled", pause=2)
    row = stand.services()[host.name]
    assert (row["forced_down"], row["disabled_reason"]) == (False, None)


def orders(stand, uuids) -> dict[str, int]:
    """{uuid: how many orders to evacuate it have been given}."""
    rows = [row["instance_uuid"] for row in stand.migrations()]
    return {uuid: rows.count(uuid) for uuid in uuids}


def once(uuids) -> dict[str, int]:
    return dict.fromkeys(uuids, 1)


def hold_spawns(stand, computes) -> None:
    """Let no evacuation end on these computes until the file goes."""
    for host in computes:
        host.put("/var/lib/nova/spawn-is-held", "")


def release_spawns(computes) -> None:
    for host in computes:
        host.run("rm", "-f", "/var/lib/nova/spawn-is-held")


def test_01_a_compute_loses_its_power(stand, watch):
    """
    All of its instances run elsewhere, those that were stopped stay stopped, and it comes back.
    """
    lost = stand.computes[0]
    uuids = stand.create(lost.name, 8)
    wanted = {**dict.fromkeys(uuids, "ACTIVE"), uuids[5]: "SHUTOFF", uuids[6]: "SHUTOFF"}
    for uuid in uuids[5:7]:
        stand.act(uuid, "os-stop")
    stand.act(uuids[7], "os-resetState", {"state": "error"})
    stand.wait_status(uuids[5:7], "SHUTOFF")
    stand.wait_status(uuids[7:], "ERROR")
    lose(stand, lost)
    began = time.time()
    evacuated(stand, watch, lost.name, wanted)
    begins = [row["at"] for row in watch.events("begin") if row["at"] > began and row["host"] != lost.name]
    print(f"\nthe last instance runs {max(begins) - began:.0f} s after the fencing")
    assert orders(stand, uuids) == once(uuids)
    returns(stand, lost)


def test_09_an_operator_fences_a_compute(stand, watch):
    """
    That is an order to evacuate it.
    """
    lost = stand.computes[1]
    uuids = stand.create(lost.name, 2)
    stand.pcs(f"stonith fence {lost.name}")
    evacuated(stand, watch, lost.name, dict.fromkeys(uuids, "ACTIVE"))
    assert orders(stand, uuids) == once(uuids)


@LONG
def test_08_a_compute_that_is_stopped_cleanly_is_left_alone(stand, watch):
    """
    Standby, maintenance, a disabled connection, a disabled nova-compute: its instances run on where they are.
    """
    host = stand.computes[0]
    uuids = stand.create(host.name, 2)
    for stop, start in (
        (f"node standby {host.name}", f"node unstandby {host.name}"),
        (f"node maintenance {host.name}", f"node unmaintenance {host.name}"),
        ("resource disable compute_nova-clone", "resource enable compute_nova-clone"),
        (f"resource disable {host.name}", f"resource enable {host.name}"),
    ):
        stand.pcs(stop)
        for _ in range(6):
            time.sleep(5)
            assert stand.services()[host.name]["forced_down"] is False
        stand.pcs(start)
        wait_for(lambda: host.name in stand.up(), PATIENCE, f"{host.name} to be up", pause=2)
    assert orders(stand, uuids) == dict.fromkeys(uuids, 0)
    assert {uuid: watch.alive().get(uuid) for uuid in uuids} == dict.fromkeys(uuids, host.name)


@LONG
def test_03_a_killed_pacemaker_remote_is_fenced_and_evacuated(stand, watch):
    """
    Its guests run until the fencing ends them.
    """
    lost = stand.computes[2]
    uuids = stand.create(lost.name, 2)
    lost.run("pkill", "-KILL", "-x", "pacemaker-remot")
    evacuated(stand, watch, lost.name, dict.fromkeys(uuids, "ACTIVE"))
    assert orders(stand, uuids) == once(uuids)


def test_04_a_compute_that_cannot_be_fenced_is_not_evacuated(stand, watch):
    """
    Nobody knows whether its guests live, and they do. As soon as the fencing succeeds, they are evacuated.
    """
    lost = stand.computes[2]
    uuids = stand.create(lost.name, 2)
    for host in stand.controllers:
        host.run("mv", "/usr/sbin/fence_box", "/usr/sbin/fence_box.away")
    try:
        lost.run("sh", "-c", "systemctl mask --runtime pacemaker_remote; pkill -KILL -x pacemaker-remot")
        lost.run("pkill", "-KILL", "-f", "nova-compute")
        wait_for(lambda: "unclean" in stand.evacuator(), PATIENCE, "the evacuator to say unclean", pause=1)
        for _ in range(12):
            time.sleep(5)
            assert orders(stand, uuids) == dict.fromkeys(uuids, 0)
        assert {uuid: watch.alive().get(uuid) for uuid in uuids} == dict.fromkeys(uuids, lost.name)
    finally:
        for host in stand.controllers:
            host.run("mv", "/usr/sbin/fence_box.away", "/usr/sbin/fence_box")
    stand.admin.run("crm_resource", "--cleanup", "--resource", "power")
    evacuated(stand, watch, lost.name, dict.fromkeys(uuids, "ACTIVE"))
    assert orders(stand, uuids) == once(uuids)


def test_12_a_host_that_is_back_early_is_held(stand, watch):
    """
    Its nova-compute waits until the evacuation is finished, and then serves again.
    """
    lost, *others = stand.computes
    uuids = stand.create(lost.name, 3)
    hold_spawns(stand, others)
    lose(stand, lost)
    lost.boot()
    wait_for(
        lambda: "held" in stand.says("compute_nova").get(lost.name, ""), PATIENCE, "nova-compute to be held", pause=1
    )
    wait_for(lambda: orders(stand, uuids) == once(uuids), PATIENCE, "the orders", pause=1)
    time.sleep(20)
    assert lost.run("pgrep", "-f", "bin/nova-compute", check=False).stdout == ""
    release_spawns(others)
    evacuated(stand, watch, lost.name, dict.fromkeys(uuids, "ACTIVE"))
    returns(stand, lost)
    assert {row["status"] for row in stand.migrations() if row["instance_uuid"] in uuids} == {"completed"}
    assert orders(stand, uuids) == once(uuids)


def test_22_a_killed_evacuator_changes_nothing_but_time(stand, watch):
    """
    Each of its passes is killed at some moment. Every instance gets one order.
    """
    lost = stand.computes[1]
    uuids = stand.create(lost.name, 4)
    lost.off()
    for number in range(30):
        # At many moments of a pass.
        time.sleep(0.2 + number * 0.37 % 4)
        for host in stand.controllers:
            host.run("pkill", "-KILL", "-f", "openstack/NovaEvacuate", check=False)
    evacuated(stand, watch, lost.name, dict.fromkeys(uuids, "ACTIVE"))
    assert orders(stand, uuids) == once(uuids)


@LONG
def test_24_the_whole_cluster_is_restarted_in_between(stand, watch):
    """
    The fencing history is gone. The marker is not.
    """
    lost, *others = stand.computes
    uuids = stand.create(lost.name, 3)
    hold_spawns(stand, others)
    lose(stand, lost)
    wait_for(lambda: sum(orders(stand, uuids).values()), PATIENCE, "the first order", pause=0.5)
    one, two = stand.controllers
    one.run("sh", "-c", "systemctl stop pacemaker & ssh two systemctl stop pacemaker; wait", timeout=180)
    for host in (one, two):
        host.run("systemctl", "stop", "corosync")
    for host in (one, two):
        host.run("systemctl", "start", "corosync", "pacemaker")
    release_spawns(others)
    evacuated(stand, watch, lost.name, dict.fromkeys(uuids, "ACTIVE"))
    assert orders(stand, uuids) == once(uuids)


@LONG
@pytest.mark.parametrize("service", ["keystone", "nova-api"])
def test_25_the_evacuation_waits_for_an_api_that_is_away(stand, watch, service):
    """
    The marker is written at once. The evacuation goes on by itself.
    """
    lost = stand.computes[2]
    uuids = stand.create(lost.name, 2)
    stand.halt(service)
    lose(stand, lost)
    wait_for(lambda: stand.marker(lost.name).startswith("pending"), PATIENCE, "the marker", pause=0.5)
    wait_for(lambda: stand.evacuator() not in ("", "well"), PATIENCE, "a reason", pause=1)
    time.sleep(60)
    print(f"\nwithout {service}: {stand.evacuator()}")
    stand.serve(service)
    evacuated(stand, watch, lost.name, dict.fromkeys(uuids, "ACTIVE"))
    assert orders(stand, uuids) == once(uuids)


@LONG
def test_49_another_compute_dies_while_one_is_held(stand, watch):
    """
    It is fenced at once, and evacuated.
    """
    held, lost, other = stand.computes
    first, second = stand.create(held.name, 2), stand.create(lost.name, 2, "second")
    hold_spawns(stand, [other, lost])
    lose(stand, held)
    held.boot()
    wait_for(
        lambda: "held" in stand.says("compute_nova").get(held.name, ""), PATIENCE, "nova-compute to be held", pause=1
    )
    wait_for(lambda: orders(stand, first) == once(first), PATIENCE, "the orders", pause=1)
    began = time.monotonic()
    lose(stand, lost)
    print(f"\nthe second is fenced after {time.monotonic() - began:.0f} s")
    release_spawns([other])
    evacuated(stand, watch, held.name, dict.fromkeys(first, "ACTIVE"))
    evacuated(stand, watch, lost.name, dict.fromkeys(second, "ACTIVE"))
