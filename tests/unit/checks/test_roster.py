"""What the API of a worker says of it."""

import _json

import pytest

from ocf_lib.codes import DEGRADED, ERR_GENERIC, SUCCESS

from ..double import OK
from ..worlds import CREDENTIALS, NEUTRON, rows, run_worker

CINDER = "/etc/cinder/cinder.conf"
MANILA = "/etc/manila/manila.conf"
BACKENDS = "[DEFAULT]\nenabled_backends = rbd, lvm\n[rbd]\nbackend_host = rbd:volumes\n"


def works(machine, name, config="/etc/nova/nova.conf", text=""):
    """A worker that is connected to its broker, with this in its configuration."""
    machine.files[config] = "[DEFAULT]\ntransport_url = rabbit://nova:pw@mq1:5672/\n" + text
    run_worker(machine, name, config)
    machine.connects(42, "192.0.2.5", 5672)


def later(machine, recurring, agent, seconds=70):
    """What a monitor says at once, and after the grace."""
    first = recurring(agent=agent, **CREDENTIALS)
    for _ in range(2):
        machine.sleep(seconds / 2)
        last = recurring(agent=agent, **CREDENTIALS)
    return first, last


def test_a_worker_that_is_up_in_the_list_is_well(machine, recurring, keystone):
    """
    Workers elsewhere do not matter. The agent signs in at Keystone's URL without its old version.
    """
    run_worker(machine, "nova-scheduler")
    machine.connects(42, "192.0.2.5", 5672)
    rows(machine, "nova-scheduler", ("other", "down"), ("controller", "up"))

    assert recurring(agent="nova-scheduler", **CREDENTIALS).code == SUCCESS
    assert recurring(agent="nova-scheduler", **CREDENTIALS).code == SUCCESS
    assert keystone.logins == [("http://vip:5000/v3", "s3cr3t", ("compute",))]


def test_a_worker_that_is_down_in_the_list_becomes_an_error(machine, recurring, keystone):
    """
    The worker is degraded while it may still come up. After a minute it hangs, and is an error.
    """
    run_worker(machine, "nova-scheduler")
    machine.connects(42, "192.0.2.5", 5672)
    rows(machine, "nova-scheduler", ("controller", "down"))

    first = recurring(agent="nova-scheduler", **CREDENTIALS)
    machine.sleep(61)

    assert (first.code, recurring(agent="nova-scheduler", **CREDENTIALS).code) == (DEGRADED, ERR_GENERIC)


def test_a_worker_that_reports_every_minute_has_time_for_a_report(machine, recurring, keystone):
    """
    Heat's engines and Watcher's workers do so. After an outage of the database a minute is too short for them.
    """
    run_worker(machine, "heat-engine", "/etc/heat/heat.conf")
    machine.connects(42, "192.0.2.5", 5672)
    rows(machine, "heat-engine", ("controller", "down"), path="/v1/p1/services")
    seen = []
    for seconds in (0, 70, 25):
        machine.sleep(seconds)
        seen.append(recurring(agent="heat-engine", **CREDENTIALS))

    assert [one.code for one in seen] == [DEGRADED, DEGRADED, ERR_GENERIC]
    assert seen[0].reason.endswith(", for less than 90 s so far")


