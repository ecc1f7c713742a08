"""What becomes of instances when computes die: the cases of the fault matrix, with a real Nova and a real Pacemaker.

In every case: no instance ever has two living guests, none gets a second order while one is in flight, and the
evacuator's monitors return nothing but 0 and 190.
"""

from __future__ import annotations

import contextlib
import time

import pytest

from tests.box import cluster as pacemaker
from tests.box.machine import wait_for

from . import stand as place

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
    stand.deaths.clear()
    with place.Watch(tmp_path / "guests") as watch:
        yield watch
        records = {}
        for row in stand.migrations():
            records.setdefault(row["instance_uuid"], []).append(row)
        for host in (*stand.controllers, *stand.computes):
            host.boot()
        release_spawns(stand.computes)
        try:
            rested(stand)
        finally:
            stand.delete_all()
    over = watch.events("over")[0]
    print(f"\nthe oracle looked {over['looks']} times, with {over['longest']:.2f} s between two looks at the most")
    assert watch.events("double") == []
    for rows in records.values():
        assert overtaken(rows, stand.deaths) == []
    said = [row for row in pacemaker.failures(stand.admin) if row["op_key"].startswith("evacuator_mon")]
    # Pacemaker itself says this of a monitor that a case has killed.
    assert [row for row in said if row["exitcode"] != "190" and "interrupted by Killed" not in row["exitreason"]] == []


def rested(stand) -> None:
    """Wait until all computes are up, and the evacuator has nothing to say."""
    names = {host.name for host in stand.computes}
    wait_for(lambda: stand.up() == names, PATIENCE, f"{names} to be up and enabled", pause=2)
    wait_for(lambda: stand.evacuator() == "well", PATIENCE, "the evacuator to be well", pause=2)


def overtaken(rows: list[dict], deaths: dict[str, str]) -> list[dict]:
    """The orders for one instance that were given while the one before them was in flight.

    An order ends, too, when its new host dies: *deaths* says when the cluster had fenced which host.
    """
    rows = sorted(rows, key=lambda row: row["id"])

    def runs(before: dict, after: dict) -> bool:
        if before["status"] in ("failed", "error"):
            return before["updated_at"] > after["created_at"]
        if before["status"] in ("done", "completed"):
            return before["dest_compute"] != after["source_compute"]
        return deaths.get(before["dest_compute"], "never") > after["created_at"]

    return [after for before, after in zip(rows, rows[1:]) if runs(before, after)]


def lose(stand, host) -> None:
    """Pull the plug of a compute, and wait until the cluster has fenced it."""
    host.off()
    wait_for(lambda: stand.fenced(host.name), PATIENCE, f"{host.name} to be fenced", pause=0.5)
    stand.deaths[host.name] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())


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


def none(uuids) -> dict[str, int]:
    return dict.fromkeys(uuids, 0)


@contextlib.contextmanager
def fencing(stand, program: str):
    """On all controllers, the fence agent is another program for a while."""
    for host in stand.controllers:
        host.put("/usr/sbin/fence_box", program, 0o755)
    try:
        yield
    finally:
        for host in stand.controllers:
            pacemaker.plug(host)


FAILS = "#!/bin/sh\nexit 1\n"
LIES = "#!/bin/sh\nexit 0\n"


def silenced(host) -> None:
    """Kill pacemaker_remote on a host for good, so that the cluster has to fence it.  Its guests live."""
    host.run("sh", "-c", "systemctl mask --runtime pacemaker_remote; pkill -KILL -x pacemaker-remot")


def stays(stand, uuids, seconds: float) -> None:
    """Assert for a while that no order is given for these instances."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert orders(stand, uuids) == none(uuids)
        time.sleep(5)


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


@pytest.mark.long
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
    assert orders(stand, uuids) == none(uuids)
    assert {uuid: watch.alive().get(uuid) for uuid in uuids} == dict.fromkeys(uuids, host.name)


@pytest.mark.long
def test_02_a_crash_of_nova_compute_is_no_death(stand, watch):
    """
    Its own agent starts it again.
    """
    host = stand.computes[0]
    uuids = stand.create(host.name, 1)
    for _ in range(3):
        host.run("pkill", "-KILL", "-f", "bin/nova-compute")
        stays(stand, uuids, 20)
        assert stand.services()[host.name]["forced_down"] is False
    assert {uuid: watch.alive().get(uuid) for uuid in uuids} == dict.fromkeys(uuids, host.name)


@pytest.mark.long
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
    with fencing(stand, FAILS):
        silenced(lost)
        lost.run("pkill", "-KILL", "-f", "nova-compute")
        wait_for(lambda: "unclean" in stand.evacuator(), PATIENCE, "the evacuator to say unclean", pause=1)
        stays(stand, uuids, 60)
        assert {uuid: watch.alive().get(uuid) for uuid in uuids} == dict.fromkeys(uuids, lost.name)
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
    Its passes are killed, each at another moment. Every instance gets one order.
    """
    lost = stand.computes[1]
    uuids = stand.create(lost.name, 4)
    lost.off()
    for number in range(30):
        # At many moments of a pass.
        time.sleep(0.2 + number * 0.37 % 4)
        for host in stand.controllers:
            host.run("pkill", "-KILL", "-f", "openstack/NovaEvacuate monitor", check=False)
    evacuated(stand, watch, lost.name, dict.fromkeys(uuids, "ACTIVE"))
    assert orders(stand, uuids) == once(uuids)


