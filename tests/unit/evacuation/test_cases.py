"""The cases of the fault matrix that logic alone decides, each with its number.

In every one of them the world keeps account: ``World.monitor`` fails if an
instance runs twice, if an order lacks a proof, or if the exit status is not 0 or 190.
"""

from __future__ import annotations

import pytest

from ocf_lib.cluster.cib import Device, Level
from ocf_lib.cluster.fencing import A_HUMAN, Fencing
from ocf_lib.codes import DEGRADED, SUCCESS

from .conftest import Killed


def moved(world, host="cmp1") -> bool:
    """Is the evacuation of a host finished?"""
    return world.is_done(host) and not world.nova.where(host)


def test_case_1_a_power_cut(world):
    """
    Five that run, two that are stopped and one in ERROR: all are moved, the stopped ones stay stopped, the reason is empty.
    """
    world.nova.boot("cmp1", 5)
    stopped = world.nova.boot("cmp1", 2, vm="stopped", power=4)
    world.nova.boot("cmp1", 1, vm="error")
    world.die("cmp1")

    seen = world.pass_time(300, lambda: world.is_done("cmp1"))

    assert (seen.code, seen.reason) == (SUCCESS, "")
    assert world.nova.where("cmp1") == []
    assert len(world.posts) == 8
    assert {world.nova.servers[key]["vm"] for key in stopped} == {"stopped"}
    assert world.nova.row("cmp1")["forced_down"]
    assert world.nova.row("cmp1")["disabled_reason"].startswith("openstack-ra evacuation ")
    assert "partial" not in world.mark("cmp1")


def test_case_1_the_host_that_returns_serves_again(world):
    """
    nova-compute starts forced down, the records complete, then unforce, then enable; the marker keeps the fencing.
    """
    world.nova.boot("cmp1", 3)
    world.die("cmp1")
    world.pass_time(300, lambda: moved(world))
    world.nova.power_on("cmp1")
    world.cluster.returns("cmp1")
    seen = world.pass_time(60)
    assert (seen.code, world.text) == (DEGRADED, "NovaEvacuate: waits until nova-compute on cmp1 reports")
    assert world.nova.row("cmp1")["forced_down"]
    world.cluster.change("cmp1", is_held=False)
    world.nova.start_compute("cmp1")

    seen = world.pass_time(120, lambda: world.mark("cmp1").count(" ") == 1)

    row = world.nova.row("cmp1")
    assert (row["forced_down"], row["status"], seen.code) == (False, "enabled", SUCCESS)
    assert world.mark("cmp1") == f"done {world.cluster.history[0].completed}"
    asked = len(world.nova.log)
    world.pass_time(60)
    assert len(world.nova.log) == asked, "an idle pass asks no API"


def test_case_2_nova_compute_crashes(world):
    """
    The cluster has fenced nobody: nothing is asked and nothing is moved.
    """
    world.nova.boot("cmp1", 2)
    world.nova.hosts["cmp1"].serves = False

    assert world.pass_time(120).code == SUCCESS
    assert world.nova.log == []


@pytest.mark.parametrize("status", ["pending", "failed"])
def test_case_4_fencing_does_not_succeed(world, status):
    """
    No order as long as it lasts, though the instances cannot be reached. An older success in the history proves nothing.
    """
    world.nova.boot("cmp1", 2)
    world.cluster.history = [Fencing(target="cmp1", action="reboot", status="success", completed=5, by="ctl1")]
    world.nova.hosts["cmp1"].serves = False
    world.cluster.fence("cmp1", status=status)

    world.pass_time(600)

    assert (world.posts, world.nova.log) == ([], [])
    assert world.text == "NovaEvacuate: cmp1 is unclean: its fencing has not succeeded"


@pytest.mark.parametrize("is_back", [False, True])
def test_case_5_the_device_cuts_another_machine(world, is_back):
    """
    nova-compute goes on reporting: no order ever, also if it falls silent later, and a loud reason.
    """
    world.nova.boot("cmp1", 2)
    world.cluster.fence("cmp1")
    if is_back:
        world.cluster.returns("cmp1", held=False)

    world.pass_time(120)

    assert world.posts == []
    if not is_back:
        assert "nova-compute on cmp1 reports, though cmp1 was fenced" in world.text
    world.nova.hosts["cmp1"].serves = False
    world.pass_time(300)
    assert world.posts == []


def test_case_6_a_level_that_cuts_no_power(world):
    """
    The reason names the level, and nothing is written or moved.
    """
    world.nova.boot("cmp1", 1)
    world.cluster.devices = (Device(name="fence-nova", agent="fence_compute"),)
    world.cluster.levels = (Level(index=1, devices=("fence-nova",), target="cmp1"),)
    world.die("cmp1")

    world.pass_time(60)

    assert world.text.startswith("NovaEvacuate: cmp1 was fenced, but level 1 for cmp1 (fence-nova) cuts no power")
    assert (world.posts, world.mark("cmp1")) == ([], "")


def test_case_7_fencing_is_off(world):
    """
    monitor says so for good, and validate-all does, too.
    """
    world.cluster.fencing_is_on = False

    assert world.pass_time(30).code == DEGRADED
    assert "stonith-enabled=false" in world.text
    assert "stonith-enabled=false" in world.act("validate-all", level=10).reason
    assert world.act("validate-all").code == SUCCESS


