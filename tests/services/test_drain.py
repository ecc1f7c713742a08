"""A stop with a drain time, as the load balancer in front of the real API sees it."""

from __future__ import annotations

import time

import pytest

from tests.box import keystone
from tests.box.agent import Agent
from tests.box.cloud import CREDENTIALS
from tests.box.machine import wait_for
from tests.conftest import long

# {agent: where its health check answers}: with the paste file that Debian ships, and what two of them need.
APIS = {
    "glance-api": "9292/healthcheck",
    "cinder-api": "8776/healthcheck",
    "nova-api": "8774/healthcheck",
    "neutron-server": "9696/healthcheck",
    "manila-api": "8786/healthcheck",
    "heat-api": "8004/healthcheck",
}
# One in its own server, one in uwsgi that has two daemons, one whose health check needs an edit.
SHORT = ("glance-api", "neutron-server", "nova-api")
EDITS = {
    # Its health check stands only behind /v2.1, and oslo.middleware compares the whole path.
    "/etc/nova/api-paste.ini": r"/^\[pipeline:oscomputeversions\]/,/^pipeline = / s/^pipeline = /&healthcheck /",
    "/etc/heat/api-paste.ini": r"/^\[[a-z]*:healthcheck\]/a backends = disable_by_file\ndisable_by_file_path = "
    "/etc/heat/healthcheck_disable",
}
PLACEMENT_INI = "/etc/placement/placement-api-uwsgi.ini"
DRAIN = 3
HEALTHCHECK = "[healthcheck]\nbackends = disable_by_file\ndisable_by_file_path = /etc/keystone/healthcheck_disable\n"
# A request that the daemon has half of when the stop begins; prints the status of the answer.
SLOW = """
import socket, time
with socket.create_connection(("127.0.0.1", 8778), 20) as line:
    line.sendall(b"GET / HTTP/1.0\\r\\n")
    time.sleep(2)
    line.sendall(b"\\r\\n")
    print(line.recv(100).split()[1].decode())
"""
# What HAProxy does, ten times a second: each line has the time in milliseconds and the status, 000 for no answer.
CHECKS = """
while [ ! -e /run/checked ]; do
    printf '%s ' "$(date +%s%3N)"
    curl --silent --output /dev/null --max-time 2 --write-out '%{http_code}\\n' http://127.0.0.1:WHERE
    sleep 0.1
done > /run/checks 2>&1 &
"""


@pytest.fixture
def signed_in(cloud):
    """A Keystone that the APIs can ask, as its own package configures it but for the drain file."""
    own = Agent(cloud, "keystone", "p_keystone", **CREDENTIALS)
    before = cloud.read(keystone.CONFIG)
    cloud.put(keystone.CONFIG, before + HEALTHCHECK, 0o640, "root:keystone")
    for path, edit in EDITS.items():
        cloud.run("sed", "-i.shipped", edit, path)
    # One that runs has not read it.
    assert own("stop").code == 0
    assert own("start", timeout=120).code == 0
    yield own
    cloud.put(keystone.CONFIG, before, 0o640, "root:keystone")
    for path in EDITS:
        cloud.run("mv", f"{path}.shipped", path)


def checks_during_a_stop(host, agent, where: str) -> list[tuple[int, str]]:
    """(milliseconds, status) of every health check while a stop drains the API."""
    host.run("rm", "-f", "/run/checks", "/run/checked")
    host.run("sh", "-c", CHECKS.replace("WHERE", where))
    try:
        wait_for(lambda: " 200\n" in host.read("/run/checks"), 30, "the API to be healthy", pause=0.2)
        stopped = agent("stop", drain_time=str(DRAIN), timeout=60)
        assert stopped.code == 0, stopped
        wait_for(lambda: " 000\n" in host.read("/run/checks"), 30, "the API to be gone", pause=0.2)
    finally:
        host.run("touch", "/run/checked")
    seen = [line.split() for line in host.read("/run/checks").splitlines()]
    return [(int(words[0]), words[1]) for words in seen if len(words) == 2]


def leaves_the_rotation_first(host, agent, where: str, project: str) -> None:
    seen = checks_during_a_stop(host, agent, where)
    statuses = [status for _, status in seen]
    order = [status for number, status in enumerate(statuses) if number == 0 or status != statuses[number - 1]]
    assert order[:3] == ["200", "503", "000"], seen
    out = [when for when, status in seen if status == "503"]
    # The load balancer has the whole drain time to notice it, less one check at each end.
    assert out[-1] - out[0] > (DRAIN - 1) * 1000, seen
    assert host.run("ls", f"/etc/{project}").stdout.count("healthcheck_disable") == 0
    assert agent("monitor").code == 7


@pytest.mark.parametrize("name", [*SHORT, *long(*(name for name in APIS if name not in SHORT))])
def test_an_api_answers_503_before_it_ends(cloud, signed_in, name):
    """
    The load balancer saw a healthy server until the moment when nobody answered any more.
    """
    # Without credentials: with them the only worker of heat-api would wait for an engine, and none runs.
    agent = Agent(cloud, name, f"p_{name}")
    started = agent("start", timeout=120)
    assert started.code == 0, started
    project = {"neutron-server": "neutron"}.get(name, name.partition("-")[0])
    leaves_the_rotation_first(cloud, agent, APIS[name], project)


def test_keystone_answers_503_before_it_ends(cloud, signed_in):
    """
    Keystone reads the file's name in keystone.conf, as the guide says.
    """
    leaves_the_rotation_first(cloud, signed_in, "5000/healthcheck", "keystone")


def test_placements_uwsgi_answers_what_it_has(cloud, signed_in):
    """
    Placement has no health check to answer 503; with this hook SIGTERM no longer cuts its requests in flight.
    """
    agent = Agent(cloud, "placement-api", "p_placement-api")
    assert agent("stop").code == 0
    cloud.run("sed", "-i.shipped", r"$ a hook-master-start = unix_signal:15 gracefully_kill_them_all", PLACEMENT_INI)
    try:
        started = agent("start", timeout=120)
        assert started.code == 0, started
        cloud.run("sh", "-c", f"python3 -c '{SLOW}' > /run/slow 2>&1 &")
        time.sleep(1)
        stopped = agent("stop")
        assert stopped.code == 0, stopped
        assert stopped.seconds > 0.5
        wait_for(lambda: cloud.read("/run/slow"), 30, "the answer")
        assert cloud.read("/run/slow") == "200\n"
    finally:
        agent("stop")
        cloud.run("mv", f"{PLACEMENT_INI}.shipped", PLACEMENT_INI)
