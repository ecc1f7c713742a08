"""Keystone's agent against Debian's Keystone on MariaDB: every verdict, as measured.

Each test says how the daemon is brought into a state of the verdict table and
what the agent makes of it.
"""

from __future__ import annotations

import json
import subprocess
import time

import pytest

from tests.box import keystone
from tests.box.agent import Agent
from tests.box.keystone import daemons
from tests.box.machine import wait_for
from tests.conftest import long

SUCCESS, GENERIC, ARGS, PERM, INSTALLED, NOT_RUNNING, DEGRADED = 0, 1, 2, 4, 5, 7, 190
CREDENTIALS = keystone.credentials("http://vip.example:5000/v2.0/")
LOCAL = keystone.credentials("http://127.0.0.1:5000/v3")
INI = "/etc/keystone/keystone-uwsgi.ini"
# Seconds.  What a test compares with is what it would take otherwise, not what a quiet machine needs.
WATCH = 20
PATIENT_STOP = 15


@pytest.fixture
def agent(solo):
    """A resource with credentials as in every old CIB; nothing of it is left afterwards."""
    made = Agent(solo, "keystone", "p_keystone", **CREDENTIALS)
    yield made
    ended = made("stop")
    assert ended.code == SUCCESS, ended
    assert daemons(solo) == []


@pytest.fixture
def running(agent):
    """The same, started."""
    started = agent("start", timeout=120)
    assert started.code == SUCCESS, started
    return agent


def kill(host, signal: str, *pids: int) -> None:
    host.run("kill", f"-{signal}", *(str(pid) for pid in pids))


def workers(agent) -> list[int]:
    return [pid for pid in daemons(agent.host) if pid != agent.pid]


def test_a_life(agent):
    """
    Stopped, validated, started, watched at every depth, started again, stopped, stopped again.
    """
    assert agent("validate-all", depth=10).err == ""
    assert agent("monitor").code == NOT_RUNNING
    assert agent("start", timeout=120).code == SUCCESS
    pid = agent.pid
    assert agent("monitor").code == SUCCESS
    assert [agent.monitor(depth=depth).code for depth in (0, 10, 20)] == [SUCCESS] * 3
    assert agent("status").code == SUCCESS
    assert agent("start", timeout=120).code == SUCCESS
    assert agent.pid == pid
    stopped = agent("stop")
    assert stopped.code == SUCCESS
    assert agent("monitor").code == NOT_RUNNING
    assert agent("status").code == NOT_RUNNING
    assert agent("stop").code == SUCCESS


def test_the_daemon_runs_as_the_distribution_runs_it(running):
    """
    Same command line as the service script's, same account, a session and a bare environment of its own.
    """
    shown = running.host.run("/etc/init.d/keystone", "show-args").stdout.split()
    command = running.host.read(f"/proc/{running.pid}/cmdline").split("\0")[:-1]
    assert command[1:] == shown[1:]
    fields = running.host.run("ps", "-o", "user:20=,sid=,pid=", "-p", str(running.pid)).stdout.split()
    assert fields == ["keystone", str(running.pid), str(running.pid)]
    environment = running.host.run("cat", f"/proc/{running.pid}/environ").stdout
    assert not [setting for setting in environment.split("\0") if setting.startswith("OCF_")]
    assert (
        "Max open files            65535" in running.host.run("cat", f"/proc/{running.pid}/limits").stdout
        or int(running.host.run("cat", f"/proc/{running.pid}/limits").stdout.partition("Max open files")[2].split()[0])
        >= 1024
    )


def test_a_unit_started_by_the_distribution_is_adopted(agent):
    """
    A daemon that runs already, with no pid file of ours, is taken over as it is, and stopped entirely.

    Whatever policy of restarting its unit has.
    """
    host = agent.host
    drop_in = "/run/systemd/system/keystone.service.d/always.conf"
    host.put(drop_in, "[Service]\nRestart=always\nRestartSec=0\n")
    host.run("systemctl", "daemon-reload")
    try:
        host.run("systemctl", "start", "keystone")
        wait_for(lambda: agent.monitor().code == SUCCESS, 60, "keystone.service to answer", pause=0.5)
        pid = int(host.run("systemctl", "show", "-P", "MainPID", "keystone").stdout)
        assert agent("start", timeout=120).code == SUCCESS
        assert agent.pid == pid
        assert agent("stop").code == SUCCESS
        assert daemons(host) == []
        time.sleep(1)
        assert daemons(host) == []
    finally:
        host.run("rm", drop_in)
        host.run("systemctl", "daemon-reload")


