"""nova-compute is held after its node was fenced, until the evacuation of the node is finished."""

import pytest

from ocf_lib.codes import DEGRADED, ERR_ARGS, ERR_GENERIC, ERR_INSTALLED, NOT_RUNNING, SUCCESS

from ..pacemaker import Pacemaker
from ..worlds import BROKER, NOVA, RUN, run_worker

NODE = {"CRM_meta_on_node": "cmp1"}
HELD = {"agent": "nova-compute", "hold": "yes", **NODE}
NOT_FINISHED = "held: the evacuation of cmp1 is not finished"
NOTE = f"{RUN}/p_nova-compute.held"


@pytest.fixture
def pacemaker(machine):
    """A cluster with a compute node, cmp1, where nova-compute is installed and the broker answers."""
    run_worker(machine, "nova-compute")
    machine.processes.clear()
    machine.files.pop(f"{RUN}/p_nova-compute.pid")
    return Pacemaker(machine)


@pytest.fixture
def held(pacemaker, cluster):
    """That cluster, after it has fenced cmp1, and cmp1 has returned."""
    pacemaker.fence("cmp1")
    assert cluster("start", **HELD).code == SUCCESS
    return pacemaker


def shown(pacemaker) -> list[str]:
    """What the attribute of the node held, one after the other."""
    changes = [words[-1] for words in pacemaker.changes if words[0] == "--name=openstack-p_nova-compute"]
    return [change.removeprefix("--update=") for change in changes]


def says(pacemaker) -> str:
    """Whether the node says that it is held: the evacuator believes nothing else."""
    return pacemaker.transient["openstack-held"].get("cmp1", "no")


def connect(machine):
    """The daemon that was launched connects to its broker."""
    machine.connects(machine.programs.launched[-1].pid, "192.0.2.5", 5672)


def test_a_start_after_the_fencing_returns_at_once_and_launches_nothing(held, machine):
    """
    A start that waits would keep the cluster from fencing another node.
    """
    assert machine.itself.slept == 0
    assert machine.programs.launched == []
    assert shown(held) == [NOT_FINISHED]
    assert says(held) == "1700000000"


def test_the_monitor_launches_it_as_soon_as_the_evacuation_is_finished(held, machine, recurring):
    """
    Until then it is degraded, and from then on an ordinary nova-compute.
    """
    for text in (None, "pending 1700000000", "pending 1700000000 4e3b6f0e"):
        if text:
            held.markers["cmp1"] = text
        seen = recurring(**HELD)
        assert (seen.code, seen.reason) == (DEGRADED, f"nova-compute: {NOT_FINISHED}")
        assert machine.programs.launched == []
    held.markers["cmp1"] = "done 1700000000 4e3b6f0e partial"
    seen = recurring(**HELD)
    assert (seen.code, seen.reason) == (
        DEGRADED,
        "nova-compute: no connection to broker mq1:5672, for less than 60 s so far",
    )
    assert len(machine.programs.launched) == 1
    assert NOTE not in machine.files
    connect(machine)
    assert recurring(**HELD).code == SUCCESS
    assert (shown(held)[0], shown(held)[-1]) == (NOT_FINISHED, "well")
    assert says(held) == "no"
    machine.kill(machine.programs.launched[0].pid)
    assert recurring(**HELD).code == NOT_RUNNING
    assert len(machine.programs.launched) == 1


def test_the_node_says_that_it_is_held_until_the_launch_and_no_longer(held, machine, recurring):
    """
    The evacuator takes such a node for one without a nova-compute.
    """
    launch, said = machine.programs.launch, []

    def look(*arguments):
        said.append(says(held))
        return launch(*arguments)

    machine.programs.launch = look
    assert recurring(**HELD).code == DEGRADED
    assert says(held) == "1700000000"
    held.markers["cmp1"] = "done 1700000000"
    recurring(**HELD)

    assert said == ["no"]


