"""What the agents tell the logs, and what they keep secret."""

import pytest

from ocf_lib.cloud import login
from ocf_lib.codes import SUCCESS

from .worlds import CREDENTIALS, run_keystone


def test_log_lines_are_the_shell_librarys(cluster, machine):
    """
    Tag, level and form of ocf_log, in the system log and in the log file; debug only when it is on.
    """
    run_keystone(machine)
    environ = {"HA_LOGFACILITY": "daemon", "HA_LOGFILE": "/log", "HA_DATEFMT": "DATE"}
    cluster("start", environ=environ)
    assert ("info", "INFO: keystone already runs as pid 42") in machine.itself.logged
    assert machine.files["/log"].splitlines()[0] == (
        "DATE  keystone(p_keystone)[7777]:    INFO: keystone already runs as pid 42"
    )
    assert "DEBUG" not in machine.files["/log"]
    cluster("start", environ={**environ, "HA_debug": "1"})
    assert "DEBUG: keystone is pid 42" in machine.files["/log"]


def test_an_unwritable_log_is_no_failure(cluster, machine):
    """
    A full or read-only disk never turns a healthy service into a failed one.
    """
    run_keystone(machine)
    machine.files.broken["/log"] = "No space left on device"

    assert cluster("start", environ={"HA_LOGFILE": "/log", "PCMK_LOGFACILITY": "none"}).code == SUCCESS


def test_without_a_log_standard_error_is_one(cluster, machine):
    """
    As the shell library does, when neither facility nor file is set.
    """
    run_keystone(machine)
    cluster("start", environ={"PCMK_LOGFACILITY": "none"})

    assert "INFO: keystone already runs as pid 42" in "".join(machine.itself.said)


def test_a_trace(cluster, machine):
    """
    trace_ra writes what was done, with microseconds and without secrets, where crmsh looks for it or as told.
    """
    run_keystone(machine)
    cluster("monitor", trace_ra="1", os_password="s3cr3t")
    traces = [
        path for path in machine.files if path.startswith("/var/lib/heartbeat/trace_ra/keystone/p_keystone.monitor.")
    ]
    assert len(traces) == 1
    assert "OCF_RESKEY_os_password=****" in machine.files[traces[0]]
    assert "s3cr3t" not in machine.files[traces[0]]
    cluster("monitor", trace_ra="yes", trace_file="/trace")
    assert "keystone is pid 42" in machine.files["/trace"]


def test_a_callers_trace_file_alone_is_no_trace(cluster, machine):
    """
    crm_resource always names /dev/stderr; without its OCF_TRACE_RA that means nothing.
    """
    seen = cluster("validate-all", environ={"OCF_TRACE_FILE": "/dev/stderr"}, trace_ra="1")

    assert (seen.err, machine.itself.said) == ("", [])


@pytest.mark.parametrize("password", ["wrong", "401", "Unauthorized"])
def test_a_masked_secret_does_not_betray_itself(machine, recurring, keystone, password):
    """
    A password that is a word or a number of ours stays in our own sentence: a mask there would tell it.
    """
    run_keystone(machine)
    keystone.problem = login.Refused("401 Unauthorized, so name, password, domain or project is wrong")

    seen = recurring(**{**CREDENTIALS, "os_password": password})

    assert seen.reason.endswith(" refuses user admin: 401 Unauthorized, so name, password, domain or project is wrong")
    assert seen.reason in machine.itself.logged[-1][1]
