"""What the documents say of the agents is what the agents and the checks declare."""

import re
import runpy
import sys

import pytest

from ocf_lib import checks, param
from ocf_lib.acts import gate, hold, retired, start, stop
from ocf_lib.agent import Agent
from ocf_lib.checks import database, memcached, ovn, process
from ocf_lib.cloud import token
from ocf_lib.evacuation import monitor
from tests.box import projects, services
from tests.conftest import ROOT

from .conftest import load


@pytest.fixture
def words(monkeypatch):
    """What generates the tables."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    return runpy.run_path(str(ROOT / "packaging/words.py"), run_name="words")


@pytest.mark.parametrize("which", ["projects", "agents", "reasons"])
def test_a_generated_table_is_up_to_date(words, which):
    """
    A table changes only on purpose: run make bless, and read the difference.
    """
    _, rows, _ = words["split"](which)

    assert rows == words["table"](which)


def test_every_agent_that_a_page_names_exists():
    """
    Each ocf:openstack: name in docs/ is a file in agents/.
    """
    agents = {path.name for path in (ROOT / "agents").iterdir()}
    for page in (ROOT / "docs").rglob("*.md"):
        for word in page.read_text().replace("`", " ").split():
            if word.startswith("ocf:openstack:"):
                assert word.removeprefix("ocf:openstack:").rstrip("*,.") in agents | {""}, (page.name, word)


@pytest.mark.parametrize(
    "module",
    [
        process,
        *(kind.load() for kind in checks.KINDS),
        database,
        memcached,
        ovn,
        token,
        param,
        start,
        stop,
        hold,
        gate,
        retired,
        *monitor._SPEAK,
    ],
    ids=lambda module: module.__name__,
)
def test_a_reason_in_the_guide_is_one_that_its_file_gives(module):
    """
    Each word of a reason stands in the file that declares it, outside the declaration, or in the file of errors.
    """
    path = ROOT / (module.__name__.replace(".", "/") + ".py")
    code = path.read_text().replace("REASONS = ", "", 1) + (ROOT / "ocf_lib/errors.py").read_text()
    code += (ROOT / "ocf_lib/cloud/http.py").read_text() + (ROOT / "ocf_lib/acts/monitor.py").read_text()
    code += "Connection refused"  # the system's own words
    code += (ROOT / "ocf_lib/acts/validate.py").read_text() + (ROOT / "ocf_lib/daemon/child.py").read_text()
    code += (ROOT / "ocf_lib/daemon/brokers.py").read_text() + (ROOT / "ocf_lib/cluster/pending.py").read_text()
    for reason, _ in module.REASONS:
        said = code.replace(reason, "")
        unsaid = [word for word in re.findall(r"[A-Za-z]{4,}", reason) if word not in said]
        assert unsaid == [], reason


def test_the_box_has_every_agent():
    """
    Each agent has a line in the box's list, so that it meets the real daemon; and each line has an agent.
    """
    tables = [services.PACKAGED, services.ENDED, *(project.table for project in projects.every().values())]
    listed = {name for table in tables for name in services.rows(table)}
    # A further name of nova-compute's daemon, and those that run no daemon.
    listed |= {"NovaCompute"} | {
        path.name for path in (ROOT / "agents").iterdir() if isinstance(load(path.name), Agent)
    }

    assert listed == {path.name for path in (ROOT / "agents").iterdir() if not path.is_symlink()}


def test_the_advertised_timeouts_fit_what_was_measured():
    """
    On a node that starts everything at once, an action takes longer than in the tables: each timeout is at least twice that.
    """
    lines = re.findall(
        r"(?m)^\| `([a-z0-9-]+)` \| (\S*) \| (\S*) \| (\S*) \|$", (ROOT / "docs/timeouts.md").read_text()
    )
    assert len(lines) > 40
    short = [
        (name, action.name, measured)
        for name, *seconds in lines
        for action in load(name).actions
        for kind, measured in zip(("start", "stop", "monitor"), seconds)
        if action.name == kind and measured and float(measured) * 2 > action.timeout
    ]
    assert short == []