@pytest.mark.parametrize(("conductor", "code"), [("up", ERR_GENERIC), ("down", DEGRADED)])
def test_a_compute_node_is_not_blamed_for_its_conductors(machine, recurring, keystone, conductor, code):
    """
    If every conductor is down, a compute node that is listed as down may be well.
    """
    run_worker(machine, "nova-compute")
    machine.connects(42, "192.0.2.5", 5672)
    rows(machine, "nova-compute", ("controller", "down"))
    rows(machine, "nova-conductor", ("other", conductor), host="")
    recurring(agent="nova-compute", **CREDENTIALS)
    machine.sleep(61)

    assert recurring(agent="nova-compute", **CREDENTIALS).code == code


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 403 x\r\n\r\n", b"HTTP/1.1 500 x\r\n\r\n", ConnectionRefusedError(), TimeoutError(), OK,
     b"HTTP/1.1 200 OK\r\n\r\n{\"services\": [1", b"HTTP/1.1 200 OK\r\n\r\n{\"services\": [1]}"],
)  # fmt: skip
def test_a_list_that_cannot_be_had_is_degraded(machine, recurring, keystone, answer):
    """
    However the API that keeps the list fails, the worker is not at fault.
    """
    run_worker(machine, "nova-scheduler")
    machine.connects(42, "192.0.2.5", 5672)
    machine.answers("/v2.1/os-services?binary=nova-scheduler&host=controller", answer, port=1)

    assert recurring(agent="nova-scheduler", **CREDENTIALS).code == DEGRADED


@pytest.mark.parametrize("hook", ["array_hook", "hook_of_tomorrow"])
@pytest.mark.parametrize(("state", "code"), [("up", SUCCESS), ("down", DEGRADED)])
def test_a_newer_python_reads_the_same_list(machine, recurring, keystone, monkeypatch, hook, state, code):
    """
    The scanner of Python 3.15 asks for array_hook. Whatever later ones ask for, no worker is restarted for that.
    """
    ours = _json.make_scanner

    def theirs(usual):
        getattr(usual, hook)
        return ours(usual)

    monkeypatch.setattr(_json, "make_scanner", theirs)
    run_worker(machine, "nova-scheduler")
    machine.connects(42, "192.0.2.5", 5672)
    rows(machine, "nova-scheduler", ("controller", state))

    assert recurring(agent="nova-scheduler", **CREDENTIALS).code == code


@pytest.mark.parametrize("agent", ["cinder-scheduler", "cinder-backup"])
def test_backend_host_is_the_name_of_cinder_volume_alone(machine, recurring, keystone, agent):
    """
    The other workers of Cinder report under the name of the host, whatever name the backends have.
    """
    works(machine, agent, CINDER, BACKENDS)
    rows(machine, agent, ("controller", "up"), path="/v3/p1/os-services")

    assert recurring(agent=agent, **CREDENTIALS).code == SUCCESS


def test_a_backend_of_cinder_volume_has_its_own_host(machine, recurring, keystone):
    """
    One request brings the rows of several backends. A row that the configuration does not name does not matter.
    """
    works(machine, "cinder-volume", CINDER, BACKENDS)
    rows(
        machine, "cinder-volume", ("rbd:volumes@rbd", "up"), ("controller@lvm", "up"), ("controller@old", "down"),
        path="/v3/p1/os-services", host="",
    )  # fmt: skip

    assert recurring(agent="cinder-volume", **CREDENTIALS).code == SUCCESS

    rows(machine, "cinder-volume", ("rbd:volumes@rbd", "up"), path="/v3/p1/os-services", host="")
    seen = recurring(agent="cinder-volume", **CREDENTIALS)
    assert seen.code == DEGRADED
    assert seen.reason == "cinder-volume: the cinder API lists no cinder-volume on controller@lvm"


def test_the_host_of_one_backend_is_asked_for(machine, recurring, keystone):
    """
    The query holds the name of the only row, with every letter that means something in a query written as a number.
    """
    works(machine, "cinder-volume", CINDER, BACKENDS.replace(", lvm", ""))
    name = "&host=rbd%3Avolumes%40rbd"
    rows(machine, "cinder-volume", ("rbd:volumes@rbd", "up"), path="/v3/p1/os-services", host=name)

    assert recurring(agent="cinder-volume", **CREDENTIALS).code == SUCCESS


