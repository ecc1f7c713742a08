"""The small parts: bounds, the silence of a nova-compute, the verdict on an instance, the old attribute."""

from __future__ import annotations

import pytest

from ocf_lib.cluster import request
from ocf_lib.context import Context
from ocf_lib.errors import Degraded
from ocf_lib.evacuation import bounds, records, server
from ocf_lib.evacuation.memory import Memory
from ocf_lib.evacuation.silence import Silence

from ..conftest import load
from ..double import Machine


def record(status="done", **more):
    row = {
        "id": 1,
        "uuid": "m",
        "migration_type": "evacuation",
        "instance_uuid": "i",
        "source_compute": "a",
        "status": status,
    }
    return records.migration({**row, **more})


@pytest.mark.parametrize(
    ("computes", "ended", "allowed"),
    [
        (8, "", 10),
        (2, "", 8),
        (1, "", 4),
        (0, "", 1),
        (8, "error", 5),
        (8, "error error error error error", 1),
        (8, "error done done", 7),
        (8, "done done", 10),
    ],
)
def test_a_failure_halves_what_may_be_in_flight(computes, ended, allowed):
    """
    And each success adds one. It is never more than four for each compute node.
    """
    assert bounds.in_flight(10, computes, tuple(record(status) for status in ended.split())) == allowed


def test_the_pause_doubles():
    """
    Half a minute, a minute, ... ten minutes at most.
    """
    assert [bounds.pause(failures) for failures in range(8)] == [0, 30, 60, 120, 240, 480, 600, 600]


@pytest.fixture
def context():
    """One invocation on the double."""
    return Context(load("NovaEvacuate"), ["NovaEvacuate", "monitor"], {"OCF_RESOURCE_INSTANCE": "p"}, Machine())


class Rows:
    """nova-compute of a dead host and of a living one, and the time."""

    def __init__(self, context):
        self.context, self.memory = context, Memory(context, "cmp1")
        self.dead, self.living = "0", 0

    def look(self, seconds=0, reports=True) -> Silence:
        self.context.sleep(seconds)
        self.living += reports
        silence = Silence(self.memory, self.context.now())
        row = records.service({"id": "1", "updated_at": self.dead})
        silence.look(row, (records.service({"id": "2", "updated_at": str(self.living)}),))
        return silence


def test_silence_counts_only_while_another_reports(context):
    """
    A minute without any report proves nothing. Three reports of another one do.
    """
    rows = Rows(context)
    assert [rows.look(10, reports=False).lasts() for _ in range(3)] == [0] * 3
    assert [rows.look(10).lasts() for _ in range(4)] == [0, 0, 50, 60]


def test_a_late_report_is_no_silence(context):
    """
    All report every 30 seconds. This one is late once, and another one has reported twice since its last report.
    """
    rows = Rows(context)
    rows.look(30)
    rows.dead = "1"
    rows.look(30)
    rows.look(5)
    assert rows.look(30).lasts() == 0
    rows.dead = "2"
    assert rows.look(5).lasts() == 0


def test_after_an_outage_silence_begins_a_minute_later(context):
    """
    Each nova-compute connects to the broker again at its own time: 10 to 38 seconds were measured.
    """
    rows = Rows(context)
    for _ in range(4):
        rows.look(10, reports=False)
    assert [rows.look(10).lasts() for _ in range(8)] == [0, 0, 0, 0, 0, 0, 10, 20]


def test_after_a_pause_of_the_evacuator_nobody_knows(context):
    """
    There may have been an outage meanwhile.
    """
    rows = Rows(context)
    for _ in range(5):
        silence = rows.look(10)
    assert silence.lasts() == 40

    assert [rows.look(61).lasts(), *(rows.look(10).lasts() for _ in range(7))] == [0, 0, 0, 0, 0, 0, 0, 10]


def test_a_report_begins_the_silence_anew(context):
    """
    Two changes of the row may be an operator's, three are nova-compute's.
    """
    rows = Rows(context)
    for _ in range(4):
        silence = rows.look(10)
    assert silence.lasts() == 30
    rows.dead = "1"
    silence = rows.look(10)
    assert (silence.lasts(), silence.lives) == (0, False)
    rows.dead = "2"
    silence = rows.look(10)
    assert (silence.lasts(), silence.lives, silence.reports) == (0, False, True)
    rows.dead = "3"
    assert rows.look(10).lives


