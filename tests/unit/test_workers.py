"""Services that no URL tells about: broker, list of services, UNIX socket, listener; and how each is run."""

import types

import pytest

from ocf_lib.cloud import login
from ocf_lib.cloud.credentials import Token
from ocf_lib.codes import DEGRADED, ERR_CONFIGURED, ERR_GENERIC, NOT_RUNNING, SUCCESS

from .double import OK
from .worlds import BROKER, CREDENTIALS, NEUTRON, NOVA, rows, run_keystone, run_worker


@pytest.fixture
def cloud(monkeypatch, machine):
    """A Keystone whose catalogue has every API at http://cloud:1."""
    asked = []

    def sign_in(context, wanted, password, seconds):
        asked.append((str(wanted.keystone), wanted.catalogue))
        if says.problem:
            raise says.problem
        return Token(
            text="token-1", expires=context.host.itself.date() + 3600, project="p1", endpoint="http://cloud:1/v2.1"
        )

    says = types.SimpleNamespace(asked=asked, problem=None)
    monkeypatch.setattr(login, "sign_in", sign_in)
    return says


@pytest.mark.parametrize(("address", "port"), [("192.0.2.5", 5672), ("fd00::2", 5673)])
@pytest.mark.parametrize("holder", [42, 43])
def test_a_connection_to_any_of_its_brokers(machine, recurring, address, port, holder):
    """
    By name or IPv6 address, of the parent or a worker: it is one of the daemon's to one of its brokers.
    """
    run_worker(machine, "nova-conductor")
    machine.connects(holder, address, port)

    assert recurring(agent="nova-conductor").code == SUCCESS


@pytest.mark.parametrize(
    ("holder", "address", "port"),
    [(99, "192.0.2.5", 5672), (43, "192.0.2.5", 56720), (43, "192.0.2.5", 5673), (43, "192.0.2.99", 5672)],
)
def test_what_is_no_connection_to_its_broker(machine, recurring, holder, address, port):
    """
    A stranger's, to a neighbouring port, to the other broker's port, or to another host.
    """
    run_worker(machine, "nova-conductor")
    machine.process(99, command="other\0")
    machine.connects(holder, address, port)

    seen = recurring(agent="nova-conductor")

    assert seen.code == DEGRADED
    assert seen.reason == "nova-conductor: no connection to broker mq1:5672, for 0 s so far"


def test_a_pause_begins_the_grace_anew(machine, recurring):
    """
    Nobody looked for an hour, as in a maintenance: what was before it says nothing.
    """
    run_worker(machine, "nova-conductor")
    assert recurring(agent="nova-conductor").code == DEGRADED
    machine.sleep(3600)
    assert recurring(agent="nova-conductor").code == DEGRADED
    machine.sleep(61)
    assert recurring(agent="nova-conductor").code == ERR_GENERIC


def test_unconnected_for_longer_than_it_takes(machine, recurring):
    """
    Degraded within its grace, an error after it, and forgotten once it is connected.
    """
    run_worker(machine, "nova-conductor")
    assert recurring(agent="nova-conductor").code == DEGRADED
    machine.sleep(61)
    assert recurring(agent="nova-conductor").code == ERR_GENERIC
    machine.connects(42, "192.0.2.5", 5672)
    assert recurring(agent="nova-conductor").code == SUCCESS
    machine.network.connections.clear()
    assert recurring(agent="nova-conductor").code == DEGRADED


def test_start_waits_for_the_broker_on_a_busy_machine(machine, cluster, monkeypatch):
    """
    There is no time to ask the database, so nobody is to blame: start returns when the daemon is connected.
    """
    pid = run_worker(machine, "nova-conductor")
    machine.files[NOVA] += "[database]\nconnection = sqlite:////nova.db\n"
    machine.programs.query = None
    sleep = machine.itself.sleep

    def connect_in_time(seconds):
        sleep(seconds)
        if machine.itself.slept > 12 and not machine.network.connections:
            machine.connects(pid, "192.0.2.5", 5672)

    monkeypatch.setattr(machine.itself, "sleep", connect_in_time)

    assert cluster("start", agent="nova-conductor", timeout=20).code == SUCCESS
    assert machine.network.connections
    assert cluster("monitor", agent="nova-conductor", interval=1, watch_time="0").code == SUCCESS