def test_manila_knows_no_backend_host(machine, recurring, keystone):
    """
    manila-share reports as host@backend.
    """
    text = "host = shares\nenabled_share_backends = rbd\n[rbd]\nbackend_host = other\n"
    works(machine, "manila-share", MANILA, text)
    rows(machine, "manila-share", ("shares@rbd", "up"), path="/v2/p1/services", host="&host=shares%40rbd")

    assert recurring(agent="manila-share", **CREDENTIALS).code == SUCCESS


@pytest.mark.parametrize("found", [[], [("other", "up")], [("other", "down")]])
def test_a_list_without_the_worker_is_never_an_error(machine, recurring, keystone, found):
    """
    The list may be of another region, or a cell whose database is away is left out. No restart can cure that.
    """
    works(machine, "nova-compute")
    rows(machine, "nova-compute", *found)

    for seen in later(machine, recurring, "nova-compute"):
        assert seen.code == DEGRADED
        assert seen.reason == "nova-compute: the nova API lists no nova-compute on controller"


@pytest.mark.parametrize("text", [b"<html>", b"[]", b'{"services": null}', b'{"services": [1]}', b"[" * 100_000])
def test_an_answer_that_is_no_list_is_degraded(machine, recurring, keystone, text):
    """
    A proxy may answer in place of the API. The scanner of JSON has an error of its own for too many brackets.
    """
    works(machine, "nova-compute")
    machine.answers("/v2.1/os-services?binary=nova-compute&host=controller", OK[:-2] + text, port=1)

    seen = recurring(agent="nova-compute", **CREDENTIALS)

    assert seen.code == DEGRADED
    assert "does not answer with a list of services" in seen.reason


@pytest.mark.parametrize(
    ("state", "more", "why"),
    [
        ("down", {"status": "enabled", "forced_down": True}, "it is forced down"),
        ("down", {"status": "disabled", "forced_down": False}, "it is disabled"),
    ],
)
def test_a_row_that_a_person_holds_down_is_never_an_error(machine, recurring, keystone, state, more, why):
    """
    A restart does not lift forced_down. Only a person, or what forced it down, does.
    """
    works(machine, "nova-compute")
    rows(machine, "nova-compute", ("controller", state, more))
    rows(machine, "nova-conductor", ("other", "up"), host="")

    for seen in later(machine, recurring, "nova-compute"):
        assert seen.code == DEGRADED
        assert seen.reason == f"nova-compute: the nova API says that it is down, but {why}"


def test_a_disabled_worker_that_is_up_is_well(machine, recurring, keystone):
    """
    An operator has disabled it for new instances. It works.
    """
    works(machine, "nova-compute")
    rows(machine, "nova-compute", ("controller", "up", {"status": "disabled"}))

    assert recurring(agent="nova-compute", **CREDENTIALS).code == SUCCESS


def test_a_compute_node_whose_cell_is_away_is_never_an_error(machine, recurring, keystone):
    """
    Nova then lists the host without a state.
    """
    works(machine, "nova-compute")
    row = b'{"services": [{"binary": "nova-compute", "host": "controller", "status": "UNKNOWN"}]}'
    machine.answers("/v2.1/os-services?binary=nova-compute&host=controller", OK[:-2] + row, port=1)

    for seen in later(machine, recurring, "nova-compute"):
        assert seen.code == DEGRADED
        assert seen.reason == "nova-compute: the nova API says that it is down, but its cell does not answer"


def test_nova_is_asked_in_a_version_that_tells(machine, recurring, keystone):
    """
    Without a version in the request, Nova answers as in 2.1: without forced_down, and without the hosts of a cell that is away.
    """
    works(machine, "nova-compute")
    asked = []
    machine.answers(
        "/v2.1/os-services?binary=nova-compute&host=controller", lambda said: asked.append(said) or OK, port=1
    )
    recurring(agent="nova-compute", **CREDENTIALS)

    assert b"\r\nOpenStack-API-Version: compute 2.69\r\n" in asked[0]


