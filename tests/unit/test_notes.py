"""What a resource remembers between two invocations."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocf_lib import notes
from ocf_lib.codes import DEGRADED, NOT_RUNNING, SUCCESS
from ocf_lib.context import Context

from .conftest import SERVICE
from .double import Machine
from .worlds import CREDENTIALS, install_keystone, run_keystone, run_worker


@given(st.binary(max_size=200), st.sampled_from(["pid", "token", "monitor-1000", "not-yet-1000"]))
def test_garbage_in_a_note_does_not_stop_a_verdict(content, name):
    """
    Whatever a file of the agent holds, a monitor has a verdict.
    """
    from ocf_lib.main import run

    machine = Machine()
    install_keystone(machine)
    run_keystone(machine)
    machine.files[f"/run/resource-agents/p.{name}"] = content.decode("utf-8", "replace")
    import io

    err = io.StringIO()
    environ = {"OCF_RESOURCE_INSTANCE": "p", "OCF_RESKEY_CRM_meta_interval": "1000", "PCMK_LOGFACILITY": "daemon"}
    code = run(Context(SERVICE, ["keystone", "monitor"], environ, machine), io.StringIO(), err)

    assert code in (SUCCESS, NOT_RUNNING)
    assert "bug" not in err.getvalue()


@pytest.mark.parametrize("name", ["monitor-1000", "not-yet-1000"])
def test_a_note_that_cannot_be_read_or_written_is_no_verdict(machine, recurring, keystone, name):
    """
    Whatever the file system says of the agent's own notes, the agent judges the service all the same.
    """
    run_keystone(machine)
    path = f"/run/resource-agents/p_keystone.{name}"
    machine.files[path] = "1"
    machine.files.broken[path] = "Input/output error"

    assert recurring(**CREDENTIALS).code == SUCCESS
    assert recurring(**CREDENTIALS).code == SUCCESS
    assert ("warning", f"WARNING: {path}: Input/output error") in machine.itself.logged


@pytest.mark.parametrize("connected", [True, False])
def test_a_note_that_cannot_be_kept_is_no_verdict(machine, recurring, connected):
    """
    A file system that has become read-only changes no verdict.
    """
    run_worker(machine, "nova-conductor")
    if connected:
        machine.connects(42, "192.0.2.5", 5672)
    machine.files.broken["/run/resource-agents/p_nova-conductor.not-yet-1000"] = "Read-only file system"

    assert recurring(agent="nova-conductor").code == (SUCCESS if connected else DEGRADED)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("990.500 well\n", 9.5),
        ("1000.000 ", 0),
        ("1000.001 well", None),
        ("well\n", None),
        ("1700000000\n", None),
        ("1" * 400, None),
        ("\u0663.5 well", None),
        ("", None),
    ],
)
def test_the_age_of_a_note_stands_in_its_text(machine, text, age):
    """
    A clock that somebody sets back makes no old note young. A note of another format or from before a reboot has no age.
    """
    machine.files["/run/resource-agents/p.monitor-1000"] = text
    environ = {"OCF_RESOURCE_INSTANCE": "p", "OCF_RESKEY_CRM_meta_interval": "1000"}

    assert notes.last_monitor(Context(SERVICE, ["keystone", "monitor"], environ, machine)).age() == age


@pytest.mark.parametrize("name", ["token", "shown", "monitor-1000", "not-yet-1000"])
def test_a_note_that_cannot_be_removed_fails_no_action(machine, cluster, name):
    """
    A /run that has become read-only keeps every old note. Reload and stop succeed, with a warning.
    """
    run_keystone(machine)
    path = f"/run/resource-agents/p_keystone.{name}"
    machine.files[path] = "x"
    machine.files.broken[path] = "Read-only file system"

    assert cluster("reload-agent").code == SUCCESS
    assert ("warning", f"WARNING: {path}: Read-only file system") in machine.itself.logged
    assert cluster("stop").code == SUCCESS


POSTRM = Path(__file__).parents[2] / "packaging/deb/postrm"
OF_OTHERS = ("VirtualDomain-guest-emu.state", "Dummy-d.state", "apache.pid", "p.launched")


def test_a_purge_takes_every_note_and_no_file_of_another_agent(machine, tmp_path):
    """
    The directory belongs to all agents. Without its file, ocf:heartbeat:Dummy does not run.
    """
    environ = {"OCF_RESOURCE_INSTANCE": "p", "OCF_RESKEY_CRM_meta_interval": "1000"}
    context = Context(SERVICE, ["keystone", "monitor"], environ, machine)
    kinds = (
        notes.token,
        notes.failed_login,
        notes.not_yet,
        notes.relayed,
        notes.excused,
        notes.reported,
        notes.last_monitor,
        notes.state,
    )
    before = set(machine.files)
    for kind in kinds:
        kind(context).write("x")
    ours = [path.rpartition("/")[2] for path in set(machine.files) - before]
    assert len(ours) == len(kinds)
    for name in (*ours, *OF_OTHERS):
        (tmp_path / name).touch()

    script = POSTRM.read_text().replace("/run/resource-agents", str(tmp_path)).replace("/usr/lib/ocf", "/nowhere")
    subprocess.run(["/bin/sh", "-s", "purge"], input=script, text=True, check=True)

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(OF_OTHERS)
