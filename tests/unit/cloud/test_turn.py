"""Resources of one node sign in one after another."""

import pytest

from ocf_lib.cloud import login
from ocf_lib.codes import DEGRADED, SUCCESS

from ..worlds import CREDENTIALS, rows, run_worker

LATE = "nova-scheduler: other resources of this node still sign in at http://vip:5000/v3, and user admin waits for its turn"


@pytest.fixture
def scheduler(machine, recurring):
    """The recurring monitor of a worker that is well."""
    run_worker(machine, "nova-scheduler")
    machine.connects(42, "192.0.2.5", 5672)
    rows(machine, "nova-scheduler", ("controller", "up"))
    return lambda **more: recurring(agent="nova-scheduler", **{**CREDENTIALS, **more})


def test_a_login_waits_for_the_logins_of_others(machine, keystone, scheduler):
    """
    Together they would be too slow for everybody.
    """
    began = machine.now()
    machine.itself.locked_until = began + 4

    assert scheduler().code == SUCCESS
    assert machine.now() >= began + 4
    assert len(keystone.logins) == 1


def test_a_turn_that_has_not_come_is_no_failed_login(machine, keystone, scheduler):
    """
    Nobody was asked, so nothing is remembered, and the next monitor tries again.
    """
    machine.itself.locked_until = machine.now() + 60
    seen = scheduler()
    assert (seen.code, seen.reason) == (DEGRADED, LATE)
    assert keystone.logins == []

    machine.itself.locked_until = 0
    assert scheduler().code == SUCCESS


@pytest.mark.parametrize("problem", [None, login.Refused("401 Unauthorized"), TimeoutError()])
def test_a_turn_ends_with_the_login(machine, keystone, scheduler, problem):
    """
    Whatever came of it: the monitor still watches the daemon for a minute.
    """
    keystone.problem = problem
    scheduler()

    taken, released = machine.itself.locks
    assert released == f"{taken} released"


def test_other_credentials_have_turns_of_their_own(machine, keystone, scheduler):
    """
    A Keystone that is silent makes no resource of another one wait.
    """
    scheduler()
    scheduler(os_auth_url="http://192.0.2.9:5000/v3")

    assert len(set(machine.itself.locks)) == 4


def test_the_name_of_the_lock_holds_nothing_of_a_secret(machine, keystone, scheduler):
    """
    Every user of the host can list the run directory. A hash of the password would let anybody try passwords.
    """
    scheduler()
    scheduler(os_password="another")

    assert len(keystone.logins) == 2
    assert len({lock.removesuffix(" released") for lock in machine.itself.locks}) == 1


def test_a_turn_that_cannot_be_noted_is_no_fault(machine, keystone, scheduler):
    """
    With a full or broken file system the agent signs in at once.
    """
    scheduler()
    path = machine.itself.locks[0]
    machine.files.broken[path] = "No space left on device"
    machine.sleep(3600)

    assert scheduler().code == SUCCESS
    assert len(keystone.logins) == 2
    assert ("warning", f"WARNING: {path}: No space left on device") in machine.itself.logged
