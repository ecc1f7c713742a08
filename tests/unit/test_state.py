"""What the attribute of the node says of a service, and when it changes."""

import pytest

from ocf_lib.cloud import login
from ocf_lib.codes import DEGRADED, ERR_GENERIC, NOT_RUNNING, SUCCESS

from .worlds import CREDENTIALS, RUN, rows, run_keystone, run_worker

NODE = {"CRM_meta_on_node": "one"}
REFUSED = "http://127.0.0.1:5000/v3 refuses user admin: 401"
GONE = "the daemon has ended, and nothing is left of it"


class Attrd:
    """The attribute manager of a cluster: what the attribute of each resource held, one after the other."""

    def __init__(self, machine):
        self._machine = machine
        self.seen: list[tuple[str, str]] = []
        self.trouble: Exception | None = None
        machine.programs.ask = self.ask

    def ask(self, argv, seconds):
        program, name, node, change = argv
        assert (program, node) == ("/usr/sbin/attrd_updater", "--node=one")
        self.seen.append((name.removeprefix("--name="), change.removeprefix("--update=")))
        if isinstance(self.trouble, TimeoutError):
            self._machine.sleep(seconds)
        if self.trouble:
            raise self.trouble
        return 0, ""

    @property
    def values(self) -> list[str]:
        return [value for _, value in self.seen]


@pytest.fixture
def attrd(machine):
    return Attrd(machine)


def test_the_attribute_changes_with_the_state_alone(machine, cluster, keystone, attrd):
    """
    Start, monitors and stop run one process for each change.
    """
    run_keystone(machine)
    sign_in = {**CREDENTIALS, **NODE}
    assert cluster("start", **sign_in).code == SUCCESS
    assert attrd.seen == [("openstack-p_keystone", "well")]
    for _ in range(3):
        assert cluster("monitor", interval=1, **sign_in).code == SUCCESS
    keystone.problem = login.Refused(REFUSED)
    machine.files.pop(f"{RUN}/p_keystone.token")
    for _ in range(3):
        assert cluster("monitor", interval=1, **sign_in).code == DEGRADED
    assert attrd.values == ["well", REFUSED]
    machine.answers("/v3", b"HTTP/1.1 500 No\r\n\r\n")
    assert cluster("monitor", interval=1, **sign_in).code == ERR_GENERIC
    machine.answers("/v3")
    keystone.problem = None
    machine.files.pop(f"{RUN}/p_keystone.login")
    assert cluster("monitor", interval=1, **sign_in).code == SUCCESS
    machine.kill(42)
    assert cluster("monitor", interval=1, **sign_in).code == NOT_RUNNING
    assert attrd.values == ["well", REFUSED, "http://127.0.0.1:5000/v3 answers 500", "well", GONE]
    assert cluster("stop", **sign_in).code == SUCCESS
    assert attrd.values[5:] == ["--delete"]
    assert f"{RUN}/p_keystone.shown" not in machine.files


def test_a_reason_that_changes_while_the_service_stays_degraded_is_shown(machine, recurring, attrd):
    """
    Pacemaker goes on showing the first reason. The attribute has the present one.
    """
    run_worker(machine, "nova-conductor")
    assert recurring(agent="nova-conductor", **NODE).code == DEGRADED
    machine.sleep(20)
    assert recurring(agent="nova-conductor", **NODE).code == DEGRADED
    machine.answers("", ConnectionRefusedError(111, "Connection refused"), port=5672)
    assert recurring(agent="nova-conductor", **NODE).code == DEGRADED

    assert len(attrd.values) == 2
    assert attrd.values[0] == "no connection to broker mq1:5672, for less than 60 s so far"
    assert attrd.values[1].startswith("broker ")


def test_another_number_of_seconds_is_no_other_state(machine, recurring, attrd):
    """
    The time that is left for a question differs from one monitor to the next.
    """
    run_keystone(machine)
    machine.answers("/v3", TimeoutError())
    for timeout in (20, 22, 60):
        assert recurring(timeout=timeout, **NODE).code == ERR_GENERIC

    assert attrd.values == ["http://127.0.0.1:5000/v3 does not answer in 9 s"]


@pytest.mark.parametrize("between", ["monitor", "reload-agent"])
def test_after_a_transition_the_state_is_shown_again(machine, cluster, recurring, attrd, between):
    """
    A restart of Pacemaker removes the attributes of the node, and begins with a probe.
    """
    run_keystone(machine)
    for _ in range(2):
        recurring(**NODE)
    cluster(between, **NODE)
    assert attrd.values == ["well"]
    for _ in range(2):
        recurring(**NODE)

    assert attrd.values == ["well", "well"]


