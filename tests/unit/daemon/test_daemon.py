"""Program and Unit, the two that run a daemon, have one face."""

import inspect
import re

import pytest

from ocf_lib import daemon
from ocf_lib.context import Context
from ocf_lib.daemon.program import Program
from ocf_lib.daemon.unit import Unit

from ..conftest import SERVICE
from ..double import Machine

GIVEN = {"context", "service"}  # what both are made of
OF_A_UNIT = {"name"}  # which unit


@pytest.fixture
def both():
    """A program and a unit of one service."""
    context = Context(SERVICE, ["keystone", "monitor"], {"OCF_RESKEY_unit": "keystone"}, Machine())
    return Program(context), Unit(context)


def face(daemon) -> set[str]:
    """The public names of its methods, properties and fields."""
    return {name for name in dir(daemon) if not name.startswith("_")}


def test_a_program_and_a_unit_have_the_same_public_names(both):
    """
    The acts and checks do not ask who runs the daemon.
    """
    program, unit = both

    assert face(program) == face(unit) - OF_A_UNIT


def test_a_program_and_a_unit_take_the_same_arguments(both):
    """
    Each method has the same parameters on both.
    """
    program, unit = both
    methods = [name for name in face(program) - GIVEN if inspect.isroutine(getattr(type(program), name, None))]

    assert methods
    for name in methods:
        taken = [list(inspect.signature(getattr(one, name)).parameters) for one in both]
        assert taken[0] == taken[1], name


def test_the_face_of_a_daemon_is_the_documented_one(both):
    """
    The first docstring of ocf_lib/daemon names every method, property and field that a daemon has.
    """
    documented = set(re.findall(r"``(\w+)", daemon.__doc__))

    assert face(both[0]) == documented | GIVEN
