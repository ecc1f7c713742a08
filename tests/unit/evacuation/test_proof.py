"""Which fencing of a node is new, and proves something: a table."""

from __future__ import annotations

import pytest

from ocf_lib.cluster.cib import Cib, Device, Node
from ocf_lib.cluster.fencing import A_HUMAN, Fencing
from ocf_lib.cluster.marker import Marker
from ocf_lib.context import Context
from ocf_lib.evacuation import proof, records

from ..conftest import load
from ..double import Machine

F = 1_700_000_000
NEW = (F, "")
NOTHING = (0, "")
CLOCK = (0, "cmp1 was fenced, but its marker is of a later time: a clock was wrong")
UNKNOWN = (0, "cmp1 is away, and nobody knows whether it was back since it was fenced")


def look(old=0, by="ctl1", agent="fence_ipmilan", **more):
    """What the cluster knows of cmp1: it was fenced at F, and is away."""
    node = Node(**{"name": "cmp1", "is_remote": False, "is_online": False, **more})
    cib = Cib(nodes=(node,), fencing_is_on=True, devices=(Device(name="d", agent=agent),))
    history = (Fencing(target="cmp1", action="off", status="success", completed=F, by=by),)
    found = proof.look(cib, history, node, old)
    assert found.by == ("" if not found.fencing else by)
    return found.fencing, found.refusal


@pytest.mark.parametrize(
    ("marker", "full", "remote"),
    [
        ("", NEW, NEW),
        (f"done {F}", NOTHING, NOTHING),
        (f"done {F - 20}", NOTHING, NOTHING),
        (f"done {F + 20}", NOTHING, NOTHING),
        (f"done {F - 21}", NEW, NEW),
        (f"pending {F - 21}", NEW, NEW),
        (f"pending {F - 20}", NOTHING, NOTHING),
        (f"done {F + 21}", CLOCK, NEW),
        (f"pending {F + 21}", NOTHING, NEW),
    ],
)
def test_a_fencing_is_new_if_its_number_is_another_one(marker, full, remote):
    """
    Two nodes write down two times of one fencing. The number of a remote node is the same for all.
    """
    assert look(marker=marker) == full
    assert look(marker=marker, is_remote=True, fenced=F) == remote


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, UNKNOWN),
        ({"marker": "done 5"}, UNKNOWN),
        ({"marker": "pending 5"}, NOTHING),
        ({"marker": "done 5", "is_online": True}, NOTHING),
        ({"marker": "pending 5", "is_online": True}, NOTHING),
        ({"marker": "done 5", "is_online": True, "is_held": True}, NEW),
        ({"marker": "done 5", "is_held": True}, UNKNOWN),
        ({"marker": "done 5", "is_remote": True, "fenced": F}, NEW),
    ],
)
@pytest.mark.parametrize("late", [0, 20])
def test_a_full_member_may_have_been_back_since_an_old_fencing(more, expected, late):
    """
    Only a full member: a remote node says so by itself. If it is online and held, nothing has begun to run there.
    """
    assert look(old=F - late, **more) == expected


def test_a_fencing_after_the_first_look_is_new():
    """
    The evacuator has seen how it happened.
    """
    assert look(old=F - 21, marker="done 5") == NEW


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"is_unclean": True}, (0, "cmp1 is unclean: its fencing has not succeeded")),
        ({"is_unclean": True, "marker": "pending 5"}, (0, "cmp1 is unclean: its fencing has not succeeded")),
        ({"is_remote": True}, NOTHING),
        ({"is_remote": True, "marker": "pending 5"}, NOTHING),
        ({"agent": "fence_compute"}, (0, "cmp1 was fenced, but d (fence_compute) for cmp1 cuts no power: nothing proves that"
                                         " it is dead")),
        ({"agent": "fence_compute", "by": A_HUMAN}, NEW),
    ],
)  # fmt: skip
def test_what_proves_nothing(more, expected):
    """
    A lost node whose fencing has not succeeded, a remote node that was back since, and a device without power.
    """
    assert look(**more) == expected


@pytest.mark.parametrize(
    ("marker", "age", "fresh"),
    [(0, 0, True), (0, 299, True), (0, 300, False), (0, -20, True), (0, -21, False), (F - 3600, 0, False),
     (F - 3601, 0, True), (F + 9999, 0, False)],
)  # fmt: skip
def test_a_fencing_is_fresh_for_five_minutes(marker, age, fresh):
    """
    And if it is no other number of the same fencing: the clocks of two controllers are not hours apart.
    """
    assert proof.is_fresh(Marker(state="done", fencing=marker), F, F + age) is fresh


def row(node, hosts, **params):
    """The host that is meant by a node."""
    environ = {"OCF_RESOURCE_INSTANCE": "p", **{f"OCF_RESKEY_{name}": value for name, value in params.items()}}
    context = Context(load("NovaEvacuate"), ["/x/NovaEvacuate", "monitor"], environ, Machine())
    services = tuple(records.service({"id": host, "host": host, "binary": "nova-compute"}) for host in hosts.split())
    conductor = records.service({"id": "c", "host": node, "binary": "nova-conductor"})
    found, unclear = proof.row(context, Node(name=node, is_remote=True, is_online=True), (conductor, *services))
    return unclear or (found.host if found else "")


@pytest.mark.parametrize(
    ("node", "hosts", "params", "expected"),
    [
        ("cmp1", "cmp1 cmp1.a", {}, "cmp1"),
        ("CMP1", "cmp1 cmp2", {}, "cmp1"),
        ("cmp1", "cmp1.a cmp2.a", {}, "cmp1.a"),
        ("cmp1.a", "cmp1 cmp2", {}, "cmp1"),
        ("cmp1.a", "cmp1.b cmp2.b", {}, ""),
        ("cmp1", "cmp1.a cmp1.b", {}, "cmp1 may be any of the hosts cmp1.a, cmp1.b"),
        ("cmp1", "cmp1.a cmp1.b", {"domain": "b"}, "cmp1.b"),
        ("cmp1", "cmp1.a cmp1.b", {"domain": ".B."}, "cmp1.b"),
        ("cmp1", "cmp11 cmp2", {}, ""),
        ("cmp1", "cmp1 cmp2", {"host_map": "cmp1=cmp2"}, "cmp2"),
        ("Cmp1", "cmp1 cmp2", {"host_map": "cmp2=cmp1;cmp1=cmp2"}, "cmp2"),
        ("cmp1", "cmp1 cmp2", {"host_map": "cmp1=CMP2"}, "CMP2 is no host of Nova"),
    ],
)
def test_which_host_a_node_is(node, hosts, params, expected):
    """
    host_map, else the same name, else the first label if only one host has it and one of the names is short.
    """
    assert row(node, hosts, **params) == expected