@pytest.mark.long
def test_24_all_controllers_lose_their_power_in_between(stand, watch):
    """
    The fencing history is gone. The marker is not.
    """
    lost, *others = stand.computes
    uuids = stand.create(lost.name, 3)
    hold_spawns(stand, others)
    lose(stand, lost)
    wait_for(lambda: sum(orders(stand, uuids).values()), PATIENCE, "the first order", pause=0.5)
    for host in stand.controllers:
        host.off()
    for host in stand.controllers:
        host.boot()
    wait_for(lambda: stand.evacuator() != "", PATIENCE, "the evacuator to run again", pause=1)
    release_spawns(others)
    evacuated(stand, watch, lost.name, dict.fromkeys(uuids, "ACTIVE"))
    assert orders(stand, uuids) == once(uuids)


@pytest.mark.long
@pytest.mark.parametrize("service", ["keystone", "nova-api"])
def test_25_the_evacuation_waits_for_an_api_that_is_away(stand, watch, service):
    """
    The marker is written at once. The evacuation goes on by itself.
    """
    lost = stand.computes[2]
    uuids = stand.create(lost.name, 2)
    stand.halt(service)
    try:
        lose(stand, lost)
        wait_for(lambda: stand.marker(lost.name).startswith("pending"), PATIENCE, "the marker", pause=0.5)
        wait_for(lambda: stand.evacuator() not in ("", "well"), PATIENCE, "a reason", pause=1)
        time.sleep(60)
        print(f"\nwithout {service}: {stand.evacuator()}")
    finally:
        stand.serve(service)
    evacuated(stand, watch, lost.name, dict.fromkeys(uuids, "ACTIVE"))
    assert orders(stand, uuids) == once(uuids)


@pytest.mark.long
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


@pytest.mark.long
def test_05_a_fencing_device_cuts_the_wrong_machine(stand, watch):
    """
    The cluster believes it. nova-compute still reports, so nothing is evacuated.
    """
    host = stand.computes[1]
    uuids = stand.create(host.name, 2)
    try:
        with fencing(stand, LIES):
            silenced(host)
            wait_for(lambda: stand.fenced(host.name), PATIENCE, "the fencing that was none", pause=0.5)
            wait_for(lambda: "reports" in stand.evacuator(), PATIENCE, "the evacuator to say it", pause=1)
            print(f"\n{stand.evacuator()}")
            stays(stand, uuids, 60)
        assert {uuid: watch.alive().get(uuid) for uuid in uuids} == dict.fromkeys(uuids, host.name)
    finally:
        host.run("systemctl", "unmask", "--runtime", "pacemaker_remote")
        host.run("systemctl", "start", "pacemaker_remote")


@pytest.mark.long
def test_10_a_human_confirms_that_a_compute_is_off(stand, watch):
    """
    That counts as a fencing.
    """
    lost = stand.computes[0]
    uuids = stand.create(lost.name, 2)
    with fencing(stand, FAILS):
        lost.off()
        wait_for(lambda: "unclean" in stand.evacuator(), PATIENCE, "the evacuator to say unclean", pause=1)
        stays(stand, uuids, 20)
        stand.pcs(f"stonith confirm {lost.name} --force")
        evacuated(stand, watch, lost.name, dict.fromkeys(uuids, "ACTIVE"))
    assert orders(stand, uuids) == once(uuids)
    stand.admin.run("crm_resource", "--cleanup", "--resource", "power")


@pytest.mark.long
def test_11_an_attribute_alone_proves_nothing(stand, watch):
    """
    The old agents evacuated every node that carried it.
    """
    host = stand.computes[2]
    uuids = stand.create(host.name, 1)
    stand.admin.run("attrd_updater", "--name=evacuate", "--update=yes", f"--node={host.name}")
    try:
        stays(stand, uuids, 45)
        print(f"\n{stand.evacuator()}")
        assert stand.services()[host.name]["forced_down"] is False
    finally:
        stand.admin.run("attrd_updater", "--name=evacuate", "--delete", f"--node={host.name}")


@pytest.mark.long
def test_23_a_controller_with_the_evacuator_dies_beside_a_compute(stand, watch):
    """
    The other controller fences both, and goes on.
    """
    lost = stand.computes[0]
    uuids = stand.create(lost.name, 2)
    (name,) = pacemaker.active_on(stand.admin, "evacuator")
    controller = next(host for host in stand.controllers if host.name == name)
    lost.off()
    controller.off()
    evacuated(stand, watch, lost.name, dict.fromkeys(uuids, "ACTIVE"))
    assert orders(stand, uuids) == once(uuids)
    controller.boot()
    wait_for(lambda: name in pacemaker.online(stand.admin), PATIENCE, f"{name} to be online", pause=1)