def test_the_state_is_shown_again_each_hour(machine, recurring, attrd):
    """
    Somebody may have removed the attribute.
    """
    run_keystone(machine)
    for _ in range(24 * 60):
        assert recurring(**NODE).code == SUCCESS
        machine.sleep(60)

    assert attrd.values == ["well"] * 24


def test_nothing_is_asked_if_no_cluster_runs(machine, cluster, recurring):
    """
    Only a cluster passes the name of the node. The double would refuse the question.
    """
    run_keystone(machine)

    for seen in (cluster("start"), recurring(), cluster("stop")):
        assert seen.code == SUCCESS
    assert not [path for path in machine.files if path.endswith(".shown")]


@pytest.mark.parametrize(
    "trouble", [FileNotFoundError(2, "No such file or directory"), TimeoutError("attrd_updater did not end in 2 s")]
)
def test_a_cluster_that_takes_no_attribute_changes_no_result(machine, cluster, recurring, attrd, trouble):
    """
    Without attrd_updater, or with an attrd that hangs, an action waits 2 s at most, and monitors ask once a minute.
    """
    run_keystone(machine)
    attrd.trouble = trouble
    assert cluster("start", **NODE).code == SUCCESS
    for _ in range(60):
        assert recurring(**NODE).code == SUCCESS
        machine.sleep(3)
    assert len(attrd.seen) == 3
    assert machine.itself.slept <= 180 + 3 * 2
    assert ("warning", f"WARNING: the state is not shown: attrd_updater: {trouble.strerror or trouble}") in (
        machine.itself.logged
    )
    assert cluster("stop", **NODE).code == SUCCESS


def test_a_monitor_that_looks_less_deep_does_not_hide_a_reason(machine, cluster, keystone, attrd):
    """
    With two recurring monitors, what one of them says stands while it says it. Then the other one counts again.
    """
    run_worker(machine, "nova-conductor")
    machine.connects(42, "192.0.2.5", 5672)
    rows(machine, "nova-conductor", ("controller", "down"))
    worker = {"agent": "nova-conductor", "watch_time": "0", **NODE}
    for _ in range(4):
        assert cluster("monitor", interval=30, **worker, **CREDENTIALS).code in (DEGRADED, ERR_GENERIC)
        for _ in range(3):
            assert cluster("monitor", interval=10, **worker).code == SUCCESS
            machine.sleep(10)
    listed = "the nova API says that it is down"
    assert attrd.values == [f"{listed}, for less than 60 s so far", listed]
    # The deep monitor is taken out of the configuration.
    machine.sleep(100)
    assert cluster("monitor", interval=10, **worker).code == SUCCESS
    assert attrd.values[2:] == ["well"]


def test_a_value_is_one_short_line_without_secrets(machine, recurring, keystone, attrd):
    """
    Whatever comes from outside is cut, masked and printable.
    """
    run_keystone(machine)
    keystone.problem = login.Refused(f"{REFUSED} s3cr3t \0\n{300 * 'x'}")
    assert recurring(**CREDENTIALS, **NODE).code == DEGRADED

    (value,) = attrd.values
    assert value.startswith(REFUSED)
    assert value.endswith("...")
    assert (len(value), value.isprintable(), "s3cr3t" in value) == (200, True, False)


@pytest.mark.parametrize("text", ["", "1000.000 ", "1000.000 x y z", "1000.000 9 \u0663 well", "9" * 30])
def test_garbage_in_the_note_shows_the_state_again(machine, recurring, attrd, text):
    """
    Whatever the note holds, the monitor has a verdict.
    """
    run_keystone(machine)
    machine.files[f"{RUN}/p_keystone.shown"] = text

    assert recurring(**NODE).code == SUCCESS
    assert attrd.values == ["well"]


def test_the_first_monitor_replaces_the_reason_of_a_degraded_start(machine, cluster, recurring, keystone, attrd):
    """
    A start says its reason only once, so nobody has to wait until it is old.
    """
    run_keystone(machine)
    keystone.problem = login.Refused(REFUSED)
    assert cluster("start", **CREDENTIALS, **NODE).code == SUCCESS
    keystone.problem = None
    machine.files.pop(f"{RUN}/p_keystone.login")
    assert recurring(**CREDENTIALS, **NODE).code == SUCCESS

    assert attrd.values == [REFUSED, "well"]
