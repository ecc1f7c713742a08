"""The agents of the projects beyond the cloud's core, each against the real daemon, on a host of Debian 13.

Each project is prepared, started and taken through its life when its first test wants it.  The outages at the end are
for all that run by then.
"""

from __future__ import annotations

import os

import pytest

from tests.box import cloud as openstack
from tests.box import image, projects
from tests.box.agent import Agent, install
from tests.box.machine import wait_for

from .life import PROJECTS, Life, in_waves, judge, outage, together, unit

SHORT = ("barbican", "described")
"""The projects of a run that is not told which: those whose daemons differ most from those of the cloud."""
_WANTED = os.environ.get("PROJECTS", ",".join(SHORT))
NAMES = [*PROJECTS] if _WANTED == "all" else _WANTED.split(",")
pytestmark = pytest.mark.skipif(
    image.RELEASE == image.OLDER, reason="the projects beyond the cloud's are tested on Debian 13"
)


@pytest.fixture(scope="module")
def host(box):
    """A host with Keystone and the servers of a cloud."""
    made = box.add("projects", "cloud")
    install(made)
    openstack.prepare(made)
    starter = Agent(made, "keystone", "p_keystone", **openstack.CREDENTIALS)
    assert starter("start", timeout=120).code == 0
    openstack.catalogue(made)
    yield made
    made.off()


@pytest.fixture(scope="module")
def lives(host, verdicts):
    """{service: its life}; ``life`` adds those of a project."""
    return {}


@pytest.fixture(scope="module")
def neighbours(host):
    """{service: its agent}: those of the cloud that a project needs; ``life`` starts them."""
    return {}


@pytest.fixture(scope="module", params=NAMES)
def life(request, host, lives, neighbours, verdicts):
    """The services of one project, after their lives."""
    project = projects.every()[request.param]
    projects.prepare(host, project)
    for name in project.needs:
        neighbours[name] = Agent(host, name, f"p_{name}", **openstack.CREDENTIALS)
        started = neighbours[name]("start", timeout=120)
        assert started.code == 0, started
    made = {name: Life(host, name, verdicts) for name in PROJECTS[request.param]}
    in_waves(list(made.values()))
    lives.update(made)
    return request.param


def test_the_life_of_a_described_unit(host):
    """
    openstack-daemon with Debian's unit of Placement, a uwsgi. A port that is another service's is degraded only.

    It comes first: Cyborg has a Placement of its own at the same port.
    """
    agent = Agent(host, "openstack-daemon", "p_described", unit="placement-api", port="8778", path="/")
    seen = {"validate-all": agent("validate-all", depth=10), "probe of nothing": agent("monitor")}
    seen["start"] = agent("start", timeout=120)
    try:
        pid = int(host.run("systemctl", "show", "--property=MainPID", "--value", "placement-api").stdout)
        seen["monitor"] = agent.monitor()
        seen["wrong port"] = agent.monitor(port="5000")
        host.run("kill", "-STOP", str(pid))
        seen["stopped by a signal"] = agent.monitor()
        host.run("kill", "-CONT", str(pid))
        host.run("kill", "-KILL", str(pid))
        # Its workers follow by themselves.
        wait_for(lambda: agent("monitor").code == 7, 15, "the unit to be empty")
        seen["killed"] = agent.monitor()
        seen["second start"] = agent("start", timeout=120)
        seen["well again"] = agent.monitor()
    finally:
        seen["stop"] = agent("stop")
    seen["probe after it"] = agent("monitor")

    assert {name: outcome.code for name, outcome in seen.items()} == {
        "validate-all": 0, "probe of nothing": 7, "start": 0, "monitor": 0, "wrong port": 190,
        "stopped by a signal": 1, "killed": 7, "second start": 0, "well again": 0, "stop": 0, "probe after it": 7,
    }, seen  # fmt: skip
    assert host.run("pgrep", "-u", "placement", check=False).stdout == ""


def test_life(life, verdicts):
    """
    validate, probe, start, monitor at each depth, freeze, crash, stop of what is left, and what keeps a start from it.
    """
    for name in PROJECTS[life]:
        judge(verdicts, name)


def test_the_broker_goes_and_comes_back(lives, host, verdicts):
    """
    Degraded where it matters, well again by itself, and nobody restarted.
    """
    outage(lives, verdicts, *unit(host, "broker", "rabbitmq-server"))


def test_the_database_goes_and_comes_back(lives, host, verdicts):
    """
    The same.
    """
    outage(lives, verdicts, *unit(host, "database", "mariadb"))


def test_everything_stops_and_nothing_is_left(lives, neighbours, host, verdicts):
    """
    After the last stop no account of any of them has a process.
    """
    together(lambda one: one.note("last stop", one.agent("stop")), lives.values())
    assert {name: one.seen["last stop"][0] for name, one in lives.items()} == dict.fromkeys(lives, "0")
    assert {name: agent("stop").code for name, agent in neighbours.items()} == dict.fromkeys(neighbours, 0)
    # Root has more than daemons; a life has counted those.
    accounts = ",".join(sorted({one.service.user for one in lives.values()} - {"root"}))
    assert host.run("ps", "-u", accounts, "-o", "user,pid,args", "--no-headers", check=False).stdout == ""