def test_a_unit_that_is_enabled(agent):
    """
    The classic accident, seen before it happens, with the command that cures it.
    """
    agent.host.run("systemctl", "enable", "--force", "keystone")
    seen = agent("validate-all", depth=10)
    assert seen.code == ARGS
    cure = seen.reason.rpartition(": ")[2]
    assert cure == "systemctl disable keystone.service"
    agent.host.run(*cure.split())
    assert agent("validate-all", depth=10).code == SUCCESS


def test_the_daemon_that_answers_500_for_ever(agent):
    """
    A uwsgi whose application cannot read its configuration stays up and answers 500: broken, and stopped quickly.
    """
    agent.host.run("chmod", "0600", keystone.CONFIG)
    try:
        refused = agent("start", timeout=120)
        assert refused.code == PERM
        assert refused.reason == f"keystone: config: {keystone.CONFIG}: Permission denied to user keystone"
        agent.host.run("systemctl", "start", "keystone")
        wait_for(lambda: "500" in agent.monitor().reason, 60, "uwsgi to answer 500", pause=0.5)
        seen = agent.monitor()
        assert (seen.code, seen.reason) == (GENERIC, "keystone: http://127.0.0.1:5000/v3 answers 500")
        stopped = agent("stop")
        assert stopped.code == SUCCESS
        assert stopped.seconds < PATIENT_STOP
    finally:
        agent.host.run("chmod", "0640", keystone.CONFIG)
        agent.host.run("systemctl", "stop", "keystone")


def test_stop_while_still_loading(agent):
    """
    A uwsgi that is still loading its application would take 62 s over a SIGTERM; stop does not wait for that.
    """
    agent.host.run("systemctl", "start", "keystone")
    wait_for(lambda: daemons(agent.host), 60, "uwsgi to run")
    stopped = agent("stop", timeout=60)
    assert stopped.code == SUCCESS
    assert stopped.seconds < 60
    assert daemons(agent.host) == []
    agent.host.run("systemctl", "stop", "keystone")


@pytest.fixture
def orphans(agent):
    """Workers whose master was killed: they outlive it where the ini does not forbid that."""
    ini = agent.host.read(INI)
    agent.host.put(INI, ini.replace("no-orphans = true", ""))
    try:
        assert agent("start", timeout=120).code == SUCCESS
        # uwsgi answers before it has forked the last of them.
        wait_for(lambda: len(workers(agent)) == 2, 60, "both workers")
        left = set(workers(agent))
        kill(agent.host, "STOP", *left)
        kill(agent.host, "KILL", agent.pid)
        wait_for(lambda: set(daemons(agent.host)) == left, 60, "the master to be gone")
        yield left
    finally:
        agent.host.put(INI, ini)


def test_workers_that_survive_their_master(agent, orphans):
    """
    Workers left by a killed master are broken, not stopped; stop ends them.
    """
    seen = agent.monitor()
    assert seen.code == GENERIC
    assert seen.reason.startswith("keystone: the main process is gone, but these processes of the daemon live: ")
    assert {str(pid) for pid in orphans} == set(seen.reason.rpartition(": ")[2].split())
    assert agent("monitor").code == GENERIC
    assert agent("stop").code == SUCCESS
    assert daemons(agent.host) == []


def test_a_start_first_ends_what_is_left(agent, orphans):
    """
    A start that finds orphans ends them before it launches, so that no two generations serve one port.
    """
    assert agent("start", timeout=120).code == SUCCESS
    assert not orphans & set(daemons(agent.host))