def test_case_8_an_orderly_stop(world):
    """
    Standby, maintenance, a clean stop or a clean reboot: nobody was fenced since, so nothing happens.
    """
    world.nova.boot("cmp1", 2)
    world.nova.hosts["cmp1"].serves = False
    world.cluster.change("cmp1", is_online=False, is_unclean=False)

    assert world.pass_time(300).code == SUCCESS
    assert world.nova.log == []


def test_case_8_a_clean_stop_long_after_a_fencing(world):
    """
    The old fencing is still in the history. The node has returned since, so it proves nothing.
    """
    world.nova.boot("cmp1", 2)
    world.cluster.fence("cmp1")
    world.cluster.returns("cmp1", held=False)
    world.nova.hosts["cmp1"].serves = False
    world.cluster.change("cmp1", is_online=False)

    assert world.pass_time(300).code == SUCCESS
    assert world.nova.log == []


@pytest.mark.parametrize(("action", "by"), [("off", "ctl1"), ("off", A_HUMAN), ("reboot", "ctl2")])
def test_cases_9_and_10_an_operator_fences_or_confirms(world, action, by):
    """
    Both are a proof. The log names who did it.
    """
    world.nova.boot("cmp1", 2)
    world.nova.cut("cmp1")
    world.cluster.fence("cmp1", action=action, by=by)

    world.pass_time(200, lambda: moved(world))

    assert len(world.posts) == 2
    assert ("info", f"INFO: cmp1 was fenced by {by}") in world.machine.itself.logged


def test_case_10_a_confirmation_counts_though_the_device_cuts_nothing(world):
    """
    A human says that the node has no power.
    """
    world.nova.boot("cmp1", 1)
    world.cluster.devices = (Device(name="fence-nova", agent="fence_compute"),)
    world.nova.cut("cmp1")
    world.cluster.fence("cmp1", by=A_HUMAN)

    world.pass_time(200, lambda: moved(world))

    assert moved(world)


def test_case_11_a_request_without_proof(world):
    """
    evacuate=yes at a living node is refused, with a reason.
    """
    world.nova.boot("cmp1", 2)
    world.cluster.requests["cmp1"] = "yes"

    assert world.pass_time(60).code == DEGRADED
    assert world.text == "NovaEvacuate: cmp1 is evacuated only after it was fenced: evacuate=yes alone proves nothing"
    assert world.nova.log == []


def test_the_old_attribute_says_what_the_marker_says(world):
    """
    fence_compute waits for evacuate=no, and that is only so when the evacuation is finished.
    """
    world.nova.boot("cmp1", 2)
    world.die("cmp1")
    world.pass_time(200, lambda: moved(world))

    assert list(dict.fromkeys(world.cluster.told)) == [("cmp1", "yes"), ("cmp1", "no")]
    assert world.cluster.requests == {"cmp1": "no"}


@pytest.mark.parametrize("flying", [False, True])
def test_cases_12_and_13_the_host_is_back_early(world, flying):
    """
    Its nova-compute is held. The evacuation is finished first, and then the host serves.
    """
    world.nova.boot("cmp1", 10)
    world.nova.build = 60
    world.die("cmp1")
    if flying:
        world.pass_time(100, lambda: bool(world.posts))
    world.nova.power_on("cmp1")
    world.cluster.returns("cmp1")

    world.pass_time(900, lambda: world.is_done("cmp1"))

    assert world.nova.where("cmp1") == []
    assert len(world.posts) == 10


def test_cases_12_and_13_back_without_hold(world):
    """
    Nobody says that nova-compute is held: no order. When it reports, the evacuation ends, and the rest stays there.
    """
    world.nova.boot("cmp1", 2)
    world.die("cmp1")
    world.at(5, lambda: (world.nova.power_on("cmp1"), world.cluster.returns("cmp1", held=False)))
    world.pass_time(120)
    assert world.posts == []
    assert "cmp1 is back, and nothing says that its nova-compute is held" in world.text
    world.nova.start_compute("cmp1")

    seen = world.pass_time(200)

    assert (world.posts, seen.code) == ([], SUCCESS)
    assert world.nova.row("cmp1")["status"] == "enabled"


def test_case_14_nova_compute_starts_in_the_middle(world):
    """
    No further order. What is in flight comes to its end, and the rest stays on its host.
    """
    world.nova.boot("cmp1", 60)
    world.die("cmp1")
    world.pass_time(100, lambda: len(world.posts) >= 3)
    sent = len(world.posts)
    world.nova.power_on("cmp1")
    world.cluster.returns("cmp1", held=False)
    world.nova.start_compute("cmp1")
    assert all("while" in wrong for wrong in world.nova.wrongs), "this is what hold prevents"
    world.nova.wrongs.clear()

    seen = world.pass_time(200)

    assert len(world.posts) == sent
    assert (world.is_done("cmp1"), seen.code) == (True, SUCCESS)
    assert world.nova.where("cmp1") != []


