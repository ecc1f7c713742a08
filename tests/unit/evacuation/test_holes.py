"""Bad days that a reviewer made up, each of which once led to two living copies, to a hold for ever, or to a loss."""

from __future__ import annotations

import json

import pytest

from ocf_lib import errors
from ocf_lib.cluster import marker
from ocf_lib.cluster.cib import Device, Node
from ocf_lib.cluster.fencing import Fencing
from ocf_lib.codes import ERR_CONFIGURED

from .cloud import IN_FLIGHT

OLD = Fencing(target="cmp1", action="reboot", status="success", completed=5, by="ctl1")


def full_member(world, name="cmp1"):
    """The node runs all of Pacemaker, and the evacuator has seen it."""
    world.cluster.change(name, is_remote=False)
    world.monitor()


def record(world, key, number=1, status="running", kind="live-migration", source="cmp1", dest="cmp2"):
    world.nova.migrations.append({
        "id": number, "uuid": f"m{number}", "migration_type": kind, "status": status, "instance_uuid": key,
        "source_compute": source, "dest_compute": dest, "created_at": world.nova.stamp(world.machine.now()),
        "due": 10**9, "guard": False, "ready": False, "stays_stopped": False,
    })  # fmt: skip


def test_all_computes_die_and_return(world):
    """
    Nobody is left who could report, and nowhere to evacuate to: the held nodes start their own instances.
    """
    for name in ("cmp1", "cmp2", "cmp3"):
        world.nova.boot(name, 2)
    for name in ("cmp1", "cmp2", "cmp3"):
        world.die(name)
    world.pass_time(60)
    for name in ("cmp1", "cmp2", "cmp3"):
        world.nova.power_on(name)
        world.cluster.returns(name)

    world.pass_time(300)

    assert world.is_done("cmp1", "cmp2", "cmp3")
    assert world.posts == []


def test_the_only_compute_of_its_zone_returns(world):
    """
    Its instances cannot go elsewhere. They start where they were.
    """
    world.nova.row("cmp1")["zone"] = "gpu"
    world.nova.boot("cmp1", 2)
    world.die("cmp1")
    world.pass_time(120)
    assert not world.is_done("cmp1")
    world.nova.power_on("cmp1")
    world.cluster.returns("cmp1")

    world.pass_time(200)

    assert world.is_done("cmp1")


@pytest.mark.parametrize("is_remote", [True, False])
@pytest.mark.parametrize("is_clean", [True, False])
def test_back_in_use_while_nova_cannot_be_asked(world, is_remote, is_clean):
    """
    The marker is pending for hours. Meanwhile the node was in use, and is gone again: that fencing proves nothing.
    """
    if not is_remote:
        full_member(world)
    world.nova.boot("cmp1", 2)
    world.die("cmp1")
    world.nova.trouble = lambda method, path: b"HTTP/1.1 503 x\r\n\r\n"
    world.pass_time(30)
    world.nova.power_on("cmp1")
    world.cluster.returns("cmp1", held=False)
    world.nova.start_compute("cmp1")
    world.pass_time(120)
    world.nova.hosts["cmp1"].serves = False
    if is_clean:
        world.cluster.change("cmp1", is_online=False, is_unclean=False, fenced=0)
    else:
        world.cluster.fence("cmp1", status="failed")
    world.nova.trouble = lambda method, path: None

    world.pass_time(300)

    assert world.posts == []
    assert "unclean" in world.text or "was back since it was fenced" in world.text
    assert not world.nova.row("cmp1")["forced_down"]


@pytest.mark.parametrize("is_remote", [True, False])
def test_back_in_use_while_the_evacuator_was_off(world, is_remote):
    """
    nova-compute has reported since it was forced down. The evacuator sees it at the row, though nobody was looking.
    """
    if not is_remote:
        full_member(world)
    world.params["max_in_flight"] = "1"
    world.nova.build = 60
    world.nova.boot("cmp1", 12)
    world.die("cmp1")
    world.pass_time(60, lambda: bool(world.posts))
    world.act("stop")
    world.pass_time_without(600)
    world.nova.power_on("cmp1")
    world.cluster.returns("cmp1", held=False)
    world.nova.start_compute("cmp1")
    world.nova.wrongs.clear()
    world.pass_time_without(600)
    world.nova.hosts["cmp1"].serves = False
    world.cluster.change("cmp1", is_online=False)
    sent = len(world.posts)
    world.begin()

    world.pass_time(300)

    assert len(world.nova.where("cmp1")) > 2
    assert len(world.posts) == sent


@pytest.mark.parametrize("fencing_is_on", [True, False])
def test_an_old_fencing_of_a_full_member_that_is_away(world, fencing_is_on):
    """
    A clean stop looks the same. The evacuator is new, so it does not know whether the node was back meanwhile.
    """
    world.cluster.nodes["cmp1"] = Node(name="cmp1", is_remote=False, is_online=False)
    world.nova.boot("cmp1", 2)
    world.nova.hosts["cmp1"].serves = False
    world.cluster.fencing_is_on = fencing_is_on
    world.cluster.history = [OLD]
    world.pass_time(200)
    assert world.posts == []
    assert "nobody knows whether it was back" in world.text or "fencing is off" in world.text
    world.cluster.fencing_is_on = True
    world.die("cmp1")

    world.pass_time(300, lambda: world.is_done("cmp1"))

    assert world.nova.where("cmp1") == []


