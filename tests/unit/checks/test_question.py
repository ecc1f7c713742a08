"""Does this instance do what needs a token and its database?"""

import pytest

from ocf_lib.codes import DEGRADED, ERR_GENERIC, SUCCESS

from ..double import OK
from ..worlds import CREDENTIALS, run_keystone, run_worker


@pytest.mark.parametrize(
    ("keystones_answer", "code"),
    [(ConnectionRefusedError(), DEGRADED), (TimeoutError(), DEGRADED), (b"HTTP/1.0 503 x\r\n\r\n", DEGRADED),
     (OK, ERR_GENERIC)],
)  # fmt: skip
@pytest.mark.parametrize("answer", [b"HTTP/1.1 503 x\r\n\r\n", TimeoutError()])
def test_an_api_is_not_blamed_for_a_keystone_that_is_away(machine, recurring, keystone, answer, keystones_answer, code):
    """
    The API cannot ask Keystone what our token is worth: degraded. If Keystone is well, it is the API's fault.
    """
    run_worker(machine, "glance-api", "/etc/glance/glance-api.conf")
    machine.answers("/", OK, port=9292)
    machine.answers("/v2/images?limit=1", answer, port=9292)
    machine.answers("/v3", keystones_answer)

    assert recurring(agent="glance-api", **CREDENTIALS).code == code


def test_a_token_is_refused_because_keystone_is_away(machine, recurring, keystone):
    """
    An API that may put off the question of who asks answers 401 if it cannot ask Keystone. The user is not at fault.
    """
    run_worker(machine, "glance-api", "/etc/glance/glance-api.conf")
    machine.answers("/", OK, port=9292)
    machine.answers("/v2/images?limit=1", b"HTTP/1.1 401 x\r\n\r\n", port=9292)
    machine.answers("/v3", ConnectionRefusedError())

    for _ in range(2):
        seen = recurring(agent="glance-api", **CREDENTIALS)

        assert (seen.code, seen.reason) == (
            DEGRADED,
            "glance-api: http://vip:5000/v3 refuses connections"
            " (http://127.0.0.1:9292/v2/images?limit=1 answers 401 to user admin)",
        )


def test_a_keystone_that_refuses_its_own_token_is_degraded_without_os_auth_url(machine, recurring, keystone):
    """
    Its own agent asks the instance on this node, so the operator need not give that parameter.
    """
    run_keystone(machine)
    machine.answers("/v3/auth/system", b"HTTP/1.1 401 x\r\n\r\n")
    seen = recurring(**{**CREDENTIALS, "os_auth_url": ""})

    assert (seen.code, seen.reason) == (
        DEGRADED,
        "keystone: http://127.0.0.1:5000/v3/auth/system answers 401 to user admin",
    )


