"""start, stop, status, probe, reload-agent and validate-all; and what a pass costs, shows and hides."""

from __future__ import annotations

import pytest

from ocf_lib.cluster.cib import Device
from ocf_lib.codes import ERR_ARGS, ERR_CONFIGURED, ERR_GENERIC, NOT_RUNNING, SUCCESS
from ocf_lib.evacuation import pace

from ..worlds import CREDENTIALS
from .conftest import World


@pytest.fixture
def idle(monkeypatch, keystone):
    """A world in which the evacuator was not started."""
    return World(monkeypatch, keystone)


def test_start_needs_no_api(idle):
    """
    Neither Nova nor Keystone nor the cluster is asked.
    """
    assert idle.act("start", os_auth_url="nonsense").code == SUCCESS
    assert (idle.nova.log, idle.machine.network.requests) == ([], [])


def test_a_probe_and_status_look_at_the_note(idle):
    """
    It runs here if it was started here.
    """
    assert [idle.act(action).code for action in ("monitor", "status")] == [NOT_RUNNING] * 2
    idle.act("start")
    assert [idle.act(action).code for action in ("monitor", "status")] == [SUCCESS] * 2
    idle.act("stop")
    assert [idle.act(action).code for action in ("monitor", "status")] == [NOT_RUNNING] * 2
    assert idle.act("stop").code == SUCCESS


def test_a_monitor_without_the_note_is_not_running(idle):
    """
    Pacemaker starts it again, and nothing was done.
    """
    seen = idle.act("monitor", interval=10)

    assert (seen.code, seen.reason) == (NOT_RUNNING, "NovaEvacuate: it was not started here")
    assert idle.nova.log == []


def test_a_run_directory_that_takes_nothing(idle):
    """
    A start fails with the reason. A monitor gives no order: without a note, it might give one twice.
    """
    idle.machine.files.broken["/run/resource-agents/p_evacuate.evacuates"] = "No space left on device"
    seen = idle.act("start")
    assert (seen.code, "No space left on device" in seen.reason) == (ERR_GENERIC, True)

    idle.machine.files.broken.clear()
    idle.begin()
    idle.nova.boot("cmp1", 2)
    idle.machine.files.broken["/run/resource-agents/p_evacuate.evacuation-cmp1"] = "No space left on device"
    idle.die("cmp1")
    idle.pass_time(200)
    assert idle.posts == []
    assert "the evacuator cannot keep a note" in idle.text


def test_a_mistake_stops_nothing(world):
    """
    Degraded, with the parameter in the reason; and nothing is moved before somebody has corrected it.
    """
    world.nova.boot("cmp1", 1)
    world.die("cmp1")
    for name, value in (("evacuable", "some"), ("host_map", "cmp1"), ("max_in_flight", "ten"), ("os_username", "")):
        before = world.params.get(name)
        world.params[name] = value
        assert name.replace("os_username", "credentials") in world.monitor().reason
        world.params[name] = before or ""
    world.machine.sleep(60)
    assert world.posts == []


@pytest.mark.parametrize(
    ("more", "code", "reason"),
    [
        ({}, SUCCESS, ""),
        ({"evacuable": "some"}, ERR_CONFIGURED, "evacuable: 'some' is none of all, tagged, auto"),
        ({"host_map": "a"}, ERR_CONFIGURED, "host_map: 'a' is no pair node=host"),
        ({"retries": "x"}, ERR_CONFIGURED, "retries: 'x' is not a whole number"),
        (
            {"os_password": ""},
            ERR_CONFIGURED,
            "the monitoring credentials are incomplete: os_password must be set with them",
        ),
    ],
)
def test_validate_all_looks_at_the_parameters(idle, more, code, reason):
    """
    At level 0 nobody is asked.
    """
    seen = idle.act("validate-all", **more)

    assert (seen.code, seen.reason.removeprefix("NovaEvacuate: ")) == (code, reason)
    assert idle.calls == 0


