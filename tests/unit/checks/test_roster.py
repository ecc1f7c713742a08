"""What the API of a worker says of it."""

import _json

import pytest

from ocf_lib.codes import DEGRADED, ERR_GENERIC, SUCCESS

from ..double import OK
from ..worlds import CREDENTIALS, rows, run_worker


def test_a_worker_that_is_up_in_the_list_is_well(machine, recurring, keystone):
    """
    Workers elsewhere do not matter. The agent signs in at Keystone's URL without its old version.
    """
    run_worker(machine, "nova-scheduler")
    machine.connects(42, "192.0.2.5", 5672)
    rows(machine, "nova-scheduler", ("other", "down"), ("controller", "up"))

    assert recurring(agent="nova-scheduler", **CREDENTIALS).code == SUCCESS
    assert recurring(agent="nova-scheduler", **CREDENTIALS).code == SUCCESS
    assert keystone.logins == [("http://vip:5000/v3", "s3cr3t", ("compute",))]


def test_a_worker_that_is_down_in_the_list_becomes_an_error(machine, recurring, keystone):
    """
    The worker is degraded while it may still come up. After a minute it hangs, and is an error.
    """
    run_worker(machine, "nova-scheduler")
    machine.connects(42, "192.0.2.5", 5672)
    rows(machine, "nova-scheduler", ("controller", "down"))

    first = recurring(agent="nova-scheduler", **CREDENTIALS)
    machine.sleep(61)

    assert (first.code, recurring(agent="nova-scheduler", **CREDENTIALS).code) == (DEGRADED, ERR_GENERIC)


@pytest.mark.parametrize(("conductor", "code"), [("up", ERR_GENERIC), ("down", DEGRADED)])
def test_a_compute_node_is_not_blamed_for_its_conductors(machine, recurring, keystone, conductor, code):
    """
    If every conductor is down, a compute node that is listed as down may be well.
    """
    run_worker(machine, "nova-compute")
    machine.connects(42, "192.0.2.5", 5672)
    rows(machine, "nova-compute", ("controller", "down"))
    rows(machine, "nova-conductor", ("other", conductor))
    recurring(agent="nova-compute", **CREDENTIALS)
    machine.sleep(61)

    assert recurring(agent="nova-compute", **CREDENTIALS).code == code


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 403 x\r\n\r\n", b"HTTP/1.1 500 x\r\n\r\n", ConnectionRefusedError(), TimeoutError(), OK,
     b"HTTP/1.1 200 OK\r\n\r\n{\"services\": [1", b"HTTP/1.1 200 OK\r\n\r\n{\"services\": [1]}"],
)  # fmt: skip
def test_a_list_that_cannot_be_had_is_degraded(machine, recurring, keystone, answer):
    """
    However the API that keeps the list fails, the worker is not at fault.
    """
    run_worker(machine, "nova-scheduler")
    machine.connects(42, "192.0.2.5", 5672)
    machine.answers("/v2.1/os-services?binary=nova-scheduler", answer, port=1)

    assert recurring(agent="nova-scheduler", **CREDENTIALS).code == DEGRADED


@pytest.mark.parametrize("hook", ["array_hook", "hook_of_tomorrow"])
@pytest.mark.parametrize(("state", "code"), [("up", SUCCESS), ("down", DEGRADED)])
def test_a_newer_python_reads_the_same_list(machine, recurring, keystone, monkeypatch, hook, state, code):
    """
    The scanner of Python 3.15 asks for array_hook. Whatever later ones ask for, no worker is restarted for that.
    """
    ours = _json.make_scanner

    def theirs(usual):
        getattr(usual, hook)
        return ours(usual)

    monkeypatch.setattr(_json, "make_scanner", theirs)
    run_worker(machine, "nova-scheduler")
    machine.connects(42, "192.0.2.5", 5672)
    rows(machine, "nova-scheduler", ("controller", state))

    assert recurring(agent="nova-scheduler", **CREDENTIALS).code == code