def test_killed_daemon(running):
    """
    After a SIGKILL nothing is left: 7, with a reason for the operator.
    """
    kill(running.host, "KILL", running.pid)
    wait_for(lambda: daemons(running.host) == [], 60, "the workers to follow")

    def last_word():
        seen = running.monitor()
        return None if seen.code == GENERIC else seen

    # A worker that gives back its memory has no command line any more, and still holds its port: the agent counts it.
    seen = wait_for(last_word, 60, "the last worker to be gone")
    assert (seen.code, seen.reason) == (NOT_RUNNING, "keystone: the daemon has ended, and nothing is left of it")
    assert running("monitor").code == NOT_RUNNING


def test_a_watching_monitor_returns_at_the_death(running):
    """
    The monitor that watches returns when the daemon dies, not when its time is over.
    """
    assert running("monitor", interval=1).code == SUCCESS
    pid = running.pid
    running.host.run("sh", "-c", f"(sleep 2; kill -KILL {pid}) > /dev/null 2>&1 &")
    seen = running("monitor", interval=1)
    assert seen.code == NOT_RUNNING
    assert 1 < seen.seconds < WATCH


def test_the_first_monitor_after_a_start_does_not_watch(running):
    """
    It is part of the cluster's transition, which would wait for it; so is the first one after a reload or a probe.
    """
    assert running("monitor", interval=1).seconds < WATCH
    assert running("monitor", interval=1, watch_time="3").seconds >= 3
    assert running("reload-agent").code == SUCCESS
    assert running("monitor", interval=1).seconds < WATCH
    assert running("monitor", interval=2).seconds < WATCH
    assert running("monitor").code == SUCCESS
    assert running("monitor", interval=1).seconds < WATCH


def test_a_stopped_daemon_is_broken(running):
    """
    SIGSTOP: found at the next check without asking anything; stop still works.
    """
    kill(running.host, "STOP", running.pid)
    seen = running.monitor()
    assert (seen.code, seen.reason) == (GENERIC, f"keystone: pid {running.pid} is stopped by a signal (state T)")
    assert running("stop").code == SUCCESS


def test_workers_that_hang_are_noticed_in_time(running):
    """
    With every worker frozen nobody answers: broken, with the pids, inside the operation's timeout.
    """
    kill(running.host, "STOP", *workers(running))
    seen = running.monitor(timeout=30)
    assert seen.code == GENERIC
    assert "every worker is stopped by a signal (state T): pid " in seen.reason
    assert seen.seconds < 30


def test_wrong_password_is_not_keystones_fault(running):
    """
    A refused password degrades and restarts nothing; a start with it succeeds.
    """
    seen = running.monitor(os_password="wrong")
    assert seen.code == DEGRADED
    assert seen.reason.startswith("keystone: http://127.0.0.1:5000/v3 refuses user admin: 401")
    pid = running.pid
    assert running("start", timeout=120, os_password="wrong").code == SUCCESS
    assert running.pid == pid
    assert running.monitor().code == SUCCESS


def test_database_refused_and_back(running):
    """
    A database that refuses connections degrades, with a reason that names it; when it is back, so is 0.
    """
    running.host.run("systemctl", "stop", "mariadb")
    try:
        pid = running.pid
        for _ in range(2):
            seen = running.monitor(timeout=40)
            assert seen.code == DEGRADED, seen
            assert seen.reason.startswith("keystone: database 127.0.0.1:3306 refuses connections (")
        assert running.pid == pid
    finally:
        running.host.run("systemctl", "start", "mariadb")
    wait_for(lambda: running.monitor().code == SUCCESS, 60, "keystone to recover", pause=1)
    assert running.pid == pid


@pytest.fixture
def cached(solo):
    """Keystone keeps its answers in memcached, as most installations have it; and a user who has a role in one project only."""
    keystone.configure(solo, keystone.MARIADB, keystone.CACHE)
    starter = Agent(solo, "keystone", "p_keystone", **CREDENTIALS)
    try:
        assert starter("start", timeout=120).code == SUCCESS
        for line in (
            "project create --or-show one",
            "user create --or-show --password onesecret visitor",
            "role add --project one --user visitor member",
        ):
            solo.run("openstack", *line.split(), env=keystone.client(LOCAL))
        yield
    finally:
        assert starter("stop").code == SUCCESS
        keystone.configure(solo, keystone.MARIADB)


