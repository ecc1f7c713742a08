"""ocf-tester on every agent, with the real service, or the stand-in of one that has ended."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.box import cloud as openstack
from tests.box.agent import DIRECTORY, Agent
from tests.conftest import ROOT
from tests.unit.conftest import required

AGENTS = sorted(path.name for path in (ROOT / "agents").iterdir() if not path.is_symlink())
# Others end where these are not there; and they cannot be examined while they serve the others.
NEEDED = ("keystone", "placement-api")
# On the ports of others.
ALONE = ("quantum-server",)


@pytest.fixture(scope="module")
def said(cloud):
    """{agent: what ocf-tester said}, examined four at a time with nothing but the defaults."""
    found = {}

    def examine(name: str) -> None:
        given = [word for parameter, value in required(name).items() for word in ("-o", f"{parameter}={value}")]
        done = cloud.run("ocf-tester", "-n", f"t_{name}", *given, f"{DIRECTORY}/{name}", check=False, timeout=500)
        found[name] = done.stdout + done.stderr
        # Where a start fails it leaves what it has started, for the next test to stumble over.
        assert Agent(cloud, name, f"t_{name}")("stop").code == 0

    servers = [Agent(cloud, name, f"p_{name}", **openstack.CREDENTIALS) for name in NEEDED]
    for server in servers:
        assert server("stop").code == 0
        examine(server.name)
        assert server("start", timeout=120).code == 0
    with ThreadPoolExecutor(4) as hands:
        list(hands.map(examine, [name for name in AGENTS if name not in (*NEEDED, *ALONE)]))
    for name in ALONE:
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