def test_an_old_live_migration_that_never_ended(world):
    """
    Its record is found by the last look only. The instance is reported, and nobody waits for it.
    """
    (key, _) = world.nova.boot("cmp1", 2)
    record(world, key, source="cmp3")
    world.die("cmp1")

    world.pass_time(300, lambda: world.is_done("cmp1"))

    assert world.is_done("cmp1")
    assert "1 x it is being live-migrated to cmp2" in world.text


def test_a_resize_hides_no_live_migration(world):
    """
    The newer record is a resize. The older one may have taken the instance to its host.
    """
    (key,) = world.nova.boot("cmp1", 1, vm="resized")
    record(world, key, 1)
    record(world, key, 2, "finished", "resize")
    world.params["reset_states"] = "true"
    world.die("cmp1")

    world.pass_time(300)

    assert world.nova.orders == []


def test_an_older_record_is_in_flight_and_the_newer_one_failed(world):
    """
    An operator gave two orders. The first one still works.
    """
    (key,) = world.nova.boot("cmp1", 1)
    record(world, key, 1, "pre-migrating", "evacuation", dest="cmp2")
    record(world, key, 2, "failed", "evacuation", dest="cmp3")
    world.die("cmp1")

    world.pass_time(300)

    assert world.posts == []


def test_the_target_dies_and_has_no_instances_of_its_own(world):
    """
    It counts as dead until it returns, so what was on its way there goes elsewhere.
    """
    world.nova.boot("cmp1", 1)
    world.nova.boot("cmp3", 5)
    world.nova.build = 10.0**6
    world.die("cmp1")
    world.pass_time(100, lambda: bool(world.posts))
    world.die("cmp2")
    world.nova.build = 8

    world.pass_time(600, lambda: world.is_done("cmp1", "cmp2"))

    assert world.nova.where("cmp1") == []


def test_two_changes_by_an_operator_release_nothing(world):
    """
    What is in flight is watched to its end, and the node is held until then.
    """
    world.nova.boot("cmp1", 12)
    world.nova.build = 200
    world.die("cmp1")
    world.pass_time(200, lambda: len(world.posts) >= 2)
    for seconds in (5, 25, 45):
        world.at(seconds, lambda: world.nova.row("cmp1").update(touched=world.machine.now()))
    world.pass_time(60)

    assert any(one["status"] in IN_FLIGHT for one in world.nova.migrations)
    assert world.mark("cmp1").startswith("pending")


def test_a_marker_from_a_clock_that_was_ahead(world):
    """
    A remote node has one number for all nodes. Another one is another fencing.
    """
    world.nova.boot("cmp1", 2)
    world.cluster.change("cmp1", marker="done 1900000000")
    world.die("cmp1")

    world.pass_time(300, lambda: world.nova.where("cmp1") == [])

    assert world.nova.where("cmp1") == []


def test_one_bad_node_holds_up_no_other(world, monkeypatch):
    """
    The cluster takes no marker for a node that is gone from the configuration.
    """
    own = marker.write

    def write(context, node, mark):
        if node == "cmp0":
            raise errors.Degraded("the cluster cannot be asked: crm_attribute: Could not map name=cmp0 to a UUID")
        return own(context, node, mark)

    monkeypatch.setattr(marker, "write", write)
    gone = Node(name="cmp0", is_remote=True, is_online=False, fenced=1690000000)
    world.cluster.nodes = {"cmp0": gone, **world.cluster.nodes}
    world.nova.boot("cmp1", 2)
    world.die("cmp1")

    world.pass_time(300, lambda: world.is_done("cmp1"))

    assert world.nova.where("cmp1") == []
    assert "Could not map name=cmp0" in world.text


def test_a_list_that_is_empty_all_at_once(world):
    """
    A cell that does not answer leaves its instances out. Nobody has evacuated them, so the evacuation is not finished.
    """
    world.nova.boot("cmp1", 3)
    world.die("cmp1")
    empty = {"servers/detail": {"servers": []}, "os-migrations": {"migrations": []}}
    world.at(
        15,
        lambda: setattr(
            world.nova,
            "trouble",
            lambda method, path: f"HTTP/1.1 200 x\r\n\r\n{json.dumps(empty[path])}".encode() if path in empty else None,
        ),
    )
    world.pass_time(100)
    assert not world.is_done("cmp1")
    world.nova.trouble = lambda method, path: None

    world.pass_time(300, lambda: world.is_done("cmp1"))

    assert world.nova.where("cmp1") == []


