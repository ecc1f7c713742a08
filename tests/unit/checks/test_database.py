"""Is the database well that the daemon's configuration names?"""

import pytest

from ocf_lib.codes import DEGRADED, ERR_GENERIC

from ..worlds import BROKER, CONFIG, CREDENTIALS, run_keystone, run_worker


@pytest.mark.parametrize("password", ["dbpw", "1234", "db-pw"])
def test_a_secret_in_the_words_of_a_database_is_masked(machine, recurring, keystone, password):
    """
    A text from outside may hold any secret, of whatever form.
    """
    run_keystone(machine)
    machine.files[CONFIG] = f"[database]\nconnection = mysql+pymysql://ks:{password}@127.0.0.1/keystone\n"
    machine.answers("/v3/auth/system", b"HTTP/1.1 500 x\r\n\r\n")
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
    machine.answers("/v3/auth/system", b"HTTP/1.1 500 x\r\n\r\n")
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
    machine.answers("/v3/auth/system", b"HTTP/1.1 500 x\r\n\r\n")
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
    machine.answers("/v3/auth/system", b"HTTP/1.1 500 x\r\n\r\n")
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
    machine.answers("/v3/auth/system", b"HTTP/1.1 500 x\r\n\r\n")

    assert recurring(**CREDENTIALS).code == ERR_GENERIC
    assert machine.programs.queries == ["mysql+pymysql://ks:dbpw@127.0.0.1/keystone\n"]


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("mysql+pymysql://ks:Pa#ss@db.example/keystone", "db.example:3306"),
        ("mysql+pymysql://ks:pa[ss@db.example:3307/keystone", "db.example:3307"),
        ("mysql+pymysql://ks:5544/word@db.example/keystone", "db.example:3306"),
        ("mysql+pymysql://ks:5544?word@db.example/keystone", "db.example:3306"),
        ("mysql+pymysql://ks:p%40ss%2F@[fd00::5]/keystone?charset=utf8", "fd00::5:3306"),
        ("mysql://ks:a:b:c@db.example/keystone", "db.example:3306"),
        ("postgresql://ks@db.example/keystone", "db.example:5432"),
        ("mysql+pymysql://ks:dbpw@$db_host/keystone", "db.example:3306"),
    ],
)
def test_a_url_is_read_as_sqlalchemy_reads_it(machine, recurring, keystone, url, server):
    """
    SQLAlchemy takes almost every character in a password. The reason names the server, and no part of a password.
    """
    run_keystone(machine)
    machine.files[CONFIG] = f"[DEFAULT]\ndb_host = db.example\n[database]\nconnection = {url}\n"
    machine.answers("/v3/auth/system", b"HTTP/1.1 500 x\r\n\r\n")
    machine.network.web[5432, ""] = ConnectionRefusedError()
    seen = recurring(**CREDENTIALS)

    assert seen.code == DEGRADED
    assert f"database {server} refuses connections" in seen.reason
    assert machine.programs.queries == []


@pytest.mark.parametrize(
    "url",
    [
        "mysql+pymysql://ks:dbpw@localhost/keystone?unix_socket=/run/mysqld/mysqld.sock",
        "mysql+pymysql://ks:dbpw@localhost/keystone?read_default_file=/etc/ks.cnf",
        "postgresql://ks:dbpw@/keystone?host=a:5432&host=b:5432",
        "postgresql://ks:dbpw@a,b/keystone",
        "mysql+pymysql://ks:dbpw@/keystone",
    ],
)
def test_a_server_that_only_the_driver_finds_is_only_queried(machine, recurring, keystone, url):
    """
    A socket, a file of the driver, or one of several servers: the query of the service's own libraries decides.
    """
    run_keystone(machine)
    machine.files[CONFIG] = f"[database]\nconnection = {url}\n"
    machine.answers("/v3/auth/system", b"HTTP/1.1 500 x\r\n\r\n")

    assert recurring(**CREDENTIALS).code == ERR_GENERIC
    assert machine.programs.queries == [f"{url}\n"]
    machine.programs.query = 4, "Can't connect with dbpw\n"
    assert "database keystone: Can't connect with ****" in recurring(**CREDENTIALS).reason