@pytest.mark.long
def test_29_the_new_host_dies_during_the_evacuation(stand, watch):
    """
    Its instances are evacuated again as soon as it is proven dead, too, and not before.
    """
    first, *others = stand.computes
    uuids = stand.create(first.name, 4)
    hold_spawns(stand, others)
    lose(stand, first)

    def targets() -> dict[str, str]:
        return {row["instance_uuid"]: row["dest_compute"] for row in stand.migrations() if row["dest_compute"]}

    wait_for(lambda: targets().keys() == set(uuids), PATIENCE, "all instances to have a new host", pause=1)
    chosen = targets()
    second = next(host for host in others if host.name in chosen.values())
    (third,) = (host for host in others if host is not second)
    assert orders(stand, uuids) == once(uuids)
    lose(stand, second)
    release_spawns([third])
    evacuated(stand, watch, first.name, dict.fromkeys(uuids, "ACTIVE"))
    assert set(stand.where(uuids).values()) == {("ACTIVE", third.name)}
    assert orders(stand, uuids) == {uuid: 2 if name == second.name else 1 for uuid, name in chosen.items()}


@pytest.mark.long
def test_31_two_computes_die_at_once(stand, watch):
    """
    The third one takes all of their instances.
    """
    *lost, left = stand.computes
    uuids = [stand.create(host.name, 2, host.name) for host in lost]
    for host in lost:
        host.off()
    for host, its in zip(lost, uuids):
        evacuated(stand, watch, host.name, dict.fromkeys(its, "ACTIVE"))
        assert set(stand.where(its).values()) == {("ACTIVE", left.name)}
        assert orders(stand, its) == once(its)


@pytest.mark.long
def test_32_no_other_compute_takes_instances(stand, watch):
    """
    The instances keep their states until one does.
    """
    lost, *others = stand.computes
    uuids = stand.create(lost.name, 2)
    rows = stand.services()
    for host in others:
        stand.call("PUT", f"/os-services/{rows[host.name]['id']}", {"status": "disabled"})
    try:
        lose(stand, lost)
        wait_for(lambda: "no other compute" in stand.evacuator(), PATIENCE, "the reason", pause=1)
        stays(stand, uuids, 30)
        assert stand.where(uuids) == dict.fromkeys(uuids, ("ACTIVE", lost.name))
    finally:
        for host in others:
            stand.call("PUT", f"/os-services/{rows[host.name]['id']}", {"status": "enabled"})
    evacuated(stand, watch, lost.name, dict.fromkeys(uuids, "ACTIVE"))
    assert orders(stand, uuids) == once(uuids)


@pytest.mark.long
def test_37_the_new_hosts_do_not_see_the_disks(stand, watch):
    """
    Nova refuses, and makes no new disks. The evacuation goes on as soon as one sees them.
    """
    lost, *others = stand.computes
    uuids = stand.create(lost.name, 2)
    for host in others:
        host.run("rm", "/var/lib/nova/disks-are-shared")
    try:
        lose(stand, lost)
        wait_for(lambda: {row["status"] for row in stand.migrations()} >= {"failed"}, PATIENCE, "a refusal", pause=1)
        time.sleep(20)
        print(f"\n{stand.evacuator()}")
        assert not watch.alive().keys() & set(uuids)
    finally:
        for host in others:
            host.put("/var/lib/nova/disks-are-shared", "")
    evacuated(stand, watch, lost.name, dict.fromkeys(uuids, "ACTIVE"))


@pytest.mark.long
def test_42_an_operator_had_disabled_the_compute(stand, watch):
    """
    It stays disabled when it is back, for his reason.
    """
    lost = stand.computes[1]
    uuids = stand.create(lost.name, 1)
    row = stand.services()[lost.name]
    reason = {"status": "disabled", "disabled_reason": "a new fan"}
    stand.call("PUT", f"/os-services/{row['id']}", reason)
    lose(stand, lost)
    evacuated(stand, watch, lost.name, dict.fromkeys(uuids, "ACTIVE"))
    lost.boot()

    def seen() -> dict:
        row = stand.services()[lost.name]
        return {name: row[name] for name in ("state", "forced_down", *reason)}

    wait_for(lambda: seen() == {"state": "up", "forced_down": False, **reason}, PATIENCE, "its return", pause=2)
    time.sleep(20)
    assert seen() == {"state": "up", "forced_down": False, **reason}
    stand.call("PUT", f"/os-services/{row['id']}", {"status": "enabled"})


@pytest.mark.long
def test_50_the_evacuator_is_moved_again_and_again(stand, watch):
    """
    It stops at once, and goes on elsewhere.
    """
    lost = stand.computes[2]
    uuids = stand.create(lost.name, 4)
    lost.off()
    for name in place.CONTROLLERS * 3:
        stand.admin.run("crm_resource", "--move", "--resource", "evacuator", "--node", name, check=False)
        time.sleep(15)
        stand.admin.run("crm_resource", "--clear", "--resource", "evacuator")
    evacuated(stand, watch, lost.name, dict.fromkeys(uuids, "ACTIVE"))
    assert orders(stand, uuids) == once(uuids)
