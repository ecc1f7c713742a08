"""start: launch the daemon, and return when it does its work."""

import pytest

from ocf_lib.cloud import login
from ocf_lib.codes import ERR_ARGS, ERR_GENERIC, SUCCESS

from ..double import OK
from ..worlds import CREDENTIALS, GLANCE, INI, NOVA, PID_FILE, RUN, rows, run_keystone, run_worker


def test_a_second_start_adopts_the_running_daemon(cluster, machine):
    """
    A second start launches nothing, and writes the pid file of a daemon that somebody else started.
    """
    run_keystone(machine, file=None)

    assert cluster("start").code == SUCCESS
    assert machine.programs.launched == []
    assert machine.files[PID_FILE] == "42\n"


def test_start_waits_until_the_api_answers(cluster, machine):
    """
    uwsgi listens long before its application is loaded. Start returns when a monitor would return 0.
    """
    machine.answers("/v3", lambda _request: OK if machine.now() > 1008 else b"HTTP/1.1 500 x\r\n\r\n")

    assert cluster("start").code == SUCCESS
    assert machine.itself.slept == pytest.approx(8, abs=0.5)


@pytest.mark.parametrize("note", ["excused", "relayed"])
def test_what_excused_an_earlier_daemon_excuses_no_new_one(cluster, machine, note):
    """
    It waits for no answer that another one asked for. If it hangs, the start fails.
    """
    run_worker(machine, "heat-api", "/etc/heat/heat.conf")
    machine.processes.clear()
    machine.files[f"{RUN}/p_heat-api.{note}"] = f"{machine.now() - 1:.3f} database 192.0.2.1:3306 does not answer\n"
    machine.answers("/", TimeoutError(), port=8004)
    seen = cluster("start", agent="heat-api")

    assert (seen.code, seen.reason) == (ERR_GENERIC, "heat-api: http://127.0.0.1:8004/ does not answer in 1 s")


def test_a_start_that_takes_too_long_ends_before_pacemakers_timeout(cluster, machine):
    """
    Start fails with the reason of the last look, before Pacemaker ends it.
    """
    seen = cluster("start", timeout=20)

    assert (seen.code, seen.reason) == (ERR_GENERIC, "keystone: http://127.0.0.1:5000/v3 refuses connections")
    assert machine.itself.slept < 20


def test_start_names_a_stranger_on_the_port_and_launches_nothing(cluster, healthy):
    """
    The reason names pid and program. The agent launches nothing and signals nobody.
    """
    healthy.process(99, command="python3\0", owner=0)
    healthy.network.servers_here = [(99, "0.0.0.0")]

    seen = cluster("start")

    assert (seen.code, seen.reason) == (ERR_GENERIC, "keystone: port 5000 is already served by pid 99 (python3)")
    assert healthy.programs.launched == []
    assert healthy.processes.signals == []
    assert cluster("validate-all", level=10).code == ERR_ARGS
    assert cluster("validate-all").code == SUCCESS


def test_start_waits_for_an_ending_daemon_to_let_its_port_go(cluster, healthy):
    """
    A daemon that is ending is no stranger: no start fails because of it.
    """
    looks = iter([[(0, "0.0.0.0")], []])
    healthy.network.servers = lambda port: next(looks)

    assert cluster("start").code == SUCCESS


def test_a_stranger_on_another_address_does_not_stop_a_start(cluster, healthy):
    """
    A load balancer may have the same port on another address.
    """
    healthy.files[INI] = "[uwsgi]\nhttp-socket = 10.0.0.5:5000\n"
    healthy.network.servers_here = [(99, "10.0.0.1")]

    assert cluster("start").code == SUCCESS


