"""The double has the face of the real host."""

import inspect

import pytest

from ocf_lib.host import Host

from .double import Machine

ROOMS = ["files", "groups", "itself", "network", "processes", "programs"]


def face(room) -> dict[str, list[str]]:
    """{verb: names of its parameters} of a room; what it has of dict or set is no verb of a host."""
    inherited = set(dir(dict)) | set(dir(set))
    return {
        name: list(inspect.signature(verb).parameters)
        for name, verb in inspect.getmembers(room, inspect.ismethod)
        if not name.startswith("_") and name not in inherited - set(vars(type(room)))
    }


def test_the_double_has_every_room_of_the_host():
    """
    This test misses a room that only the host has.
    """
    public = {name for name in dir(Host()) if not name.startswith("_")}

    assert public == set(ROOMS)
    assert public <= set(dir(Machine()))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_the_double_has_the_verbs_of_the_real_one(room):
    """
    Each verb has the same name and parameters, and there are no others.
    """
    assert face(getattr(Machine(), room)) == face(getattr(Host(), room))