def test_case_15_an_instance_that_is_being_built(world):
    """
    It never ran, so it is left, and holds up nobody.
    """
    world.nova.boot("cmp1", 2)
    (built,) = world.nova.boot("cmp1", 1, vm="building", task="spawning", launched=False)
    world.die("cmp1")

    world.pass_time(200, lambda: world.is_done("cmp1"))

    assert [one["id"] for one in world.nova.where("cmp1")] == [built]
    assert world.text == "NovaEvacuate: 1 instances of cmp1 are not evacuated: 1 x it is being built"
    assert "partial" in world.mark("cmp1")


def test_case_16_instances_that_users_delete(world):
    """
    One is being deleted, and one is deleted in flight: nobody waits for them.
    """
    keys = world.nova.boot("cmp1", 3)
    world.nova.servers[keys[0]]["task"] = "deleting"
    world.nova.build = 30
    world.die("cmp1")
    world.pass_time(100, lambda: len(world.posts) == 2)
    del world.nova.servers[keys[1]]

    world.pass_time(200, lambda: world.is_done("cmp1"))

    assert keys[0] not in world.posts
    assert "partial" not in world.mark("cmp1")


def test_case_17_a_live_migration_in_flight(world):
    """
    The instance may run on its new host already. It is evacuated only when that host is proven dead, too.
    """
    (moving, _) = world.nova.boot("cmp1", 2)
    server = world.nova.servers[moving]
    server["task"] = "migrating"
    world.nova.migrations.append({
        "id": 1, "uuid": "m1", "migration_type": "live-migration", "status": "running", "instance_uuid": moving,
        "source_compute": "cmp1", "dest_compute": "cmp2", "created_at": "2026", "due": 0, "guard": False, "ready": False,
    })  # fmt: skip
    server["runs"] = {"cmp2"}
    world.die("cmp1")
    world.pass_time(200, lambda: world.is_done("cmp1"))
    assert moving not in world.posts
    assert "1 x it is being live-migrated to cmp2" in world.text
    world.die("cmp2")

    world.pass_time(900, lambda: moving in world.posts and world.is_done("cmp1", "cmp2"))

    assert world.nova.servers[moving]["host"] == "cmp3"


def test_case_18_a_live_migration_to_the_dead_host(world):
    """
    The instance still belongs to its living host. It is not on the list of the dead one, so nobody touches it.
    """
    (coming,) = world.nova.boot("cmp2", 1)
    world.nova.servers[coming]["task"] = "migrating"
    world.nova.migrations.append({
        "id": 1, "uuid": "m1", "migration_type": "live-migration", "status": "running", "instance_uuid": coming,
        "source_compute": "cmp2", "dest_compute": "cmp1", "created_at": "2026", "due": 0, "guard": False, "ready": False,
    })  # fmt: skip
    world.die("cmp1")

    world.pass_time(200, lambda: world.is_done("cmp1"))

    assert world.is_done("cmp1")
    assert (world.posts, world.nova.servers[coming]["host"]) == ([], "cmp2")


@pytest.mark.parametrize(("state", "moves"), [({"vm": "resized"}, True), ({"task": "resize_migrating"}, False)])
def test_case_19_a_resize(world, state, moves):
    """
    It is held and reported. With reset_states it is moved if it only waits for somebody to confirm it.
    """
    (key,) = world.nova.boot("cmp1", 1, **state)
    world.die("cmp1")
    world.pass_time(200, lambda: world.is_done("cmp1"))
    assert world.posts == []
    assert "it is being resized" in world.text
    world.params["reset_states"] = "true"

    world.pass_time(200, lambda: moved(world))

    assert world.posts == [key] * moves


@pytest.mark.parametrize("is_old", [False, True])
def test_case_20_a_user_stops_an_instance_in_the_gap(world, is_old):
    """
    Its task does not end any more. It is moved, and stopped there; an old Nova wants its state reset before.
    """
    (key,) = world.nova.boot("cmp1", 1, task="powering-off")
    world.nova.actions[key].append("stop")
    world.nova.old_api = is_old
    world.die("cmp1")

    world.pass_time(300, lambda: moved(world))

    assert [name for name, _ in world.nova.orders if name != "evacuate"] == ["os-resetState"] * is_old + ["os-stop"]
    assert world.nova.servers[key]["vm"] == "stopped"
    assert world.nova.servers[key]["host"] != "cmp1"


@pytest.mark.parametrize("state", ["paused", "suspended", "rescued", "shelved"])
def test_case_21_states_that_nova_does_not_evacuate(world, state):
    """
    They are reported; with reset_states they are moved.
    """
    world.nova.boot("cmp1", 1, vm=state)
    world.die("cmp1")
    world.pass_time(200, lambda: world.is_done("cmp1"))
    assert world.posts == []
    assert f"1 x it is {state}" in world.text
    world.params["reset_states"] = "true"

    world.pass_time(200, lambda: moved(world))

    assert moved(world)


