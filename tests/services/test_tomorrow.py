"""Nova's newest release under the agents of today: daemons of a virtual environment, with threads and with eventlet.

Debian has no such release yet.  ``make test-tomorrow`` runs this: it needs PyPI, and half an hour.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.box import cloud as openstack
from tests.box import image, tomorrow
from tests.box.agent import Agent, install
from tests.box.machine import Box, wait_for

from .life import Life, broker_outage, in_waves, judge, outage, together, unit

NEEDED = ("keystone", "placement-api", "nova-api")
NAMES = ("nova-conductor", "nova-scheduler")
MODES = {"threads": {}, "eventlet": {"environment": "OS_NOVA_DISABLE_EVENTLET_PATCHING=false"}}
"""{mode: the parameters that choose it}; without a word from anybody both daemons use threads"""
TITLES = {"threads": "{name}: master process [{path} --config-file=", "eventlet": "{python} {path} --config-file="}
EACH = pytest.mark.parametrize("name", NAMES)
pytestmark = [
    pytest.mark.skipif("TOMORROW" not in os.environ, reason="make test-tomorrow runs Nova's newest release"),
    pytest.mark.skipif(image.RELEASE == image.OLDER, reason="Nova's newest release needs the Python of Debian 13"),
]


@pytest.fixture(scope="module")
def host():
    """A host on which everything runs that both daemons need; the only one of its box."""
    with Box([]) as box:
        made = tomorrow.add(box, "tomorrow")
        install(made)
        keystone, *others = (Agent(made, name, f"p_{name}", **openstack.CREDENTIALS) for name in NEEDED)
        assert keystone("start", timeout=180).code == 0
        openstack.catalogue(made)
        for agent in others:
            assert agent("start", timeout=180).code == 0
        yield made


@pytest.fixture(scope="module", params=MODES)
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def seen(mode, verdicts):
    """{service: what its agent said} of one mode; the table at the end of the run shows both."""
    made = {}
    yield made
    verdicts.update({f"{name}, {mode}": cases for name, cases in made.items()})


@pytest.fixture(scope="module")
def lives(host, mode, seen):
    """Both daemons after their lives."""
    made = {name: Life(host, name, seen, binary=f"{tomorrow.HOME}/bin/{name}", **MODES[mode]) for name in NAMES}
    in_waves(list(made.values()))
    return made


def children(host, pid) -> list[str]:
    return host.run("pgrep", "--parent", str(pid), check=False).stdout.split()


def workers(life: Life) -> list[str]:
    """The child processes of the daemon."""
    return children(life.host, life.pid())


def test_the_api_under_uwsgi(host, verdicts):
    """
    Debian's uwsgi runs the API of the environment, and its agent takes it through its life, too.
    """
    in_waves([Life(host, "nova-api", verdicts)])
    judge(verdicts, "nova-api")


@EACH
def test_life(lives, seen, name):
    """
    validate, probe, start, monitor at each depth, freeze, crash, stop of what is left, and what keeps a start from it.
    """
    judge(seen, name)


@EACH
def test_it_runs_as_the_mode_says(lives, mode, name):
    """
    With threads, cotyledon writes a title over the command line. A child process has no configuration in its title.
    """
    life = lives[name]
    commands = [life.host.read(f"/proc/{pid}/cmdline").replace("\0", " ") for pid in (life.pid(), *workers(life))]
    path = f"{tomorrow.HOME}/bin/{name}"
    main = TITLES[mode].format(name=name, path=path, python=f"{tomorrow.HOME}/bin/python3")
    assert commands[0].startswith(main)
    child = f"{name}: ServiceWrapper worker(" if mode == "threads" else main
    assert [command.startswith(child) for command in commands[1:]] == [True] * tomorrow.WORKERS


@EACH
def test_a_worker_that_dies_is_replaced(lives, name):
    """
    Nobody restarts the daemon for that.
    """
    life = lives[name]
    main, first = life.pid(), workers(life)
    life.host.run("kill", "-KILL", first[0])

    def replaced() -> bool:
        now = workers(life)
        return first[0] not in now and len(now) == len(first)

    wait_for(replaced, 60, "another worker")
    life.settle()
    assert (life.agent.monitor().code, life.pid()) == (0, main)


@EACH
def test_frozen_workers_are_noticed_while_the_monitor_watches(lives, name):
    """
    One frozen worker of two is no fault of the daemon; two are.
    """
    life = lives[name]
    life.agent("monitor", interval=1, watch_time="1")
    found = workers(life)
    life.host.run("kill", "-STOP", found[0])
    assert life.agent.monitor().code == 0
    with ThreadPoolExecutor(1) as hand:
        watching = hand.submit(life.agent, "monitor", interval=1, watch_time="30")
        time.sleep(5)
        life.host.run("kill", "-STOP", *found)
        outcome = watching.result()
    life.host.run("kill", "-CONT", *found)
    assert (outcome.code, outcome.reason.partition(": pid")[0]) == (
        1,
        f"{name}: every worker is stopped by a signal (state T)",
    )
    life.settle()
    assert life.agent.monitor().code == 0


@EACH
def test_a_daemon_without_a_record_is_adopted(lives, name):
    """
    Somebody has emptied the directory of the records. The mark in the environment is gone, too, with threads.
    """
    life = lives[name]
    main = life.pid()
    life.host.run("sh", "-c", f"rm /run/resource-agents/p_{name}.*")
    life.settle()
    assert life.agent.monitor().code == 0
    assert life.agent("start", timeout=120).code == 0
    assert life.pid() == main


@EACH
def test_frozen_workers_of_a_dead_parent_do_not_outlive_stop(lives, name):
    """
    Their titles and their scope are all that tells whose they are.
    """
    life = lives[name]
    found = workers(life)
    life.host.run("kill", "-STOP", *found)
    life.host.run("kill", "-KILL", str(life.pid()))
    life.host.run("sh", "-c", f"rm /run/resource-agents/p_{name}.*")
    assert life.agent.monitor().code == 1
    assert life.agent("stop").code == 0
    assert life.host.run("ps", "--no-headers", "-o", "pid,args", *found, check=False).stdout == ""
    assert life.agent("start", timeout=120).code == 0


def test_the_workers_of_another_cell_are_left_alone(lives, host):
    """
    Somebody runs a conductor for another cell. It outlives the stop of the resource, and the next start names it.
    """
    agent, path = lives["nova-conductor"].agent, f"{tomorrow.HOME}/bin/nova-conductor"
    host.run("cp", "--preserve", "/etc/nova/nova.conf", "/etc/nova/cell.conf")
    host.run("systemd-run", "--quiet", "--unit=cell", "--uid=nova", path, "--config-file=/etc/nova/cell.conf")
    main = host.run("systemctl", "show", "--property=MainPID", "--value", "cell").stdout.strip()
    wait_for(lambda: len(children(host, main)) == tomorrow.WORKERS, 60, "the workers of the other cell")
    before = children(host, main)
    try:
        assert agent("stop").code == 0
        assert agent("monitor").code == 7
        assert children(host, main) == before
        assert agent("start").reason.endswith("already runs this program")
    finally:
        host.run("systemctl", "stop", "cell")
    assert agent("start", timeout=120).code == 0


def test_the_broker_goes_and_comes_back(lives, seen, host):
    """
    Degraded, well again by itself, and nobody restarted. A proxy in its place, without a backend, changes nothing.
    """
    broker_outage(lives, seen, host)


def test_the_database_goes_and_comes_back(lives, seen, host):
    """
    The same.
    """
    outage(lives, seen, *unit(host, "database", "mariadb"))


def test_everything_stops_and_nothing_is_left(lives, host):
    """
    After the last stop only the API's uwsgi is left.
    """
    together(lambda life: life.note("last stop", life.agent("stop")), lives.values())
    assert {name: life.seen["last stop"][0] for name, life in lives.items()} == dict.fromkeys(NAMES, "0")
    left = host.run("ps", "-u", "nova", "-o", "comm", "--no-headers", check=False).stdout.split()
    assert set(left) == {"uwsgi_python3"}