def test_validate_all_at_level_10_asks_the_cluster_and_nova(idle):
    """
    Fencing has to be on, and the user has to be an admin.
    """
    assert idle.act("validate-all", level=10).code == SUCCESS
    idle.nova.is_admin = False
    seen = idle.act("validate-all", level=10)
    assert (seen.code, "403" in seen.reason) == (ERR_ARGS, True)
    idle.cluster.fencing_is_on = False
    assert "fencing is off (stonith-enabled=false)" in idle.act("validate-all", level=10).reason


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"compute_nodes": "cmp1, CMP2"}, ""),
        ({"compute_nodes": "cmp1 cmp9"}, "cmp9 is no node of the cluster"),
        ({"host_map": "cmp9=cmp1"}, "cmp9 is no node of the cluster"),
        ({"host_map": "cmp1=nova-1"}, "nova-1 is no host of Nova"),
        ({"compute_nodes": "cmp1 ctl1"}, "ctl1 is no host of Nova"),
        ({"compute_nodes": "cmp3 cmp2"}, "mark (fence_compute) for cmp3 cuts no power: a fencing would prove nothing"),
    ],
)
def test_validate_all_at_level_10_looks_at_each_declared_node(idle, more, reason):
    """
    An operator learns while a node lives what would hold up its evacuation.
    """
    idle.cluster.nodes["cmp3"] = idle.cluster.nodes["cmp3"].changed(is_remote=False)
    idle.cluster.devices = (*idle.cluster.devices, Device(name="mark", agent="fence_compute", hosts=("cmp3",)))

    seen = idle.act("validate-all", level=10, **more)

    assert seen.reason.removeprefix("NovaEvacuate: ") == reason
    assert seen.code == (ERR_ARGS if reason else SUCCESS)


def test_the_old_names_of_the_parameters_mean_the_same(idle, keystone):
    """
    A resource of the old agent works unchanged.
    """
    idle.params = {
        "auth_url": "http://vip:5000/v3", "username": "admin", "password": "s3cr3t", "tenant_name": "admin",
        "user_domain": "Users", "project_domain": "Projects", "region_name": "one", "endpoint_type": "internalURL",
        "insecure": "1", "no_shared_storage": "1", "verbose": "1", "domain": "example.org", "evacuate_delay": "30",
    }  # fmt: skip
    assert idle.act("validate-all").code == SUCCESS
    idle.begin()
    idle.nova.boot("cmp1", 1)
    idle.die("cmp1")

    idle.pass_time(200, lambda: idle.is_done("cmp1"))

    assert idle.nova.where("cmp1") == []
    assert [(login.at, login.password) for login in keystone.logins] == [("http://vip:5000/v3", "s3cr3t")]


def test_evacuate_delay_is_waited_for(idle):
    """
    A storage may need it until it gives up the locks of the dead host.
    """
    idle.params["evacuate_delay"] = "300"
    idle.begin()
    idle.nova.boot("cmp1", 1)
    idle.die("cmp1")
    idle.pass_time(150)
    assert idle.posts == []

    idle.pass_time(400, lambda: idle.is_done("cmp1"))
    assert len(idle.posts) == 1


def test_reload_agent_forgets_the_token(world):
    """
    A changed password counts at once, without a restart.
    """
    world.nova.boot("cmp1", 1)
    world.die("cmp1")
    world.monitor()
    path = "/run/resource-agents/p_evacuate.token"
    assert path in world.machine.files

    assert world.act("reload-agent").code == SUCCESS
    assert path not in world.machine.files
    world.act("stop")
    assert world.act("reload-agent").code == ERR_GENERIC


def test_an_idle_pass_asks_three_questions(world):
    """
    Two of the CIB's room and one attribute; no API, and no configuration is written.
    """
    before, written = world.calls, len(world.cluster.writes)

    assert world.monitor().code == SUCCESS

    notes = 1  # when the last pass was
    assert (world.calls - before, len(world.cluster.writes)) == (3 + notes, written)


