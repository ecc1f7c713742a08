"""What monitor makes of what it finds."""

import types

import pytest

from ocf_lib.cloud import login
from ocf_lib.cloud.credentials import Token
from ocf_lib.codes import DEGRADED, ERR_GENERIC, NOT_RUNNING, SUCCESS

from .worlds import CONFIG, CREDENTIALS, PID_FILE, UWSGI, run_keystone

TOKEN_FILE = "/run/resource-agents/p_keystone.token"


@pytest.fixture
def keystone(monkeypatch, machine):
    """Sign in without keystoneauth1: every login is noted, and gives another token."""
    logins = []

    def sign_in(context, wanted, password, seconds):
        logins.append((str(wanted.keystone), password))
        if isinstance(keystone_says, Exception):
            raise keystone_says
        return Token(
            text=f"token-{len(logins)}",
            expires=context.host.itself.date() + 3600,
            project="p1",
            endpoint="http://cloud:8776/v3/p1",
        )

    keystone_says = None

    def says(problem):
        nonlocal keystone_says
        keystone_says = problem

    monkeypatch.setattr(login, "sign_in", sign_in)
    return types.SimpleNamespace(logins=logins, says=says)


def test_nothing_there(cluster, recurring):
    """
    A probe finds nothing and says so in silence; a recurring monitor gives a reason.
    """
    probe = cluster("monitor")
    assert (probe.code, probe.err) == (NOT_RUNNING, "")
    assert recurring().code == NOT_RUNNING
    assert recurring().reason == "keystone: the daemon has ended, and nothing is left of it"


def test_at_work(machine, recurring):
    """
    A daemon that answers is content, at every level, without credentials.
    """
    run_keystone(machine)

    assert recurring().code == SUCCESS
    assert recurring(level=10).code == SUCCESS
    assert recurring().err == ""


@pytest.mark.parametrize("interval", [None, 0])
def test_a_probe_asks_nobody(cluster, machine, interval):
    """
    A probe is quick and needs no API: a mute daemon is an active one.
    """
    run_keystone(machine)
    machine.answers("/v3", TimeoutError())

    assert cluster("monitor", interval=interval, os_username="x").code == SUCCESS
    assert machine.now() == 1000.0


def test_a_probe_needs_nothing(cluster, machine):
    """
    No program, configuration, account or sense in the parameters: a probe is no place to complain.
    """
    machine.programs.clear()
    machine.files.clear()
    machine.processes.accounts.clear()

    assert cluster("monitor", watch_time="soon", url="nonsense").code == NOT_RUNNING


def test_an_administrator_may_ask_a_probe_for_more(cluster, machine):
    """
    With a check level (crm_resource --force-check=10) a one-off monitor asks the API.
    """
    run_keystone(machine)
    machine.answers("/v3", b"HTTP/1.1 500 No\r\n\r\n")

    assert cluster("monitor", level=10).code == ERR_GENERIC


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
def test_alive_and_not_at_work(machine, recurring, answer, reason):
    """
    A daemon that runs but does not answer as it should is broken, never "stopped".
    """
    run_keystone(machine)
    machine.answers("/v3", answer)

    seen = recurring()

    assert (seen.code, seen.reason) == (ERR_GENERIC, f"keystone: {reason}")


@pytest.mark.parametrize("status", [200, 204, 300, 302, 401])
def test_answers_that_are_well(machine, recurring, status):
    """
    Version documents answer 300, guarded ones 401; both prove that the application is loaded.
    """
    run_keystone(machine)
    machine.answers("/v3", b"HTTP/1.1 %d x\r\nContent-Type: application/json\r\n\r\n" % status)

    assert recurring().code == SUCCESS


def test_main_process_gone_workers_alive(machine, recurring, cluster):
    """
    Orphaned workers are broken, to a probe as well: on "not running" the cluster would start a second daemon.
    """
    run_keystone(machine)
    machine.processes.orphans_survive = True
    machine.kill(42)

    assert recurring().code == ERR_GENERIC
    assert recurring().reason.endswith("these processes of the daemon live: 43 44")
    assert cluster("monitor").code == ERR_GENERIC


def test_stopped_by_a_signal(machine, recurring):
    """
    State T is found before anything is asked.
    """
    run_keystone(machine)
    machine.processes[42].state = "T"

    assert recurring().reason == "keystone: pid 42 is stopped by a signal (state T)"


def test_a_zombie_is_gone(machine, recurring):
    """
    A zombie does no work, however long its parent fails to reap it.
    """
    machine.process(42, UWSGI, state="Z")
    machine.files[PID_FILE] = "42\n"

    assert recurring().code == NOT_RUNNING


