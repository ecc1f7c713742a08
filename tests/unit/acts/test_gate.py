"""nova-compute-wait waits until no evacuation is pending, and neutron-ha-tool does nothing."""

import pytest

from ocf_lib.codes import DEGRADED, ERR_CONFIGURED, ERR_GENERIC, NOT_RUNNING, SUCCESS

from ..pacemaker import Pacemaker
from ..worlds import RUN

GATE = {"agent": "nova-compute-wait", "CRM_meta_on_node": "cmp1"}
TOOL = {"agent": "neutron-ha-tool", "CRM_meta_on_node": "cmp1"}
OLD = {"auth_url": "http://192.0.2.10:5000/v2.0", "username": "admin", "password": "s3cr3t", "evacuation_delay": "120"}
NOT_FINISHED = "held: the evacuation of cmp1 is not finished"


@pytest.fixture
def pacemaker(machine):
    return Pacemaker(machine)


def shown(pacemaker) -> list[str]:
    """What the attribute of the node held, one after the other."""
    changes = [words[-1] for words in pacemaker.changes if words[0] != "--name=openstack-held"]
    return [change.removeprefix("--update=") for change in changes]


def test_a_node_that_was_not_fenced_need_not_wait(pacemaker, machine, cluster):
    """
    The parameters of the old agent have no effect.
    """
    assert cluster("start", **GATE, **OLD).code == SUCCESS
    assert machine.itself.slept == 0
    assert shown(pacemaker) == ["well"]
    assert cluster("monitor", interval=10, **GATE).code == SUCCESS
    assert "s3cr3t" not in str(machine.itself.logged)


def test_the_start_waits_for_the_end_of_the_evacuation(pacemaker, machine, cluster):
    """
    The node says meanwhile that no nova-compute runs there.
    """
    pacemaker.fence("cmp1")
    ask = pacemaker.ask

    def finish_later(argv, seconds):
        if machine.now() > 1042 and not pacemaker.markers:
            assert pacemaker.transient["openstack-held"] == {"cmp1": "1700000000"}
            pacemaker.markers["cmp1"] = "done 1700000000"
        return ask(argv, seconds)

    machine.programs.ask = finish_later
    assert cluster("start", timeout=600, **GATE).code == SUCCESS
    assert machine.itself.slept == 45
    assert shown(pacemaker) == [NOT_FINISHED, "well"]
    assert pacemaker.transient["openstack-held"] == {}


@pytest.mark.parametrize("timeout", [20, 600])
def test_the_start_fails_before_its_time_is_over(pacemaker, machine, cluster, timeout):
    """
    Then nova-compute, which starts after it, does not start.
    """
    pacemaker.fence("cmp1")
    seen = cluster("start", timeout=timeout, **GATE)

    assert (seen.code, seen.reason) == (
        ERR_GENERIC,
        f"nova-compute-wait: {NOT_FINISHED}; it does not wait for longer",
    )
    assert timeout * 0.4 < machine.itself.slept < timeout * 0.9
    assert cluster("monitor", **GATE).code == NOT_RUNNING


def test_what_an_earlier_start_said_is_taken_back(pacemaker, machine, cluster):
    """
    That start was killed while it waited. The evacuator would believe that no nova-compute runs here.
    """
    pacemaker.transient["openstack-held"] = {"cmp1": "1700000000"}
    pacemaker.trouble["attrd_updater"] = (102, "Could not connect to the attribute manager")
    seen = cluster("start", timeout=60, **GATE)
    assert seen.code == ERR_GENERIC
    assert "Could not connect to the attribute manager" in seen.reason
    pacemaker.trouble.clear()

    assert cluster("start", **GATE).code == SUCCESS

    assert pacemaker.transient["openstack-held"] == {}


def test_a_stop_takes_back_what_a_start_said(pacemaker, machine, cluster):
    """
    The start took all of its time.
    """
    pacemaker.fence("cmp1")
    assert cluster("start", timeout=60, **GATE).code == ERR_GENERIC
    assert pacemaker.transient["openstack-held"] == {"cmp1": "1700000000"}

    assert cluster("stop", **GATE).code == SUCCESS

    assert pacemaker.transient["openstack-held"] == {}


def test_a_cluster_that_cannot_be_asked_makes_it_wait(pacemaker, machine, cluster):
    """
    Nobody knows whether the node was fenced.
    """
    pacemaker.trouble["stonith_admin"] = TimeoutError("stonith_admin did not end in 10 s")
    seen = cluster("start", timeout=60, **GATE)

    assert seen.code == ERR_GENERIC
    assert seen.reason.startswith("nova-compute-wait: held: nobody knows whether the evacuation of cmp1 is finished")
    assert machine.itself.slept < 60


@pytest.mark.parametrize("agent", [GATE, TOOL])
def test_its_life_is_a_note(pacemaker, machine, cluster, agent):
    """
    Without the note it is not running, and a stop leaves nothing behind.
    """
    name = agent["agent"]
    assert cluster("monitor", **agent).code == NOT_RUNNING
    assert cluster("monitor", interval=10, **agent).code == NOT_RUNNING
    assert cluster("start", **agent).code == SUCCESS
    assert cluster("monitor", **agent).code == SUCCESS
    assert cluster("status", **agent).code == SUCCESS
    assert cluster("reload-agent", **agent).code == SUCCESS
    assert cluster("stop", **agent).code == SUCCESS
    assert cluster("stop", **agent).code == SUCCESS
    assert cluster("monitor", **agent).code == NOT_RUNNING
    assert [path for path in machine.files if path.startswith(f"{RUN}/p_{name}.")] == []
    machine.files.broken[f"{RUN}/p_{name}.active"] = "Read-only file system"
    assert cluster("start", **agent).reason == (
        f"{name}: there can be no note that it is started: {RUN}/p_{name}.active: Read-only file system"
    )


def test_the_empty_note_of_the_old_agent_counts(pacemaker, machine, cluster):
    """
    The old nova-compute-wait only touched it. A change of the package restarts nothing.
    """
    machine.files[f"{RUN}/p_nova-compute-wait.active"] = ""

    assert cluster("monitor", interval=10, **GATE).code == SUCCESS
    assert cluster("stop", **GATE).code == SUCCESS
    assert cluster("monitor", **GATE).code == NOT_RUNNING


@pytest.mark.parametrize("agent", [GATE, TOOL])
def test_validate_all_judges_the_parameters(pacemaker, machine, cluster, agent):
    """
    Those of the old agents have any value.
    """
    assert cluster("validate-all", **agent, **OLD, binary="x", os_cacert="maybe").code == SUCCESS
    assert cluster("validate-all", **agent, trace_ra="maybe").code == ERR_CONFIGURED


def test_the_tool_says_what_replaces_it(pacemaker, machine, cluster):
    """
    At each recurring monitor, and as the state of the node.
    """
    assert cluster("start", **TOOL).code == SUCCESS
    seen = cluster("monitor", interval=20, **TOOL, os_password="s3cr3t", os_auth_url="http://192.0.2.10:5000/v2")

    assert seen.code == DEGRADED
    assert seen.reason == (
        "neutron-ha-tool: it does nothing: Neutron moves the routers of a dead agent itself, with"
        " allow_automatic_l3agent_failover=true in neutron.conf"
    )
    assert shown(pacemaker) == [seen.reason.partition(": ")[2]]