@pytest.mark.parametrize(
    ("configured", "url", "stranger", "code"),
    [
        ("bind_host = 10.0.0.11", "", "10.0.0.1", SUCCESS),
        ("my_ip = 10.0.0.11\nbind_host = $my_ip", "", "10.0.0.1", SUCCESS),
        ("bind_host = 10.0.0.11", "http://10.0.0.11:9292/", "10.0.0.1", SUCCESS),
        ("", "http://10.0.0.11:9292/", "10.0.0.1", SUCCESS),
        ("bind_host = 10.0.0.11", "http://{host}:9292/", "10.0.0.1", SUCCESS),
        ("bind_host = 10.0.0.11", "http://10.0.0.11:9292/", "10.0.0.11", ERR_GENERIC),
        ("", "http://10.0.0.11:9292/", "10.0.0.11", ERR_GENERIC),
        ("", "http://10.0.0.11:9292/", "0.0.0.0", ERR_GENERIC),
        ("", "http://127.0.0.1:9292/", "10.0.0.1", ERR_GENERIC),
        ("", "http://{host}:9292/", "10.0.0.1", ERR_GENERIC),
        ("", "http://[::1]:9292/", "10.0.0.1", ERR_GENERIC),
        ("", "", "10.0.0.1", ERR_GENERIC),
    ],
)
def test_only_a_stranger_on_the_daemons_own_address_stops_a_start(cluster, machine, configured, url, stranger, code):
    """
    HAProxy serves the virtual IP 10.0.0.1, and the daemon the node's address 10.0.0.11. An address in url is the
    daemon's. A name and loopback say nothing: then the configuration counts, and without one the daemon binds every
    address.
    """
    machine.processes.accounts["glance"] = (64, 64, "/")
    machine.programs.add("/usr/bin/glance-api")
    machine.files[GLANCE] = f"[DEFAULT]\n{configured}\n"
    machine.answers("/", b"HTTP/1.1 300 x\r\n\r\n", port=9292)
    machine.process(99, command="/usr/sbin/haproxy\0-Ws\0", owner=0)
    machine.network.servers_here = [(99, stranger)]

    checked = cluster("validate-all", agent="glance-api", url=url, level=10)
    started = cluster("start", agent="glance-api", url=url)

    assert started.code == code
    assert checked.code == (ERR_ARGS if code else SUCCESS)
    if code:
        assert started.reason == "glance-api: port 9292 is already served by pid 99 (/usr/sbin/haproxy)"
        assert machine.programs.launched == []


def test_start_ends_orphans_first(cluster, healthy):
    """
    Workers of a killed parent would serve old code beside the new daemon.
    """
    run_keystone(healthy)
    healthy.processes.orphans_survive = True
    healthy.kill(42)

    assert cluster("start").code == SUCCESS
    assert sorted(healthy.processes) == [501]


def test_start_succeeds_if_the_daemon_is_only_degraded(cluster, healthy):
    """
    Pacemaker remembers a failed start for ever. So what no restart cures does not fail it.
    """
    seen = cluster("start", os_username="admin")

    assert seen.code == SUCCESS
    assert any("degraded" in text for _, text in healthy.itself.logged)