@pytest.mark.parametrize(
    ("answer", "what"),
    [(ConnectionRefusedError(111, "x"), "refuses connections"), (TimeoutError(), "does not answer")],
)
def test_broker_away(machine, recurring, answer, what):
    """
    However long that takes: no restart helps.
    """
    run_worker(machine, "nova-conductor")
    machine.network.web[5672, ""] = machine.network.web[5673, ""] = answer
    for _ in range(3):
        seen = recurring(agent="nova-conductor")
        machine.sleep(100)
        assert seen.code == DEGRADED
        assert what in seen.reason


def test_the_words_of_old_resources(machine, recurring):
    """
    amqp_server_port takes any address, zeromq needs no broker, multibackend wants one connection of each child.
    """
    run_worker(machine, "nova-scheduler")
    assert recurring(agent="nova-scheduler", zeromq="true").code == SUCCESS
    machine.connects(42, "203.0.113.1", 5999)
    assert recurring(agent="nova-scheduler", amqp_server_port="5999").code == SUCCESS
    machine.processes.clear()
    run_worker(machine, "cinder-volume", "/etc/cinder/cinder.conf")
    machine.connects(42, "192.0.2.5", 5672)
    assert recurring(agent="cinder-volume").code == SUCCESS
    assert recurring(agent="cinder-volume", multibackend="true").code == DEGRADED


def test_the_list_of_services(machine, recurring, cloud):
    """
    Up here is well; what is up or down elsewhere is no matter; the login went to Keystone without its old version.
    """
    run_worker(machine, "nova-scheduler")
    machine.connects(42, "192.0.2.5", 5672)
    rows(machine, "nova-scheduler", ("other", "down"), ("controller", "up"))

    assert recurring(agent="nova-scheduler", **CREDENTIALS).code == SUCCESS
    assert recurring(agent="nova-scheduler", **CREDENTIALS).code == SUCCESS
    assert cloud.asked == [("http://vip:5000/v3", ("compute",))]


def test_down_in_the_list(machine, recurring, cloud):
    """
    Degraded while it may still come up, then an error: it hangs.
    """
    run_worker(machine, "nova-scheduler")
    machine.connects(42, "192.0.2.5", 5672)
    rows(machine, "nova-scheduler", ("controller", "down"))

    first = recurring(agent="nova-scheduler", **CREDENTIALS)
    machine.sleep(61)

    assert (first.code, recurring(agent="nova-scheduler", **CREDENTIALS).code) == (DEGRADED, ERR_GENERIC)


@pytest.mark.parametrize(("conductor", "code"), [("up", ERR_GENERIC), ("down", DEGRADED)])
def test_a_compute_node_reports_through_a_conductor(machine, recurring, cloud, conductor, code):
    """
    Where every conductor is down, a compute node that is said to be down may be well.
    """
    run_worker(machine, "nova-compute")
    machine.connects(42, "192.0.2.5", 5672)
    rows(machine, "nova-compute", ("controller", "down"))
    rows(machine, "nova-conductor", ("other", conductor))
    recurring(agent="nova-compute", **CREDENTIALS)
    machine.sleep(61)

    assert recurring(agent="nova-compute", **CREDENTIALS).code == code


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 403 x\r\n\r\n", b"HTTP/1.1 500 x\r\n\r\n", ConnectionRefusedError(), TimeoutError(), OK,
     b"HTTP/1.1 200 OK\r\n\r\n{\"services\": [1", b"HTTP/1.1 200 OK\r\n\r\n{\"services\": [1]}"],
)  # fmt: skip
def test_a_list_that_cannot_be_had(machine, recurring, cloud, answer):
    """
    Another's fault, however it fails.
    """
    run_worker(machine, "nova-scheduler")
    machine.connects(42, "192.0.2.5", 5672)
    machine.answers("/v2.1/os-services?binary=nova-scheduler", answer, port=1)

    assert recurring(agent="nova-scheduler", **CREDENTIALS).code == DEGRADED


@pytest.mark.parametrize("problem", [login.Refused("401"), login.Failed("answers 503"), TimeoutError()])
def test_keystone_away_is_no_fault_of_others(machine, recurring, cloud, problem):
    """
    Degraded, for a worker and for an API, where Keystone's own agent would restart it.
    """
    run_worker(machine, "nova-scheduler")
    machine.connects(42, "192.0.2.5", 5672)
    cloud.problem = problem
    assert recurring(agent="nova-scheduler", **CREDENTIALS).code == DEGRADED
    machine.processes.clear()
    run_worker(machine, "glance-api", "/etc/glance/glance-api.conf")
    machine.answers("/", OK, port=9292)
    assert recurring(agent="glance-api", **CREDENTIALS).code == DEGRADED