def test_a_worker_whose_reports_go_on_is_never_an_error(machine, recurring, keystone):
    """
    If the clock of the API's node is wrong, every worker is "down". One that reports between two looks is alive.
    """
    works(machine, "nova-scheduler")
    for number in range(12):
        rows(machine, "nova-scheduler", ("controller", "down", {"updated_at": f"2026-01-01T00:00:{number}0"}))
        seen = recurring(agent="nova-scheduler", **CREDENTIALS)
        assert seen.code == DEGRADED
        assert number == 0 or "its reports go on: compare the clocks" in seen.reason
        machine.sleep(10)
    codes = []
    for _ in range(13):
        codes.append(recurring(agent="nova-scheduler", **CREDENTIALS).code)
        machine.sleep(10)
    assert codes == [DEGRADED] * 12 + [ERR_GENERIC]


def test_a_worker_that_reports_every_minute_is_alive_until_the_next_report(machine, recurring, keystone):
    """
    The reports of Watcher's workers come every 60 s, and a bit later on a busy machine.
    """
    works(machine, "watcher-applier", "/etc/watcher/watcher.conf")
    began, reasons = machine.now(), []
    for _ in range(40):
        report = (machine.now() - began) // 67
        row = f'{{"name": "watcher-applier", "host": "controller", "status": "FAILED", "updated_at": "{report}"}}'
        machine.answers("/v1/services/detail", OK[:-2] + f'{{"services": [{row}]}}'.encode(), port=1)
        reasons.append(recurring(agent="watcher-applier", **CREDENTIALS).reason)
        machine.sleep(10)

    assert "for less than 90 s" in reasons[6]
    assert {"its reports go on" in reason for reason in reasons[7:]} == {True}


@pytest.mark.parametrize(("others", "code"), [("true", ERR_GENERIC), ("false", DEGRADED)])
def test_an_agent_of_neutron_is_not_blamed_for_its_server(machine, recurring, keystone, others, code):
    """
    If every agent is down, the server to which they all report is at fault.
    """
    works(machine, "neutron-metadata-agent", NEUTRON)
    machine.holds(42, "/var/lib/neutron/metadata_proxy")
    row = b'{"agents": [{"binary": "neutron-metadata-agent", "host": "controller", "alive": false}]}'
    machine.answers("/v2.0/agents?binary=neutron-metadata-agent&host=controller", OK[:-2] + row, port=1)
    machine.answers("/v2.0/agents?fields=alive", OK[:-2] + f'{{"agents": [{{"alive": {others}}}]}}'.encode(), port=1)

    assert later(machine, recurring, "neutron-metadata-agent")[1].code == code


@pytest.mark.parametrize(("controllers", "code"), [("true", ERR_GENERIC), ("false", DEGRADED), ("", DEGRADED)])
def test_an_agent_of_ovn_is_not_blamed_for_its_controller(machine, recurring, keystone, controllers, code):
    """
    Neutron says that an agent of OVN is down if the controller on its host is down, or is not in the list.
    """
    agent = "neutron-ovn-metadata-agent"
    run_worker(machine, agent, NEUTRON)
    machine.holds(42, "/var/lib/neutron/metadata_proxy")
    down = b'{"agents": [{"binary": "neutron-ovn-metadata-agent", "host": "controller", "alive": false}]}'
    machine.answers(f"/v2.0/agents?binary={agent}&host=controller", OK[:-2] + down, port=1)
    machine.answers("/v2.0/agents?fields=alive", OK[:-2] + b'{"agents": [{"alive": true}]}', port=1)
    row = f'{{"binary": "ovn-controller", "host": "controller", "alive": {controllers}}}' if controllers else ""
    beside = f'{{"agents": [{row}]}}'.encode()
    machine.answers("/v2.0/agents?binary=ovn-controller&host=controller", OK[:-2] + beside, port=1)

    recurring(agent=agent, user="neutron", **CREDENTIALS)
    machine.sleep(70)
    seen = recurring(agent=agent, user="neutron", **CREDENTIALS)

    assert seen.code == code
    assert ("so is ovn-controller on controller" in seen.reason) is (code == DEGRADED)