def test_start_waits_for_the_broker_on_a_busy_machine(machine, cluster, monkeypatch):
    """
    Nobody has time to ask the database, so nobody is to blame: start returns when the daemon is connected.
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


@pytest.mark.parametrize("listed", [[("controller", "down")], []])
def test_start_waits_for_the_list_and_succeeds_but_not_without_a_broker(machine, cluster, keystone, listed):
    """
    A worker that is connected but not listed as up starts after a while. One without a connection does not.
    """
    machine.processes.accounts["nova"] = (64, 64, "/")
    machine.programs.add("/usr/bin/nova-scheduler")
    machine.files[NOVA] = "[DEFAULT]\n"
    machine.network.web[5672, ""] = b"\1\0\0\0"
    rows(machine, "nova-scheduler", *listed)
    machine.connects(501, "127.0.0.1", 5672)
    machine.network.names_of["localhost"] = {"127.0.0.1"}

    assert cluster("start", agent="nova-scheduler", timeout=120, amqp_server_port="5672", **CREDENTIALS).code == SUCCESS
    assert 30 <= machine.itself.slept < 60
    machine.network.connections.clear()
    assert (
        cluster("start", agent="nova-scheduler", timeout=120, amqp_server_port="5672", **CREDENTIALS).code
        == ERR_GENERIC
    )


def test_a_start_with_a_name_that_cannot_be_resolved_succeeds(machine, cluster):
    """
    The daemon runs, and its monitor will say that it is degraded. No node is banned for an outage of DNS.
    """
    machine.network.silent_names = {"controller1"}
    machine.answers("/v3")

    assert cluster("start", timeout=60, url="http://controller1:5000/v3").code == SUCCESS
    assert "degraded: the name controller1 cannot be resolved" in str(machine.itself.logged)
    assert machine.itself.slept < 60


def test_a_silent_directory_of_accounts_is_no_missing_account(machine, cluster, healthy, monkeypatch):
    """
    Start asks again until its deadline. NotInstalled would ban the service from this node.
    """
    machine.processes.silent_accounts = {"keystone"}
    seen = cluster("start", timeout=60)

    assert (seen.code, seen.reason) == (ERR_GENERIC, "keystone: nobody says within 5 s who user keystone is")
    assert 40 < machine.itself.slept < 54

    sleep = machine.itself.sleep

    def comes_back(seconds):
        sleep(seconds)
        if machine.itself.slept > 80:
            machine.processes.silent_accounts = set()

    monkeypatch.setattr(machine.itself, "sleep", comes_back)
    assert cluster("start", timeout=60).code == SUCCESS


@pytest.mark.parametrize("timeout", [3, 6, 12])
def test_a_silent_directory_of_accounts_holds_up_no_start(machine, cluster, healthy, timeout):
    """
    A short timeout leaves less time for its answer. Pacemaker must not have to end the start.
    """
    machine.processes.silent_accounts = {"keystone"}

    assert cluster("start", timeout=timeout).code == ERR_GENERIC
    assert machine.itself.slept < 0.9 * timeout


def test_a_start_launches_a_daemon_if_the_adopted_one_dies(cluster, machine):
    """
    What a daemon needs may be coming up beside it, whoever launched it.
    """
    run_keystone(machine)
    machine.answers("/v3", lambda _request: OK if machine.programs.launched else ConnectionRefusedError(111, "x"))
    machine.processes.dies_at[42] = machine.now() + 2

    assert cluster("start").code == SUCCESS
    assert len(machine.programs.launched) == 1
    assert machine.itself.slept < 5


def test_an_adopted_daemon_that_dies_is_not_degraded(cluster, machine, keystone):
    """
    It dies while the agent asks it, and Keystone refuses the agent. The start launches it again.
    """
    run_keystone(machine)
    keystone.problem = login.Refused("401")

    def answer(_request):
        if 42 in machine.processes:
            machine.kill(42)
        return OK

    machine.answers("/v3", answer)
    assert cluster("start", **CREDENTIALS).code == SUCCESS
    assert len(machine.programs.launched) == 1


@pytest.mark.parametrize("left", [0, 1])
def test_a_worker_that_ends_a_moment_after_it_is_connected_has_not_started(cluster, machine, left):
    """
    nova-compute compares its identity with the database then, and ends with status 0. It is launched again, as any other.
    """
    machine.kill(run_worker(machine, "nova-scheduler"))
    really, connects = machine.programs.launch, {}

    def launch(*given):
        born = really(*given)
        connects[born.pid] = machine.now() + 8
        if left == 0 or len(connects) <= left:
            machine.processes.dies_at[born.pid] = machine.now() + 10
        return born

    def sleep(seconds):
        slept(seconds)
        for pid, when in connects.items():
            if pid in machine.processes and machine.now() >= when:
                machine.connects(pid, "192.0.2.5", 5672)

    slept, machine.itself.sleep, machine.programs.launch = machine.itself.sleep, sleep, launch
    machine.files.tails["/var/log/nova/nova-scheduler.log"] = "Refusing to start\n"
    seen = cluster("start", agent="nova-scheduler", timeout=100)

    if left:
        assert seen.code == SUCCESS
        assert len(connects) == left + 1
    else:
        assert seen.code == ERR_GENERIC
        assert "ended at once, exit status 1: Refusing to start (" in seen.reason
        assert len(connects) > 5


def test_a_worker_that_is_well_late_has_started_though_others_died_before(cluster, machine):
    """
    They ended before they were well, as what they needed was not there. This one is connected just before the deadline.
    """
    machine.kill(run_worker(machine, "nova-scheduler"))
    began, really = machine.now(), machine.programs.launch

    def launch(*given):
        born = really(*given)
        if machine.now() < began + 60:
            machine.processes.dies_at[born.pid] = machine.now() + 3
        return born

    def sleep(seconds):
        slept(seconds)
        newest = max(machine.processes, default=0)
        if machine.now() >= began + 86 and newest:
            machine.connects(newest, "192.0.2.5", 5672)

    slept, machine.itself.sleep, machine.programs.launch = machine.itself.sleep, sleep, launch

    assert cluster("start", agent="nova-scheduler", timeout=100).code == SUCCESS
    assert len(machine.programs.launched) > 5
    assert machine.itself.slept == pytest.approx(89, abs=1)


def test_a_worker_that_is_up_soon_is_watched_for_a_short_while(cluster, machine):
    """
    A start becomes longer by less than a half, and by no more than five seconds.
    """
    machine.kill(run_worker(machine, "nova-scheduler"))
    really = machine.programs.launch

    def launch(*given):
        born = really(*given)
        machine.connects(born.pid, "192.0.2.5", 5672)
        return born

    machine.programs.launch = launch
    assert cluster("start", agent="nova-scheduler").code == SUCCESS
    assert machine.itself.slept < 1


@pytest.mark.parametrize(("reports", "least", "most"), [(12, 11.9, 16), (None, 29.9, 36)], ids=["soon", "never"])
def test_a_row_of_the_predecessor_is_no_report(cluster, machine, keystone, reports, least, most):
    """
    The list still says "up" when a worker is restarted. Its start waits for a report of its own, as after a longer pause.
    """
    machine.kill(run_worker(machine, "nova-scheduler"))
    began = machine.now()

    def answer(_request):
        stamp = "new" if reports and machine.now() >= began + reports else "old"
        row = f'{{"binary": "nova-scheduler", "host": "controller", "state": "up", "updated_at": "{stamp}"}}'
        return OK[:-2] + f'{{"services": [{row}]}}'.encode()

    machine.answers("/v2.1/os-services?binary=nova-scheduler&host=controller", answer, port=1)
    machine.connects(501, "192.0.2.5", 5672)

    assert cluster("start", agent="nova-scheduler", timeout=120, **CREDENTIALS).code == SUCCESS
    assert least <= machine.itself.slept < most


@pytest.fixture
def metricd(machine):
    """A daemon that no check can ask, which uses the processor from its start on; returns what each launch adds to it."""
    machine.kill(run_worker(machine, "gnocchi-metricd", "/etc/gnocchi/gnocchi.conf"))
    really, more = machine.programs.launch, []

    def launch(*given):
        born = really(*given)
        machine.processes[born.pid].works = 0.3
        for add in more:
            add(born.pid)
        return born

    machine.programs.launch = launch
    return more


def test_a_daemon_that_no_check_can_ask_is_up_once_it_has_loaded(cluster, machine, metricd):
    """
    On a busy machine it may load for long, and notice only then that it cannot run.
    """
    metricd.append(lambda pid: machine.processes.dies_at.update({pid: machine.now() + 6}))

    seen = cluster("start", agent="gnocchi-metricd", timeout=20)

    assert seen.code == ERR_GENERIC
    assert "ended at once" in seen.reason


@pytest.mark.parametrize(("timeout", "longest"), [(120, 31), (20, 18)])
def test_a_daemon_that_always_works_is_up_at_last(cluster, machine, metricd, timeout, longest):
    """
    A worker may find work at once.
    """
    assert cluster("start", agent="gnocchi-metricd", timeout=timeout).code == SUCCESS
    assert machine.itself.slept < longest
