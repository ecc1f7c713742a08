"""What a storm over a whole controller may do, and what it may not."""

import pytest

from tests.controller.storms import STORMS, Seen

API, KEYSTONE = ("one", "glance-api"), ("one", "keystone")
WELL = {"reasons": {}, "left": {}, "recovered": 1.0, "restarted": [], "kept": [API, KEYSTONE], "failures": []}
NAMED = {API: "database db.example:3306 refuses connections"}


@pytest.mark.parametrize(
    ("storm", "seen", "wrong"),
    [
        ("database", {"reasons": NAMED}, []),
        ("database", {}, ["nobody noticed"]),
        ("memcached", {}, []),
        ("database", {"reasons": {API: "it is ill"}}, ["one glance-api blames another: it is ill"]),
        ("database", {"reasons": NAMED, "restarted": [API], "kept": [KEYSTONE]}, ["one glance-api was restarted"]),
        ("database", {"reasons": NAMED, "left": {API: ""}}, ["one glance-api is still ill: not started"]),
        ("database", {"reasons": NAMED, "failures": ["p_glance-api on one"]}, ["p_glance-api on one"]),
        ("keystone-frozen", {"restarted": [KEYSTONE], "kept": [API], "failures": ["p_keystone on one"]}, []),
        ("keystone-frozen", {}, ["one keystone was not restarted", "nobody noticed"]),
    ],
)
def test_what_is_wrong_with_a_storm(storm, seen, wrong):
    """
    A storm that nobody notices is as wrong as one that restarts a service that it should not.
    """
    assert Seen(STORMS[storm], **{**WELL, **seen}).wrong == wrong