def test_an_api_is_not_blamed_for_those_it_asks(machine, recurring, keystone):
    """
    Swift's proxy is not at fault if its account servers fail.
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


@pytest.mark.parametrize(
    ("keystones_answer", "code"), [(ConnectionRefusedError(), DEGRADED), (TimeoutError(), DEGRADED), (OK, ERR_GENERIC)]
)
def test_the_keystone_of_a_clouds_yaml_is_looked_at_as_one_of_a_parameter(
    machine, recurring, keystone, keystones_answer, code
):
    """
    The address of Keystone is kept with the token. A monitor that has the token does not read clouds.yaml.
    """
    run_worker(machine, "glance-api", "/etc/glance/glance-api.conf")
    machine.answers("/", OK, port=9292)
    machine.answers("/v2/images?limit=1", OK, port=9292)
    assert recurring(agent="glance-api", os_cloud="prod").code == SUCCESS
    machine.answers("/v2/images?limit=1", b"HTTP/1.1 503 x\r\n\r\n", port=9292)
    machine.answers("/identity/v3", keystones_answer, port=443)
    seen = recurring(agent="glance-api", os_cloud="prod")

    assert seen.code == code
    assert ("https://cloud.example:443/identity/v3" in seen.reason) is (code == DEGRADED)
    assert len(keystone.logins) == 1


def test_the_keystone_of_another_cloud_excuses_no_silence(machine, recurring, keystone):
    """
    The operator has changed os_cloud, and the Keystone before is gone. That is not why the API hangs now.
    """
    run_worker(machine, "glance-api", "/etc/glance/glance-api.conf")
    machine.answers("/", OK, port=9292)
    machine.answers("/v2/images?limit=1", OK, port=9292)
    recurring(agent="glance-api", os_cloud="old")
    machine.answers("/", TimeoutError(), port=9292)
    machine.answers("/identity/v3", ConnectionRefusedError(), port=443)

    assert recurring(agent="glance-api", os_cloud="old").code == DEGRADED
    # The Keystone that was away until now explains a silence for two minutes.
    machine.sleep(121)
    assert recurring(agent="glance-api", os_cloud="new", os_password_file="/nowhere").code == ERR_GENERIC


HANGS, WELL = TimeoutError(), b"HTTP/1.1 300 x\r\n\r\n"
ASKED = "/v1/p1/stacks?limit=1"


def run_heat_api(machine):
    """heat-api, which answers, while no heat-engine does."""
    run_worker(machine, "heat-api", "/etc/heat/heat.conf")
    machine.answers("/", WELL, port=8004)
    machine.answers(ASKED, HANGS, port=8004)
    machine.answers("/v3")


def asked(machine) -> int:
    """How often the question that is passed on was put."""
    return sum(ASKED.encode() in request for request in machine.network.requests)


def test_the_only_worker_may_wait_for_an_engine_that_is_not_there_yet(machine, recurring, keystone):
    """
    The health check has no answer while the worker waits. That is no fault of this daemon, and costs seconds only.
    """
    run_heat_api(machine)
    first = recurring(agent="heat-api", **CREDENTIALS)
    assert (first.code, machine.itself.slept) == (DEGRADED, 4)
    assert "does not answer in 4 s; the answer has to come from heat-engine" in first.reason

    machine.answers("/", HANGS, port=8004)
    for _ in range(3):
        machine.sleep(10)
        before = machine.now()
        seen = recurring(agent="heat-api", **CREDENTIALS)
        assert (seen.code, seen.reason) == (DEGRADED, first.reason)
        assert machine.now() - before <= 4
    assert asked(machine) == 1

    # Nobody waits any longer for the one question: now the daemon itself hangs.
    machine.sleep(30)
    assert recurring(agent="heat-api", **CREDENTIALS).code == ERR_GENERIC


@pytest.mark.parametrize(
    ("agent", "neighbour", "guilty"),
    [
        ("heat-api", {(5672, ""): ConnectionRefusedError()}, "broker fd00::2:5673 refuses connections"),
        ("heat-api", {(3306, ""): TimeoutError()}, "database db.example:3306 does not answer"),
        ("swift-proxy", {(11211, ""): TimeoutError()}, "memcached cache.example:11211 does not answer"),
        ("swift-proxy", {(11211, ""): b"VERSION"}, "http://127.0.0.1:8080/v1/AUTH_p1?limit=1 does not answer in 4 s"),
    ],
)
def test_the_reason_of_a_question_that_is_passed_on_names_the_guilty(
    machine, recurring, keystone, agent, neighbour, guilty
):
    """
    The daemon and those whom it asks share a database, a broker and a memcached. The reason stays the same.
    """
    run_heat_api(machine)
    machine.files["/etc/heat/heat.conf"] += "[database]\nconnection = mysql://h:pw@db.example/heat\n"
    machine.files["/etc/swift/proxy-server.conf"] = "[filter:cache]\nmemcache_servers = cache.example\n"
    if agent == "swift-proxy":
        machine.process(60, command="/usr/bin/python3\0/usr/bin/swift-proxy-server\0/etc/swift/proxy-server.conf\0")
        machine.processes.accounts["swift"] = (64, 64, "/")
        machine.answers("/healthcheck", b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nOK", port=8080)
        machine.answers("/v1/AUTH_p1?limit=1", HANGS, port=8080)
    machine.network.web.update({(3306, ""): b"N", **neighbour})

    seen = [recurring(agent=agent, **CREDENTIALS) for _ in range(3)]
    assert {one.code for one in seen} == {DEGRADED}
    assert len({one.reason for one in seen}) == 1
    assert seen[0].reason.startswith(f"{agent}: {guilty}")


def test_a_worker_that_may_wait_for_an_engine_holds_up_no_monitor(machine, recurring, keystone):
    """
    A short timeout leaves less time for the answer. Pacemaker must not have to end the monitor.
    """
    run_heat_api(machine)
    recurring(agent="heat-api", **CREDENTIALS)
    machine.answers("/", HANGS, port=8004)
    before = machine.now()

    assert recurring(agent="heat-api", timeout=4, **CREDENTIALS).code == DEGRADED
    assert machine.now() - before < 0.9 * 4


def test_a_question_that_hangs_is_not_repeated_at_once(machine, recurring, keystone):
    """
    Each one could occupy another worker. After half a minute the agent asks again.
    """
    run_heat_api(machine)
    for _ in range(3):
        assert recurring(agent="heat-api", **CREDENTIALS).code == DEGRADED
    assert asked(machine) == 1
    machine.sleep(31)
    machine.answers(ASKED, WELL, port=8004)

    assert recurring(agent="heat-api", **CREDENTIALS).code == SUCCESS
    assert asked(machine) == 2


def test_a_daemon_that_is_stopped_is_not_excused_by_those_it_asks(machine, recurring, keystone):
    """
    SIGSTOP of all workers, right after the engine was silent: a restart cures that.
    """
    run_heat_api(machine)
    recurring(agent="heat-api", **CREDENTIALS)
    machine.answers("/", HANGS, port=8004)
    machine.processes[43].state = "T"

    assert recurring(agent="heat-api", **CREDENTIALS).code == ERR_GENERIC


def test_a_question_without_time_for_an_answer_proves_nothing(machine, recurring, keystone, monkeypatch):
    """
    A login on a busy machine took nearly all of the monitor's time. Keystone was restarted for the rest of it.
    """
    run_keystone(machine)

    def slow(context, wanted, password, seconds):
        machine.sleep(seconds - 1)
        return keystone.sign_in(context, wanted, password, seconds)

    monkeypatch.setattr("ocf_lib.cloud.login.sign_in", slow)
    machine.answers("/v3/auth/system", TimeoutError())

    assert recurring(**CREDENTIALS).code == DEGRADED


def test_a_question_carries_the_headers_that_its_service_wants(machine, recurring, keystone):
    """
    Zaqar refuses a request that does not say which client it comes from.
    """
    run_worker(machine, "zaqar-server", "/etc/zaqar/zaqar.conf")
    machine.answers("/", port=8888)
    machine.answers("/v2/queues?limit=1", port=8888)

    assert recurring(agent="zaqar-server", **CREDENTIALS).code == SUCCESS
    asked = next(request for request in machine.network.requests if b"/v2/queues?limit=1" in request)
    assert b"\r\nClient-ID: " in asked
    assert b"\r\nX-Auth-Token: " in asked


def test_a_worker_may_wait_for_an_answer_that_the_broker_lost(machine, recurring, keystone):
    """
    The wait for an answer begins when the broker is back, and lasts a minute. Designate's only worker was restarted then.
    """
    run_heat_api(machine)
    machine.network.web[5672, ""] = ConnectionRefusedError()
    recurring(agent="heat-api", **CREDENTIALS)
    machine.answers("/", HANGS, port=8004)
    machine.network.web[5672, ""] = b"\1\0\0\0"
    machine.sleep(61)
    seen = recurring(agent="heat-api", **CREDENTIALS)

    assert seen.code == DEGRADED
    assert seen.reason.startswith("heat-api: less than 120 s ago: broker")
    machine.sleep(60)
    assert recurring(agent="heat-api", **CREDENTIALS).code == ERR_GENERIC