def test_nothing_is_launched_while_the_node_still_says_that_it_is_held(held, machine, recurring):
    """
    The cluster does not take that back. The next monitor tries again.
    """
    held.markers["cmp1"] = "done 1700000000"
    held.trouble["attrd_updater"] = (102, "Connection refused")
    assert recurring(**HELD).reason == "nova-compute: the cluster cannot be asked: attrd_updater: Connection refused"
    assert machine.programs.launched == []
    held.trouble.clear()
    recurring(**HELD)
    assert len(machine.programs.launched) == 1


def test_a_node_that_could_not_say_it_says_it_later(pacemaker, machine, cluster, recurring):
    """
    Until then the evacuator waits, and nova-compute, too.
    """
    pacemaker.fence("cmp1")
    pacemaker.trouble["attrd_updater"] = (102, "Connection refused")
    assert cluster("start", **HELD).code == SUCCESS
    assert recurring(**HELD).reason == f"nova-compute: {NOT_FINISHED}"
    pacemaker.trouble.clear()
    assert recurring(**HELD).reason == f"nova-compute: {NOT_FINISHED}"
    assert says(pacemaker) == "1700000000"


@pytest.mark.parametrize("program", ["crm_attribute", "stonith_admin"])
def test_a_cluster_that_cannot_be_asked_holds_it(pacemaker, machine, cluster, recurring, program):
    """
    Nobody knows whether the node was fenced. The next monitor that gets an answer launches the daemon.
    """
    pacemaker.trouble[program] = (102, "Connection refused")
    assert cluster("start", **HELD).code == SUCCESS
    seen = recurring(**HELD)
    assert (seen.code, seen.reason) == (
        DEGRADED,
        "nova-compute: held: nobody knows whether the evacuation of cmp1 is finished:"
        f" the cluster cannot be asked: {program}: Connection refused",
    )
    assert machine.programs.launched == []
    pacemaker.trouble.clear()
    recurring(**HELD)
    assert len(machine.programs.launched) == 1


def test_a_cluster_that_hangs_holds_it_within_the_time_of_the_action(held, machine, recurring):
    """
    The old NovaCompute had a monitor of 20 s.
    """
    held.trouble["stonith_admin"] = TimeoutError("stonith_admin did not end in 5 s")
    for _ in range(3):
        began = machine.now()
        assert recurring(timeout=20, **HELD).code == DEGRADED
        assert machine.now() - began < 18


def test_a_held_monitor_asks_the_cluster_every_few_seconds(held, machine, cluster):
    """
    The first one is part of a transition, and returns at once. Each further one waits, if it may watch.
    """
    slept = []
    for _ in range(3):
        before = machine.itself.slept
        assert cluster("monitor", interval=1, **HELD).code == DEGRADED
        slept.append(machine.itself.slept - before)

    assert slept == [0, 5, 5]


def test_nothing_is_asked_without_hold(machine, cluster, recurring, pacemaker):
    """
    Nor does a monitor of a running nova-compute ask, with or without it.
    """
    pacemaker.fence("cmp1")
    assert cluster("start", agent="nova-compute", **NODE).code == ERR_GENERIC
    assert len(machine.programs.launched) > 0
    connect(machine)
    for hold in ("no", "yes"):
        assert recurring(**{**HELD, "hold": hold}).code == SUCCESS
    assert set(pacemaker.asked) == {"attrd_updater"}


def test_a_node_that_was_not_fenced_starts_as_ever(pacemaker, machine, cluster):
    """
    Or whose evacuation is finished.
    """
    for markers in ({}, {"cmp1": "done 1700000000"}):
        pacemaker.markers = markers
        machine.processes.clear()
        launched = len(machine.programs.launched)
        cluster("start", **HELD)
        assert len(machine.programs.launched) > launched
        assert cluster("stop", **HELD).code == SUCCESS
        pacemaker.fence("cmp1")


def test_a_probe_finds_nothing_and_a_stop_has_nothing_to_end(held, machine, cluster, recurring):
    """
    After the stop nobody remembers that it was held.
    """
    assert cluster("monitor", **HELD).code == NOT_RUNNING
    assert NOTE in machine.files
    assert cluster("stop", **HELD).code == SUCCESS
    assert NOTE not in machine.files
    assert says(held) == "no"
    assert recurring(**HELD).code == NOT_RUNNING