def test_case_23_another_controller_goes_on(world):
    """
    The notes of the first one are gone. The second one waits a minute before its first order.
    """
    world.nova.boot("cmp1", 8)
    world.nova.build = 30
    world.die("cmp1")
    world.pass_time(100, lambda: len(world.posts) >= 2)
    sent = len(world.posts)
    world.machine.files.clear()
    assert world.act("start").code == SUCCESS
    began = world.machine.now()
    world.pass_time(50)
    assert len(world.posts) == sent
    assert world.machine.now() - began < 60

    world.pass_time(600, lambda: moved(world))

    assert len(world.posts) == len(set(world.posts)) == 8


def test_case_24_the_whole_cluster_restarts(world):
    """
    The history is empty, and the marker is not.
    """
    world.nova.boot("cmp1", 8)
    world.die("cmp1")
    world.monitor()
    world.cluster.history = []
    world.cluster.change("cmp1", fenced=0, is_unclean=True)
    world.machine.files.clear()
    world.begin()
    world.pass_time(60)
    assert "cmp1 is unclean" in world.text
    world.cluster.fence("cmp1")

    world.pass_time(600, lambda: moved(world))

    assert moved(world)


def test_case_25_the_api_is_down(world):
    """
    The marker is written at once, so nova-compute is held. The reason names the API. It goes on by itself.
    """
    world.nova.boot("cmp1", 4)
    world.nova.trouble = lambda method, path: ConnectionRefusedError(111, "Connection refused")
    world.die("cmp1")
    seen = world.pass_time(1200)
    assert (seen.code, world.posts) == (DEGRADED, [])
    assert "cloud:1/v2.1/os-services refuses connections" in world.text or "cloud:1/v2.1/ refuses" in world.text
    assert world.mark("cmp1").startswith("pending ")
    world.nova.trouble = lambda method, path: None

    world.pass_time(300, lambda: moved(world))

    assert moved(world)


def test_case_26_nobody_works_on_the_orders(world):
    """
    The conductors and the broker are away after the first orders: no second order, however long it lasts.
    """
    world.nova.boot("cmp1", 20)
    world.die("cmp1")
    world.pass_time(100, lambda: bool(world.posts))
    world.nova.workers_run = False
    sent = [*world.posts]
    world.pass_time(100)
    sent = [*world.posts]
    world.pass_time(4000)
    assert world.posts == sent
    world.nova.workers_run = True

    world.pass_time(600, lambda: moved(world))

    assert len(world.posts) == 20


def test_case_26_silence_of_all_proves_nothing(world):
    """
    The broker is away, so nobody reports: the wrong machine may have been cut.
    """
    world.nova.boot("cmp1", 2)
    world.nova.workers_run = False
    world.cluster.fence("cmp1")
    world.pass_time(40)
    assert world.posts == []
    world.nova.workers_run = True

    world.pass_time(300)

    assert world.posts == []
    assert "nova-compute on cmp1 reports" in world.text


def test_case_27_the_records_cannot_be_read(world):
    """
    Unknown is not failed: no order in that pass.
    """
    world.nova.boot("cmp1", 4)
    world.nova.trouble = lambda method, path: b"HTTP/1.1 500 x\r\n\r\n" if path == "os-migrations" else None
    world.die("cmp1")
    world.pass_time(300)
    assert world.posts == []
    assert "os-migrations" in world.text
    world.nova.trouble = lambda method, path: None

    world.pass_time(300, lambda: moved(world))

    assert len(world.posts) == 4


@pytest.mark.parametrize("problem", [TimeoutError(), ConnectionResetError(104, "reset"), b"HTTP/1.1 504 x\r\n\r\n"])
def test_case_28_an_order_without_an_answer(world, problem):
    """
    It was taken all the same: its record is found, and one host gets the instance.
    """
    world.nova.boot("cmp1", 4)
    world.nova.build = 90
    world.nova.trouble = lambda method, path: ("late", problem) if method == "POST" else None
    world.die("cmp1")

    world.pass_time(1500, lambda: moved(world))

    assert len(world.posts) == 4


def test_case_28_an_order_waits_in_the_api(world):
    """
    Its record appears half a minute later: no second order before.
    """
    world.nova.boot("cmp1", 2)
    world.nova.trouble = lambda method, path: ("queued", TimeoutError()) if method == "POST" else None
    world.die("cmp1")

    world.pass_time(600, lambda: moved(world))

    assert len(world.posts) == 2


def test_case_28_a_killed_pass_leaves_an_order_in_the_api(world):
    """
    The evacuator on another controller knows nothing of it, and waits a minute.
    """
    world.nova.boot("cmp1", 1)
    world.nova.trouble = lambda method, path: ("queued", Killed()) if method == "POST" else None
    world.die("cmp1")
    with pytest.raises(Killed):
        world.pass_time(200)
    world.nova.trouble = lambda method, path: None
    world.machine.files.clear()
    world.act("start")

    world.pass_time(300, lambda: moved(world))

    assert len(world.posts) == 1


def test_case_28_an_order_that_was_lost(world):
    """
    It was not taken: after a minute it is given again.
    """
    world.nova.boot("cmp1", 1)
    world.nova.trouble = lambda method, path: TimeoutError() if method == "POST" else None
    world.die("cmp1")
    world.pass_time(100)
    assert world.posts == []
    world.nova.trouble = lambda method, path: None

    world.pass_time(200, lambda: moved(world))

    assert len(world.posts) == 1