@pytest.mark.parametrize(
    ("keystone", "code"),
    [(ConnectionRefusedError(), DEGRADED), (TimeoutError(), DEGRADED), (b"HTTP/1.0 503 x\r\n\r\n", DEGRADED),
     (OK, ERR_GENERIC)],
)  # fmt: skip
@pytest.mark.parametrize("answer", [b"HTTP/1.1 503 x\r\n\r\n", TimeoutError()])
def test_an_api_that_cannot_ask_keystone(machine, recurring, cloud, answer, keystone, code):
    """
    With our token in hand, but nobody to tell the API what it is worth: not the API's fault.
    """
    run_worker(machine, "glance-api", "/etc/glance/glance-api.conf")
    machine.answers("/", OK, port=9292)
    machine.answers("/v2/images?limit=1", answer, port=9292)
    machine.answers("/v3", keystone)

    assert recurring(agent="glance-api", **CREDENTIALS).code == code


def test_an_api_that_passes_the_question_on(machine, recurring, cloud):
    """
    Swift's proxy is not to blame for its account servers.
    """
    run_worker(machine, "swift-proxy-server", "/etc/swift/proxy-server.conf")
    machine.processes.clear()
    words = "/usr/bin/python3\0/usr/bin/swift-proxy-server\0/etc/swift/proxy-server.conf\0"
    machine.process(42, command=words)
    machine.answers("/healthcheck", b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nOK", port=8080)
    machine.answers("/v1/AUTH_p1?limit=1", b"HTTP/1.1 503 x\r\n\r\n", port=8080)

    seen = recurring(agent="swift-proxy", **CREDENTIALS)

    assert seen.code == DEGRADED
    assert "the account servers" in seen.reason


def test_one_bad_answer_is_no_bad_daemon(machine, recurring):
    """
    A worker that dies under a request is replaced; the second answer counts.
    """
    run_keystone(machine)
    answers = iter([b"", OK])
    machine.answers("/v3", lambda request: next(answers))

    assert recurring().code == SUCCESS


def test_an_address_that_is_long_gone(machine, recurring):
    """
    The url of an old resource names a version that is not there any more: the server and port of it count.
    """
    run_worker(machine, "cinder-api", "/etc/cinder/cinder.conf")
    machine.answers("/v1/", b"HTTP/1.1 404 x\r\n\r\n", port=8776)
    machine.answers("/", b"HTTP/1.1 300 x\r\n\r\n", port=8776)

    assert recurring(agent="cinder-api", url="http://127.0.0.1:8776/v1/").code == SUCCESS
    machine.answers("/", b"HTTP/1.1 404 x\r\n\r\n", port=8776)
    assert recurring(agent="cinder-api", url="http://127.0.0.1:8776/v1/").code == ERR_GENERIC


def test_the_port_of_its_own_configuration(machine, recurring):
    """
    bind_port of the file counts, quoted or not, in its section only, the last one given.
    """
    text = "[other]\nbind_port = 1\n[DEFAULT]\n#bind_port = 2\nbind_port = 3\nbind_port='9999'\nbind_port_x = 4\n"
    machine.files["/etc/glance/glance-api.conf"] = text
    run_worker(machine, "glance-api", "/etc/glance/glance-api.conf")
    machine.answers("/", b"HTTP/1.1 300 x\r\n\r\n", port=9999)

    assert recurring(agent="glance-api").code == SUCCESS


def test_a_listener_of_its_own(machine, recurring):
    """
    An answer that anybody may give counts only from the daemon's own socket.
    """
    machine.files[NOVA] = "[vnc]\nnovncproxy_port = 6081\n"
    run_worker(machine, "nova-novncproxy")
    machine.answers("/", b"HTTP/1.1 404 x\r\n\r\n", port=6081)
    machine.network.listeners[6081] = {"77"}
    assert recurring(agent="nova-novncproxy").code == ERR_GENERIC
    machine.network.held[42] = {"77"}
    assert recurring(agent="nova-novncproxy").code == SUCCESS


def test_a_unix_socket(machine, recurring):
    """
    $state_path is what the configuration says it is.
    """
    machine.files[NEUTRON] = BROKER + "state_path = /srv/neutron\n"
    run_worker(machine, "neutron-metadata-agent", NEUTRON)
    machine.connects(42, "192.0.2.5", 5672)
    assert recurring(agent="neutron-metadata-agent").code == ERR_GENERIC
    machine.network.sockets_here["/srv/neutron/metadata_proxy"] = None
    assert recurring(agent="neutron-metadata-agent").code == SUCCESS


@pytest.mark.parametrize(
    ("agent", "user", "title"),
    [
        ("neutron-rpc-server", "neutron",
         f"neutron-server: rpc worker (/usr/bin/python3 /usr/bin/neutron-rpc-server --config-file={NEUTRON})\0\0"),
        ("neutron-dhcp-agent", "neutron",
         f"neutron-dhcp-agent (/usr/bin/python3 /usr/bin/neutron-dhcp-agent --config-file={NEUTRON})"),
        ("ceilometer-agent-central", "ceilometer",
         "ceilometer-polling: master process [/usr/bin/ceilometer-polling --config-file=/etc/ceilometer/ceilometer.conf"
         " --polling-namespaces central]"),
    ],
)  # fmt: skip
def test_daemons_that_rewrite_their_title(machine, cluster, agent, user, title):
    """
    What stands in the parentheses or brackets is the command.
    """
    machine.processes.accounts[user] = (64, 64, "/")
    machine.process(42, command=title)

    assert cluster("monitor", agent=agent).code == SUCCESS


def test_not_another_kind_of_the_same_program(machine, cluster):
    """
    A polling agent of another namespace, an editor and a pager of the configuration are strangers.
    """
    config = "/etc/ceilometer/ceilometer.conf"
    machine.processes.accounts["ceilometer"] = (64, 64, "/")
    machine.process(42, command=f"/usr/bin/ceilometer-polling\0--config-file={config}\0--polling-namespaces\0compute\0")
    machine.process(43, command=f"vim\0/usr/bin/ceilometer-polling\0{config}\0central\0--polling-namespaces\0")

    assert cluster("monitor", agent="ceilometer-agent-central").code == NOT_RUNNING
    assert cluster("stop", agent="ceilometer-agent-central").code == SUCCESS
    assert set(machine.processes) == {42, 43}


def test_routers_go_on_without_their_agent(machine, cluster):
    """
    Stop ends the agent and its own workers, and nothing that they started for the tenants.
    """
    run_worker(machine, "neutron-l3-agent", NEUTRON)
    keepalived = machine.process(60, command="keepalived\0-P\0", parent=42, mark="neutron-l3-agent/p_neutron-l3-agent")
    machine.processes.orphans_survive = True

    assert cluster("stop", agent="neutron-l3-agent").code == SUCCESS
    assert set(machine.processes) == {keepalived}


def test_a_kind_that_is_not_there(machine, cluster):
    """
    Six for validate-all and start; a stop is content.
    """
    for action in ("validate-all", "start"):
        seen = cluster(action, agent="swift-daemon", daemon="object-washer")
        assert seen.code == ERR_CONFIGURED
        assert seen.reason.startswith(
            "swift-daemon: daemon: there is no 'object-washer'; choose one of account-auditor, "
        )
    assert cluster("stop", agent="swift-daemon", daemon="object-washer").code == SUCCESS


def test_what_is_required(machine, cluster):
    """
    Without it nothing is started, and the reason names the parameter; there is nothing to find, and nothing to stop.
    """
    machine.processes.accounts["swift"] = (64, 64, "/")
    machine.programs.add("/usr/bin/swift-object-replicator")
    machine.files["/etc/swift/object-server.conf"] = ""
    for action in ("start", "validate-all"):
        seen = cluster(action, agent="swift-daemon")
        assert (seen.code, seen.reason) == (ERR_CONFIGURED, "swift-daemon: daemon: a value is required")
    assert cluster("monitor", agent="swift-daemon").code == NOT_RUNNING
    assert cluster("monitor", agent="swift-daemon", interval=1).code == NOT_RUNNING
    assert cluster("stop", agent="swift-daemon").code == SUCCESS
    assert machine.programs.launched == []


def test_how_each_is_run(machine, cluster):
    """
    The distribution's files and directories where they are there, and only then; what parameters say, last.
    """
    machine.processes.accounts.update(neutron=(64, 64, "/"), swift=(64, 64, "/"), cinder=(64, 64, "/"))
    machine.programs |= {"/usr/bin/neutron-l3-agent", "/usr/bin/swift-container-sharder", "/usr/bin/cinder-api"}
    for path in (NEUTRON, "/etc/neutron/l3_agent.ini", "/etc/neutron/agent.conf.d/a.conf", "/var/log/neutron/x",
                 "/usr/share/neutron/neutron-dist.conf", "/etc/swift/container-server.conf",
                 "/etc/cinder/cinder-api-uwsgi.ini", "/etc/cinder/cinder.conf", "/srv/cinder.conf"):  # fmt: skip
        machine.files[path] = ""
    cluster("start", agent="neutron-l3-agent", timeout=2)
    cluster("start", agent="swift-daemon", daemon="container-sharder", timeout=2, pid="/run/a.pid")
    cluster("start", agent="cinder-api", timeout=2, pid="/run/b.pid", config="/srv/cinder.conf")
    cluster("start", agent="cinder-api", timeout=2, pid="/run/c.pid", binary="/usr/bin/cinder-api")

    assert [started.argv for started in machine.programs.launched] == [
        ["/usr/bin/neutron-l3-agent", "--config-file=/usr/share/neutron/neutron-dist.conf",
         "--config-file=/etc/neutron/neutron.conf", "--config-dir=/etc/neutron/agent.conf.d",
         "--config-file=/etc/neutron/l3_agent.ini", "--log-file=/var/log/neutron/neutron-l3-agent.log"],
        ["/usr/bin/swift-container-sharder", "/etc/swift/container-server.conf"],
        ["/usr/bin/uwsgi_python3", "--http-socket", ":8776", "--ini", "/etc/cinder/cinder-api-uwsgi.ini",
         "--pyargv", "--config-file=/srv/cinder.conf"],
        ["/usr/bin/cinder-api", "--config-file=/etc/cinder/cinder.conf"],
    ]  # fmt: skip


def test_the_plugin_config_of_an_old_resource(machine, cluster):
    """
    The old scripts read plugin_config, whatever their meta-data called it: the daemon gets that file.
    """
    machine.processes.accounts["quantum"] = (64, 64, "/")
    machine.programs.add("/usr/bin/quantum-l3-agent")
    machine.files.update({"/etc/quantum/quantum.conf": "", "/etc/quantum/mine.ini": ""})
    cluster("start", agent="quantum-agent-l3", timeout=2, plugin_config="/etc/quantum/mine.ini")

    assert [started.argv for started in machine.programs.launched] == [
        ["/usr/bin/quantum-l3-agent", "--config-file=/etc/quantum/quantum.conf", "--config-file=/etc/quantum/mine.ini"]
    ]


def test_a_late_neighbour_bans_nobody(machine, cluster, cloud):
    """
    Connected but not up in the list: start waits for a while and is content; unconnected beside a good broker it is not.
    """
    machine.processes.accounts["nova"] = (64, 64, "/")
    machine.programs.add("/usr/bin/nova-scheduler")
    machine.files[NOVA] = "[DEFAULT]\n"
    machine.network.web[5672, ""] = b"\1\0\0\0"
    rows(machine, "nova-scheduler", ("controller", "down"))
    machine.connects(501, "127.0.0.1", 5672)
    machine.network.names_of["localhost"] = {"127.0.0.1"}

    assert cluster("start", agent="nova-scheduler", timeout=120, amqp_server_port="5672", **CREDENTIALS).code == SUCCESS
    assert 30 <= machine.itself.slept < 60
    machine.network.connections.clear()
    assert (
        cluster("start", agent="nova-scheduler", timeout=120, amqp_server_port="5672", **CREDENTIALS).code
        == ERR_GENERIC
    )


@pytest.mark.parametrize("connected", [True, False])
def test_a_note_that_cannot_be_kept(machine, recurring, connected):
    """
    A file system that has become read-only changes no verdict.
    """
    run_worker(machine, "nova-conductor")
    if connected:
        machine.connects(42, "192.0.2.5", 5672)
    machine.files.broken["/run/resource-agents/p_nova-conductor.not-yet"] = "Read-only file system"

    assert recurring(agent="nova-conductor").code == (SUCCESS if connected else DEGRADED)
