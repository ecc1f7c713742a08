"""What Debian's service scripts read from /etc/default."""

import subprocess

import pytest

from ocf_lib.codes import SUCCESS
from ocf_lib.daemon.script import SHELL, parse

OPENSTACK = """\
# /etc/default/openstack: every service reads this
USE_SYSLOG=yes
echo noise; echo noise >&2
"""
NOVA_COMPUTE = """\
USE_LOGFILE=no
DAEMON_ARGS="$DAEMON_ARGS --debug"
NEVER=exported
export OS_NOVA_DISABLE_EVENTLET_PATCHING=1
[ "$NAME" = nova-compute ] && export WHO="$NAME of $USE_SYSLOG"
set -a
ALL="one
two"
"""


def shell(tmp_path, *texts):
    """What a real shell makes of these files."""
    paths = []
    for number, text in enumerate(texts):
        paths.append(str(tmp_path / str(number)))
        (tmp_path / str(number)).write_text(text)
    argv = ["/bin/sh", "-c", SHELL, "nova-compute", *paths]
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    done = subprocess.run(argv, stdout=subprocess.PIPE, env=environment, text=True, check=False)
    return done.returncode, done.stdout


def test_a_shell_reads_the_files_as_the_service_script_does(tmp_path):
    """
    A variable that a file exports reaches the daemon; one that it only sets does not.
    """
    code, text = shell(tmp_path, OPENSTACK, NOVA_COMPUTE)
    found = parse(text)

    assert code == 0
    assert found.environment == {
        "OS_NOVA_DISABLE_EVENTLET_PATCHING": "1", "WHO": "nova-compute of yes", "ALL": "one\ntwo",
    }  # fmt: skip
    assert found.arguments == ("--debug",)
    assert found.to_syslog
    assert not found.to_file


def test_the_files_as_debian_ships_them_change_nothing(tmp_path):
    """
    Debian ships /etc/default/nova-consoleproxy, and the others not at all.
    """
    found = parse(shell(tmp_path, "NOVA_CONSOLE_PROXY_TYPE=spicehtml5\n\nNOVA_SERIAL_PROXY_START=true\n")[1])

    assert (found.environment, found.arguments, found.to_syslog, found.to_file) == ({}, (), False, True)


@pytest.mark.parametrize("text", ["if\n", "exit 3\n", "exit 0\n", ". /nowhere\n"])
def test_a_file_that_ends_the_shell_gives_nothing(tmp_path, text):
    """
    The service script itself would end here, and not start the daemon.
    """
    code, printed = shell(tmp_path, text)

    assert code != 0 or parse(printed) is None


@pytest.fixture
def debian(machine, healthy):
    """A systemd whose unit of Keystone runs Debian's script; both files are there."""
    for path in ("/run/systemd/system/x", "/lib/systemd/system/keystone.service", "/etc/default/openstack",
                 "/etc/default/keystone", "/var/log/keystone/x"):  # fmt: skip
        machine.files[path] = ""
    start = "{ path=/etc/init.d/keystone ; argv[]=/etc/init.d/keystone systemd-start ; ignore_errors=no ; pid=0 }"
    machine.programs.ask = lambda argv, seconds: (
        0,
        f"ExecStart={start}\nEnvironment=A=unit B=unit\nLoadState=loaded\n",
    )
    machine.programs.query = (0, "PATH=/bin\0\0yes\0no\0 --a  -b\0PATH=/bin\0B=default\0PWD=/\0")
    return machine


def test_a_uwsgi_gets_variables_and_arguments(cluster, debian):
    """
    The agent leaves out --use-syslog: uwsgi does not know this option, and would not start.
    """
    assert cluster("start", additional_parameters="--mine").code == SUCCESS

    launched = debian.programs.launched[0]
    assert launched.argv[3:] == ["--ini", "/etc/keystone/keystone-uwsgi.ini", "--a", "-b", "--mine"]
    assert launched.environment["A"] == "unit"
    assert launched.environment["B"] == "default"
    assert "PWD" not in launched.environment


def test_another_daemon_gets_the_settings_of_its_log_too(cluster, debian):
    """
    USE_SYSLOG=yes and USE_LOGFILE=no, as in the service script.
    """
    debian.programs.add("/usr/bin/glance-api")
    debian.processes.accounts["glance"] = (64, 64, "/")
    debian.answers("/", port=9292)
    for path in ("/etc/glance/glance-api.conf", "/lib/systemd/system/glance-api.service", "/var/log/glance/x"):
        debian.files[path] = ""
    cluster("start", agent="glance-api", timeout=3)

    assert debian.programs.launched[0].argv == [
        "/usr/bin/glance-api", "--config-file=/etc/glance/glance-api.conf", "--use-syslog", "--a", "-b",
    ]  # fmt: skip


def test_another_program_gets_no_arguments_of_debians(cluster, debian):
    """
    The operator chose the program, and so says its arguments.
    """
    debian.programs.add("/opt/keystone")
    cluster("start", binary="/opt/keystone", timeout=3)

    assert debian.programs.launched[0].argv == [
        "/opt/keystone", "--config-file=/etc/keystone/keystone.conf", "--log-file=/var/log/keystone/keystone.log",
    ]  # fmt: skip
    assert debian.programs.launched[0].environment["B"] == "default"


@pytest.mark.parametrize("answer", [None, (2, "PATH=/bin\0\0"), (0, "PATH=/bin\0\0"), (0, "")])
def test_files_that_no_shell_can_read_make_no_start_fail(cluster, debian, answer):
    """
    The shell hangs, fails, or ends too early: a warning, and the daemon starts without them.
    """
    debian.programs.query = answer
    assert cluster("start").code == SUCCESS

    assert debian.programs.launched[0].environment["B"] == "unit"
    assert [text for _, text in debian.itself.logged if "/etc/default/openstack and /etc/default/keystone: " in text]


def test_without_files_no_shell_runs(cluster, debian):
    """
    This is how Debian installs its services.
    """
    del debian.files["/etc/default/openstack"], debian.files["/etc/default/keystone"]
    debian.programs.run_as = None

    assert cluster("start").code == SUCCESS