def test_a_second_start_holds_it_on(held, machine, cluster, recurring):
    """
    After a probe, Pacemaker starts what does not run.
    """
    assert cluster("start", **HELD).code == SUCCESS
    assert recurring(**HELD).reason == f"nova-compute: {NOT_FINISHED}"


def test_a_nova_compute_that_runs_already_is_not_held(pacemaker, machine, cluster, recurring):
    """
    It has done its damage. The agent adopts it.
    """
    run_worker(machine, "nova-compute")
    machine.connects(42, "192.0.2.5", 5672)
    pacemaker.fence("cmp1")

    assert cluster("start", **HELD).code == SUCCESS
    assert recurring(**HELD).code == SUCCESS
    assert machine.programs.launched == []


def test_one_that_runs_already_and_ends_is_not_launched_again(pacemaker, machine, cluster):
    """
    systemd has started it at boot, and it ends while the start waits for it.
    """
    run_worker(machine, "nova-compute")
    pacemaker.fence("cmp1")
    sleep = machine.itself.sleep

    def die(seconds):
        machine.processes.clear()
        sleep(seconds)

    machine.itself.sleep = die
    assert cluster("start", **HELD).code == SUCCESS
    assert machine.programs.launched == []
    assert says(pacemaker) == "1700000000"


def test_one_that_somebody_starts_by_hand_is_no_longer_held(held, machine, recurring):
    """
    If it crashes later, the monitor says so, and launches nothing.
    """
    run_worker(machine, "nova-compute")
    machine.connects(42, "192.0.2.5", 5672)
    assert recurring(**HELD).code == SUCCESS
    assert says(held) == "no"
    machine.processes.clear()
    assert recurring(**HELD).code == NOT_RUNNING
    assert machine.programs.launched == []


def test_new_parameters_are_taken_while_it_is_held(held, machine, cluster, recurring):
    """
    Without hold, the next monitor launches the daemon.
    """
    off = {**HELD, "hold": "no"}
    assert cluster("reload-agent", **off).code == SUCCESS
    recurring(**off)
    assert len(machine.programs.launched) == 1


def test_a_value_of_hold_that_is_neither_yes_nor_no_holds(pacemaker, machine, cluster, recurring):
    """
    A mistake must not let nova-compute start too early.
    """
    pacemaker.fence("cmp1")
    bad = {**HELD, "hold": "maybe"}

    assert cluster("start", **bad).code == SUCCESS
    assert recurring(**bad).reason == f"nova-compute: {NOT_FINISHED}"
    assert machine.programs.launched == []


def test_a_program_that_is_missing_is_told_at_the_start(pacemaker, machine, cluster):
    """
    And not only after the evacuation.
    """
    pacemaker.fence("cmp1")
    machine.programs.clear()

    assert cluster("start", **HELD).code == ERR_INSTALLED


def test_a_program_that_was_removed_meanwhile_is_an_error_of_the_monitor(held, machine, recurring):
    """
    Pacemaker then starts it anew, and that start says what is missing.
    """
    held.markers["cmp1"] = "done 1700000000"
    machine.programs.clear()

    assert recurring(**HELD).code == ERR_GENERIC
    assert recurring(**HELD).code == NOT_RUNNING


def test_a_start_that_cannot_note_that_it_holds_fails(pacemaker, machine, cluster):
    """
    The monitor would say that it does not run.
    """
    pacemaker.fence("cmp1")
    machine.files.broken[NOTE] = "Read-only file system"
    seen = cluster("start", **HELD)

    assert (seen.code, seen.reason) == (
        ERR_GENERIC,
        f"nova-compute: {NOT_FINISHED}; and there can be no note of it: {NOTE}: Read-only file system",
    )


