"""The door: one invocation in, one exit status out."""

import sys
import threading

import pytest

from ocf_lib import main
from ocf_lib.checks import process
from ocf_lib.codes import DEGRADED, ERR_GENERIC, ERR_UNIMPLEMENTED, SUCCESS
from ocf_lib.context import Context

from .conftest import SERVICE
from .worlds import UWSGI, run_keystone


@pytest.mark.parametrize("action", ["", "promote", "migrate_to", "reload", "Monitor", "start;", "--help"])
def test_an_unknown_action_is_3_before_any_parameter_is_read(cluster, action):
    """
    The agent gives one reason, and does not read the parameters.
    """
    seen = cluster(action, watch_time="nonsense")

    assert seen.code == ERR_UNIMPLEMENTED
    assert seen.err.count("ocf-exit-reason:") == 1


def test_a_cluster_of_another_ocf_version_is_refused(cluster):
    """
    The agent tells a cluster that speaks OCF 2 so.
    """
    seen = cluster("monitor", environ={"OCF_RA_VERSION_MAJOR": "2"})
    assert seen.code == ERR_GENERIC
    assert seen.reason == "keystone: the cluster speaks version 2 of the OCF API, this agent version 1"


def test_an_exit_reason_has_the_prefix_of_the_environment(cluster, machine):
    """
    The cluster may name another prefix than ocf-exit-reason.
    """
    machine.process(42, UWSGI, state="T")
    machine.files["/run/resource-agents/p_keystone.pid"] = "42"

    assert cluster("monitor", environ={"OCF_EXIT_REASON_PREFIX": "why:"}).err.startswith("why:keystone: pid 42")


@pytest.mark.parametrize("secret", ["s3cr3t", "hunter", "4711"])
def test_a_bug_is_1_with_one_line_and_a_traceback_in_the_log(cluster, machine, monkeypatch, secret):
    """
    Neither the line nor the traceback shows a secret.
    """

    def broken(*_):
        raise KeyError(f"boom {secret}\nsecond line")

    monkeypatch.setattr(process, "present", broken)
    seen = cluster("monitor", os_password=secret)

    assert seen.code == ERR_GENERIC
    assert seen.err.count("\n") == 1
    assert seen.reason.startswith("keystone: bug: KeyError:")
    assert secret not in seen.err + str(machine.itself.logged)
    assert any("Traceback" in text for _, text in machine.itself.logged)


@pytest.mark.parametrize(
    "params", [{"url": "nonsense"}, {"watch_time": "soon"}, {"insecure": "maybe", "os_username": "a"}]
)
def test_a_monitor_never_bans(machine, cluster, params):
    """
    A monitor returns no status that bans a resource from a node, or from all.
    """
    run_keystone(machine)
    for _ in range(2):
        seen = cluster("monitor", interval=1, os_tenant_name="p", os_password="x", **params)

    assert seen.code in (ERR_GENERIC, DEGRADED, SUCCESS)


def test_an_action_that_comes_to_no_end_is_ended_with_a_reason(machine, monkeypatch, capsys):
    """
    Whatever it waits for: a moment later Pacemaker would kill it, and nobody would know why.
    """
    ended = []
    monkeypatch.setattr(main.posix, "_exit", ended.append)
    environ = {"OCF_RESKEY_CRM_meta_timeout": "100000"}
    main._guard(Context(SERVICE, ["keystone", "start"], environ, machine), threading.get_ident())

    assert ended == [ERR_GENERIC]
    assert 90 < machine.itself.slept < 100
    assert capsys.readouterr().err == "ocf-exit-reason:keystone: start has not come to its end in time\n"


def test_a_system_without_room_for_a_thread_fails_no_action(monkeypatch, capsys):
    """
    The thread is for a disk that hangs, and most disks do not.
    """

    def full(*_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("_thread.start_new_thread", full)
    monkeypatch.setattr(main.posix, "_exit", sys.exit)
    monkeypatch.setattr(main.posix, "umask", lambda _: None)
    monkeypatch.setattr("sys.argv", ["keystone", "meta-data"])

    with pytest.raises(SystemExit, match="0"):
        main.main(SERVICE)
    assert "</resource-agent>" in capsys.readouterr().out