@pytest.mark.parametrize(
    "url",
    ["$db_url", "no url", "mysql:/ks:Pa5544@h/k", "mysql://ks:Pa@5544/word@h/k", "mysql://k/s:Pa5544@h/k",
     "mysql://ks:pw@h:Pa5544/k"],
)  # fmt: skip
def test_a_url_that_nobody_can_read_is_no_evidence(machine, recurring, keystone, url):
    """
    If nobody can tell how the database is, the daemon that fails is at fault. No part of the password is shown.
    """
    run_keystone(machine)
    machine.files[CONFIG] = f"[database]\nconnection = {url}\n"
    machine.answers("/v3/auth/system", b"HTTP/1.1 500 x\r\n\r\n")
    machine.programs.query = 1, "Traceback"
    seen = recurring(environ={"PCMK_debug": "1"}, **CREDENTIALS)

    assert seen.code == ERR_GENERIC
    assert "5544" not in seen.err + str(machine.itself.logged)


def test_a_query_that_had_no_time_is_no_evidence(machine, recurring, keystone):
    """
    Keystone hangs, and the database would answer after 1.5 s. With a short timeout the query cannot show that.
    """
    run_keystone(machine)
    machine.files[CONFIG] = "[database]\nconnection = mysql+pymysql://ks:dbpw@127.0.0.1/keystone\n"
    machine.network.web[3306, ""] = b"J"
    machine.answers("/v3", TimeoutError())
    machine.programs.query = -14, ""

    assert recurring(timeout=10, **CREDENTIALS).code == ERR_GENERIC
    assert recurring(timeout=60, **CREDENTIALS).code == DEGRADED


def test_a_start_of_a_keystone_that_hangs_fails(machine, cluster, keystone):
    """
    Near its deadline a start has no time for a query: that does not excuse a daemon that never answers.
    """
    machine.files[CONFIG] = "[database]\nconnection = mysql+pymysql://ks:dbpw@127.0.0.1/keystone\n"
    machine.network.web[3306, ""] = b"J"
    machine.answers("/v3", TimeoutError())

    def query(user, argv, text, seconds):
        return (0, "") if float(argv[-1]) > 1.5 else (-14, "")

    machine.programs.run_as = query

    assert cluster("start", timeout=120, **CREDENTIALS).code == ERR_GENERIC


def test_a_database_that_nobody_can_ask_leaves_the_blame_to_the_broker(machine, recurring):
    """
    The system has no room for a process that asks. The agent still looks at the broker.
    """
    run_keystone(machine)
    connection = "[database]\nconnection = postgresql://ks:dbpw@127.0.0.1/keystone\n"
    machine.files[CONFIG] = f"{BROKER}{connection}"
    machine.network.web[5432, ""] = b"N"
    machine.network.web[5672, ""] = machine.network.web[5673, ""] = TimeoutError()
    machine.answers("/v3", TimeoutError())

    def run_as(*_given):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    machine.programs.run_as = run_as
    seen = recurring()
    assert seen.code == DEGRADED
    assert seen.reason.startswith("keystone: broker ")


def test_the_database_of_a_service_that_names_it_in_an_option_of_its_own(machine, recurring, keystone):
    """
    Zaqar and Gnocchi have no section "database" with a connection.
    """
    config = "/etc/zaqar/zaqar.conf"
    machine.files[config] = "[drivers:management_store:sqlalchemy]\nuri = mysql+pymysql://zaqar:pw@db.example/zaqar\n"
    run_worker(machine, "zaqar-server", config)
    machine.answers("/", port=8888)
    machine.answers("/v3")
    machine.answers("/v2/queues?limit=1", b"HTTP/1.1 503 x\r\n\r\n", port=8888)
    machine.network.web[3306, ""] = ConnectionRefusedError(111, "x")

    seen = recurring(agent="zaqar-server", **CREDENTIALS)

    assert seen.code == DEGRADED
    assert "zaqar-server: database db.example:3306 refuses connections" in seen.reason
