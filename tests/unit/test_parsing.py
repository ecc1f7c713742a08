"""Text from outside: URLs, HTTP heads, configuration files, systemd's answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocf_lib import daemon
from ocf_lib.address import parse_url
from ocf_lib.cloud import http
from ocf_lib.codes import ERR_ARGS, ERR_INSTALLED, NOT_RUNNING, SUCCESS
from ocf_lib.context import Context
from ocf_lib.daemon.unit import Unit
from ocf_lib.errors import BadParameter
from ocf_lib.settings import Settings

from .conftest import SERVICE, load, required
from .double import OK, Machine
from .worlds import CONFIG, UWSGI, run_keystone


@given(st.text() | st.text("http[]:/s.@1 ", max_size=30).map(lambda text: f"http://{text}"))
def test_a_url_is_read_or_refused(text):
    """
    Any text is an address with a usable port, or BadParameter.
    """
    try:
        address = parse_url("url", text)
    except BadParameter as problem:
        assert str(problem).startswith("url: ")  # noqa: PT017  both ways are right; which one depends on the text
    else:
        assert 0 < address.port < 65536
        assert address.server
        assert address.path.startswith("/")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://127.0.0.1:5000/v3", "http://127.0.0.1:5000/v3"),
        ("https://keystone.example", "https://keystone.example:443/"),
        ("http://[2001:db8::1]:5000/identity/v3", "http://[2001:db8::1]:5000/identity/v3"),
        ("http://[::1]", "http://[::1]:80/"),
    ],
)
def test_urls(text, shown):
    """
    Default ports, paths and addresses in brackets.
    """
    assert str(parse_url("url", text)) == shown


@given(st.binary() | st.binary().map(lambda rest: b"HTTP/1.1 200 " + rest))
def test_any_head_is_an_answer_or_none(head):
    """
    Whatever a server sends, it is an HTTP answer with a status, or it is not.
    """
    answer = http.parse(head)

    assert answer is None or 100 <= answer.status < 600


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("[database]\nconnection = mysql+pymysql://k:p%20w@h/keystone\n", "mysql+pymysql://k:p%20w@h/keystone"),
        ("[database]\nconnection=a\nconnection=b\n", "b"),
        ("# nothing\n[DEFAULT]\n", ""),
        ("[database]\n# connection = x\n", ""),
        ("no section\n", ""),
        ("[database]\nconnection\n", ""),
        ("\0\n[[[\n", ""),
    ],
)
def test_the_database_of_a_configuration(text, url):
    """
    Read as oslo.config reads it; a file that makes no sense names no database.
    """
    machine = Machine()
    machine.files[CONFIG] = text
    context = Context(SERVICE, ["keystone", "monitor"], {}, machine)

    assert Settings(context).option("database", "connection") == url
    machine.files[f"{CONFIG}.d/10-db.conf"] = "[database]\nconnection = other\n"
    assert Settings(context).option("database", "connection") == "other"


@pytest.fixture
def systemd(machine):
    """A systemd that knows keystone.service."""
    machine.files["/run/systemd/system/a"] = ""
    state = {"LoadState": "loaded", "ActiveState": "inactive", "MainPID": "0", "ControlGroup": ""}
    calls = []

    def ask(argv, seconds):
        assert argv[0] == "/usr/bin/systemctl"
        calls.append(argv[1])
        if argv[1] == "start":
            machine.process(42, UWSGI)
            machine.files["/sys/fs/cgroup/system.slice/keystone.service/cgroup.procs"] = "42\n"
            state.update(ActiveState="active", MainPID="42", ControlGroup="/system.slice/keystone.service")
        if argv[1] == "stop" and 42 in machine.processes:
            machine.kill(42)
            machine.files["/sys/fs/cgroup/system.slice/keystone.service/cgroup.procs"] = ""
            state.update(ActiveState="inactive", MainPID="0", ControlGroup="")
        return 0, "".join(f"{name}={value}\n" for name, value in state.items())

    machine.programs.ask = ask
    machine.answers("/v3", OK)
    return state, calls


def test_a_unit(cluster, machine, systemd):
    """
    Started without a restart policy of its own, found by its control group, stopped, and given its policy back.
    """
    _, calls = systemd
    drop_in = "/run/systemd/system/keystone.service.d/50-openstack-resource-agents.conf"
    assert cluster("monitor", unit="keystone").code == NOT_RUNNING
    assert cluster("start", unit="keystone").code == SUCCESS
    assert "Restart=no" in machine.files[drop_in]
    assert cluster("monitor", unit="keystone").code == SUCCESS
    assert cluster("stop", unit="keystone").code == SUCCESS
    assert drop_in not in machine.files
    assert calls.count("daemon-reload") == 2
    assert machine.programs.launched == []


def test_a_unit_that_is_not_there(cluster, systemd):
    """
    Nothing to find and nothing to stop; a start says what is missing.
    """
    state, _ = systemd
    state["LoadState"] = "not-found"
    assert cluster("monitor", unit="keystone").code == NOT_RUNNING
    assert cluster("stop", unit="keystone").code == SUCCESS
    started = cluster("start", unit="keystone")
    assert (started.code, started.reason) == (
        ERR_INSTALLED,
        "keystone: unit: systemd has no usable unit keystone.service",
    )


def test_a_unit_whose_manager_hangs(cluster, machine, systemd):
    """
    A systemd that does not stop the unit in time is no obstacle: its processes are ended.
    """
    cluster("start", unit="keystone")
    really = machine.programs.ask

    def ask(argv, seconds):
        if argv[1] == "stop":
            machine.sleep(seconds)
            raise TimeoutError("systemctl stop did not end in time")
        return really(argv, seconds)

    machine.programs.ask = ask
    assert cluster("stop", unit="keystone").code == SUCCESS
    assert machine.processes == {}


def test_a_secret_in_the_words_of_systemctl(cluster, machine, systemd):
    """
    What systemd says is not ours; that systemctl said it is.
    """
    machine.programs.ask = lambda argv, seconds: (1, "Failed: hunter\n")

    seen = cluster("start", unit="keystone", os_password="hunter")
    assert seen.reason.endswith(": Failed: ****")
    seen = cluster("start", unit="keystone", os_password="systemctl")
    assert seen.reason.startswith("keystone: systemctl show ")


def test_a_daemon_that_a_unit_had_started(cluster, machine, systemd):
    """
    Signalled, it would be started anew by systemd (Restart=): so systemd is asked to stop it.
    """
    state, calls = systemd
    run_keystone(machine, workers=())
    machine.processes.groups[42] = state["ControlGroup"] = "/system.slice/keystone.service"
    state["MainPID"] = "42"
    machine.programs.ask = unit_value(machine.programs.ask, "42")

    assert cluster("start").code == SUCCESS
    assert machine.programs.launched == []
    assert cluster("stop").code == SUCCESS
    assert calls == ["show", "stop"]
    assert machine.processes.signals == []


def test_a_daemon_in_the_unit_of_something_else(cluster, machine, systemd):
    """
    What another unit's program has started by hand (a deployment tool's) takes no unit down with it.
    """
    run_keystone(machine, workers=())
    machine.processes.groups[42] = "/system.slice/puppet.service"
    machine.programs.ask = unit_value(machine.programs.ask, "77")

    assert cluster("stop").code == SUCCESS
    assert systemd[1] == ["show"]
    assert machine.processes == {}


def unit_value(ask, pid: str):
    """A systemctl that also shows the bare value of MainPID."""

    def asked(argv, seconds):
        code, text = ask(argv, seconds)
        return code, f"{pid}\n" if "--value" in argv else text

    return asked


@pytest.mark.parametrize(
    ("agent", "unit"),
    [
        ("keystone", "keystone.service"),
        ("nova-scheduler", "openstack-nova-scheduler.service"),
        ("neutron-server", "neutron-api.service"),
        ("swift-daemon", "swift-object-replicator.service"),
    ],
)
def test_a_unit_that_starts_the_service_at_boot(cluster, machine, agent, unit):
    """
    The classic accident: start says so in the log and goes on, validate-all at level 10 refuses, both with the cure.
    """
    machine.files[f"/etc/systemd/system/multi-user.target.wants/{unit}"] = ""
    for path in ("/etc/nova/nova.conf", "/etc/neutron/neutron.conf", "/etc/swift/object-server.conf"):
        machine.files[path] = ""
    machine.files["/etc/neutron/neutron-api-uwsgi.ini"] = ""
    machine.programs |= {"/usr/bin/nova-scheduler", "/usr/bin/swift-object-replicator"}
    machine.processes.accounts.update(dict.fromkeys(("nova", "neutron", "swift"), (65, 65, "/")))

    seen = cluster("validate-all", agent=agent, level=10, **required(agent))

    wanted = f"{unit} would start this at boot, outside the cluster: systemctl disable {unit}"
    assert (seen.code, seen.reason) == (ERR_ARGS, f"{agent}: {wanted}")
    assert cluster("validate-all", agent=agent, **required(agent)).code == SUCCESS
    cluster("start", agent=agent, **required(agent))
    assert ("warning", f"WARNING: {wanted}") in machine.itself.logged


def test_unit_names():
    """
    A name without a suffix is a service's.
    """
    context = Context(SERVICE, ["keystone", "monitor"], {"OCF_RESKEY_unit": "apache2"}, Machine())

    assert Unit(context).name == "apache2.service"


def test_the_web_server_of_the_distribution():
    """
    Horizon's is apache2, and httpd where only that is there; a unit that is named is taken at its word.
    """
    machine = Machine()
    context = Context(load("horizon"), ["horizon", "monitor"], {}, machine)
    assert Unit(context).name == "apache2.service"
    machine.files["/usr/lib/systemd/system/httpd.service"] = ""
    assert Unit(context).name == "httpd.service"
    machine.files["/lib/systemd/system/apache2.service"] = ""
    assert Unit(context).name == "apache2.service"
    del machine.files["/lib/systemd/system/apache2.service"]
    named = Context(SERVICE, ["keystone", "monitor"], {"OCF_RESKEY_unit": "apache2"}, machine)
    assert Unit(named).name == "apache2.service"


@pytest.mark.parametrize(("agent", "scheme"), [("cinder-api", "https"), ("heat-api", "http")])
def test_https_where_the_distribution_would_serve_it(agent, scheme):
    """
    A certificate and a key in the project's own directory, and in no other's.
    """
    machine = Machine()
    machine.files.update(dict.fromkeys(
        ("/etc/cinder/cinder-api-uwsgi.ini", "/etc/heat/heat-api-uwsgi.ini",
         "/etc/cinder/ssl/private/a.pem", "/etc/cinder/ssl/public/a.crt"), ""))  # fmt: skip

    context = Context(load(agent), [agent, "monitor"], {}, machine)

    assert daemon.of(context).address.scheme == scheme
