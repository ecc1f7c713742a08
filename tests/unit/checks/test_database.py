"""Is the database well that the daemon's configuration names?"""

import pytest

from ocf_lib.codes import DEGRADED, ERR_GENERIC

from ..worlds import CONFIG, CREDENTIALS, run_keystone


@pytest.mark.parametrize("password", ["dbpw", "1234", "db-pw"])
def test_a_secret_in_the_words_of_a_database_is_masked(machine, recurring, keystone, password):
    """
    A text from outside may hold any secret, of whatever form.
    """
    run_keystone(machine)
    machine.files[CONFIG] = f"[database]\nconnection = mysql+pymysql://ks:{password}@127.0.0.1/keystone\n"
    machine.answers("/v3/auth/projects", b"HTTP/1.1 500 x\r\n\r\n")
    machine.network.web[3306, ""] = b"J"
    machine.programs.query = 4, f"using password {password}\n"

    assert "database 127.0.0.1:3306: using password ****" in recurring(**CREDENTIALS).reason


@pytest.mark.parametrize("query", [(4, "unable to open database file\n"), (-14, "")])
def test_a_5xx_with_a_failing_database_is_degraded(machine, recurring, keystone, query):
    """
    The reason of a 5xx to a signed-in request names the database that fails.
    """
    run_keystone(machine)
    machine.files[CONFIG] = "[database]\nconnection = sqlite:////var/lib/keystone/keystone.db\n"
    machine.answers("/v3/auth/projects", b"HTTP/1.1 500 x\r\n\r\n")
    machine.programs.query = query

    seen = recurring(**CREDENTIALS)

    assert seen.code == DEGRADED
    assert "keystone: database /var/lib/keystone/keystone.db" in seen.reason


def test_a_database_that_nobody_asked_is_not_blamed(machine, recurring, keystone):
    """
    On a busy machine the time may be over before the query was put: this is no evidence against the database.
    """
    run_keystone(machine)
    machine.files[CONFIG] = "[database]\nconnection = sqlite:////var/lib/keystone/keystone.db\n"
    machine.answers("/v3/auth/projects", b"HTTP/1.1 500 x\r\n\r\n")
    machine.programs.query = None

    seen = recurring(**CREDENTIALS)

    assert seen.code == ERR_GENERIC
    assert "database" not in seen.reason


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (ConnectionRefusedError(111, "x"), "refuses connections"),
        (TimeoutError(), "does not answer"),
        (OSError(113, "No route to host"), ": No route to host"),
    ],
)
def test_an_unreachable_database_server_is_degraded_without_a_query(machine, recurring, keystone, answer, trouble):
    """
    The reason names the server, and not its password.
    """
    run_keystone(machine)
    machine.files[CONFIG] = "[database]\nconnection = mysql+pymysql://ks:dbpw@db.example/keystone?charset=utf8\n"
    machine.answers("/v3/auth/projects", b"HTTP/1.1 500 x\r\n\r\n")
    machine.network.web[3306, ""] = answer

    seen = recurring(**CREDENTIALS)

    assert seen.code == DEGRADED
    assert "keystone: database db.example:3306" in seen.reason
    assert trouble in seen.reason
    assert "dbpw" not in seen.err
    assert machine.programs.queries == []


def test_a_5xx_with_a_good_database_is_an_error(machine, recurring, keystone):
    """
    If its database is in order, a 5xx is the daemon's own fault.
    """
    run_keystone(machine)
    machine.files[CONFIG] = "[database]\nconnection = mysql+pymysql://ks:dbpw@127.0.0.1/keystone\n"
    machine.network.web[3306, ""] = b"J\0\0\0\n10.11"
    machine.answers("/v3/auth/projects", b"HTTP/1.1 500 x\r\n\r\n")

    assert recurring(**CREDENTIALS).code == ERR_GENERIC
    assert machine.programs.queries == ["mysql+pymysql://ks:dbpw@127.0.0.1/keystone\n"]
