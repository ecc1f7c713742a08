"""The verdict on a daemon: every check, a second look, and whose fault it is."""

from ocf_lib.codes import DEGRADED, SUCCESS

from ..double import OK
from ..worlds import CONFIG, CREDENTIALS, run_keystone


def test_one_bad_answer_is_no_bad_daemon(machine, recurring):
    """
    A worker may die under a request. The second answer counts.
    """
    run_keystone(machine)
    answers = iter([b"", OK])
    machine.answers("/v3", lambda request: next(answers))

    assert recurring().code == SUCCESS


def test_a_silent_api_with_a_frozen_database_is_degraded(machine, recurring):
    """
    A frozen database holds every worker sooner or later. A restart would only add to the trouble.
    """
    run_keystone(machine)
    machine.files[CONFIG] = "[database]\nconnection = postgresql://ks:dbpw@127.0.0.1/keystone\n"
    machine.network.web[5432, ""] = TimeoutError()
    machine.answers("/v3", TimeoutError())

    assert recurring().code == DEGRADED


def test_level_20_without_credentials_is_degraded(machine, recurring):
    """
    A restart cannot provide credentials.
    """
    run_keystone(machine)

    assert recurring(level=20).code == DEGRADED


def test_level_10_does_not_sign_in(machine, recurring, keystone):
    """
    Level 10 asks the API, without credentials.
    """
    run_keystone(machine)

    assert recurring(level=10, **CREDENTIALS).code == SUCCESS
    assert keystone.logins == []