def test_a_node_returns_just_before_it_is_tried_again(world, monkeypatch):
    """
    Its nova-compute found "done" and starts. The marker is pending a moment later, and no order follows.
    """
    world.nova.boot("cmp1", 2)
    world.nova.room = {"cmp2": 0, "cmp3": 0}
    world.die("cmp1")
    world.pass_time(1500, lambda: world.mark("cmp1").endswith("partial"))
    # Both instances are due when somebody looks again.
    world.machine.sleep(700)
    world.nova.room = {}
    own, sent = marker.write, len(world.posts)

    def write(context, node, mark):
        if mark.state == "pending" and not world.nova.hosts["cmp1"].serves:
            world.nova.power_on("cmp1")
            world.cluster.returns("cmp1", held=False)
            world.nova.start_compute("cmp1")
        return own(context, node, mark)

    monkeypatch.setattr(marker, "write", write)

    world.pass_time(1500)

    assert len(world.posts) == sent


@pytest.mark.parametrize("host_map", ["cmp1=cmp2", "cmp1=cmp2 cmp2=cmp2"])
def test_no_host_belongs_to_two_nodes(world, host_map):
    """
    A mistake in host_map evacuates no living host.
    """
    world.params["host_map"] = host_map
    world.nova.boot("cmp2", 2)
    world.die("cmp1")

    world.pass_time(200)

    assert world.posts == []
    assert not world.nova.row("cmp2")["forced_down"]


def test_two_full_names_of_different_domains_are_two_hosts(world):
    """
    Nova serves another site, too.
    """
    world.nova.row("cmp1")["host"] = "cmp1.b.example"
    world.cluster.nodes["cmp1.a.example"] = Node(name="cmp1.a.example", is_remote=True, is_online=True)
    world.cluster.fence("cmp1.a.example")

    world.pass_time(100)

    assert not world.nova.row("cmp1.b.example")["forced_down"]


def test_a_held_node_that_the_parameter_forgets(world):
    """
    It would wait for ever, so somebody has to know.
    """
    world.params["compute_nodes"] = "cmp2 cmp3"
    world.die("cmp1")
    world.nova.power_on("cmp1")
    world.cluster.returns("cmp1")

    assert "cmp1 is held, but compute_nodes does not have it" in world.monitor().reason


def test_a_reset_that_nova_refuses_is_not_repeated_for_ever(world):
    """
    It is tried as seldom as an evacuation, and reported.
    """
    world.nova.boot("cmp1", 1, vm="paused")
    world.params["reset_states"] = "true"
    text = b'HTTP/1.1 403 x\r\n\r\n{"forbidden": {"message": "Policy does not allow it"}}'
    world.nova.trouble = lambda method, path: text if method == "POST" else None
    world.die("cmp1")

    world.pass_time(600)

    assert sum(method == "POST" for method, _ in world.nova.log) < 10
    assert "1 x Policy does not allow it" in world.text


def test_an_evacuation_that_never_ends_is_reported(world):
    """
    The nova-compute of its new host was restarted: Nova forgets it, and a living host is never overtaken.
    """
    world.nova.boot("cmp1", 1)
    world.nova.build = 10.0**6
    world.die("cmp1")

    world.pass_time(2400)

    assert "is on its way to cmp2 for longer than 1800 s" in world.text
    assert len(world.posts) == 1


