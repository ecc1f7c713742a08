"""start, reload-agent and validate-all."""

import pytest

from ocf_lib.codes import (
    ERR_ARGS,
    ERR_CONFIGURED,
    ERR_GENERIC,
    ERR_INSTALLED,
    ERR_PERM,
    SUCCESS,
)

from .double import OK
from .worlds import CONFIG, INI, PID_FILE, run_keystone


@pytest.fixture
def healthy(machine):
    """A machine whose Keystone will answer once it is started."""
    machine.answers("/v3")
    return machine


def test_launches_as_the_distribution_does(cluster, healthy):
    """
    The distribution's uwsgi command, account and home; an environment with nothing of ours but a mark.
    """
    assert cluster("start").code == SUCCESS
    launched = healthy.programs.launched[0]
    assert launched.argv == ["/usr/bin/uwsgi_python3", "--http-socket", ":5000", "--ini", INI]
    assert launched.user == "keystone"
    assert set(launched.environment) == {"PATH", "HOME", "LANG", "OPENSTACK_RESOURCE"}
    assert healthy.files[PID_FILE] == "501\n"
    assert healthy.files.modes[PID_FILE] == 0o644


def test_parameters_override(cluster, healthy):
    """
    binary, config, user, pid and additional_parameters, as in the old agents; words are split, no shell sees them.
    """
    healthy.programs.add("/opt/keystone-all")
    healthy.files["/etc/k.conf"] = ""
    healthy.processes.accounts["ks"] = (70, 70, "/")
    more = {"additional_parameters": "--debug 'a b; rm -rf /' $HOME"}
    started = cluster("start", binary="/opt/keystone-all", config="/etc/k.conf", user="ks", pid="/run/k/k.pid", **more)

    assert started.code == SUCCESS
    launched = healthy.programs.launched[0]
    assert launched.argv == ["/opt/keystone-all", "--config-file=/etc/k.conf", "--debug", "a b; rm -rf /", "$HOME"]
    assert launched.user == "ks"
    assert healthy.files["/run/k/k.pid"] == "501\n"


def test_another_config_reaches_the_application(cluster, healthy):
    """
    uwsgi has no --config-file; the application is told in its environment.
    """
    healthy.files["/etc/k.conf"] = ""
    cluster("start", config="/etc/k.conf")

    assert healthy.programs.launched[0].environment["OS_KEYSTONE_CONFIG_FILES"] == "/etc/k.conf"


def test_https_when_the_distributions_script_would(cluster, healthy):
    """
    A key and a certificate in the distribution's places make it https.
    """
    healthy.files["/etc/keystone/ssl/private/k.pem"] = ""
    cluster("start", timeout=10)
    assert healthy.programs.launched[0].argv[1] == "--http-socket"
    cluster("stop")
    healthy.files["/etc/keystone/ssl/public/c.crt"] = ""
    cluster("start", timeout=10)
    assert healthy.programs.launched[1].argv[1:3] == [
        "--https-socket",
        ":5000,/etc/keystone/ssl/public/c.crt,/etc/keystone/ssl/private/k.pem",
    ]


def test_a_socket_of_the_ini(cluster, healthy):
    """
    A socket that the ini declares is neither doubled nor missed.
    """
    healthy.files[INI] = "[uwsgi]\nhttp-socket = 10.0.0.5:5050\n"
    healthy.answers("/v3", OK, port=5050)

    assert cluster("start").code == SUCCESS
    assert healthy.programs.launched[0].argv == ["/usr/bin/uwsgi_python3", "--ini", INI]


def test_running_already(cluster, machine):
    """
    A second start changes nothing, and adopts a daemon that somebody else started.
    """
    run_keystone(machine, file=None)

    assert cluster("start").code == SUCCESS
    assert machine.programs.launched == []
    assert machine.files[PID_FILE] == "42\n"


def test_waits_until_it_answers(cluster, machine):
    """
    uwsgi listens long before its application is loaded: start returns when a monitor would be content.
    """
    machine.answers("/v3", lambda _request: OK if machine.now() > 1008 else b"HTTP/1.1 500 x\r\n\r\n")

    assert cluster("start").code == SUCCESS
    assert machine.itself.slept == pytest.approx(8, abs=0.5)