def test_a_catalogue_that_gives_no_endpoint_is_degraded_and_remembered(machine, recurring, keystone):
    """
    The reason says what the catalogue lacks, and one login is enough for that.
    """
    works(machine, "nova-scheduler")
    keystone.endpoint = ""

    for _ in range(3):
        seen = recurring(agent="nova-scheduler", **CREDENTIALS)
        assert (seen.code, seen.reason) == (DEGRADED, "nova-scheduler: the catalogue has no API")
    assert len(keystone.logins) == 1


@pytest.mark.parametrize(
    ("agent", "endpoint", "path"),
    [
        ("nova-compute", "", "/v2.1/os-services"),
        ("nova-compute", "/v2.1/p1", "/v2.1/os-services"),
        ("nova-compute", "/compute/v2/", "/compute/v2.1/os-services"),
        ("cinder-scheduler", "/v3/p1", "/v3/p1/os-services"),
        ("cinder-scheduler", "/volume/v3", "/volume/v3/p1/os-services"),
        ("heat-engine", "/heat-api/v1/p1", "/heat-api/v1/p1/services"),
        ("manila-scheduler", "/v2", "/v2/p1/services"),
        ("manila-scheduler", "/share/v2/p1", "/share/v2/p1/services"),
    ],
)
def test_an_endpoint_keeps_its_prefix(machine, recurring, keystone, agent, endpoint, path):
    """
    Operators register an API with and without its version and project. The agent knows both itself.
    """
    works(machine, agent, f"/etc/{agent.partition('-')[0]}/{agent.partition('-')[0]}.conf")
    keystone.endpoint = f"http://cloud:1{endpoint}"
    rows(machine, agent, ("controller", "up"), path=path)

    assert recurring(agent=agent, **CREDENTIALS).code == SUCCESS


@pytest.mark.parametrize("endpoint", ["", "/", "/v2.0", "/v2.0/"])
def test_neutron_may_be_registered_with_its_version(machine, recurring, keystone, endpoint):
    """
    The version does not stand twice in the request.
    """
    works(machine, "neutron-metadata-agent", NEUTRON)
    machine.holds(42, "/var/lib/neutron/metadata_proxy")
    keystone.endpoint = f"http://cloud:1{endpoint}"
    row = b'{"agents": [{"binary": "neutron-metadata-agent", "host": "controller", "alive": true}]}'
    machine.answers("/v2.0/agents?binary=neutron-metadata-agent&host=controller", OK[:-2] + row, port=1)

    assert recurring(agent="neutron-metadata-agent", **CREDENTIALS).code == SUCCESS


@pytest.mark.parametrize(("status", "codes"), [("ACTIVE", [SUCCESS] * 2), ("FAILED", [DEGRADED, ERR_GENERIC])])
def test_watcher_has_words_of_its_own(machine, recurring, keystone, status, codes):
    """
    A row calls the program of its worker "name", and its state "ACTIVE" or "FAILED". The API refuses any query.
    """
    works(machine, "watcher-applier", "/etc/watcher/watcher.conf")
    row = '{"name": "watcher-%s", "host": "%s", "status": "%s", "updated_at": "2026-01-01T00:00:00+00:00"}'
    found = [
        ("applier", "controller", status),
        ("applier", "other", "FAILED"),
        ("decision-engine", "controller", "FAILED"),
    ]
    text = f'{{"services": [{", ".join(row % one for one in found)}]}}'
    machine.answers("/v1/services/detail", OK[:-2] + text.encode(), port=1)

    assert [seen.code for seen in later(machine, recurring, "watcher-applier", 95)] == codes