@pytest.mark.parametrize("interval", [30, 60])
def test_a_nova_compute_that_reports_seldom(world, monkeypatch, interval):
    """
    report_interval may be longer than the usual 10 seconds. The evacuator learns it from the others.
    """
    advance = world.nova.advance

    def seldom():
        before = {name: host.reported for name, host in world.nova.hosts.items()}
        advance()
        for name, host in world.nova.hosts.items():
            host.reported = max(before[name], host.reported // interval * interval)

    monkeypatch.setattr(world.nova, "advance", seldom)
    world.nova.boot("cmp1", 2)
    world.die("cmp1")

    world.pass_time(900, lambda: world.is_done("cmp1"))

    assert world.nova.where("cmp1") == []


def test_a_list_that_takes_a_minute_does_not_end_the_silence(world):
    """
    Nova needs ten seconds for each page, so one round takes longer than a pause after which nobody knows.
    """
    for name in ("cmp1", "cmp2"):
        world.nova.boot(name, 700)
    world.nova.trouble = lambda method, path: world.machine.sleep(10) if path == "servers/detail" else None
    world.die("cmp1")
    world.die("cmp2")

    world.pass_time(900, lambda: len(world.posts) >= 6)

    assert len(world.posts) >= 6


def test_two_evacuators_would_give_every_order_twice(world):
    """
    A clone is refused.
    """
    assert world.act("start", CRM_meta_clone_max="2").code == ERR_CONFIGURED
    assert world.act("validate-all", CRM_meta_clone_max="2").code == ERR_CONFIGURED


def back_in_use(world, name="cmp1"):
    """The node returns, is used for a while, and is stopped in an orderly way.  Its instances live."""
    world.nova.power_on(name)
    world.cluster.returns(name, held=False)
    world.nova.start_compute(name)
    world.pass_time(200, lambda: world.mark(name).count(" ") == 1)
    world.nova.boot(name, 2)
    world.pass_time(120)
    world.nova.hosts[name].serves = False
    world.cluster.change(name, is_online=False)


def moves(world, seconds=0):
    """The evacuator moves to a controller whose clock is ahead."""
    world.act("stop")
    world.machine.itself.clock_set += seconds
    world.cluster.skew += seconds
    world.cluster.history = [one.changed(completed=one.completed + seconds) for one in world.cluster.history]
    world.begin()


@pytest.mark.parametrize("skew", [-3600, -60, 0, 60, 3600])
def test_the_other_controller_has_another_clock(world, skew):
    """
    It gives the last fencing of a full member another number. The node was in use since, and nothing is evacuated.
    """
    full_member(world)
    world.nova.boot("cmp1", 1)
    world.die("cmp1")
    world.pass_time(300, lambda: world.is_done("cmp1"))
    back_in_use(world)
    sent = len(world.posts)
    moves(world, skew)

    world.pass_time(300)
    assert len(world.posts) == sent
    assert (world.text == "") is (skew == 0)

    world.machine.sleep(30)
    world.nova.cut("cmp1")
    world.cluster.fence("cmp1")
    world.pass_time(300, lambda: world.nova.where("cmp1") == [])
    assert (world.nova.where("cmp1") == []) is (skew != -3600)
    assert world.nova.where("cmp1") == [] or "a clock was wrong" in world.text


def test_another_clock_does_not_heal_a_void_proof(world):
    """
    The full member was back without hold while its marker was pending. Another number of the same fencing proves nothing.
    """
    full_member(world)
    world.nova.boot("cmp1", 2)
    world.die("cmp1")
    world.nova.trouble = lambda method, path: b"HTTP/1.1 503 x\r\n\r\n"
    world.pass_time(30)
    back_in_use(world)
    world.machine.sleep(300)
    moves(world, 600)
    world.nova.trouble = lambda method, path: None

    world.pass_time(300)

    assert world.posts == []
    assert "cmp1 was back since it was fenced" in world.text


def test_a_full_member_dies_with_the_controller_of_the_evacuator(world):
    """
    The next controller finds a fencing that is young, so the node cannot have been back.
    """
    full_member(world)
    world.nova.boot("cmp1", 2)
    world.act("stop")
    world.die("cmp1")
    world.pass_time_without(60)
    moves(world, 900)

    world.pass_time(300, lambda: world.is_done("cmp1"))

    assert world.nova.where("cmp1") == []


def test_a_full_member_returns_and_is_held_while_the_evacuator_is_away(world):
    """
    It is held, so it runs nothing: the fencing counts, however old it is.
    """
    full_member(world)
    world.nova.boot("cmp1", 2)
    world.act("stop")
    world.die("cmp1")
    world.pass_time_without(3000)
    world.nova.power_on("cmp1")
    world.cluster.returns("cmp1")
    world.begin()

    world.pass_time(300, lambda: world.is_done("cmp1"))

    assert world.nova.where("cmp1") == []


def test_a_device_gets_power_after_the_node_was_back(world):
    """
    The fencing proved nothing when it happened, and a better topology does not change that.
    """
    full_member(world)
    world.nova.boot("cmp1", 2)
    world.cluster.devices = (Device(name="fence-nova", agent="fence_compute"),)
    world.cluster.fence("cmp1")
    world.pass_time(30)
    assert "cuts no power" in world.text
    world.cluster.returns("cmp1", held=False)
    world.pass_time(60)
    world.cluster.devices = (Device(name="power", agent="fence_ipmilan"),)
    world.nova.hosts["cmp1"].serves = False
    world.cluster.change("cmp1", is_online=False)

    world.pass_time(300)

    assert world.posts == []
    assert "nobody knows whether it was back" in world.text


def test_an_order_of_an_exhausted_instance_has_no_answer(world):
    """
    It may still be in the API for a minute, so the node is held for as long.
    """
    (key,) = world.nova.boot("cmp1", 1)
    world.params["retries"] = "1"
    world.nova.room = {"cmp2": 0, "cmp3": 0}
    world.die("cmp1")
    world.pass_time(1500, lambda: world.mark("cmp1").endswith("partial"))
    before, lost = len(world.posts), []

    def trouble(method, path):
        if method != "POST" or lost:
            return None
        lost.append(world.machine.now())
        return ConnectionResetError()

    world.nova.trouble = trouble
    world.pass_time(900, lambda: bool(lost) and world.is_done("cmp1"))

    assert lost[0] + 60 <= world.cluster.written["cmp1"] <= lost[0] + 90
    assert world.is_done("cmp1")
    assert len(world.posts) == before + 1
    assert world.nova.servers[key]["host"] == "cmp1"


def test_another_evacuator_has_ordered_for_a_node_that_is_held_and_has_no_place(world):
    """
    Its order may arrive for a minute. Until then the node is held, though its instances stay there.
    """
    world.nova.boot("cmp1", 2)
    world.die("cmp1")
    world.nova.trouble = lambda method, path: ("queued", TimeoutError()) if method == "POST" else None
    world.pass_time(60, lambda: any(method == "POST" for method, _ in world.nova.log))
    world.nova.trouble = lambda method, path: None
    world.nova.build = 100
    world.act("stop")
    world.nova.power_on("cmp1")
    world.cluster.returns("cmp1")
    for name in ("cmp2", "cmp3"):
        world.nova.row(name)["status"] = "disabled"
    began = world.machine.now()
    world.begin()

    world.pass_time(400, lambda: world.is_done("cmp1"))
    assert world.is_done("cmp1")
    assert world.cluster.written["cmp1"] >= began + 60
    assert not any(one["status"] in IN_FLIGHT for one in world.nova.migrations)


def test_the_locks_of_a_dead_target_are_waited_for(world):
    """
    evacuate_delay counts for every host that had the disk.
    """
    world.params["evacuate_delay"] = "200"
    world.nova.boot("cmp1", 1)
    world.nova.boot("cmp3", 5)
    world.nova.build = 10.0**6
    world.die("cmp1")
    world.pass_time(400, lambda: bool(world.posts))
    world.die("cmp2")
    died = world.machine.now()
    world.nova.build = 8

    world.pass_time(900, lambda: len(world.posts) > 1)

    assert world.machine.now() - died >= 200
    assert len(world.posts) == 2


def test_a_full_member_is_back_before_the_next_controller_looks(world):
    """
    The fencing is young, and the agent on the node holds nova-compute a moment later: then the instances are moved.
    """
    full_member(world)
    world.nova.boot("cmp1", 2)
    world.act("stop")
    world.die("cmp1")
    world.nova.power_on("cmp1")
    world.cluster.returns("cmp1", held=False)
    world.at(30, lambda: world.cluster.change("cmp1", is_held=True))
    world.begin()

    world.pass_time(300, lambda: world.is_done("cmp1"))

    assert world.nova.where("cmp1") == []


def test_forced_down_is_lifted_and_the_node_is_fenced_again(world):
    """
    The reason says that this helps: the new fencing begins everything anew.
    """
    world.params["evacuate_delay"] = "60"
    world.nova.boot("cmp1", 2)
    world.die("cmp1")
    row = world.nova.row("cmp1")
    world.at(30, lambda: row.update(forced_down=False, touched=world.machine.now()))
    world.pass_time(60)
    assert "somebody has lifted forced_down" in world.text
    world.nova.power_on("cmp1")
    world.cluster.returns("cmp1")
    world.machine.sleep(60)
    world.die("cmp1")

    world.pass_time(600, lambda: world.is_done("cmp1"))

    assert world.nova.where("cmp1") == []


def test_a_held_node_has_another_number_for_the_fencing(world):
    """
    The clock of the fencer that it asks is ahead, so it waits for more than the marker says. The marker follows.
    """
    world.nova.boot("cmp1", 1)
    world.die("cmp1")
    world.pass_time(300, lambda: world.is_done("cmp1"))
    world.nova.power_on("cmp1")
    world.cluster.returns("cmp1")
    number = int(world.mark("cmp1").split()[1]) + 600
    world.cluster.change("cmp1", waits_for=number)

    world.pass_time(60)

    assert world.mark("cmp1").startswith(f"done {number} ")


@pytest.mark.parametrize("number", [0, 1_690_000_000])
def test_the_first_marker_of_a_full_member_has_its_last_fencing(world, number):
    """
    The node is in use, so that fencing is over: an agent on it need not hold nova-compute for it.
    """
    world.cluster.history = [OLD.changed(completed=number)] if number else []
    full_member(world)

    assert world.mark("cmp1") == f"done {number}"


def test_a_node_that_returns_is_watched_once_more(world):
    """
    It was silent for long, and says that it is held. Nothing is ordered before its nova-compute was silent again.
    """
    world.params["evacuate_delay"] = "100"
    world.nova.boot("cmp1", 1)
    world.die("cmp1")
    ordered = []
    world.nova.trouble = lambda method, path: ordered.append(world.machine.now()) if method == "POST" else None
    returns = world.machine.now() + 80
    world.at(80, lambda: world.cluster.returns("cmp1"))

    world.pass_time(400, lambda: world.is_done("cmp1"))

    assert world.nova.where("cmp1") == []
    assert ordered[0] - returns >= 100


def test_another_row_has_the_name_of_the_dead_host(world):
    """
    Somebody has deleted the service, and nova-compute has made it again: it lives, so nothing more is ordered.
    """
    world.params["evacuate_delay"] = "100"
    world.nova.boot("cmp1", 1)
    world.die("cmp1")
    world.pass_time(30)
    row = world.nova.row("cmp1")
    world.nova.services["new"] = {**row, "id": "new"}
    del world.nova.services[row["id"]]

    world.pass_time(400)

    assert world.posts == []
    assert "nova-compute on cmp1 reports, though cmp1 was fenced" in world.text


@pytest.mark.parametrize("reports", [True, False])
def test_what_is_left_is_not_tried_again_if_the_node_was_back(world, reports):
    """
    The evacuator was off meanwhile. A remote node tells it by itself, and of a full member the reports of nova-compute do.
    """
    if reports:
        full_member(world)
    world.nova.boot("cmp1", 2)
    world.nova.room = {"cmp2": 0, "cmp3": 0}
    world.die("cmp1")
    world.pass_time(1500, lambda: world.mark("cmp1").endswith("partial"))
    world.act("stop")
    world.nova.power_on("cmp1")
    if reports:
        world.nova.start_compute("cmp1")
        world.pass_time_without(60)
        world.nova.hosts["cmp1"].serves = False
    world.cluster.change("cmp1", is_online=False, fenced=0)
    before, world.nova.room = world.mark("cmp1"), {}
    world.begin()

    world.pass_time(900)

    assert world.mark("cmp1") == before


def test_a_node_is_back_in_use_before_anybody_knows_that_it_was_forced_down(world):
    """
    The answer of Nova was lost, and the node has no hold. Its nova-compute reports, so it is enabled again.
    """
    world.nova.boot("cmp1", 2)
    world.die("cmp1")
    world.nova.trouble = lambda method, path: ("late", TimeoutError()) if method == "PUT" else None

    def returns():
        world.nova.power_on("cmp1")
        world.cluster.returns("cmp1", held=False)
        world.nova.start_compute("cmp1")

    world.at(1, returns)
    world.pass_time(30)
    world.nova.trouble = lambda method, path: None

    world.pass_time(400)

    row = world.nova.row("cmp1")
    assert (row["forced_down"], row["status"], world.posts) == (False, "enabled", [])
    assert world.text == ""


def test_somebody_moves_an_instance_between_the_list_and_the_last_look(world):
    """
    It is on a living host now, so there is nothing to order.
    """
    (key,) = world.nova.boot("cmp1", 1)

    def moved_meanwhile(method, path):
        if path == f"servers/{key}":
            world.nova.servers[key].update(host="cmp2", runs={"cmp2"})

    world.nova.trouble = moved_meanwhile
    world.die("cmp1")

    world.pass_time(300, lambda: world.is_done("cmp1"))

    assert world.posts == []
    assert world.is_done("cmp1")


def test_an_order_without_an_answer_counts_as_in_flight(world):
    """
    It may have been taken, so it has its place in the bound, and a member of its group waits.
    """
    world.params["max_in_flight"] = "1"
    world.nova.boot("cmp1", 3)
    world.nova.trouble = lambda method, path: ("late", ConnectionResetError()) if method == "POST" else None
    world.die("cmp1")

    world.pass_time(600, lambda: world.is_done("cmp1"))

    assert world.nova.where("cmp1") == []
    assert world.nova.most == 1


def test_a_node_returns_while_a_slow_api_takes_the_orders(world):
    """
    The facts of a round hold for ten seconds: then a new round looks whether the node is still away.
    """
    world.nova.boot("cmp1", 8)
    ask, ordered = world.machine.network.ask_all, []

    def slow(*words, **more):
        world.machine.sleep(2.5)
        return ask(*words, **more)

    def returns():
        world.nova.power_on("cmp1")
        world.cluster.returns("cmp1", held=False)
        world.nova.hosts["cmp1"].serves = True

    def first(method, path):
        if method == "POST" and not ordered:
            ordered.append(path)
            world.at(8, returns)

    world.machine.network.ask_all, world.nova.trouble = slow, first
    world.die("cmp1")

    world.pass_time(300)

    assert 1 <= len(world.posts) <= 2


def test_the_time_without_a_conductor_makes_no_record_stuck(world):
    """
    The order waits in the queue for an hour, and is worked on when the conductor is back.
    """
    world.nova.boot("cmp1", 1)

    def stops(method, path):
        if method == "POST":
            world.nova.workers_run = False

    world.nova.trouble = stops
    world.die("cmp1")
    world.pass_time(3600)
    assert world.nova.migrations[-1]["status"] == "accepted"
    world.nova.workers_run = True
    world.nova.migrations[-1]["due"] = world.machine.now() + 600

    world.pass_time(900, lambda: world.is_done("cmp1"))

    assert len(world.posts) == 1
    assert world.nova.where("cmp1") == []


def test_a_node_returns_while_its_instances_are_read(world):
    """
    To read the list took five seconds or more, so the cluster and Nova are asked once more before the first order.
    """
    world.params["evacuate_delay"] = "100"
    world.nova.boot("cmp1", 2)
    ask, died = world.machine.network.ask_all, world.machine.now()

    def slow(*words, **more):
        world.machine.sleep(2.5)
        return ask(*words, **more)

    def returns(method, path):
        if path == "servers/detail" and world.machine.now() > died + 100 and not world.nova.hosts["cmp1"].powered:
            world.nova.power_on("cmp1")
            world.cluster.returns("cmp1", held=False)
            world.nova.start_compute("cmp1")

    world.machine.network.ask_all, world.nova.trouble = slow, returns
    world.die("cmp1")

    world.pass_time(400)

    assert world.nova.hosts["cmp1"].powered
    assert world.posts == []


def test_a_node_without_a_place_is_held_while_an_order_may_arrive(world):
    """
    The order had no answer. A minute later it has a record, or it is lost.
    """
    world.nova.boot("cmp1", 1)
    lost = []

    def loses(method, path):
        if method != "POST" or lost:
            return None
        lost.append(world.machine.now())
        world.cluster.returns("cmp1")
        for name in ("cmp2", "cmp3"):
            world.nova.row(name)["status"] = "disabled"
        return ConnectionResetError()

    world.nova.trouble = loses
    world.die("cmp1")

    world.pass_time(400, lambda: world.is_done("cmp1"))

    assert world.is_done("cmp1")
    assert lost[0] + 60 <= world.cluster.written["cmp1"] <= lost[0] + 90


def test_failures_of_an_earlier_round_do_not_count(world):
    """
    Last month no host took the instance. That says nothing of today.
    """
    (key,) = world.nova.boot("cmp1", 1)
    for number in (1, 2, 3):
        record(world, key, number, "error", "evacuation")
    world.machine.sleep(60)
    world.die("cmp1")

    world.pass_time(300, lambda: world.is_done("cmp1"))

    assert world.nova.where("cmp1") == []
    assert not world.mark("cmp1").endswith("partial")


def test_nothing_stands_between_the_last_look_and_the_order(world):
    """
    Whatever an operator orders in that time is a second order.
    """
    world.nova.boot("cmp1", 4)
    world.die("cmp1")
    asked = []
    world.nova.trouble = lambda method, path: asked.append((world.machine.now(), method))

    world.pass_time(300, lambda: world.is_done("cmp1"))

    gaps = [after - before for (before, _), (after, method) in zip(asked, asked[1:]) if method == "POST"]
    assert len(gaps) == 4
    assert max(gaps) < 0.1


def test_flavors_that_cannot_be_read_are_asked_for_once_in_a_pass(world):
    """
    With a thousand instances, a thousand questions fail one after the other.
    """
    world.params["evacuable"] = "auto"
    world.nova.boot("cmp1", 5)
    asked = []

    def fails(method, path):
        if path != "flavors/detail":
            return None
        asked.append(world.machine.now())
        return b"HTTP/1.1 500 x\r\n\r\n{}"

    world.nova.trouble = fails
    world.die("cmp1")
    passes = 0
    while world.machine.now() < 1200:
        world.monitor()
        world.machine.sleep(10)
        passes += 1

    assert 1 <= len(asked) <= passes
    assert "nobody can tell whether 5 instances of cmp1 are tagged" in world.text


def test_more_server_groups_than_nova_lists_at_once(world):
    """
    Nova lists a thousand at most. A member of a group that was not read would get the state ERROR.
    """
    keys = world.nova.boot("cmp1", 2)
    others = [{"id": f"g{number}", "policy": "affinity", "members": []} for number in range(5)]
    world.nova.groups += [*others, {"id": "g", "policies": ["affinity"], "members": keys}]
    world.nova.max_limit = 2
    world.die("cmp1")

    world.pass_time(300, lambda: world.is_done("cmp1"))

    assert world.posts == []


def test_an_instance_in_a_cell_that_does_not_answer(world):
    """
    Nova says of it that its state is UNKNOWN, and not where it is. That is no lack of a role.
    """
    (key,) = world.nova.boot("cmp1", 1)
    said = {"server": {"id": key, "status": "UNKNOWN"}}
    text = f"HTTP/1.1 200 x\r\n\r\n{json.dumps(said)}".encode()
    world.nova.trouble = lambda method, path: text if path == f"servers/{key}" else None
    world.die("cmp1")

    world.pass_time(100)

    assert world.posts == []
    assert f"the cell of the instance {key} does not answer" in world.text


def test_a_stop_that_nova_refuses_is_repeated(world):
    """
    The instance was stopped before it got the state ERROR. The evacuation is not finished before it is stopped again.
    """
    (key,) = world.nova.boot("cmp1", 1, vm="error", power=4)
    posts = []

    def fails_once(method, path):
        if method == "POST":
            posts.append(path)
        return b"HTTP/1.1 503 x\r\n\r\n{}" if method == "POST" and len(posts) == 2 else None

    world.nova.trouble = fails_once
    world.die("cmp1")

    world.pass_time(300, lambda: world.is_done("cmp1"))

    assert world.nova.servers[key]["vm"] == "stopped"


def test_the_others_are_down_for_a_moment(world):
    """
    A broker died with the host, so Nova calls all computes down. The host is back and held: its instances still have a place.
    """
    world.nova.boot("cmp1", 2)
    world.die("cmp1")
    world.nova.workers_run = False
    world.pass_time(90)
    world.nova.power_on("cmp1")
    world.cluster.returns("cmp1")
    world.pass_time(120)
    assert not world.is_done("cmp1")
    world.nova.workers_run = True

    world.pass_time(600, lambda: world.is_done("cmp1"))

    assert world.nova.where("cmp1") == []


def test_a_record_whose_instance_is_elsewhere_by_now(world):
    """
    The target took the instance and died before it closed the record. Another evacuation brought it to a third host.
    """
    (key,) = world.nova.boot("cmp3", 1)
    record(world, key, 1, "pre-migrating", "evacuation", dest="cmp2")
    world.die("cmp1")

    world.pass_time(300, lambda: world.is_done("cmp1"))

    assert world.is_done("cmp1")
    assert world.posts == []


def test_only_a_dead_target_that_returns_has_room(world):
    """
    The first order ends with its target. The second one finds no host. The target returns, and takes the instance.
    """
    world.nova.boot("cmp1", 1)
    world.nova.build = 40
    world.nova.room = {"cmp3": 0}

    def loses():
        world.die("cmp2")
        world.nova.room["cmp2"] = 0

    def ordered(method, path):
        if method == "POST" and len(world.posts) == 0:
            world.at(10, loses)

    world.nova.trouble = ordered
    world.die("cmp1")
    world.pass_time(300)
    assert len(world.posts) >= 2
    assert world.nova.migrations[0]["status"] == "pre-migrating"
    world.nova.room["cmp2"] = 5
    world.nova.power_on("cmp2")
    world.cluster.returns("cmp2")
    world.pass_time(400, lambda: world.is_done("cmp2"))
    world.cluster.returns("cmp2", held=False)
    world.nova.start_compute("cmp2")

    world.pass_time(1500, lambda: not world.nova.where("cmp1"))

    assert world.nova.where("cmp1") == []


def test_nova_does_not_list_a_node_that_is_back(world):
    """
    An old Nova leaves out the rows of a cell that does not answer. The evacuation is not over.
    """
    world.nova.boot("cmp1", 2)
    world.nova.build = 10.0**6
    world.die("cmp1")
    world.pass_time(100, lambda: len(world.posts) == 2)
    world.nova.power_on("cmp1")
    world.cluster.returns("cmp1")
    key = world.nova.row("cmp1")["id"]
    row = world.nova.services.pop(key)
    world.pass_time(60)
    assert not world.is_done("cmp1")
    assert "Nova does not list nova-compute of cmp1 any more" in world.text

    world.nova.services[key] = row
    world.pass_time(60)

    assert not world.is_done("cmp1")


def test_a_round_asks_few_questions(world):
    """
    Nova needs a second or more for an answer while it works on evacuations, and a round repeats itself until their end.
    """
    world.nova.boot("cmp1", 4)
    world.nova.build = 600
    world.die("cmp1")
    world.pass_time(60, lambda: len(world.posts) == 4)
    world.nova.log.clear()

    world.monitor()

    world.nova.log.remove(("GET", "os-server-groups"))
    assert world.nova.log[1:4] == [("GET", "os-services"), ("GET", "os-migrations"), ("GET", "servers/detail")]
    assert not [path for _, path in world.nova.log if path.startswith("servers/") and path != "servers/detail"]


def test_what_is_left_is_told_while_nobody_can_witness(world):
    """
    The evacuator has moved, so the silence counts anew. The instances that could not be evacuated are still there.
    """
    world.nova.boot("cmp1", 1, vm="paused")
    world.die("cmp1")
    world.pass_time(200, lambda: world.is_done("cmp1"))
    assert world.mark("cmp1").endswith("partial")
    world.act("stop")
    world.begin()

    assert "1 x it is paused" in world.text


def test_a_list_of_many_pages_does_not_end_the_silence(world):
    """
    The reports are looked at between two pages, and not only between two hosts.
    """
    world.nova.boot("cmp1", 1600)
    world.nova.trouble = lambda method, path: world.machine.sleep(10) if path == "servers/detail" else None
    world.die("cmp1")

    world.pass_time(900, lambda: len(world.posts) >= 3)

    assert len(world.posts) >= 3


def test_a_row_that_nobody_has_deleted_holds_for_half_an_hour(world):
    """
    It is enabled and down for ever. The only other compute has died, too.
    """
    world.nova.boot("cmp1", 1)
    world.nova.hosts["cmp3"].serves = False
    world.die("cmp1")
    world.die("cmp2")
    world.pass_time(120)
    for name in ("cmp1", "cmp2"):
        world.nova.power_on(name)
        world.cluster.returns(name)
    world.pass_time(900)
    assert not world.is_done("cmp1")

    world.pass_time(1500, lambda: world.is_done("cmp1", "cmp2"))

    assert world.is_done("cmp1", "cmp2")
    assert world.posts == []


def test_a_stop_that_nova_never_takes_is_told_and_given_up(world):
    """
    Otherwise the host would be held for ever.
    """
    (key,) = world.nova.boot("cmp1", 1, vm="error", power=4)
    posts = []

    def fails(method, path):
        if method == "POST":
            posts.append(path)
        return b"HTTP/1.1 503 x\r\n\r\n{}" if method == "POST" and len(posts) > 1 else None

    world.nova.trouble = fails
    world.die("cmp1")

    world.pass_time(600, lambda: world.is_done("cmp1"))

    assert world.is_done("cmp1")
    assert any(f"{key} is to be stopped again: Nova answers 503" in text for text in world.shown)
