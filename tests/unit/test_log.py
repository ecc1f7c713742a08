"""What the agents tell the logs, and what they keep secret."""

import pytest

from ocf_lib.cloud import login
from ocf_lib.codes import ERR_GENERIC, SUCCESS

from .worlds import CREDENTIALS, run_keystone


def test_log_lines_are_the_shell_librarys(cluster, machine):
    """
    Tag, level and form are those of ocf_log, in the system log and in the log file. Debug lines need debugging.
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


def test_a_log_that_cannot_be_written_fails_nothing(cluster, machine):
    """
    A full or read-only disk never turns a healthy service into a failed one.
    """
    run_keystone(machine)
    machine.files.broken["/log"] = "No space left on device"

    assert cluster("start", environ={"HA_LOGFILE": "/log", "PCMK_LOGFACILITY": "none"}).code == SUCCESS


def test_standard_error_is_the_log_if_there_is_no_other(cluster, machine):
    """
    The shell library does the same if neither facility nor file is set.
    """
    run_keystone(machine)
    cluster("start", environ={"PCMK_LOGFACILITY": "none"})

    assert "INFO: keystone already runs as pid 42" in "".join(machine.itself.said)


def test_a_trace_is_written_without_secrets_where_crmsh_looks(cluster, machine):
    """
    trace_ra writes there what the agent did, and trace_file names another place.
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


def test_the_name_of_a_resource_does_not_lead_out_of_the_directory_of_traces(cluster, machine):
    """
    A caller other than Pacemaker may give any name; "../../x" is a name here, and no way.
    """
    cluster("monitor", trace_ra="1", environ={"OCF_RESOURCE_INSTANCE": "../../../../srv/x"})

    traces = [path for path in machine.files if path.startswith("/var/lib/heartbeat/trace_ra/keystone/")]
    assert len(traces) == 1
    assert ".._.._.._.._srv_x.monitor." in traces[0]


def test_a_callers_trace_file_alone_is_no_trace(cluster, machine):
    """
    crm_resource always names /dev/stderr. Without its OCF_TRACE_RA this means nothing.
    """
    seen = cluster("validate-all", environ={"OCF_TRACE_FILE": "/dev/stderr"}, trace_ra="1")

    assert (seen.err, machine.itself.said) == ("", [])


@pytest.mark.parametrize("password", ["wrong", "401", "Unauthorized"])
def test_a_secret_that_is_a_word_of_ours_is_not_masked_in_it(machine, recurring, keystone, password):
    """
    A mask in the agent's own sentence would tell the password.
    """
    run_keystone(machine)
    sentence = "http://vip:5000/v3 refuses user admin: 401 Unauthorized, so name, password, domain or project is wrong"
    keystone.problem = login.Refused(sentence)

    seen = recurring(**{**CREDENTIALS, "os_password": password})

    assert seen.reason == f"keystone: {sentence}"
    assert seen.reason in machine.itself.logged[-1][1]


@pytest.mark.parametrize("sign", ["\0", "\x1b", "\udcff", "\u202e"])
def test_what_nobody_can_read_is_not_logged(machine, recurring, sign):
    """
    Whatever a server sends, the reason and the log hold only what can be printed, on one line.
    """
    run_keystone(machine)
    answer = f"HTTP/1.1 200 OK\r\nContent-Type: a{sign}b\r\n\r\n".encode("utf-8", "surrogateescape")
    machine.answers("/v3", answer)

    seen = recurring()

    assert (seen.code, seen.reason.isprintable()) == (ERR_GENERIC, True)
    assert seen.reason in machine.itself.logged[-1][1]