def test_signed_in_with_a_kept_token(machine, recurring, keystone):
    """
    One login serves every monitor until shortly before the token expires.
    """
    run_keystone(machine)

    assert [recurring(**CREDENTIALS).code for _ in range(5)] == [SUCCESS] * 5
    assert keystone.logins == [("http://127.0.0.1:5000/v3", "s3cr3t")]
    assert machine.files.modes[TOKEN_FILE] == 0o600
    machine.sleep(3300)
    assert recurring(**CREDENTIALS).code == SUCCESS
    assert len(keystone.logins) == 2


def test_other_credentials_need_another_token(machine, recurring, keystone):
    """
    A token is kept for the parameters it was had with, and for no others.
    """
    run_keystone(machine)
    recurring(**CREDENTIALS)
    recurring(**{**CREDENTIALS, "os_password": "other"})

    assert [password for _, password in keystone.logins] == ["s3cr3t", "other"]


def test_a_refused_token_is_replaced_once(machine, recurring, keystone):
    """
    A revoked token costs one login; a second refusal is judged: degraded.
    """
    run_keystone(machine)
    machine.answers(
        "/v3/auth/projects",
        lambda request: b"HTTP/1.1 401 x\r\n\r\n" if b"token-1" in request else b"HTTP/1.1 200 OK\r\n\r\n",
    )
    recurring(**CREDENTIALS)
    assert recurring(**CREDENTIALS).code == SUCCESS
    assert len(keystone.logins) == 2

    machine.answers("/v3/auth/projects", b"HTTP/1.1 401 x\r\n\r\n")
    seen = recurring(**CREDENTIALS)
    assert seen.code == DEGRADED
    assert len(keystone.logins) == 3
    assert seen.reason == "keystone: http://127.0.0.1:5000/v3/auth/projects answers 401 to user admin"


def test_refused_credentials_degrade(machine, recurring, keystone):
    """
    A wrong monitoring password is no fault of the daemon.
    """
    run_keystone(machine)
    keystone.says(login.Refused("401 Unauthorized"))

    seen = recurring(**CREDENTIALS)

    assert seen.code == DEGRADED
    assert seen.reason == "keystone: http://127.0.0.1:5000/v3 refuses user admin: 401 Unauthorized"


@pytest.mark.parametrize("password", ["wrong", "401", "Unauthorized"])
def test_a_masked_secret_does_not_betray_itself(machine, recurring, keystone, password):
    """
    A password that is a word or a number of ours stays in our own sentence: a mask there would tell it.
    """
    run_keystone(machine)
    keystone.says(login.Refused("401 Unauthorized, so name, password, domain or project is wrong"))

    seen = recurring(**{**CREDENTIALS, "os_password": password})

    assert seen.reason.endswith(" refuses user admin: 401 Unauthorized, so name, password, domain or project is wrong")
    assert seen.reason in machine.itself.logged[-1][1]


@pytest.mark.parametrize("password", ["dbpw", "1234", "db-pw"])
def test_a_secret_in_the_words_of_a_database(machine, recurring, keystone, password):
    """
    What comes from outside may hold any secret, of whatever form.
    """
    run_keystone(machine)
    machine.files[CONFIG] = f"[database]\nconnection = mysql+pymysql://ks:{password}@127.0.0.1/keystone\n"
    machine.answers("/v3/auth/projects", b"HTTP/1.1 500 x\r\n\r\n")
    machine.network.web[3306, ""] = b"J"
    machine.programs.query = 4, f"using password {password}\n"

    assert "database 127.0.0.1:3306: using password ****" in recurring(**CREDENTIALS).reason


@pytest.mark.parametrize("query", [(4, "unable to open database file\n"), (-14, "")])
def test_database_away(machine, recurring, keystone, query):
    """
    A 5xx to a signed-in request, and a database that is not well: degraded, naming it.
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
    On a busy machine the time may be over before the query was put: that is no evidence against the database.
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
def test_database_server_away(machine, recurring, keystone, answer, trouble):
    """
    A server that cannot be reached is named without a query; its password is not.
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


def test_database_well_and_still_500(machine, recurring, keystone):
    """
    With its database in order, a 5xx is the daemon's own fault.
    """
    run_keystone(machine)
    machine.files[CONFIG] = "[database]\nconnection = mysql+pymysql://ks:dbpw@127.0.0.1/keystone\n"
    machine.network.web[3306, ""] = b"J\0\0\0\n10.11"
    machine.answers("/v3/auth/projects", b"HTTP/1.1 500 x\r\n\r\n")

    assert recurring(**CREDENTIALS).code == ERR_GENERIC
    assert machine.programs.queries == ["mysql+pymysql://ks:dbpw@127.0.0.1/keystone\n"]


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


