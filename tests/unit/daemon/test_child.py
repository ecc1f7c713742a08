"""A daemon that the agent has just launched."""

import pytest

from ocf_lib.codes import ERR_GENERIC, SUCCESS

from ..double import OK
from ..worlds import NEUTRON, NOVA, run_worker

LOG = "/var/log/openstack-resource-agents/keystone-p_keystone.log"


def dies_early(machine, times: int) -> None:
    """The next *times* daemons end 50 ms after their launch."""
    really, left = machine.programs.launch, [None] * times

    def launch(*given):
        born = really(*given)
        if left:
            machine.processes.dies_at[born.pid] = machine.now() + 0.05
            left.pop()
        return born

    machine.programs.launch = launch


def test_the_last_words_of_a_daemon_that_ends_at_once_are_the_reason(cluster, machine):
    """
    Start notices the end at once, and quotes the last line of the daemon's log. This one has no time for another try.
    """
    machine.files.tails["/var/log/keystone/keystone.log"] = "something\nbind(): Address already in use\n\n"
    machine.processes.dies_at[501] = 1000.05

    seen = cluster("start", timeout=6)

    assert seen.code == ERR_GENERIC
    assert seen.reason == (
        "keystone: ended at once, exit status 1: bind(): Address already in use (/var/log/keystone/keystone.log)"
    )
    assert machine.itself.slept < 1


@pytest.mark.parametrize("password", ["refused", "4711", "s3cr3t"])
def test_a_secret_in_the_last_words_is_masked_before_the_cut(cluster, machine, password):
    """
    A daemon may print any secret. The cut leaves no part of it.
    """
    machine.files.tails["/var/log/keystone/keystone.log"] = f"{password} {'x' * 66}\n"
    machine.processes.dies_at[501] = 1000.05

    seen = cluster("start", timeout=6, os_password=password)

    assert f"ended at once, exit status 1: *** {'x' * 66} (/var/log" in seen.reason


def test_the_last_words_are_those_of_an_error(cluster, machine):
    """
    A worker ends with a traceback in its own log. What comes after that, and on standard error, are warnings.
    """
    prefix = "2026-11-24 21:00:00.1 77 "
    machine.files.tails["/var/log/keystone/keystone.log"] = (
        f"{prefix}CRITICAL nova [-] Unhandled error: NotSupported\n{prefix}ERROR nova Traceback (most recent call last):\n"
        f"{prefix}ERROR nova nova.exception.NotSupported: Placement does not have any versions\n{prefix}ERROR nova \x1b[00m\n"
        f"{prefix}WARNING oslo Option is deprecated\n"
    )
    machine.files.tails[LOG] = "Modules were imported too early\n"
    machine.processes.dies_at[501] = 1000.05
    assert (
        "status 1: ERROR nova NotSupported: Placement does not have any versions ("
        in cluster("start", timeout=6).reason
    )

    machine.files.tails["/var/log/keystone/keystone.log"] = "loading\n"
    machine.files.tails[LOG] = "Traceback (most recent call last):\n  File\nImportError: no nova\nbye\n"
    dies_early(machine, 1)
    assert f"exit status 1: ImportError: no nova ({LOG})" in cluster("start", timeout=6).reason


BUSY = "OperationalError: (pymysql.err.OperationalError) (1040, 'Too many connections of this user to this server, and more')"
APACHE = "[Mon Nov 30 02:40:06.1 2026] [wsgi:error] [pid 7:tid 8] [remote 127.0.0.1:41776]"


@pytest.mark.parametrize(
    ("log", "shown"),
    [
        ("2026-11-30 02:40:06.1 77 ERROR keystone [-] no key\nINFO x\n", "ERROR keystone [-] no key"),
        (
            f"{APACHE} Traceback (most recent call last):\n{APACHE}   File x\n{APACHE} ImportError: PyO3\n{APACHE} mod_wsgi\n",
            "ImportError: PyO3",
        ),
        (
            f'ckages/x.py", line 7\n{APACHE}   File "x"\n{APACHE}     ^^^\n{APACHE} ImportError: PyO3\n',
            "ImportError: PyO3",
        ),
        (
            f"Traceback (most recent call last):\n  File x\n{BUSY}\n",
            "OperationalError: ... this user to this server, and more')",
        ),
    ],
)
def test_a_daemon_that_does_not_become_well_fails_its_start_with_its_last_error(cluster, healthy, log, shown):
    """
    It stays up and answers 500. Why it does is in its log: its own one, or that of a web server.
    """
    healthy.answers("/v3", b"HTTP/1.1 500 x\r\n\r\n")
    healthy.files.tails["/var/log/keystone/keystone.log"] = log

    seen = cluster("start", timeout=30)

    assert seen.code == ERR_GENERIC
    path = "/var/log/keystone/keystone.log"
    assert seen.reason == f"keystone: http://127.0.0.1:5000/v3 answers 500: {shown} ({path})"


def test_what_a_slow_daemon_logs_is_no_reason_unless_it_is_an_error(cluster, healthy):
    """
    Its last line tells nobody anything.
    """
    healthy.answers("/v3", b"HTTP/1.1 500 x\r\n\r\n")
    healthy.files.tails["/var/log/keystone/keystone.log"] = "GET /v3 HTTP/1.1 500\n"

    assert cluster("start", timeout=30).reason == "keystone: http://127.0.0.1:5000/v3 answers 500"