def test_the_silence_of_a_held_node_needs_no_witness(context):
    """
    An agent on the node itself says that its nova-compute does not run.
    """
    rows = Rows(context)
    silence = [rows.look(10, reports=False) for _ in range(3)][-1]

    assert (silence.lasts(), silence.lasts(held=True)) == (0, 20)


def test_another_row_is_looked_at_anew(context):
    """
    Somebody has deleted the service, and it was made again: the silence of the old row says nothing.
    """
    rows = Rows(context)
    for _ in range(4):
        silence = rows.look(10)
    assert silence.lasts() == 30

    other = Silence(rows.memory, context.now())
    other.look(records.service({"id": "9", "updated_at": "0"}), ())

    assert other.lasts(held=True) == 0


def test_changes_of_one_moment_are_one(context):
    """
    An operator disables and forces down in two requests.
    """
    rows = Rows(context)
    rows.look(10)
    for value in ("1", "2", "3", "4"):
        rows.dead = value
        silence = rows.look(1)

    assert not silence.lives
    assert not silence.reports


def test_a_value_was_watched_until_a_pause(context):
    """
    Nobody knows what happened in a pause of more than a minute.
    """
    rows = Rows(context)
    rows.look(10)
    rows.dead = "1"
    assert rows.look(60).watched("0")
    assert not rows.look(61).watched("0")


def test_our_own_change_is_no_report(context):
    """
    Forcing down changes the row once.
    """
    rows = Rows(context)
    for _ in range(4):
        silence = rows.look(10)
    silence.we_change()
    rows.dead = "1"
    silence = rows.look(10)
    assert (silence.lasts(), silence.reports) == (0, False)
    assert [rows.look(10).lasts() for _ in range(4)] == [0, 0, 30, 40]


def test_our_own_change_and_two_of_an_operator_are_no_life(context):
    """
    Only the third change that is not ours is one of nova-compute.
    """
    rows = Rows(context)
    rows.look(10)
    Silence(rows.memory, context.now()).we_change()
    for value in ("1", "2", "3"):
        rows.dead = value
        silence = rows.look(10)
    assert not silence.lives

    rows.dead = "4"
    assert rows.look(10).lives


def test_a_memory_of_the_time_before_a_reboot_counts_for_nothing(context):
    """
    Its times are on another clock.
    """
    memory = Memory(context, "cmp1")
    memory.part("tries")["i"] = [1, 5000.0, ""]
    memory.save()
    assert Memory(context, "cmp1").part("tries") == {"i": [1, 5000.0, ""]}
    context.host.itself._clock = 10.0

    assert Memory(context, "cmp1").data == {}


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "1" * 9999])
def test_a_memory_that_makes_no_sense_is_none(context, text):
    """
    Somebody else may have written it.
    """
    context.host.files["/run/resource-agents/p.evacuation-cmp1"] = f"{context.now():.3f} {text}"

    assert Memory(context, "cmp1").data == {}


def instance(**more):
    row = {"id": "i", "OS-EXT-SRV-ATTR:host": "a", "OS-EXT-STS:vm_state": "active", "OS-SRV-USG:launched_at": "x"}
    return records.instance({**row, **more})


@pytest.mark.parametrize(
    ("dest", "dead", "stuck", "state", "do"),
    [
        (None, (), (), "active", "wait"),
        (None, (), (1,), "active", "reset"),
        (None, (), (1,), "error", "evacuate"),
        ("b", (), (1,), "active", "wait"),
        ("b", ("b",), (), "active", "reset"),
        ("b", ("b",), (), "error", "evacuate"),
        ("b", ("c",), (), "error", "wait"),
    ],
)
def test_what_is_in_flight_is_overtaken_only_if_nobody_works_on_it(dest, dead, stuck, state, do):
    """
    Its host is proven dead; or no host has taken it, for longer than any conductor works on it.
    """
    flying = record("pre-migrating" if dest else "accepted", dest_compute=dest)
    one = instance(**{"OS-EXT-STS:vm_state": state})

    assert server.judge(one, (flying,), (), server.World(dead=dead, stuck=stuck)).do == do