def test_case_29_the_target_dies(world):
    """
    Before its own death is proven, nobody is evacuated twice. Then the rest goes elsewhere.
    """
    world.nova.boot("cmp1", 6)
    world.nova.build = 60
    world.die("cmp1")
    world.pass_time(100, lambda: len(world.posts) == 6)
    world.nova.advance()
    on_two = {record["instance_uuid"] for record in world.nova.migrations if record["dest_compute"] == "cmp2"}
    assert on_two
    world.nova.cut("cmp2")
    world.pass_time(200)
    assert len(world.posts) == 6
    world.cluster.fence("cmp2")

    world.pass_time(900, lambda: world.is_done("cmp1", "cmp2"))

    assert {one["host"] for one in world.nova.servers.values()} == {"cmp3"}
    assert set(world.posts[6:]) == on_two


def test_case_30_a_slow_target(world):
    """
    It takes an hour, and is never overtaken.
    """
    world.nova.boot("cmp1", 2)
    world.nova.build = 3600
    world.die("cmp1")

    world.pass_time(4500, lambda: moved(world))

    assert len(world.posts) == 2
    assert moved(world)


@pytest.mark.parametrize("world_of", [5], indirect=True)
def test_case_31_several_hosts_at_once(world_of):
    """
    Two die at once, a third one later: all are moved, within one bound.
    """
    world = world_of
    for name in ("cmp1", "cmp2", "cmp3"):
        world.nova.boot(name, 12)
    world.die("cmp1")
    world.die("cmp2")
    world.pass_time(60)
    world.die("cmp3")

    world.pass_time(1500, lambda: world.is_done("cmp1", "cmp2", "cmp3"))

    assert {one["host"] for one in world.nova.servers.values()} == {"cmp4", "cmp5"}
    assert world.nova.most <= 10


def test_case_32_no_other_compute_is_up(world):
    """
    Nothing is ordered, so no instance gets the state ERROR. A disabled nova-compute reports, and is a witness.
    """
    world.nova.boot("cmp1", 3)
    for name in ("cmp2", "cmp3"):
        world.nova.row(name)["status"] = "disabled"
    world.die("cmp1")
    world.pass_time(300)
    assert world.posts == []
    assert "the instances of cmp1 wait: no other compute node of the zone" in world.text

    world.nova.row("cmp2")["status"] = "enabled"
    world.pass_time(300, lambda: moved(world))

    assert moved(world)


def test_case_33_no_valid_host_for_some(world):
    """
    Seven of ten are moved, three are in ERROR and reported, and are tried again. Those that were stopped stop again.
    """
    world.nova.boot("cmp1", 6)
    stopped = world.nova.boot("cmp1", 4, vm="stopped", power=4)
    world.nova.room = {"cmp2": 4, "cmp3": 3}
    world.die("cmp1")
    world.pass_time(1500, lambda: world.is_done("cmp1"))
    assert len(world.nova.where("cmp1")) == 3
    assert "3 instances of cmp1 are not evacuated: 3 x No valid host was found." in world.text
    assert "partial" in world.mark("cmp1")
    world.nova.room = {}

    world.pass_time(1500, lambda: moved(world))
    world.pass_time(60)

    assert world.nova.where("cmp1") == []
    assert {world.nova.servers[key]["vm"] for key in stopped} == {"stopped"}
    assert {one["vm"] for one in world.nova.servers.values()} == {"active", "stopped"}


def test_case_34_members_of_a_group_one_by_one(world):
    """
    Two that must not share a host are never in flight together.
    """
    keys = world.nova.boot("cmp1", 2)
    world.nova.groups.append({"id": "g", "policy": "anti-affinity", "members": keys})
    world.die("cmp1")

    world.pass_time(300, lambda: moved(world))

    assert {world.nova.servers[key]["host"] for key in keys} == {"cmp2", "cmp3"}


def test_case_35_hard_affinity(world):
    """
    Nova finds no host for a member of the group. Nobody asks for it, as the state ERROR would follow.
    """
    keys = world.nova.boot("cmp1", 2)
    world.nova.boot("cmp1", 1)
    world.nova.groups.append({"id": "g", "policies": ["affinity"], "members": keys})
    world.die("cmp1")

    world.pass_time(300, lambda: world.is_done("cmp1"))

    assert len(world.posts) == 1
    assert "2 instances of cmp1 are not evacuated: 2 x its server group (affinity) keeps it on this host" in world.text
    assert world.mark("cmp1").endswith("partial")


@pytest.mark.parametrize("elsewhere", [0, 1])
def test_case_35_a_group_with_a_member_elsewhere(world, elsewhere):
    """
    The group allows its hosts, and one of them lives. A group with one member is tried, too.
    """
    keys = world.nova.boot("cmp1", 1) + world.nova.boot("cmp2", elsewhere)
    world.nova.groups.append({"id": "g", "policy": "affinity", "members": keys})
    world.die("cmp1")

    world.pass_time(300, lambda: moved(world))

    assert moved(world)