def test_not_ready_in_time(cluster, machine):
    """
    The reason is that of the last look, and comes before the cluster's own timeout.
    """
    seen = cluster("start", timeout=20)

    assert (seen.code, seen.reason) == (ERR_GENERIC, "keystone: http://127.0.0.1:5000/v3 refuses connections")
    assert machine.itself.slept < 20


def test_dies_at_once(cluster, machine):
    """
    Its end is noticed at once, and its last words are told.
    """
    machine.files.tails["/var/log/keystone/keystone.log"] = "something\nbind(): Address already in use\n\n"
    machine.processes.dies_at[501] = 1000.05

    seen = cluster("start")

    assert seen.code == ERR_GENERIC
    assert seen.reason == (
        "keystone: ended at once, exit status 1: bind(): Address already in use (/var/log/keystone/keystone.log)"
    )
    assert machine.itself.slept < 1


@pytest.mark.parametrize("password", ["refused", "4711", "s3cr3t"])
def test_a_secret_in_the_last_words(cluster, machine, password):
    """
    A daemon may print any secret, and the cut may not leave a part of it.
    """
    machine.files.tails["/var/log/keystone/keystone.log"] = f"{password} {'x' * 66}\n"
    machine.processes.dies_at[501] = 1000.05

    seen = cluster("start", os_password=password)

    assert f"ended at once, exit status 1: *** {'x' * 66} (/var/log" in seen.reason


def test_a_stranger_on_the_port(cluster, healthy):
    """
    Named with pid and program; nothing is launched and nobody is signalled.
    """
    healthy.process(99, command="python3\0", owner=0)
    healthy.network.servers_here = [(99, "0.0.0.0")]

    seen = cluster("start")

    assert (seen.code, seen.reason) == (ERR_GENERIC, "keystone: port 5000 is already served by pid 99 (python3)")
    assert healthy.programs.launched == []
    assert healthy.processes.signals == []
    assert cluster("validate-all", level=10).code == ERR_ARGS
    assert cluster("validate-all").code == SUCCESS


def test_a_port_that_is_just_let_go(cluster, healthy):
    """
    A daemon that is ending is no stranger, and no start fails for it.
    """
    looks = iter([[(0, "0.0.0.0")], []])
    healthy.network.servers = lambda port: next(looks)

    assert cluster("start").code == SUCCESS


def test_a_stranger_on_another_address(cluster, healthy):
    """
    Another address of the same port (a load balancer's, say) is no obstacle to one that is bound to its own.
    """
    healthy.files[INI] = "[uwsgi]\nhttp-socket = 10.0.0.5:5000\n"
    healthy.network.servers_here = [(99, "10.0.0.1")]

    assert cluster("start").code == SUCCESS


def test_orphans_are_ended_first(cluster, healthy):
    """
    Workers of a killed parent would go on serving old code beside the new daemon.
    """
    run_keystone(healthy)
    healthy.processes.orphans_survive = True
    healthy.kill(42)

    assert cluster("start").code == SUCCESS
    assert sorted(healthy.processes) == [501]


@pytest.mark.parametrize(
    ("spoil", "code", "reason"),
    [
        (
            lambda m: m.programs.clear(),
            ERR_INSTALLED,
            "binary: /usr/bin/uwsgi_python3 is not an executable file of this host",
        ),
        (lambda m: m.processes.accounts.clear(), ERR_INSTALLED, "user: there is no account keystone on this host"),
        (lambda m: m.files.pop(CONFIG), ERR_INSTALLED, f"config: there is no file {CONFIG} on this host"),
        (lambda m: m.files.pop(INI), ERR_INSTALLED, f"uwsgi ini: there is no file {INI} on this host"),
        (
            lambda m: m.files.refused.update({CONFIG: "Permission denied"}),
            ERR_PERM,
            f"config: {CONFIG}: Permission denied to user keystone",
        ),
    ],
)
def test_a_host_that_cannot_run_it(cluster, healthy, spoil, code, reason):
    """
    Said by start, and by validate-all at level 10; at level 0 the host does not count.
    """
    spoil(healthy)

    assert (cluster("start").code, cluster("start").reason) == (code, f"keystone: {reason}")
    assert cluster("validate-all", level=10).reason == f"keystone: {reason}"
    assert cluster("validate-all").code == SUCCESS
    assert healthy.programs.launched == []


