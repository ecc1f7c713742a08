"""A token in hand, kept from one monitor to the next."""

import pytest

from ocf_lib.cloud import login
from ocf_lib.codes import DEGRADED, SUCCESS

from ..double import OK
from ..worlds import CREDENTIALS, run_keystone, run_worker

TOKEN_FILE = "/run/resource-agents/p_keystone.token"


def test_one_login_serves_every_monitor_until_the_token_expires(machine, recurring, keystone):
    """
    The agent keeps the token, in a file that only root can read, until shortly before it expires.
    """
    run_keystone(machine)

    assert [recurring(**CREDENTIALS).code for _ in range(5)] == [SUCCESS] * 5
    assert keystone.logins == [("http://127.0.0.1:5000/v3", "s3cr3t", ())]
    assert machine.files.modes[TOKEN_FILE] == 0o600
    machine.sleep(3300)
    assert recurring(**CREDENTIALS).code == SUCCESS
    assert len(keystone.logins) == 2


def test_a_refused_token_is_replaced_once(machine, recurring, keystone):
    """
    A revoked token costs one login. A second refusal is degraded.
    """
    run_keystone(machine)
    recurring(**CREDENTIALS)
    machine.answers(
        "/v3/auth/system",
        lambda request: b"HTTP/1.1 401 x\r\n\r\n" if b"token-1" in request else b"HTTP/1.1 200 OK\r\n\r\n",
    )
    assert recurring(**CREDENTIALS).code == SUCCESS
    assert len(keystone.logins) == 2

    machine.answers("/v3/auth/system", b"HTTP/1.1 401 x\r\n\r\n")
    seen = recurring(**CREDENTIALS)
    assert seen.code == DEGRADED
    assert len(keystone.logins) == 3
    assert seen.reason == "keystone: http://127.0.0.1:5000/v3/auth/system answers 401 to user admin"


def test_refused_credentials_degrade(machine, recurring, keystone):
    """
    A wrong monitoring password is no fault of the daemon.
    """
    run_keystone(machine)
    keystone.problem = login.Refused("http://127.0.0.1:5000/v3 refuses user admin: 401")

    seen = recurring(**CREDENTIALS)

    assert seen.code == DEGRADED
    assert seen.reason == "keystone: http://127.0.0.1:5000/v3 refuses user admin: 401"


@pytest.mark.parametrize("problem", [login.Refused("401"), login.Failed("answers 503"), TimeoutError()])
def test_workers_and_apis_are_degraded_if_nobody_can_sign_in(machine, recurring, keystone, problem):
    """
    Only Keystone's own agent restarts a Keystone that lets nobody sign in.
    """
    run_worker(machine, "nova-scheduler")
    machine.connects(42, "192.0.2.5", 5672)
    keystone.problem = problem
    assert recurring(agent="nova-scheduler", **CREDENTIALS).code == DEGRADED
    machine.processes.clear()
    machine.files.clear()
    run_worker(machine, "glance-api", "/etc/glance/glance-api.conf")
    machine.answers("/", OK, port=9292)
    assert recurring(agent="glance-api", **CREDENTIALS).code == DEGRADED


def test_a_keystone_whose_name_cannot_be_resolved_is_degraded(machine, recurring, keystone):
    """
    The name is not Keystone's fault, and the agent does not try to sign in.
    """
    run_worker(machine, "nova-scheduler")
    machine.connects(43, "192.0.2.5", 5672)
    machine.network.silent_names = {"vip"}
    seen = recurring(agent="nova-scheduler", **CREDENTIALS)

    assert (seen.code, seen.reason) == (DEGRADED, "nova-scheduler: the name vip cannot be resolved")
    assert keystone.logins == []


@pytest.mark.parametrize("blank", ["\n", "\r", "\x1e", "\x85", "\u2028"])
def test_no_text_of_a_catalogue_leads_to_a_login_per_monitor(machine, recurring, keystone, blank):
    """
    The file of the token has one line for each text. The reason says what is wrong with the URL.
    """
    run_worker(machine, "nova-scheduler")
    machine.connects(42, "192.0.2.5", 5672)
    keystone.endpoint = f"http://cloud:1{blank}/v2.1"

    for _ in range(3):
        seen = recurring(agent="nova-scheduler", **CREDENTIALS)
        assert seen.code == DEGRADED
        assert "the catalogue's endpoint" in seen.reason
    assert len(keystone.logins) == 1


def test_a_clock_that_is_ahead_costs_no_login_per_monitor(machine, recurring, keystone):
    """
    Every token of Keystone then ends in the past. The agent uses it for a minute all the same.
    """
    run_keystone(machine)
    keystone.life = -60

    assert [recurring(**CREDENTIALS).code for _ in range(5)] == [SUCCESS] * 5
    assert len(keystone.logins) == 1
    machine.sleep(61)
    assert recurring(**CREDENTIALS).code == SUCCESS
    assert len(keystone.logins) == 2


def test_a_file_system_that_takes_no_token_costs_no_login_at_each_monitor(machine, recurring, keystone):
    """
    Every resource of the node would sign in at every monitor. So nobody does, and the reason names the file.
    """
    run_keystone(machine)
    machine.files.broken[TOKEN_FILE] = "No space left on device"

    for _ in range(3):
        seen = recurring(**CREDENTIALS)
        assert seen.code == DEGRADED
        assert seen.reason == f"keystone: no token can be kept: {TOKEN_FILE}: No space left on device"
    assert keystone.logins == []


def test_room_for_a_token_is_made_without_losing_which_keystone_gave_the_old_one(machine, recurring, keystone):
    """
    If Keystone is away then, the verdict needs that address.
    """
    run_worker(machine, "nova-scheduler")
    machine.connects(42, "192.0.2.5", 5672)
    cloud = {"os_cloud": "site"}
    recurring(agent="nova-scheduler", **cloud)
    path = "/run/resource-agents/p_nova-scheduler.token"
    before = machine.files[path]
    assert "https://cloud.example/identity" in before
    machine.sleep(3600)
    keystone.problem = login.Failed("answers 503")
    recurring(agent="nova-scheduler", **cloud)

    assert len(keystone.logins) == 2
    assert machine.files[path] == before