VISITOR = {"os_username": "visitor", "os_password": "onesecret", "os_tenant_name": "one"}


@pytest.mark.usefixtures("cached")
@pytest.mark.parametrize("user", [{}, VISITOR], ids=["administrator", "user-of-one-project"])
def test_a_lost_database_is_seen_though_keystone_has_a_cache(solo, user):
    """
    With a token in hand, and all that was asked so far in memcached.
    """
    agent = Agent(solo, "keystone", "p_keystone", **{**CREDENTIALS, **user})
    assert agent("start", timeout=120).code == SUCCESS
    for _ in range(5):
        assert agent.monitor(depth=20).code == SUCCESS
    solo.run("systemctl", "stop", "mariadb")
    try:
        seen = agent.monitor()
        assert seen.code == DEGRADED, seen
        assert seen.reason.startswith("keystone: database 127.0.0.1:3306 refuses connections ("), seen
    finally:
        solo.run("systemctl", "start", "mariadb")
    wait_for(lambda: agent.monitor().code == SUCCESS, 60, "keystone to recover", pause=1)


def test_database_frozen_and_back(running):
    """
    A frozen database accepts connections and says nothing: degraded, inside the timeout.
    """
    assert running.monitor().code == SUCCESS
    database = int(running.host.run("systemctl", "show", "--property=MainPID", "--value", "mariadb").stdout)
    try:
        kill(running.host, "STOP", database)
        seen = running.monitor(timeout=20)
        assert seen.code == DEGRADED, seen
        assert seen.reason.startswith("keystone: database 127.0.0.1:3306 does not answer (")
        assert seen.seconds < 20
    finally:
        kill(running.host, "CONT", database)
    wait_for(lambda: running.monitor().code == SUCCESS, 60, "keystone to recover", pause=1)


GREETINGS = """
import sys
sys.path.insert(0, sys.argv[1])
from ocf_lib.checks import database
from ocf_lib.host import Host
for _ in range(10):
    assert Host().network.ask_greeting((sys.argv[2], 3306), database._GREETINGS["mysql"], 5)
"""


def test_questions_of_monitors_do_not_block_the_node_in_the_database(running):
    """
    MariaDB refuses every client of a host of which max_connect_errors clients in a row said nothing.
    """
    host, address = running.host, running.host.address
    extra = "/etc/mysql/mariadb.conf.d/99-test.cnf"
    host.put(extra, "[mysqld]\nbind-address = 0.0.0.0\nmax_connect_errors = 3\n")
    host.run("systemctl", "restart", "mariadb")
    # A host without any account would be refused before it is greeted.
    host.run("mariadb", input="CREATE USER nobody@'%' IDENTIFIED BY 'unknown';")
    try:
        library = host.run("sh", "-c", "echo /usr/lib/ocf/lib/openstack/[0-9]*").stdout.strip()
        host.run("python3", "-c", GREETINGS, library, address)
        # The client of Debian 13 wants TLS, which this server does not have.
        said = host.run("mariadb", "--skip-ssl", "--host", address, "--user=nobody", check=False).stderr
        assert "Access denied" in said, said
    finally:
        host.run("rm", extra)
        host.run("mariadb", input="DROP USER nobody@'%';")
        host.run("systemctl", "restart", "mariadb")
    wait_for(lambda: running.monitor().code == SUCCESS, 60, "keystone to recover", pause=1)


GREETER = """
import socket
source = socket.create_connection(("127.0.0.1", 3306))
greeting = source.recv(65536)
server = socket.create_server(("127.0.0.1", 3307))
held = []
print("ready", flush=True)
while True:
    connection, _ = server.accept()
    connection.sendall(greeting)
    held.append(connection)
"""


