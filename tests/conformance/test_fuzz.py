"""A short piece of make fuzz: wrong values for everything that an agent reads."""

from __future__ import annotations

import pytest

from tests.box.agent import install
from tests.fuzz import run
from tests.fuzz.report import report

SEED = "conformance"
CALLS = 300


@pytest.fixture(scope="module")
def host(box):
    """A host that nobody else uses: the run may damage it."""
    made = box.add("fuzz")
    install(made)
    yield made
    made.off()


def test_wrong_values_damage_nothing(host):
    """
    Every call ends in time, with an exit status of OCF and one reason. It changes nothing but the agents' own files.
    """
    done = run.Run(host, SEED, CALLS)
    done.perform()
    assert done.found == [], f"{report(done.found, SEED)}\n{done}"
