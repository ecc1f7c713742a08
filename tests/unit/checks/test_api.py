"""Does this instance answer, and as it should?"""

import pytest

from ocf_lib.codes import DEGRADED, ERR_GENERIC, SUCCESS

from ..worlds import run_keystone, run_worker


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 500 Internal Server Error\r\n\r\n", "http://127.0.0.1:5000/v3 answers 500"),
        (b"HTTP/1.0 503 x\r\n\r\n", "http://127.0.0.1:5000/v3 answers 503"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "http://127.0.0.1:5000/v3 answers 404"),
        (
            b"HTTP/1.1 200 OK\r\nContent-type: text/html; charset=utf-8\r\n\r\n<html>",
            "http://127.0.0.1:5000/v3 answers text/html instead of application/json",
        ),
        (b"", "http://127.0.0.1:5000/v3 closes the connection without an answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "http://127.0.0.1:5000/v3 does not speak HTTP"),
        (b"HTTP/1.1 abc\r\n\r\n", "http://127.0.0.1:5000/v3 does not speak HTTP"),
        (b"HTTP/1.1 999 x\r\n\r\n", "http://127.0.0.1:5000/v3 does not speak HTTP"),
        (ConnectionRefusedError(111, "x"), "http://127.0.0.1:5000/v3 refuses connections"),
        (ConnectionResetError(104, "Connection reset by peer"), "http://127.0.0.1:5000/v3: Connection reset by peer"),
        (TimeoutError(), "http://127.0.0.1:5000/v3 does not answer in 22 s"),
    ],
)
def test_a_wrong_answer_of_the_api_is_an_error(machine, recurring, answer, reason):
    """
    A daemon that runs but answers badly is broken, and never "not running".
    """
    run_keystone(machine)
    machine.answers("/v3", answer)

    seen = recurring()

    assert (seen.code, seen.reason) == (ERR_GENERIC, f"keystone: {reason}")


@pytest.mark.parametrize("status", [200, 204, 300, 302, 401])
def test_a_good_answer_of_the_api_is_well(machine, recurring, status):
    """
    Version documents answer 300, guarded ones 401. Both prove that the application is loaded.
    """
    run_keystone(machine)
    machine.answers("/v3", b"HTTP/1.1 %d x\r\nContent-Type: application/json\r\n\r\n" % status)

    assert recurring().code == SUCCESS


def test_a_url_with_a_version_that_is_gone_still_works(machine, recurring):
    """
    The url of an old resource names a version that is gone. The agent then asks the next path of the same server.
    """
    run_worker(machine, "cinder-api", "/etc/cinder/cinder.conf")
    machine.answers("/v1/", b"HTTP/1.1 404 x\r\n\r\n", port=8776)
    machine.answers("/", b"HTTP/1.1 300 x\r\n\r\n", port=8776)

    assert recurring(agent="cinder-api", url="http://127.0.0.1:8776/v1/").code == SUCCESS
    machine.answers("/", b"HTTP/1.1 404 x\r\n\r\n", port=8776)
    assert recurring(agent="cinder-api", url="http://127.0.0.1:8776/v1/").code == ERR_GENERIC


HORIZON = "/horizon/auth/login/"


@pytest.fixture
def horizon(machine):
    """A Horizon that answers to these names only, as Django does."""
    allowed = ["localhost"]
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html>"

    def answer(request):
        name = request.partition(b"Host: ")[2].partition(b"\r\n")[0].decode()
        return page if name in allowed else b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n"

    machine.answers("/auth/login/", b"HTTP/1.1 404 x\r\n\r\n", port=80)
    machine.answers(HORIZON, answer, port=80)
    machine.files["/run/systemd/system/a"] = machine.files["/lib/systemd/system/apache2.service"] = ""
    group = "/system.slice/apache2.service"
    machine.groups[machine.process(42, "/usr/sbin/apache2\0-k\0start\0", owner=0)] = group
    unit = f"LoadState=loaded\nActiveState=active\nMainPID=42\nControlGroup={group}\n"
    machine.programs.ask = lambda argv, seconds: (0, unit)
    return allowed


def test_horizon_answers_with_the_settings_that_the_distributions_ship(horizon, recurring):
    """
    ALLOWED_HOSTS holds localhost on Debian and RDO, so monitor asks for that, whatever address it asks.
    """
    assert recurring(agent="horizon").code == SUCCESS
    assert recurring(agent="horizon", url="http://10.0.0.11/horizon/auth/login/").code == SUCCESS


def test_another_name_of_horizon_is_a_parameter(horizon, recurring):
    """
    If Horizon refuses the name, no restart helps: degraded. With the right name, Horizon is well.
    """
    horizon[:] = ["dashboard.example.com"]
    refused = recurring(agent="horizon")

    assert (refused.code, refused.reason) == (
        DEGRADED,
        "horizon: http://127.0.0.1:80/horizon/auth/login/ answers 400 to Host: localhost; see host_header",
    )
    assert recurring(agent="horizon", host_header="dashboard.example.com").code == SUCCESS


@pytest.mark.parametrize("kind", ["account", "container", "object"])
@pytest.mark.parametrize("status", [200, 400, 404, 405, 412])
def test_a_storage_server_without_healthcheck_is_well(machine, recurring, kind, status):
    """
    RDO ships "pipeline = object-server", whose server answers 400. Another program may do so, too: the socket counts.
    """
    port = {"account": 6202, "container": 6201, "object": 6200}[kind]
    agent, config = f"swift-{kind}", f"/etc/swift/{kind}-server.conf"
    machine.processes.accounts["swift"] = (64, 64, "/")
    machine.files[config] = f"[DEFAULT]\nbind_port = {port}\n"
    machine.process(42, f"/usr/bin/python3\0-s\0/usr/bin/{agent}-server\0{config}\0")
    machine.answers("/healthcheck", b"HTTP/1.1 %d x\r\nContent-Type: text/html\r\n\r\n" % status, port=port)
    machine.network.listeners[port] = {"77"}

    stranger = recurring(agent=agent)
    assert (stranger.code, stranger.reason) == (
        ERR_GENERIC,
        f"{agent}: none of its processes listens on port {port}",
    )
    machine.network.held[42] = {"77"}
    assert recurring(agent=agent).code == SUCCESS


def test_an_api_whose_name_cannot_be_resolved_is_degraded(machine, recurring):
    """
    Nobody can tell whether the daemon answers. A restart would not bring the servers for names back.
    """
    run_keystone(machine)
    machine.network.silent_names = {"controller1"}
    seen = recurring(url="http://controller1:5000/v3")

    assert (seen.code, seen.reason) == (DEGRADED, "keystone: the name controller1 cannot be resolved")
    assert machine.itself.slept < 60