def test_case_37_the_guard_refuses(world):
    """
    The new host does not see the disk: the record fails, the agent asks for no new disk, and reports it.
    """
    (key,) = world.nova.boot("cmp1", 1)
    world.nova.boot("cmp1", 1, image="")
    world.params["no_shared_storage"] = "false"
    world.nova.guard_fails = {key}
    world.die("cmp1")

    world.pass_time(900, lambda: world.is_done("cmp1"))

    assert "1 instances of cmp1 are not evacuated: 1 x InvalidSharedStorage" in world.text
    assert [one["id"] for one in world.nova.where("cmp1")] == [key]
    assert {record["guard"] for record in world.nova.migrations if record["instance_uuid"] == key} == {True}


def test_case_38_nova_says_still_in_use(world):
    """
    The proof is made once more before the next order.
    """
    world.nova.boot("cmp1", 2)
    text = b'HTTP/1.1 400 x\r\n\r\n{"badRequest": {"message": "Compute service of cmp1 is still in use."}}'
    refused = []

    def refuses(method, path):
        if method == "POST":
            refused.append(world.machine.now())
            return text
        return None

    world.nova.trouble = refuses
    world.die("cmp1")
    world.pass_time(100)
    assert len(refused) >= 2
    assert all(later - before >= 25 for before, later in zip(refused, refused[1:])), "one order for each proof"
    assert any("still in use" in text for text in world.shown)
    world.nova.trouble = lambda method, path: None

    world.pass_time(300, lambda: moved(world))

    assert moved(world)


def test_case_39_no_admin(world):
    """
    Nova ignores the filter, and shows instances of other hosts: none of them is touched.
    """
    world.nova.boot("cmp1", 2)
    world.nova.boot("cmp2", 2)
    world.die("cmp1")
    world.nova.is_admin = False

    seen = world.pass_time(200)

    assert (seen.code, world.posts) == (DEGRADED, [])
    assert "403" in world.text


def test_case_39_hosts_are_hidden(world):
    """
    The list of instances does not say where they are: then nothing is ordered.
    """
    world.nova.boot("cmp1", 2)
    shown = world.nova._shown
    world.nova._shown = lambda one: {key: value for key, value in shown(one).items() if key != "OS-EXT-SRV-ATTR:host"}
    world.die("cmp1")

    world.pass_time(200)

    assert world.posts == []
    assert "Nova hides where its instances are: user admin lacks the role admin" in world.text


@pytest.mark.parametrize(
    ("host", "more", "fits"),
    [
        ("cmp1.example.org", {}, True),
        ("CMP1", {}, True),
        ("other", {"host_map": "cmp1=other"}, True),
        ("other", {}, False),
    ],
)
def test_case_40_names_of_hosts(world, host, more, fits):
    """
    The two names are equal, or their first labels are, or the operator gives the pair.
    """
    world.nova.row("cmp1")["host"] = host
    world.nova.hosts[host] = world.nova.hosts.pop("cmp1")
    world.nova.boot(host, 2)
    world.params.update(more)
    world.nova.cut(host)
    world.cluster.fence("cmp1")

    seen = world.pass_time(200)

    assert (world.nova.where(host) == []) is fits
    assert (seen.code, world.is_done("cmp1")) == ((SUCCESS, True) if fits else (DEGRADED, False))
    assert fits or "cmp1 is no host of Nova" in world.text


def test_case_40_a_name_that_fits_two_hosts(world):
    """
    Nothing is guessed.
    """
    world.nova.row("cmp1")["host"] = "cmp1.a"
    world.nova.row("cmp2")["host"] = "cmp1.b"
    for old, new in (("cmp1", "cmp1.a"), ("cmp2", "cmp1.b")):
        world.nova.hosts[new] = world.nova.hosts.pop(old)
    world.cluster.fence("cmp1")
    world.pass_time(60)
    assert world.text == "NovaEvacuate: cmp1 may be any of the hosts cmp1.a, cmp1.b"

    world.params["domain"] = "a"
    world.nova.cut("cmp1.a")
    world.pass_time(200, lambda: world.is_done("cmp1"))

    assert (world.is_done("cmp1"), world.nova.row("cmp1.a")["forced_down"]) == (True, True)


def test_case_40_a_declared_node_that_nova_does_not_know(world):
    """
    A node in compute_nodes must have a host in Nova.
    """
    world.params["compute_nodes"] = "ctl2 cmp1"
    world.cluster.fence("ctl2")

    world.pass_time(60)

    assert world.text == "NovaEvacuate: ctl2 is no host of Nova"


def test_case_40_a_controller_is_no_compute_node(world):
    """
    Nova does not know it: there is nothing to evacuate, and nothing to say.
    """
    world.cluster.fence("ctl2")

    assert world.pass_time(60).code == SUCCESS
    assert world.mark("ctl2") == f"done {world.cluster.history[0].completed}"


def test_case_41_an_operator_evacuates(world):
    """
    The operator's order is in flight: the agent gives none for that instance.
    """
    (first, _) = world.nova.boot("cmp1", 2)
    world.nova.build = 60
    world.die("cmp1")
    world.at(10, lambda: world.nova._act(world.nova.servers[first], {"evacuate": {}}, "2.73"))

    world.pass_time(300, lambda: moved(world))

    assert len(world.posts) == len(set(world.posts)) == 2


