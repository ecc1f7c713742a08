"""Whoever asks the cluster: an action that has a minute, on a machine made of dicts."""

from __future__ import annotations

import pytest

from ocf_lib.agent import Action, Agent
from ocf_lib.context import Context
from tests.unit.pacemaker import Pacemaker


@pytest.fixture
def pacemaker(machine):
    return Pacemaker(machine)


@pytest.fixture
def context(machine):
    program = Agent(name="evacuator", title="", params=(), actions=(Action(name="monitor", run="", timeout=60),))
    return Context(program, ["/x/evacuator", "monitor"], {}, machine)