@pytest.mark.long
def test_database_that_greets_and_then_hangs(running):
    """
    Its greeting is no proof that it answers: degraded, because of the query that it leaves without an answer.
    """
    host = running.host
    greeter = subprocess.Popen(
        host.command("python3", "-c", GREETER), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    try:
        assert greeter.stdout.readline() == "ready\n"
        keystone.configure(host, keystone.MARIADB.replace("3306", "3307"))
        assert running("stop").code == SUCCESS
        assert running("start", timeout=120).code == SUCCESS
        seen = running.monitor(timeout=60)
        assert (seen.code, "database 127.0.0.1:3307 does not answer a query" in seen.reason) == (DEGRADED, True), seen
    finally:
        keystone.configure(host, keystone.MARIADB)
        greeter.kill()
        greeter.wait()
    assert running("stop").code == SUCCESS
    assert running("start", timeout=120).code == SUCCESS
    assert running.monitor().code == SUCCESS


def test_database_that_refuses_the_service(running):
    """
    A database server that is well, but no longer lets the service in, degrades as well.
    """
    running.host.run("mariadb", input="ALTER USER keystone@'127.0.0.1' IDENTIFIED BY 'other';")
    running.host.run("systemctl", "restart", "mariadb")
    try:
        seen = running.monitor(timeout=40)
        assert seen.code == DEGRADED, seen
        assert "Access denied for user 'keystone'@" in seen.reason
        assert "dbsecret" not in seen.err
    finally:
        running.host.run("mariadb", input="ALTER USER keystone@'127.0.0.1' IDENTIFIED BY 'dbsecret';")
    wait_for(lambda: running.monitor().code == SUCCESS, 60, "keystone to recover", pause=1)


def test_start_with_the_database_away(agent):
    """
    A database that is late does not ban Keystone from the node: it starts, degraded.
    """
    agent.host.run("systemctl", "stop", "mariadb")
    try:
        started = agent("start", timeout=120)
        assert started.code == SUCCESS, started
        assert "degraded" in started.err
    finally:
        agent.host.run("systemctl", "start", "mariadb")


def test_stop_without_configuration_and_program(running):
    """
    Configuration, ini, program and account's files gone while it runs: stop still stops.
    """
    paths = (keystone.CONFIG, INI, "/usr/bin/uwsgi-core")
    for path in paths:
        running.host.run("mv", path, f"{path}.away")
    try:
        assert running.monitor().code == SUCCESS
        stopped = running("stop")
        assert stopped.code == SUCCESS
        assert daemons(running.host) == []
        assert running("monitor").code == NOT_RUNNING
        assert running("start", timeout=120).code == INSTALLED
    finally:
        for path in paths:
            running.host.run("mv", f"{path}.away", path)


@pytest.mark.parametrize("content", [None, "stranger", *long("", "0\n", "1\n", "-1\n", "99999999999\n", "no pid\n")])
def test_pid_file_lost_or_lying(running, content):
    """
    Whatever its pid file says, the daemon is found, no second one starts, and no stranger is touched.
    """
    host = running.host
    stranger = int(host.run("sh", "-c", "sleep 600 > /dev/null 2>&1 & echo $!").stdout)
    try:
        before = running.pid
        file = f"/run/resource-agents/{running.instance}.pid"
        if content is None:
            host.run("rm", file)
        else:
            host.put(file, f"{stranger}\n" if content == "stranger" else content)
        assert running.monitor().code == SUCCESS
        assert running("monitor").code == SUCCESS
        assert running("start", timeout=120).code == SUCCESS
        assert running.pid == before
        if content == "stranger":
            host.put(file, f"{stranger}\n")
        assert running("stop").code == SUCCESS
        assert daemons(host) == []
        assert host.run("kill", "-0", str(stranger), check=False).returncode == 0
    finally:
        kill(host, "KILL", stranger)


@pytest.mark.parametrize("how", ["size=4k,nr_inodes=1", "ro"], ids=["full", "read-only"])
def test_a_run_directory_that_cannot_be_written(agent, how):
    """
    The launch succeeded, the pid file did not, and Pacemaker banned the service from the node.
    """
    host = agent.host
    host.run("mount", "-t", "tmpfs", "-o", how, "full", "/run/resource-agents")
    try:
        assert agent("start", timeout=120).code == SUCCESS
        assert agent("monitor").code == SUCCESS
        # Nobody restarts it for that, and nobody signs in at every monitor.
        seen = [agent.monitor() for _ in range(2)]
        assert [(one.code, "no token can be kept" in one.reason) for one in seen] == [(DEGRADED, True)] * 2, seen
        assert agent("reload-agent").code == SUCCESS
        assert len(daemons(host)) > 1
        assert agent("stop").code == SUCCESS
        assert daemons(host) == []
        assert host.run("ls", "/run/resource-agents").stdout == ""
    finally:
        host.run("umount", "/run/resource-agents")


@pytest.mark.parametrize(
    "path", ["/dev/null", *long("/etc/keystone/keystone.conf", "/usr/bin/uwsgi_python3", "/run/fifo")]
)
def test_a_pid_file_that_is_something_else(agent, path):
    """
    A stop deleted the host's /dev/null, and a start put a number in its place.
    """
    host = agent.host
    host.run("mkfifo", "/run/fifo", check=False)
    look = ("stat", "--format=%F %s %Y %i %t:%T", path)
    before = host.run(*look).stdout
    wrong = Agent(host, "keystone", "p_keystone", pid=path, **CREDENTIALS)

    assert wrong("start", timeout=120).code == ARGS
    assert wrong("validate-all").code == ARGS
    assert wrong("monitor").code == NOT_RUNNING
    assert agent("start", timeout=120).code == SUCCESS
    assert wrong.monitor().code == SUCCESS
    assert wrong("stop").code == SUCCESS
    assert daemons(host) == []
    assert host.run(*look).stdout == before
    host.run("rm", "-f", "/run/fifo")


def test_a_stranger_on_the_port_is_named(agent):
    """
    A start finds the port served, says by whom, and leaves that one alone.
    """
    stranger = int(agent.host.run("sh", "-c", "python3 -m http.server 5000 > /dev/null 2>&1 & echo $!").stdout)
    try:
        wait_for(lambda: agent("validate-all", depth=10).code != SUCCESS, 60, "the stranger to listen")
        refused = agent("start", timeout=120)
        assert refused.code == GENERIC
        assert refused.reason == f"keystone: port 5000 is already served by pid {stranger} (python3)"
        assert agent("stop").code == SUCCESS
        assert agent.host.run("kill", "-0", str(stranger), check=False).returncode == 0
    finally:
        kill(agent.host, "KILL", stranger)


def test_a_daemon_that_dies_at_once_fails_start_at_once(agent):
    """
    Start does not wait for its timeout, and shows the daemon's last words.
    """
    failed = agent("start", timeout=120, additional_parameters="--no-such-option")
    assert failed.code == GENERIC
    assert failed.reason.startswith("keystone: ended at once, exit status 1: getopt_long() error (/var/log/")
    assert failed.seconds < 60


def test_a_revoked_token_is_replaced_once(running):
    """
    A token that Keystone no longer wants is replaced; that is no failure of anybody.
    """
    assert running.monitor().code == SUCCESS
    file = "/run/resource-agents/p_keystone.token"
    token = running.host.read(file).split()[2]
    running.host.run(
        "curl", "-s", "-f", "-X", "DELETE", "-H", f"X-Auth-Token: {token}", "-H", f"X-Subject-Token: {token}",
        "http://127.0.0.1:5000/v3/auth/tokens",
    )  # fmt: skip
    assert running.monitor().code == SUCCESS
    assert running.host.read(file).split()[2] != token


def test_the_kept_token_is_for_root_alone(running):
    """
    0600, root's, on a tmpfs; and the next monitor uses it instead of signing in.
    """
    assert running.monitor().code == SUCCESS
    file = "/run/resource-agents/p_keystone.token"
    assert running.host.run("stat", "-c", "%a %U", file).stdout == "600 root\n"
    assert running.host.run("stat", "-f", "-c", "%T", file).stdout == "tmpfs\n"
    before = running.host.read(file)
    assert running.monitor().code == SUCCESS
    assert running.host.read(file) == before


@pytest.mark.parametrize(
    "garbage",
    ["", "x\n", "a\nb\nc\n", "\0" * 100, "é" * 9000],
    ids=["empty", "a word", "three lines", "NULs", "long"],
)
def test_garbage_in_the_token_file(running, garbage):
    """
    A token file that is nothing we wrote is as none at all.
    """
    running.host.put("/run/resource-agents/p_keystone.token", garbage, 0o600)
    assert running.monitor().code == SUCCESS


def openstack(host, *words: str) -> dict:
    """The openstack client, as admin."""
    env = {
        "OS_AUTH_URL": "http://127.0.0.1:5000/v3",
        "OS_USERNAME": "admin",
        "OS_PASSWORD": keystone.ADMIN_PASSWORD,
        "OS_PROJECT_NAME": "admin",
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
        "OS_IDENTITY_API_VERSION": "3",
    }
    text = host.run("openstack", *words, env=env).stdout
    return json.loads(text) if text.startswith("{") else {}


def test_every_way_to_sign_in(running):
    """
    An unprivileged user, by parameter and by file; an application credential; a cloud of clouds.yaml.
    """
    host = running.host
    openstack(host, "user", "create", "watcher", "--password", 'watch me; it\'s "fine" $HOME')
    openstack(host, "role", "add", "--user", "watcher", "--project", "admin", "reader")
    credential = openstack(host, "application", "credential", "create", "monitoring", "-f", "json")
    host.put("/root/password", 'watch me; it\'s "fine" $HOME\n', 0o600)
    host.put(
        "/etc/openstack/clouds.yaml",
        "clouds:\n  lab:\n    auth:\n      auth_url: http://nowhere.example:5000/v3\n      username: watcher\n"
        "      project_name: admin\n      user_domain_name: Default\n      project_domain_name: Default\n",
    )
    host.put(
        "/etc/openstack/secure.yaml",
        'clouds:\n  lab:\n    auth:\n      password: "watch me; it\'s \\"fine\\" $HOME"\n',
        0o600,
    )
    nobody = dict.fromkeys(CREDENTIALS)
    ways = {
        "user": {"os_username": "watcher", "os_password": 'watch me; it\'s "fine" $HOME', "os_project_name": "admin"},
        "file": {"os_username": "watcher", "os_password_file": "/root/password", "os_tenant_name": "admin"},
        "application credential": {
            "os_application_credential_id": credential["id"],
            "os_application_credential_secret": credential["secret"],
        },
        "cloud": {"os_cloud": "lab"},
    }
    for way, given in ways.items():
        host.run("rm", "-f", "/run/resource-agents/p_keystone.token")
        seen = running.monitor(depth=20, **{**nobody, **given})
        assert seen.code == SUCCESS, f"{way}: {seen}"
        assert "p_keystone.token" in host.run("ls", "/run/resource-agents").stdout, way
        assert running("validate-all", depth=10, **{**nobody, **given}).err == "", way


def test_incomplete_credentials(running):
    """
    They degrade, so that the operator sees it, and validate-all refuses them; nothing is restarted.
    """
    seen = running.monitor(os_password=None)
    assert seen.code == DEGRADED
    assert seen.reason == "keystone: the monitoring credentials are incomplete: os_password must be set with them"
    assert running("validate-all", os_password=None).code == 6
    nobody = dict.fromkeys(CREDENTIALS)
    assert running.monitor(**nobody).code == SUCCESS
    assert running.monitor(depth=20, **nobody).code == DEGRADED


def test_https_as_the_distribution_serves_it(agent):
    """
    With a key and a certificate in Debian's places the daemon serves https, and the token goes only to that certificate.
    """
    host = agent.host
    host.run("mkdir", "-p", "/etc/keystone/ssl/private", "/etc/keystone/ssl/public")
    host.run(
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=vip.example",
        "-addext", "subjectAltName=DNS:vip.example",
        "-keyout", "/etc/keystone/ssl/private/key.pem", "-out", "/etc/keystone/ssl/public/cert.crt",
    )  # fmt: skip
    host.run("chown", "-R", "keystone:", "/etc/keystone/ssl/private", "/etc/keystone/ssl/public")
    certificate = "/etc/keystone/ssl/public/cert.crt"
    public = {"os_auth_url": "https://vip.example:5000/v3"}
    try:
        started = agent("start", timeout=120, os_cacert=certificate, **public)
        assert started.code == SUCCESS, started
        assert "degraded" not in started.err
        assert agent.monitor(os_cacert=certificate, **public).code == SUCCESS
        assert agent.monitor(insecure="yes", **public).code == SUCCESS
        untrusted = agent.monitor(**public)
        assert untrusted.code == DEGRADED, untrusted
        assert "certificate" in untrusted.reason
        other = agent.monitor(os_cacert=certificate, os_auth_url="https://other.example:5000/v3")
        assert other.code == DEGRADED, other
        assert agent.monitor(depth=10).code == SUCCESS
        assert agent("stop").code == SUCCESS
    finally:
        host.run("rm", "-rf", "/etc/keystone/ssl/private", "/etc/keystone/ssl/public")


def test_another_configuration_file(agent):
    """
    config= reaches the application, whose uwsgi ini does not name one.
    """
    agent.host.run("cp", "-p", keystone.CONFIG, "/etc/keystone/other.conf")
    agent.host.run(
        "sh", "-c", "echo '[DEFAULT]\npublic_endpoint = http://other.example:5000/' >> /etc/keystone/other.conf"
    )
    assert agent("start", timeout=120, config="/etc/keystone/other.conf").code == SUCCESS
    shown = agent.host.run("curl", "-s", "http://127.0.0.1:5000/v3").stdout
    assert "http://other.example:5000/v3/" in shown
    assert agent("stop", config="/etc/keystone/other.conf").code == SUCCESS


def test_the_port_of_the_ini_is_found(agent):
    """
    A socket that the ini declares is the one that is served and asked.
    """
    ini = agent.host.read(INI)
    agent.host.put(INI, ini.replace("[uwsgi]", "[uwsgi]\nhttp-socket = 127.0.0.1:5050"))
    try:
        started = agent("start", timeout=120)
        assert started.code == SUCCESS, started
        assert agent.monitor().code == SUCCESS
        assert ":5050 " in agent.host.run("ss", "-lnt").stdout
        assert agent("stop").code == SUCCESS
    finally:
        agent.host.put(INI, ini)


def test_a_systemd_unit(agent):
    """
    unit=: systemd starts and stops it, does not restart it meanwhile, and gets its own policy back.
    """
    host = agent.host
    by_unit = Agent(host, "keystone", "p_unit", unit="keystone", **CREDENTIALS)

    def restart_policy():
        return host.run("systemctl", "show", "-P", "Restart", "keystone").stdout.strip()

    try:
        assert by_unit("validate-all", depth=10).err == ""
        assert by_unit("monitor").code == NOT_RUNNING
        assert by_unit("start", timeout=120).code == SUCCESS
        assert restart_policy() == "no"
        assert by_unit("monitor").code == SUCCESS
        assert [by_unit.monitor(depth=depth).code for depth in (0, 10, 20)] == [SUCCESS] * 3
        main = int(host.run("systemctl", "show", "-P", "MainPID", "keystone").stdout)
        kill(host, "KILL", main)
        wait_for(lambda: not daemons(host), 5, "the workers to follow")
        assert by_unit.monitor().code == NOT_RUNNING
        time.sleep(1)
        assert daemons(host) == []
        assert by_unit("start", timeout=120).code == SUCCESS
        assert by_unit("stop").code == SUCCESS
        assert daemons(host) == []
        assert restart_policy() == "on-failure"
        assert by_unit("stop").code == SUCCESS
        missing = Agent(host, "keystone", "p_none", unit="no-such")
        assert missing("monitor").code == NOT_RUNNING
        assert missing("stop").code == SUCCESS
        assert missing("start").code == INSTALLED
    finally:
        host.run("systemctl", "stop", "keystone")