def test_the_first_monitor_after_a_start_makes_one_round(idle):
    """
    It is a part of a transition, which waits for it.
    """
    idle.nova.boot("cmp1", 1)
    idle.die("cmp1")
    idle.act("start")
    began = idle.machine.now()

    idle.monitor()

    assert idle.machine.now() - began < 1


def test_the_state_is_shown_while_the_pass_works(world):
    """
    The attribute of the node tells more than the last result: a pass takes up to 96 seconds.
    """
    world.nova.boot("cmp1", 12)
    world.die("cmp1")
    world.monitor()

    assert any("evacuating cmp1: " in text for text in world.shown)
    assert len(set(world.shown)) >= 3


def test_a_slow_api_rests_only_after_a_round_without_orders(world):
    """
    To read everything takes the API a while, and then it has as long for others. But the next orders follow soon.
    """
    world.nova.answers = 3.0
    world.nova.boot("cmp1", 12)
    world.die("cmp1")
    asked = []
    world.nova.trouble = lambda method, path: asked.append((world.machine.now(), method, path))
    world.pass_time(900, lambda: world.is_done("cmp1"))

    rests = [
        (method, after - before)
        for (before, method, _), (after, _, path) in zip(asked, asked[1:])
        if path == "os-services" and "POST" in [verb for when, verb, _ in asked if when <= before]
    ]
    assert max(rest for method, rest in rests if method == "POST") < 6
    assert max(rest for method, rest in rests if method == "GET") > 8


@pytest.mark.parametrize("delay", [25, 40])
def test_the_first_order_comes_as_soon_as_the_silence_is_long_enough(world, delay):
    """
    While nothing changes, it looks less often. But it knows when it has to look again.
    """
    world.params["evacuate_delay"] = str(delay)
    world.nova.boot("cmp1", 1)
    world.die("cmp1")
    asked = []
    world.nova.trouble = lambda method, path: asked.append((world.machine.now(), method))
    world.monitor()

    forced = min(when for when, method in asked if method == "PUT")
    ordered = min(when for when, method in asked if method == "POST")
    # Another nova-compute needs up to 30 seconds for three reports.  A look in between finds the row that we have changed.
    assert ordered - forced < max(delay, 30) + 6


def test_the_next_order_comes_soon_after_the_end_of_one_in_flight(world):
    """
    While nothing changes, it looks less often, but not if instances wait only for a place in the bound.
    """
    world.nova.boot("cmp1", 16)
    ordered = []
    world.nova.trouble = lambda method, path: ordered.append(world.machine.now()) if method == "POST" else None
    world.die("cmp1")
    world.pass_time(300, lambda: world.is_done("cmp1"))

    gaps = [after - before for before, after in zip(ordered, ordered[1:])]
    # The double needs 11 seconds for an instance, and four are in flight.
    assert max(gaps) < 11 + pace.ROUND_FULL + 1


def test_no_secret_is_shown(world):
    """
    Neither the password nor a token is in a log, a reason, an attribute or a word of a program.
    """
    world.nova.boot("cmp1", 2)
    world.nova.trouble = lambda method, path: (
        b'HTTP/1.1 400 x\r\n\r\n{"badRequest": {"message": "no s3cr3t and no token-1"}}' if method == "POST" else None
    )
    world.die("cmp1")
    world.pass_time(200)

    told = f"{world.seen} {world.machine.itself.logged} {world.shown} {world.cluster.told} {world.cluster.writes}"
    assert "****" in told
    assert CREDENTIALS["os_password"] not in told
    assert "token-1" not in told


@pytest.mark.parametrize(("version", "fits"), [("2.93", True), ("2.60", True), ("2.53", True), ("2.42", False)])
def test_versions_of_the_api(world, version, fits):
    """
    Train and later use 2.73, Pike and later 2.53. An older Nova is refused, with the version in the reason.
    """
    world.nova.boot("cmp1", 1)
    world.nova.version = version
    world.die("cmp1")

    world.pass_time(200, lambda: fits and world.is_done("cmp1"))

    assert (len(world.posts) == 1) is fits
    assert ("2.42" in world.text) is not fits
