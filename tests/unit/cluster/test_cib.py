"""The cluster's information base, and what a success of its fencing proves."""

from pathlib import Path

import pytest

from ocf_lib import errors
from ocf_lib.cluster import cib
from ocf_lib.cluster.power import without_power

CAPTURED = Path(__file__).parent / "captured"
IPMI = ("ipmi", "fence_ipmilan")


def test_nodes_are_those_of_the_configuration_and_of_the_status(pacemaker, context):
    """
    A remote node without a permanent attribute is only in the status.
    """
    pacemaker.markers["cmp1"] = "done 1700000000"
    pacemaker.online.update(cmp1=False, ctl1=False)
    pacemaker.fenced["cmp1"] = 1_700_000_000
    seen = cib.read(context)

    assert [(node.name, node.is_remote, node.is_online, node.fenced, node.marker) for node in seen.nodes] == [
        ("ctl1", False, False, 0, ""),
        ("cmp1", True, False, 1_700_000_000, "done 1700000000"),
        ("cmp2", True, True, 0, ""),
    ]
    assert seen.node("CMP2").name == "cmp2"
    assert seen.node("cmp3") is None


def test_a_remote_node_to_which_pacemaker_connects_is_not_online(pacemaker, context):
    """
    crm_mon says online as soon as the connection begins, even if the host has no power.
    """
    pacemaker.fenced["cmp1"] = 1_700_000_000

    assert not cib.read(context).node("cmp1").is_online


def test_a_lost_node_that_is_not_fenced_yet_is_unclean(pacemaker, context):
    """
    Nobody knows whether it still runs instances.
    """
    pacemaker.online["cmp1"] = False
    pacemaker.unclean.add("cmp1")

    assert [node.name for node in cib.read(context).nodes if node.is_unclean] == ["cmp1"]


@pytest.mark.parametrize(
    ("said", "held", "number"),
    [("1700000000", True, 1_700_000_000), ("0", True, 0), ("no", False, 0), (None, False, 0)],
)
def test_a_node_says_itself_that_it_holds_nova_compute(pacemaker, context, said, held, number):
    """
    It gives the number that it has for the fencing: its fencer may have another clock than that of the evacuator.
    """
    pacemaker.transient["openstack-held"] = {"cmp2": "7", **({"cmp1": said} if said else {})}

    seen = cib.read(context).node("cmp1")
    assert (seen.is_held, seen.waits_for) == (held, number)


@pytest.mark.parametrize(
    ("value", "on"), [("unset", True), ("true", True), ("false", False), ("Off", False), ("0", False)]
)
def test_fencing_is_on_unless_the_cluster_says_otherwise(pacemaker, context, value, on):
    """
    It is on by default.
    """
    pacemaker.fencing = value

    assert cib.read(context).fencing_is_on is on


@pytest.mark.parametrize("program", ["cibadmin", "crm_mon"])
def test_a_cib_that_cannot_be_had_is_no_empty_one(pacemaker, context, program):
    """
    The caller gets Degraded, and knows nothing.
    """
    pacemaker.trouble[program] = (102, "Connection to the CIB manager failed: Transport endpoint\n")

    with pytest.raises(errors.Degraded, match=f"{program}: Connection to the CIB manager failed"):
        cib.read(context)


def test_the_built_in_watchdog_is_a_proof(pacemaker, context):
    """
    A level may name it though no resource has this name: the fencer makes the device itself.
    """
    pacemaker.device("mark", "fence_compute")
    pacemaker.level(1, "mark,watchdog", target="cmp1")
    pacemaker.level(2, "mark,gone", target="cmp1")

    assert without_power(cib.read(context), "cmp1") == "level 2 for cmp1 (mark, gone) cuts no power"


def test_an_attribute_manager_that_cannot_be_asked_holds_up_no_dead_node(pacemaker, context):
    """
    Then no node counts as held, so an online node is not evacuated, and a dead one is.
    """
    pacemaker.transient["openstack-held"] = {"cmp1": "7"}
    pacemaker.trouble["attrd_updater"] = (102, "Could not connect to the attribute manager\n")

    assert not cib.read(context).node("cmp1").is_held


def test_a_power_device_is_a_proof(pacemaker, context):
    """
    One device for all computes, without a topology.
    """
    pacemaker.device(*IPMI, pcmk_host_map="cmp1:10;cmp2:11")

    assert without_power(cib.read(context), "cmp1") == ""


@pytest.mark.parametrize("agent", ["fence_compute", "fence_evacuate", "fence_dummy", "fence_heuristics_ping"])
def test_a_device_that_only_marks_is_none(pacemaker, context, agent):
    """
    If it can fence the node alone, a success proves nothing.
    """
    pacemaker.device(*IPMI)
    pacemaker.device("mark", agent, pcmk_host_list="cmp1, cmp2")
    seen = cib.read(context)

    assert without_power(seen, "cmp1") == f"mark ({agent}) for cmp1 cuts no power"
    assert without_power(seen, "CMP2") == f"mark ({agent}) for CMP2 cuts no power"
    assert without_power(seen, "ctl1") == ""