def test_a_daemon_that_dies_early_is_launched_again(cluster, healthy):
    """
    What it needs may be coming up beside it. The pauses grow.
    """
    dies_early(healthy, 2)
    healthy.answers("/v3", lambda _request: OK if len(healthy.programs.launched) == 3 else b"")

    assert cluster("start").code == SUCCESS
    assert len(healthy.programs.launched) == 3
    assert healthy.itself.slept == pytest.approx(3.2, abs=0.4)
    assert sorted(healthy.processes) == [503]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (ConnectionRefusedError(111, "x"), "broker fd00::2:5673 refuses connections (ended at once"),
        (b"\1\0", "ended at once"),
    ],
)
def test_a_daemon_that_never_stays_up_fails_its_start_with_its_reason(cluster, machine, answer, words):
    """
    The reason names a broker that is away. A daemon that does not run is never degraded.
    """
    machine.kill(run_worker(machine, "nova-scheduler"))
    machine.network.web[5672, ""] = answer
    # A worker does not use the cache of the API that reads the same file.
    machine.files[NOVA] += "[keystone_authtoken]\nmemcached_servers = 127.0.0.1:11211\n"
    dies_early(machine, 99)
    machine.files.tails["/var/log/nova/nova-scheduler.log"] = "it ended\n"
    seen = cluster("start", agent="nova-scheduler", timeout=60)

    assert seen.code == ERR_GENERIC
    assert seen.reason.startswith(f"nova-scheduler: {words}")
    assert "exit status 1: it ended (" in seen.reason
    assert 5 < len(machine.programs.launched) < 20
    assert 40 < machine.itself.slept < 54


@pytest.mark.parametrize(
    "words",
    [
        "getopt_long() error",
        f"oslo_config.cfg.ConfigFileParseError: Failed to parse /etc/x: {'x' * 99}",
        "ERROR: Failed to parse /etc/glance/glance-api.conf: at line 1",
    ],
)
def test_a_mistake_in_the_configuration_fails_a_start_at_once(cluster, machine, words):
    """
    The daemon would end each time.
    """
    machine.files.tails[LOG] = f"{words}\n"
    machine.processes.dies_at[501] = 1000.05

    assert cluster("start").code == ERR_GENERIC
    assert len(machine.programs.launched) == 1


def test_a_wrong_option_fails_a_start_at_once(cluster, machine):
    """
    The usual status of a program that does not know its option is 2.
    """
    machine.processes.dies_at[501] = 1000.05
    machine.programs.ended = lambda pid: None if pid in machine.processes else "exit status 2"

    assert cluster("start").code == ERR_GENERIC
    assert len(machine.programs.launched) == 1


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("'mysql:/keystone:dbs3cret@db1/keystone'", "'mysql:****@db1/keystone'"),
        ('"openstack:p@s:3cret@mq1:5672"', '"openstack:****@mq1:5672"'),
        ("10.0.0.1:5672:", "10.0.0.1:5672:"),
        ("'keystone'@'db1:3306'", "'keystone'@'db1:3306'"),
    ],
)
def test_the_last_words_hold_no_password_of_a_url(cluster, machine, word, shown):
    """
    SQLAlchemy and oslo.messaging quote a URL that they cannot read, with the password in it.
    """
    machine.files.tails["/var/log/keystone/keystone.log"] = f"ArgumentError: bad URL {word}\n"
    machine.processes.dies_at[501] = 1000.05

    seen = cluster("start", timeout=6)

    assert f"ArgumentError: bad URL {shown} (/var/log" in seen.reason


def test_the_exception_of_a_traceback_that_begins_in_a_line_of_the_log(cluster, machine):
    """
    Gnocchi logs a traceback as one message of many lines: only the first one has date, pid and level.
    """
    machine.files.tails[LOG] = (
        "2026-11-30 03:19:54,102 [4278] CRITICAL root: Traceback (most recent call last):\n"
        '  File "/usr/bin/gnocchi-statsd", line 33, in <module>\n    sock.bind(local_address)\n'
        "OSError: [Errno 98] Address already in use\n"
    )
    machine.processes.dies_at[501] = 1000.05

    assert "OSError: [Errno 98] Address already in use (/var/log" in cluster("start", timeout=6).reason


def test_a_daemon_that_ends_without_its_broker_is_up_when_that_is_back(cluster, machine):
    """
    neutron-metadata-agent ends after 4.2 s then. The whole cluster may have started before RabbitMQ.
    """
    name, really, back = "neutron-metadata-agent", machine.programs.launch, machine.now() + 30
    machine.kill(run_worker(machine, name, NEUTRON))
    machine.files["/etc/neutron/metadata_agent.ini"] = ""
    machine.network.web[5673, ""] = ConnectionRefusedError(111, "x")
    machine.answers("", lambda _: b"\1\0" if machine.now() >= back else ConnectionRefusedError(111, "x"), port=5672)

    def launch(*given):
        born = really(*given)
        if machine.now() < back:
            machine.processes.dies_at[born.pid] = machine.now() + 4.2
        else:
            machine.connects(born.pid, "192.0.2.5", 5672)
            machine.holds(born.pid, "/var/lib/neutron/metadata_proxy")
        return born

    machine.programs.launch = launch
    assert cluster("start", agent=name, timeout=120).code == SUCCESS
    assert 30 <= machine.itself.slept < 45