def test_without_the_name_of_the_node_it_is_held(pacemaker, machine, cluster, recurring):
    """
    crm_resource passes none, and no cluster can be asked for a node without a name.
    """
    nameless = {**HELD, "CRM_meta_on_node": ""}

    assert cluster("start", **nameless).code == SUCCESS
    assert recurring(**nameless).reason == "nova-compute: held: Pacemaker did not say which node this is"


@pytest.mark.parametrize("name", ["qemu-system-x86", "qemu-kvm", "qemu:instance-0", "libvirt_lxc", "cloud-hyperviso"])
def test_instances_on_a_node_that_is_being_evacuated_are_told(held, machine, recurring, name):
    """
    They run twice, or will. The node no longer says that it is empty.
    """
    machine.process(7, name=name)
    held.markers["cmp1"] = "pending 1700000000 4e3b6f0e"

    assert recurring(**HELD).reason == (
        "nova-compute: held, but instances run here (pid 7): the evacuation of cmp1 is not finished"
    )
    assert says(held) == "no"


def test_instances_and_a_cluster_that_cannot_be_asked(pacemaker, machine, cluster, recurring):
    """
    A restart of nova-compute on a node in use. The reason speaks of the cluster, and the node says nothing.
    """
    machine.process(7, name="qemu-system-x86")
    pacemaker.trouble["crm_attribute"] = (102, "Connection refused")
    assert cluster("start", **HELD).code == SUCCESS
    assert recurring(**HELD).reason.startswith("nova-compute: held: nobody knows whether the evacuation of cmp1")
    assert says(pacemaker) == "no"


def test_a_node_whose_statement_is_lost_says_it_again(held, machine, recurring):
    """
    Pacemaker 2.1.5 forgets it if another controller takes over the connection to the node.
    """
    held.transient.clear()
    recurring(**HELD)

    assert says(held) == "1700000000"


@pytest.mark.parametrize("marker", [None, "pending 1700000000", "pending 1700000000 partial", "done 1600000000"])
def test_an_old_fencing_holds_no_node_that_is_in_use(pacemaker, machine, cluster, marker):
    """
    Nobody has forced its nova-compute down, and instances run here: the node has been back since.
    """
    pacemaker.fence("cmp1")
    if marker:
        pacemaker.markers["cmp1"] = marker
    machine.process(7, name="qemu-system-x86")
    cluster("start", **HELD)

    assert len(machine.programs.launched) > 0
    assert (
        "warning",
        "WARNING: the evacuation of cmp1 is not finished, but instances run here, so nothing is held: pid 7",
    ) in machine.itself.logged


def test_what_is_no_instance_does_not_count(held, machine, recurring):
    """
    Other programs of QEMU, and what has ended.
    """
    machine.process(7, name="qemu-nbd")
    machine.process(8, name="qemu-system-x86", state="Z")

    assert recurring(**HELD).reason == f"nova-compute: {NOT_FINISHED}"


def test_level_10_finds_what_makes_a_host_unfit_to_hold(pacemaker, machine, cluster):
    """
    What starts instances at boot, and a missing program. Only of a nova-compute that holds.
    """
    assert cluster("validate-all", level=10, **HELD).code == SUCCESS
    machine.files[NOVA] = f"{BROKER}resume_guests_state_on_host_boot = True\n"
    seen = cluster("validate-all", level=10, **HELD)
    assert (seen.code, seen.reason) == (
        ERR_ARGS,
        "nova-compute: resume_guests_state_on_host_boot would start instances that run elsewhere:"
        f" set it to false in {NOVA}",
    )
    assert cluster("validate-all", level=10, agent="nova-compute").code == SUCCESS
    assert cluster("validate-all", level=0, **HELD).code == SUCCESS
    machine.files[NOVA] = BROKER
    machine.programs.remove("/usr/sbin/stonith_admin")
    assert cluster("validate-all", level=10, **HELD).reason == (
        "nova-compute: stonith_admin is missing, so the cluster cannot be asked: install Pacemaker's command line tools"
    )
    machine.programs.add("/usr/sbin/stonith_admin")
    machine.files["/etc/systemd/system/multi-user.target.wants/libvirt-guests.service"] = ""
    assert cluster("validate-all", level=10, **HELD).reason == (
        "nova-compute: libvirt-guests would start instances at boot: set ON_BOOT=ignore in /etc/default/libvirt-guests"
    )
    for line in ("ON_BOOT=ignore", 'ON_BOOT="ignore"', "ON_BOOT='ignore'"):
        machine.files["/etc/sysconfig/libvirt-guests"] = f"#ON_BOOT=start\n{line}\n"
        assert cluster("validate-all", level=10, **HELD).code == SUCCESS
    machine.files["/etc/libvirt/qemu/autostart/instance-00000007.xml"] = ""
    seen = cluster("validate-all", level=10, **HELD)
    assert (seen.code, seen.reason) == (
        ERR_ARGS,
        "nova-compute: libvirt would start instance-00000007 at boot: virsh autostart --disable instance-00000007",
    )