def test_case_42_an_operator_had_disabled_the_host(world):
    """
    It is forced down only, and stays disabled after its return, with the operator's reason.
    """
    world.nova.boot("cmp1", 1)
    world.nova.row("cmp1").update(status="disabled", disabled_reason="new disks")
    world.die("cmp1")
    world.pass_time(200, lambda: moved(world))
    world.nova.power_on("cmp1")
    world.cluster.returns("cmp1", held=False)
    world.nova.start_compute("cmp1")

    world.pass_time(100)

    row = world.nova.row("cmp1")
    assert (row["forced_down"], row["status"], row["disabled_reason"]) == (False, "disabled", "new disks")


def test_case_43_an_operator_lifts_forced_down(world):
    """
    No further order, and a reason. Another fencing begins anew.
    """
    world.nova.boot("cmp1", 3)
    world.die("cmp1")
    world.at(10, lambda: world.nova._put(world.nova.row("cmp1"), {"forced_down": False, "status": "enabled"}))
    world.pass_time(200)
    assert world.posts == []
    assert "somebody has lifted forced_down of nova-compute on cmp1" in world.text
    world.machine.sleep(10)
    world.nova._put(world.nova.row("cmp1"), {"forced_down": True})

    world.pass_time(200, lambda: moved(world))

    assert moved(world)


def test_case_44_many_instances(world):
    """
    The list comes in pages, and the bound is never exceeded.
    """
    world.nova.boot("cmp1", 420)
    world.nova.max_limit = 100
    world.nova.build = 2
    world.params["max_in_flight"] = "40"
    world.die("cmp1")

    world.pass_time(3000, lambda: moved(world))

    assert moved(world)
    assert len(world.posts) == 420
    assert world.nova.most <= 8, "four for each compute node that is up"


@pytest.mark.parametrize(
    ("mode", "tagged", "moves"),
    [
        ("auto", False, {"a", "b", "c"}),
        ("auto", True, {"b", "c"}),
        ("tagged", False, set()),
        ("all", True, {"a", "b", "c"}),
    ],
)
def test_case_45_tags(world, mode, tagged, moves):
    """
    auto does what fence_evacuate did. Nobody waits for an instance that is not wanted.
    """
    world.params.update(evacuable=mode, exclude="amphora-* p2")
    world.nova.tagged_images = world.nova.tagged_flavors = int(tagged)
    world.nova.boot("cmp1", name="a")
    world.nova.boot("cmp1", name="b", specs={"evacuable": "True"} if tagged else {})
    world.nova.boot("cmp1", name="c", image="img-ha" if tagged else "img")
    world.nova.boot("cmp1", name="amphora-1")
    world.nova.boot("cmp1", name="d", tenant="p2")
    world.nova.boot("cmp1", name="e", meta={"HA_Enabled": "False"})
    world.die("cmp1")

    world.pass_time(300, lambda: world.is_done("cmp1"))

    assert {world.nova.servers[key]["name"] for key in world.posts} == moves
    assert "partial" not in world.mark("cmp1")


def test_case_45_a_nova_before_2_61_lists_no_extra_specs(world):
    """
    Each flavor is asked for them: one of them is tagged, so an instance without a tag stays.
    """
    world.nova.version, world.nova.tagged_flavors = "2.60", True
    world.nova.boot("cmp1", 1)
    tagged = world.nova.boot("cmp1", 1, specs={"evacuable": "true"})
    world.die("cmp1")

    world.pass_time(300, lambda: world.is_done("cmp1"))

    assert world.posts == tagged


def test_case_45_glance_is_away(world):
    """
    An instance with a tagged flavor is moved. Nobody can tell whether the image of another one is tagged, so it waits.
    """
    tagged = world.nova.boot("cmp1", 1, specs={"evacuable": "true"})
    world.nova.boot("cmp1", 3)
    world.nova.trouble = lambda method, path: b"HTTP/1.1 503 x\r\n\r\n" if path.startswith("images") else None
    world.die("cmp1")

    world.pass_time(300)
    assert world.posts == tagged
    assert not world.is_done("cmp1")
    assert "nobody can tell whether 3 instances of cmp1 are tagged" in world.text
    asked = [path for _, path in world.nova.log].count("images/detail")
    assert asked <= len(world.seen) + 1, "once in a pass"

    world.nova.trouble = lambda method, path: None
    world.pass_time(300, lambda: moved(world))
    assert moved(world)


@pytest.mark.parametrize("has_old_computes", [True, False])
@pytest.mark.parametrize("version", ["2.94", "2.95"])
def test_a_stopped_instance_is_not_started(world, version, has_old_computes):
    """
    From version 2.95 on, Nova starts no evacuated instance. So the others are evacuated as before.
    """
    running, stopped, failed = (
        world.nova.boot("cmp1", 1, **more) for more in ({}, {"vm": "stopped", "power": 4}, {"vm": "error", "power": 4})
    )
    world.nova.version, world.nova.has_old_computes = version, has_old_computes
    world.die("cmp1")

    world.pass_time(300, lambda: world.is_done("cmp1"))

    assert moved(world)
    assert [world.nova.servers[key]["vm"] for key in (*running, *stopped, *failed)] == ["active", "stopped", "stopped"]
    kept = {record["instance_uuid"] for record in world.nova.migrations if record["stays_stopped"]}
    assert kept == ({*stopped, *failed} if version == "2.95" and not has_old_computes else set())