def move(kind="live-migration", status="running", dest="cmp2"):
    return records.migration(
        {"id": 9, "status": status, "migration_type": kind, "instance_uuid": "a", "source_compute": "cmp1",
         "dest_compute": dest}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "moving", "resets", "expected"),
    [
        ({}, (), False, "evacuate"),
        ({"OS-EXT-STS:task_state": "powering-off"}, (), False, "evacuate"),
        ({"OS-EXT-STS:task_state": "image_snapshot"}, (), False, "evacuate"),
        ({"OS-EXT-STS:task_state": "deleting"}, (), False, "leave"),
        ({"OS-EXT-STS:vm_state": "soft-delete"}, (), False, "leave"),
        ({"OS-EXT-STS:task_state": "rebuilding"}, (), False, "leave: its task is rebuilding"),
        ({"OS-EXT-STS:task_state": "spawning"}, (), False, "leave: it is being built"),
        ({"OS-EXT-STS:vm_state": "building"}, (), False, "leave: it is being built"),
        ({"OS-SRV-USG:launched_at": None}, (), False, "leave: it is being built"),
        ({"OS-EXT-STS:vm_state": "paused"}, (), False, "leave: it is paused"),
        ({"OS-EXT-STS:vm_state": "paused"}, (), True, "reset"),
        ({"OS-EXT-STS:vm_state": "resized"}, (), False, "leave: it is being resized"),
        ({"OS-EXT-STS:vm_state": "resized"}, (), True, "reset"),
        ({"OS-EXT-STS:task_state": "resize_migrating"}, (), True, "leave: it is being resized"),
        ({}, (move("resize", "post-migrating"),), True, "leave: it is being resized"),
        ({}, (move("migration", "finished"),), False, "leave: it is being resized"),
        ({}, (move("migration", "finished"),), True, "evacuate"),
        ({}, (move(),), True, "leave: it is being live-migrated to cmp2"),
        ({}, (move(dest=""),), True, "leave: it is being live-migrated to another host"),
        ({"OS-EXT-STS:task_state": "migrating"}, (), True, "leave: it is being live-migrated to another host"),
        ({"OS-EXT-STS:task_state": "migrating"}, (move(dest="cmp3"),), False, "evacuate"),
    ],
)
def test_what_to_do_with_an_instance(more, moving, resets, expected):
    """
    The dead hosts are cmp1 and cmp3.
    """
    world = server.World(dead=("cmp1", "cmp3"), resets=resets)

    found = server.judge(instance(**more), (), moving, world)

    assert f"{found.do}: {found.why}".removesuffix(": ") == expected


def test_a_rebuild_is_evacuated_only_if_its_evacuation_failed():
    """
    Its user may rebuild it; that is no evacuation.
    """
    one, failed = (
        instance(**{"OS-EXT-STS:task_state": "rebuild_spawning"}),
        records.migration({"id": 1, "status": "failed"}),
    )

    assert server.judge(one, (failed,), (), server.World()) == server.EVACUATE
    assert server.judge(one, (), (), server.World()).do == "leave"


@pytest.fixture
def attribute(context, monkeypatch):
    """The attribute ``evacuate``, as attrd_updater prints it."""
    said = {"answer": (0, "")}

    def ask(argv, seconds):
        said.setdefault("words", []).append(argv)
        return said["answer"]

    monkeypatch.setattr(context.host.programs, "ask", ask)
    return said


def test_the_old_attribute_is_read_and_written(context, attribute):
    """
    It is private: no line of it comes into the CIB.
    """
    attribute["answer"] = (0, 'name="evacuate" host="cmp1" value="yes"\nname="evacuate" host="cmp2" value="no"\n')
    assert request.values(context) == {"cmp1": "yes", "cmp2": "no"}
    request.tell(context, "cmp1", "no")

    assert attribute["words"] == [
        ["/usr/sbin/attrd_updater", "--name=evacuate", "--query", "--all"],
        ["/usr/sbin/attrd_updater", "--private", "--name=evacuate", "--node=cmp1", "--update=no"],
    ]


def test_an_attribute_that_nobody_has_set_is_no_fault(context, attribute):
    """
    attrd_updater exits with 6 or 105 then. Another failure is one.
    """
    attribute["answer"] = (6, "Could not query value of evacuate: attribute does not exist\n")
    assert request.values(context) == {}
    attribute["answer"] = (1, "Connection to cluster failed\n")
    with pytest.raises(Degraded, match="Connection to cluster failed"):
        request.values(context)