def test_novacompute_is_a_nova_compute_that_holds(pacemaker, machine, cluster, recurring):
    """
    With the parameters of the old agent, and its log where the distribution has it.
    """
    pacemaker.fence("cmp1")
    machine.files["/var/log/nova/nova-api.log"] = ""
    old = {
        "agent": "NovaCompute", "auth_url": "http://192.0.2.10:5000/v2.0", "username": "admin", "password": "s3cr3t",
        "tenant_name": "admin", "domain": "example.org", "endpoint_type": "internalURL", "region_name": "one",
        "insecure": "0", "no_shared_storage": "1", "evacuation_delay": "120", "CRM_meta_on_node": "cmp1",
    }  # fmt: skip
    assert cluster("validate-all", level=10, **old).code == SUCCESS
    assert cluster("start", **old).code == SUCCESS
    assert recurring(**old).reason == f"NovaCompute: {NOT_FINISHED}"
    pacemaker.markers["cmp1"] = "done 1700000000"
    recurring(**old)
    assert "--log-file=/var/log/nova/nova-compute.log" in machine.programs.launched[0].argv
    assert "s3cr3t" not in str(machine.itself.logged)


def test_a_node_that_still_says_that_it_is_held_launches_nothing(held, machine, cluster, recurring):
    """
    The cluster did not take it when the last stop took it back. The evacuator would believe that nothing runs here.
    """
    cluster("stop", **HELD)
    held.markers["cmp1"] = "done 1700000000 4e3b6f0e"
    held.transient["openstack-held"] = {"cmp1": "1700000000"}
    held.trouble["attrd_updater"] = (102, "Could not connect to the attribute manager")
    assert cluster("start", **HELD).code == SUCCESS
    assert not machine.programs.launched
    assert "Could not connect to the attribute manager" in recurring(**HELD).reason
    held.trouble.clear()

    recurring(**HELD)

    assert machine.programs.launched
    assert held.transient["openstack-held"] == {}


def test_a_daemon_that_runs_takes_back_later_what_the_cluster_did_not_take(held, machine, recurring):
    """
    Somebody has started it by hand. Without this, the evacuator would believe for ever that nothing runs here.
    """
    run_worker(machine, "nova-compute")
    machine.connects(42, "192.0.2.5", 5672)
    held.trouble["attrd_updater"] = (102, "Could not connect to the attribute manager")
    recurring(**HELD)
    assert says(held) == "1700000000"
    held.trouble.clear()

    assert recurring(**HELD).code == SUCCESS

    assert says(held) == "no"


def test_a_node_that_says_that_it_is_held_launches_nothing_without_hold_either(held, machine, cluster, recurring):
    """
    The cluster did not take what the last stop took back, and an operator has removed the parameter since.
    """
    without = {**HELD, "hold": "no"}
    held.trouble["attrd_updater"] = (102, "Could not connect to the attribute manager")
    cluster("stop", **HELD)
    assert cluster("start", **without).code == SUCCESS
    assert not machine.programs.launched
    held.trouble.clear()

    recurring(**without)

    assert machine.programs.launched
    assert says(held) == "no"
