"""The verdict on a daemon: every check, a second look, and whose fault it is."""

from ocf_lib.codes import DEGRADED, SUCCESS

from ..double import OK
from ..worlds import CONFIG, CREDENTIALS, run_keystone


def test_one_bad_answer_is_no_bad_daemon(machine, recurring):
    """
    A worker that dies under a request is replaced; the second answer counts.
    """
    run_keystone(machine)
    answers = iter([b"", OK])
    machine.answers("/v3", lambda request: next(answers))

    assert recurring().code == SUCCESS


def test_silence_with_the_database_frozen(machine, recurring):
    """
    A frozen database holds every worker sooner or later; a restart would only add to it.
    """
    run_keystone(machine)
    machine.files[CONFIG] = "[database]\nconnection = postgresql://ks:dbpw@127.0.0.1/keystone\n"
    machine.network.web[5432, ""] = TimeoutError()
    machine.answers("/v3", TimeoutError())

    assert recurring().code == DEGRADED


def test_level_20_insists_on_credentials(machine, recurring):
    """
    A restart cannot provide them, so their absence degrades.
    """
    run_keystone(machine)

    assert recurring(level=20).code == DEGRADED


def test_level_10_leaves_credentials_alone(machine, recurring, keystone):
    """
    Level 10 asks the API and signs in nowhere.
    """
    run_keystone(machine)

    assert recurring(level=10, **CREDENTIALS).code == SUCCESS
    assert keystone.logins == []