def test_a_late_database_bans_nothing(cluster, healthy):
    """
    A failed start counts for ever; what no restart cures must not fail it.
    """
    seen = cluster("start", os_username="admin")

    assert seen.code == SUCCESS
    assert any("degraded" in text for _, text in healthy.itself.logged)


def test_a_program_that_cannot_be_executed(cluster, healthy):
    """
    A plain reason instead of a traceback.
    """
    healthy.programs.launch_fails = "Permission denied"

    assert cluster("start").reason == "keystone: cannot execute /usr/bin/uwsgi_python3: Permission denied"


def test_reload(cluster, machine):
    """
    New monitoring parameters touch no process; the token of the old ones is forgotten.
    """
    run_keystone(machine)
    machine.files["/run/resource-agents/p_keystone.token"] = "x"

    assert cluster("reload-agent", os_password="new").code == SUCCESS
    assert "/run/resource-agents/p_keystone.token" not in machine.files
    assert machine.processes.signals == []
    assert cluster("reload-agent", watch_time="soon").code == ERR_CONFIGURED


def test_reload_of_what_does_not_run(cluster):
    """
    Nothing to reload is an error.
    """
    assert cluster("reload-agent").code == ERR_GENERIC


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"watch_time": "soon"}, "watch_time: 'soon' is not a whole number"),
        ({"watch_time": "-1"}, "watch_time: '-1' is not a whole number"),
        ({"watch_time": "1.5"}, "watch_time: '1.5' is not a whole number"),
        ({"watch_time": "٣"}, "watch_time: '٣' is not a whole number"),
        ({"insecure": "perhaps"}, "insecure: 'perhaps' is neither yes nor no"),
        ({"config": "keystone.conf"}, "config: 'keystone.conf' is not an absolute path"),
        ({"pid": "a\nb"}, "pid: holds characters that cannot be printed"),
        ({"url": "127.0.0.1:5000"}, "url: '127.0.0.1:5000' is not a URL such as http://127.0.0.1:5000/v3"),
        ({"url": "http://:5000/"}, "url: 'http://:5000/' is not a URL such as http://127.0.0.1:5000/v3"),
        ({"url": "http://h:99999/"}, "url: 'http://h:99999/' is not a URL such as http://127.0.0.1:5000/v3"),
        ({"os_auth_url": "http://u:pw@h/v3"}, "os_auth_url: the value is not a URL such as http://127.0.0.1:5000/v3"),
        ({"additional_parameters": "'"}, "additional_parameters: No closing quotation"),
        (
            {"os_username": "a"},
            "the monitoring credentials are incomplete: os_password and os_project_name must be set with them",
        ),
        (
            {"os_application_credential_id": "a"},
            "the monitoring credentials are incomplete: os_application_credential_secret must be set with them",
        ),
    ],
)
def test_parameters_that_make_no_sense(cluster, machine, params, reason):
    """
    Wrong on every node: code 6, one line, without looking at this host.
    """
    machine.files.read = machine.files.names = machine.processes.pids = None

    seen = cluster("validate-all", **params)

    assert (seen.code, seen.reason) == (ERR_CONFIGURED, f"keystone: {reason}")
    assert seen.out == ""


def test_valid_is_silent(cluster, healthy):
    """
    pcs shows whatever validate-all prints as a warning.
    """
    for level in (None, 0, 10, 20):
        seen = cluster("validate-all", level=level, os_auth_url="http://[2001:db8::1]:5000/v2.0/", insecure="YES")
        assert (seen.code, seen.out, seen.err) == (SUCCESS, "", "")
