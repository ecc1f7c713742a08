"""ocf-tester on the agents of the cloud, with the real service, or the stand-in of one that has ended.

make test examines one agent of each kind, and make test-services examines all.  The further projects are not configured
on this host.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.box import cloud as openstack
from tests.box import services
from tests.box.agent import DIRECTORY, Agent
from tests.unit.conftest import required

# An API in uwsgi, a web server's, a worker, storage, one that has ended, any daemon.
SHORT = ("keystone", "placement-api", "horizon", "nova-compute", "swift-object", "glance-registry", "openstack-daemon")
EVERY = sorted([*services.rows(services.PACKAGED), *services.rows(services.ENDED), "openstack-daemon"])
AGENTS = EVERY if os.environ.get("PROJECTS") else sorted(SHORT)
# Others end where these are not there; and they cannot be examined while they serve the others.
NEEDED = ("keystone", "placement-api")
# On the ports of others, or with the daemon of another agent.
ALONE = ("quantum-server", "openstack-daemon")
# The tool gives every action 20 s; this is what the agents advertise for the longest, and a busy machine needs it.
TIMEOUT = 120


@pytest.fixture(scope="module")
def said(cloud):
    """{agent: what ocf-tester and the agent's log said}, examined four at a time, without credentials."""
    found = {}

    def examine(name: str) -> None:
        log = f"/root/ocf-tester-{name}"
        options = {"CRM_meta_timeout": f"{TIMEOUT}000", "trace_ra": "1", "trace_file": log, **required(name)}
        words = [word for option in options.items() for word in ("-o", "=".join(option))]
        done = cloud.run(
            "ocf-tester", "-n", f"t_{name}", *words, f"{DIRECTORY}/{name}", check=False, timeout=10 * TIMEOUT
        )
        # The tool does not show the reason of a monitor that did not return 0.
        told = [line for line in cloud.read(log).splitlines() if re.search(r" (INFO|WARNING|ERROR): | returns ", line)]
        found[name] = "\n".join([done.stdout + done.stderr, *told])
        # Where a start fails it leaves what it has started, for the next test to stumble over.
        assert Agent(cloud, name, f"t_{name}")("stop").code == 0

    servers = [Agent(cloud, name, f"p_{name}", **openstack.CREDENTIALS) for name in NEEDED]
    for server in servers:
        assert server("stop").code == 0
        examine(server.name)
        assert server("start", timeout=120).code == 0
    with ThreadPoolExecutor(4) as hands:
        list(hands.map(examine, [name for name in AGENTS if name not in (*NEEDED, *ALONE)]))
    for name in set(ALONE) & set(AGENTS):
        examine(name)
    assert servers[1]("stop").code == 0
    return found


@pytest.mark.parametrize("name", AGENTS)
def test_ocf_tester_passes(said, name):
    """
    Its own closing line counts, as a wrong flag exits 0, too.
    """
    passed = "passed all tests" in said[name]
    assert passed, said[name]