@pytest.mark.parametrize(
    "attributes", [{}, {"pcmk_host_check": "none", "pcmk_host_list": "ctl1"}, {"pcmk_host_check": "dynamic-list"}]
)
def test_a_device_that_names_no_nodes_may_fence_any(pacemaker, context, attributes):
    """
    The fencer asks such a device, and the CIB does not hold the answer.
    """
    pacemaker.device("mark", "fence_compute", **attributes)

    assert without_power(cib.read(context), "cmp1") == "mark (fence_compute) for cmp1 cuts no power"


def test_in_a_level_one_power_device_is_enough(pacemaker, context):
    """
    All devices of a level have to succeed. Devices outside the topology do not fence the node.
    """
    pacemaker.device(*IPMI)
    pacemaker.device("mark", "fence_compute")
    pacemaker.level(1, "ipmi,mark", target="CMP1")
    seen = cib.read(context)

    assert without_power(seen, "cmp1") == ""
    assert without_power(seen, "cmp2") == "mark (fence_compute) for cmp2 cuts no power"


@pytest.mark.parametrize("where", [{"target": "cmp1"}, {"target_pattern": "^CMP[0-9]$"}])
def test_each_level_of_the_node_must_cut_the_power(pacemaker, context, where):
    """
    The history does not tell which level succeeded.
    """
    pacemaker.device(*IPMI)
    pacemaker.device("mark", "fence_compute", pcmk_host_list="cmp1")
    pacemaker.level(1, "ipmi,mark", target="cmp1")
    pacemaker.level(2, "mark", **where)

    assert without_power(cib.read(context), "cmp1") == "level 2 for cmp1 (mark) cuts no power"


@pytest.mark.parametrize("pattern", ["cmp[[:digit:]]", "cmp(", "*"])
def test_a_pattern_that_only_posix_knows_is_no_proof(pacemaker, context, pattern):
    """
    Nobody can tell whether the level is for the node.
    """
    pacemaker.device(*IPMI)
    pacemaker.level(1, "ipmi", target_pattern=pattern)

    assert without_power(cib.read(context), "cmp1") == f"level 1: nobody can tell whether {pattern} stands for cmp1"


def test_a_level_may_be_for_an_attribute(pacemaker, context):
    """
    It is for the nodes whose permanent attribute has the value.
    """
    pacemaker.device(*IPMI)
    pacemaker.device("mark", "fence_compute", pcmk_host_list="cmp1,cmp2")
    pacemaker.markers["cmp1"] = "rack-4"
    pacemaker.level(1, "ipmi", target_attribute="openstack-evacuation", target_value="rack-4")
    seen = cib.read(context)

    assert without_power(seen, "cmp1") == ""
    assert without_power(seen, "cmp2") == "mark (fence_compute) for cmp2 cuts no power"


def test_a_device_that_is_gone_did_not_cut_the_power(pacemaker, context):
    """
    Somebody removed it after the fencing, or the level names another.
    """
    pacemaker.level(1, "ipmi", target="cmp1")

    assert without_power(cib.read(context), "cmp1") == "level 1 for cmp1 (ipmi) cuts no power"


def test_a_device_may_come_from_a_template(pacemaker, context):
    """
    The template has the agent; device and template together have the nodes.
    """
    pacemaker.resources = (
        '<template id="t" class="stonith" type="fence_compute"/>'
        '<group id="g"><primitive id="mark" template="t"><instance_attributes id="a"><nvpair id="b"'
        ' name="pcmk_host_list" value="cmp1"/></instance_attributes></primitive></group>'
    )
    seen = cib.read(context)

    assert without_power(seen, "cmp1") == "mark (fence_compute) for cmp1 cuts no power"
    assert without_power(seen, "cmp2") == ""


@pytest.mark.parametrize(
    ("world", "online", "unclean", "fenced"),
    [
        ("remote-stopped", False, False, False),
        ("remote-fencing-pending", False, True, False),
        ("remote-confirmed", False, False, True),
        ("remote-back-after-two-fencings", True, False, False),
    ],
)
def test_a_remote_node_of_a_real_cluster(pacemaker, context, world, online, unclean, fenced):
    """
    What cibadmin and crm_mon of Pacemaker 3.0.0 printed. The other three nodes are well.
    """
    for program in ("cib", "crm_mon"):
        text = (CAPTURED / f"{program}-trixie-{world}.xml").read_text()
        pacemaker.trouble[program.replace("cib", "cibadmin")] = (0, text)
    seen = cib.read(context)

    four = seen.node("four")
    assert (four.is_remote, four.is_online, four.is_unclean, bool(four.fenced)) == (True, online, unclean, fenced)
    assert {node.name: node.is_remote for node in seen.nodes if node.is_online and node is not four} == {
        "one": False, "two": False, "five": True
    }  # fmt: skip
    assert four.marker == "pending test"
    assert seen.fencing_is_on
    assert [(device.name, device.agent) for device in seen.devices] == [("power", "fence_box")]