def test_version_2_95_keeps_the_guard(world):
    """
    Only version 2.13 refuses a host that does not see the disk, and the disk is worth more.
    """
    world.nova.boot("cmp1", 1, vm="stopped", power=4)
    world.nova.version = "2.95"
    world.params["no_shared_storage"] = "false"
    world.die("cmp1")

    world.pass_time(300, lambda: world.is_done("cmp1"))

    assert [record["guard"] for record in world.nova.migrations] == [True]


def test_case_46_an_old_fencing_of_a_node_in_use(world):
    """
    The evacuator is new, the fencing is old, nova-compute reports: the marker is done, and nothing is moved or disabled.
    """
    world.nova.boot("cmp1", 2)
    world.cluster.fence("cmp1")
    world.cluster.returns("cmp1", held=False)

    seen = world.pass_time(120)

    assert (seen.code, world.posts) == (SUCCESS, [])
    assert world.mark("cmp1") == f"done {world.cluster.history[0].completed}"
    assert world.nova.row("cmp1")["status"] == "enabled"
    assert not any(method == "PUT" for method, _ in world.nova.log)


def test_case_47_the_node_is_fenced_again(world):
    """
    The marker gets the new fencing, and the same round goes on.
    """
    world.nova.boot("cmp1", 6)
    world.nova.build = 30
    world.die("cmp1")
    world.pass_time(60, lambda: bool(world.posts))
    world.machine.sleep(30)
    world.cluster.fence("cmp1")

    world.pass_time(400, lambda: moved(world))

    assert world.mark("cmp1").split()[1] == str(world.cluster.history[0].completed)
    assert len(world.posts) == 6


@pytest.mark.parametrize("skew", [{"api": 600, "db": -600}, {"api": -600, "db": 600}])
def test_case_48_clocks_that_differ(world, skew):
    """
    No two clocks are compared: the same result.
    """
    world.nova.boot("cmp1", 4)
    world.nova.skew = skew
    world.nova.room = {"cmp2": 1, "cmp3": 2}
    world.cluster.skew = 600
    world.die("cmp1")
    world.pass_time(1200, lambda: world.is_done("cmp1"))
    assert len(world.nova.where("cmp1")) == 1
    tries = [key for key in world.posts if key == world.nova.where("cmp1")[0]["id"]]
    assert len(tries) <= 5, "it waits between two tries"
    world.nova.room = {}

    world.pass_time(1500, lambda: moved(world))

    assert moved(world)


@pytest.mark.parametrize("skew", [-600, 600])
def test_case_48_failures_count_whatever_the_clocks_say(world, skew):
    """
    Each failure halves what may be in flight, also if the API that took the order has another clock than the database.
    """
    world.nova.skew["api"] = skew
    world.nova.boot("cmp1", 30)
    world.nova.room = {"cmp2": 0, "cmp3": 0}
    world.die("cmp1")

    world.pass_time(150)

    assert 10 < len(world.posts) < 40


def test_case_50_a_stop_in_the_middle(world):
    """
    A stop takes no time, needs nothing and removes the notes. It goes on elsewhere.
    """
    world.nova.boot("cmp1", 4)
    world.die("cmp1")
    world.pass_time(60, lambda: bool(world.posts))
    began, asked = world.machine.now(), len(world.nova.log)

    assert world.act("stop").code == SUCCESS
    assert (world.machine.now(), len(world.nova.log)) == (began, asked)
    assert [name for name in world.machine.files if "p_evacuate" in name and not name.endswith(".token")] == []
    assert world.act("monitor").code == 7
    world.begin()
    world.pass_time(600, lambda: moved(world))
    assert len(world.posts) == 4


def test_case_51_a_cell_is_down(world):
    """
    An empty list of instances proves nothing: the evacuation waits.
    """
    world.nova.boot("cmp1", 2)
    world.die("cmp1")
    world.at(10, lambda: world.nova.row("cmp1").update(unknown=True))
    world.pass_time(100)
    assert (world.is_done("cmp1"), world.text) == (False, "NovaEvacuate: the cell of cmp1 does not answer")
    world.nova.row("cmp1")["unknown"] = False

    world.pass_time(300, lambda: moved(world))

    assert moved(world)


def test_case_52_unforcing_is_refused(world):
    """
    It is tried again until the records are complete. The host is never enabled before.
    """
    world.nova.boot("cmp1", 1)
    world.die("cmp1")
    world.pass_time(200, lambda: moved(world))
    world.nova.power_on("cmp1")
    world.cluster.returns("cmp1", held=False)
    world.nova.hosts["cmp1"].serves = True
    world.pass_time(100)
    row = world.nova.row("cmp1")
    assert (row["forced_down"], row["status"]) == (True, "disabled")
    assert "restart nova-compute on cmp1" in world.text

    world.nova.start_compute("cmp1")
    world.pass_time(100)

    assert (row["forced_down"], row["status"]) == (False, "enabled")
