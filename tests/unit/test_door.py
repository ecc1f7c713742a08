"""One invocation in, one exit status out: arguments, environment, logs, traces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocf_lib.checks import process
from ocf_lib.codes import ERR_GENERIC, ERR_UNIMPLEMENTED, NOT_RUNNING, SUCCESS
from ocf_lib.context import Context
from ocf_lib.errors import BadParameter
from ocf_lib.param import Param

from .conftest import SERVICE
from .double import Machine
from .worlds import UWSGI, install_keystone, run_keystone


@pytest.mark.parametrize("action", ["", "promote", "migrate_to", "reload", "Monitor", "start;", "--help"])
def test_unknown_actions(cluster, action):
    """
    3, before any parameter is looked at.
    """
    seen = cluster(action, watch_time="nonsense")

    assert seen.code == ERR_UNIMPLEMENTED
    assert seen.err.count("ocf-exit-reason:") == 1


def test_another_major_version(cluster):
    """
    A cluster that speaks OCF 2 is told so.
    """
    seen = cluster("monitor", environ={"OCF_RA_VERSION_MAJOR": "2"})
    assert seen.code == ERR_GENERIC
    assert seen.reason == "keystone: the cluster speaks version 2 of the OCF API, this agent version 1"


def test_the_prefix_is_the_clusters(cluster, machine):
    """
    The exit reason carries the prefix that the environment names.
    """
    machine.process(42, UWSGI, state="T")
    machine.files["/run/resource-agents/p_keystone.pid"] = "42"

    assert cluster("monitor", environ={"OCF_EXIT_REASON_PREFIX": "why:"}).err.startswith("why:keystone: pid 42")


@pytest.mark.parametrize("secret", ["s3cr3t", "hunter", "4711"])
def test_a_bug_is_one_line_and_a_log(cluster, machine, monkeypatch, secret):
    """
    An unforeseen exception is 1 with a reason of one line; its traceback goes to the log, without secrets.
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
    ("environ", "instance"),
    [
        ({"OCF_RESOURCE_INSTANCE": "p:1"}, "p"),
        ({"OCF_RESOURCE_INSTANCE": "p:1", "OCF_RESKEY_CRM_meta_globally_unique": "true"}, "p:1"),
        ({}, "keystone"),
    ],
)
def test_the_instance(environ, instance):
    """
    The number of an anonymous clone is no part of its name.
    """
    assert Context(SERVICE, ["keystone", "monitor"], environ, Machine()).instance == instance


@pytest.mark.parametrize(
    ("level", "depth"),
    [("", 0), ("0", 0), ("5", 0), ("10", 10), ("15", 10), ("20", 20), ("99", 20), ("x", 0), ("-1", 0), ("1e9", 0)],
)
def test_check_levels(level, depth):
    """
    The highest supported level that is not above the requested one; garbage is 0.
    """
    assert Context(SERVICE, ["keystone", "monitor"], {"OCF_CHECK_LEVEL": level}, Machine()).depth == depth


@given(timeout=st.text(), interval=st.text())
def test_any_timeout_is_survived(timeout, interval):
    """
    Whatever stands for the timeout and the interval, there is a deadline and a yes or no to "probe".
    """
    environ = {"OCF_RESKEY_CRM_meta_timeout": timeout, "OCF_RESKEY_CRM_meta_interval": interval}
    context = Context(SERVICE, ["keystone", "monitor"], environ, Machine())

    assert context.deadline > 0
    assert context.is_probe in (True, False)


@given(st.text())
def test_any_text_is_parsed_or_refused(text):
    """
    A parameter's value is a value of its kind or BadParameter, never another exception.
    """
    for kind, expected in (("integer", int), ("boolean", bool), ("string", str)):
        try:
            value = Param(name="p", summary="", text="", kind=kind, default="0").parse(text)
        except BadParameter as problem:
            assert "p: " in str(problem)  # noqa: PT017  both ways are right; which one depends on the text
        else:
            assert isinstance(value, expected)


@pytest.mark.parametrize("word", ["yes", "true", "1", "YES", "TRUE", "True", "ja", "on", "ON"])
def test_yes(word):
    """
    Every yes of the shell library is one here.
    """
    assert Param(name="p", summary="", text="", kind="boolean").parse(word) is True


def test_extra_arguments_are_ignored():
    """
    argv[1] is the action, whatever follows and whatever __OCF_ACTION says.
    """
    context = Context(SERVICE, ["keystone", "stop", "start"], {"__OCF_ACTION": "start"}, Machine())
    assert context.action == "stop"


@pytest.mark.parametrize("ask", ["get", "number", "flag"])
def test_a_parameter_that_nobody_declares_is_a_bug(ask):
    """
    A misspelt name raises instead of being an empty text, a zero or a no.
    """
    context = Context(SERVICE, ["keystone", "monitor"], {"OCF_RESKEY_os_pasword": "x"}, Machine())

    assert not context.has("os_pasword")
    with pytest.raises(KeyError):
        getattr(context, ask)("os_pasword")


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


@given(st.binary(max_size=200), st.sampled_from(["pid", "token", "monitor-1000"]))
def test_garbage_in_our_own_files(content, name):
    """
    Whatever a file of ours holds, a monitor has a verdict.
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