FULL = (
    "[database]\nconnection = mysql+pymysql://n:dbpw@db.example/all\n"
    "[keystone_authtoken]\nmemcached_servers = cache.example:11211\n"
)


@pytest.fixture
def unwell(machine, recurring, keystone):
    """What a monitor says of a worker whose neighbours are well, except these; its list gives this answer."""

    def perform(agent, answer, neighbours):
        project = agent.partition("-")[0]
        works(machine, agent, f"/etc/{project}/{project}.conf", FULL)
        machine.network.web.update({(3306, ""): b"N", (11211, ""): b"VERSION", (5672, ""): b"AMQP"})
        machine.answers("/v3")
        path = {"cinder": "/v3/p1/os-services", "neutron": "/v2.0/agents"}[project]
        machine.answers(f"{path}?binary={agent}&host=controller", answer, port=1)
        machine.network.web.update(neighbours)
        return recurring(agent=agent, **CREDENTIALS)

    return perform


@pytest.mark.parametrize("agent", ["cinder-scheduler", "neutron-l3-agent"])
@pytest.mark.parametrize(
    ("answer", "neighbour", "guilty"),
    [
        (b"HTTP/1.1 500 x\r\n\r\n", {(3306, ""): ConnectionRefusedError()}, "database db.example:3306 refuses connections"),
        (TimeoutError(), {(3306, ""): TimeoutError()}, "database db.example:3306 does not answer"),
        (TimeoutError(), {(11211, ""): TimeoutError()}, "memcached cache.example:11211 does not answer"),
        (b"HTTP/1.1 503 x\r\n\r\n", {(5000, "/v3"): ConnectionRefusedError()}, "http://vip:5000/v3 refuses connections"),
        (TimeoutError(), {(5672, ""): TimeoutError()}, "broker mq1:5672 does not answer"),
    ],
)  # fmt: skip
def test_the_reason_of_a_list_that_cannot_be_had_names_the_guilty(machine, unwell, agent, answer, neighbour, guilty):
    """
    The API that keeps the list reads the file that the worker reads, and uses a database that an agent may not use.
    Each look is short, and nobody makes a query: dozens of workers look at the same time.
    """
    seen = unwell(agent, answer, neighbour)

    assert seen.code == DEGRADED
    assert seen.reason.startswith(f"{agent}: {guilty} (http://cloud:1/")
    assert machine.programs.queries == []
    assert machine.itself.slept <= 10 + 5


@pytest.mark.parametrize("answer", [b"HTTP/1.1 500 x\r\n\r\n", b"HTTP/1.1 403 x\r\n\r\n"])
def test_an_api_whose_neighbours_are_well_is_named_itself(machine, unwell, answer):
    """
    And if it refuses the monitoring user, nobody asks the neighbours.
    """
    seen = unwell("neutron-l3-agent", answer, {(3306, ""): ConnectionRefusedError()} if b"403" in answer else {})

    assert seen.code == DEGRADED
    assert seen.reason.startswith("neutron-l3-agent: http://cloud:1/v2.0/agents?")


def test_a_broker_that_holds_every_agent_up_is_named(machine, recurring, keystone):
    """
    A frozen broker keeps its connections, and no report of an agent arrives.
    """
    works(machine, "neutron-l3-agent", NEUTRON)
    row = b'{"agents": [{"binary": "neutron-l3-agent", "host": "controller", "alive": false}]}'
    machine.answers("/v2.0/agents?binary=neutron-l3-agent&host=controller", OK[:-2] + row, port=1)
    machine.answers("/v2.0/agents?fields=alive", OK[:-2] + b'{"agents": [{"alive": false}]}', port=1)
    machine.network.web[5672, ""] = TimeoutError()

    seen = recurring(agent="neutron-l3-agent", **CREDENTIALS)

    assert seen.code == DEGRADED
    assert seen.reason.startswith("neutron-l3-agent: broker mq1:5672 does not answer (the neutron API says")