def test_incomplete_credentials_degrade(machine, recurring):
    """
    They are not silently ignored, and nothing is restarted for them.
    """
    run_keystone(machine)

    assert recurring(os_username="admin", os_password="x").code == DEGRADED


@pytest.mark.parametrize(
    "params", [{"url": "nonsense"}, {"watch_time": "soon"}, {"insecure": "maybe", "os_username": "a"}]
)
def test_a_monitor_never_bans(machine, cluster, params):
    """
    Codes that ban a resource from a node, or from all, are no verdict of a monitor.
    """
    run_keystone(machine)
    for _ in range(2):
        seen = cluster("monitor", interval=1, os_tenant_name="p", os_password="x", **params)

    assert seen.code in (ERR_GENERIC, DEGRADED, SUCCESS)


def test_watching(machine, cluster):
    """
    The second recurring monitor in a row watches for watch_time; the death of the daemon ends that at once.
    """
    run_keystone(machine)
    assert cluster("monitor", interval=1).code == SUCCESS
    assert machine.itself.slept == 0
    assert cluster("monitor", interval=1).code == SUCCESS
    assert machine.itself.slept == pytest.approx(20)

    machine.processes.dies_at[42] = machine.now() + 3
    seen = cluster("monitor", interval=1)
    assert seen.code == NOT_RUNNING
    assert machine.itself.slept == pytest.approx(23, abs=0.5)


@pytest.mark.parametrize(("timeout", "longest"), [(60, 20), (30, 20), (20, 15), (10, 8)])
def test_watching_ends_well_before_the_timeout(machine, cluster, timeout, longest):
    """
    With a short timeout it watches for the part that fits.
    """
    run_keystone(machine)
    cluster("monitor", interval=1, timeout=timeout)
    cluster("monitor", interval=1, timeout=timeout)

    assert machine.itself.slept <= longest


@pytest.mark.parametrize("between", ["start", "reload-agent", "monitor"])
def test_the_first_monitor_of_a_transition_does_not_watch(machine, cluster, between):
    """
    After a start, a reload or a probe the cluster waits for the first recurring monitor.
    """
    run_keystone(machine)
    for _ in range(2):
        cluster("monitor", interval=1)
    before = machine.itself.slept
    cluster(between)
    cluster("monitor", interval=1)

    assert machine.itself.slept == before


def test_a_new_interval_or_a_pause_does_not_watch(machine, cluster):
    """
    So it does after a change of the interval, and after maintenance.
    """
    run_keystone(machine)
    for _ in range(2):
        cluster("monitor", interval=1)
    before = machine.itself.slept
    cluster("monitor", interval=5)
    assert machine.itself.slept == before
    machine.sleep(60)
    cluster("monitor", interval=1)
    assert machine.itself.slept == before + 60


def test_degraded_is_reported_first_and_watched_briefly(machine, cluster, keystone):
    """
    The change to degraded, and back, is told at once; while it lasts, each monitor watches for 5 s at most.
    """
    run_keystone(machine)
    for _ in range(2):
        cluster("monitor", interval=1, **CREDENTIALS)
    keystone.says(login.Refused("401"))
    machine.files.pop(TOKEN_FILE)
    before = machine.itself.slept
    assert cluster("monitor", interval=1, **CREDENTIALS).code == DEGRADED
    assert machine.itself.slept == before
    assert cluster("monitor", interval=1, **CREDENTIALS).code == DEGRADED
    assert machine.itself.slept == pytest.approx(before + 5)
    keystone.says(None)
    assert cluster("monitor", interval=1, **CREDENTIALS).code == SUCCESS
    assert machine.itself.slept == pytest.approx(before + 5)


@pytest.mark.parametrize("name", ["token", "monitor-1000", "not-yet"])
def test_a_note_that_cannot_be_read_or_written_is_no_verdict(machine, recurring, keystone, name):
    """
    Whatever the file system says of the agent's own notes, the service is judged all the same.
    """
    run_keystone(machine)
    path = f"/run/resource-agents/p_keystone.{name}"
    machine.files[path] = "1"
    machine.files.broken[path] = "Input/output error"

    assert recurring(**CREDENTIALS).code == SUCCESS
    assert recurring(**CREDENTIALS).code == SUCCESS
    assert ("warning", f"WARNING: {path}: Input/output error") in machine.itself.logged
