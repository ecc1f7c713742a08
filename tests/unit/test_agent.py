"""A program that is no daemon uses the same door."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import pytest

from ocf_lib import codes, errors
from ocf_lib.acts import metadata
from ocf_lib.agent import Action, Agent
from ocf_lib.context import Context
from ocf_lib.main import run
from ocf_lib.param import Param

from .conftest import Outcome
from .double import Machine

EVACUATOR = Agent(
    name="evacuator",
    title="a program with a life of its own",
    params=(
        Param(name="how", summary="What to do", text="What the action does.", default="well", monitoring=True),
        Param(name="key", summary="A secret", text="What nobody may read.", secret=True),
    ),
    actions=(
        Action(name="evacuate", run=f"{__name__}:evacuate", timeout=90, interval=10),
        Action(name="meta-data", run=f"{__name__}:describe", timeout=5),
    ),
)


def evacuate(context: Context) -> codes.ExitCode:
    """The one action of the program, in several ways."""
    how = context.get("how")
    if how == "degraded":
        raise errors.Degraded("nobody is left to evacuate to")
    if how == "bug":
        raise ZeroDivisionError(f"{context.get('key')}\nsecond line")
    if how == "daemon":
        return codes.ExitCode(0, context.service.name)
    context.log.info("evacuated")
    return codes.SUCCESS if how == "well" else codes.NOT_RUNNING


def describe(context: Context) -> str:
    """A text that the door prints."""
    return metadata.xml(context.program, context.name, "Evacuates a node that is down.")


@pytest.fixture
def call():
    """Call the program as Pacemaker does; keywords are parameters."""

    def perform(action, machine=None, **params):
        environ = {f"OCF_RESKEY_{name}": value for name, value in params.items()}
        out, err = io.StringIO(), io.StringIO()
        context = Context(
            EVACUATOR, ["/x/evacuator", action], {**environ, "PCMK_LOGFACILITY": "daemon"}, machine or Machine()
        )
        code = run(context, out, err)
        return Outcome(code, out.getvalue(), err.getvalue())

    return perform


@pytest.mark.parametrize(("how", "code"), [("well", codes.SUCCESS), ("gone", codes.NOT_RUNNING)])
def test_an_action_of_its_own_returns_its_own_status(call, how, code):
    """
    The status is the function's. Nothing is printed, and what the function logs is in the log.
    """
    machine = Machine()
    seen = call("evacuate", machine, how=how)

    assert (seen.code, seen.out, seen.err) == (code, "", "")
    assert ("info", "INFO: evacuated") in machine.itself.logged


def test_an_error_of_its_own_action_is_a_reason_with_its_name(call):
    """
    The program raises an error of the library, and the door makes status and reason of it.
    """
    seen = call("evacuate", how="degraded")

    assert (seen.code, seen.reason) == (codes.DEGRADED, "evacuator: nobody is left to evacuate to")


def test_a_text_that_an_action_returns_is_printed(call):
    """
    The meta-data lists the program's own actions and parameters.
    """
    seen = call("meta-data")
    tree = ET.fromstring(seen.out)

    assert (seen.code, seen.err) == (codes.SUCCESS, "")
    assert tree.get("name") == "evacuator"
    assert [action.attrib for action in tree.iter("action")] == [
        {"name": "evacuate", "timeout": "90s", "interval": "10s"},
        {"name": "meta-data", "timeout": "5s"},
    ]
    assert [parameter.get("name") for parameter in tree.iter("parameter")] == ["how", "key"]
    assert tree.findtext("longdesc").strip() == "Evacuates a node that is down."


@pytest.mark.parametrize("word", ["usage", "help"])
def test_usage_lists_its_own_actions(call, word):
    """
    An action of a daemon is not among them.
    """
    seen = call(word)

    assert (seen.code, seen.out, seen.err) == (codes.SUCCESS, "usage: evacuator {evacuate|meta-data|usage}\n", "")


@pytest.mark.parametrize("action", ["start", "stop", "monitor", "validate-all", ""])
def test_an_action_of_a_daemon_is_unknown_to_it(call, action):
    """
    The door knows no action by itself.
    """
    seen = call(action)

    assert seen.code == codes.ERR_UNIMPLEMENTED
    assert seen.reason == f"evacuator: there is no action {action!r}"


def test_a_bug_of_its_own_action_is_1_with_one_line(call):
    """
    The line shows no secret, and the log has the traceback.
    """
    machine = Machine()
    seen = call("evacuate", machine, how="bug", key="hunter")

    assert (seen.code, seen.err) == (
        codes.ERR_GENERIC,
        "ocf-exit-reason:evacuator: bug: ZeroDivisionError: **** second line\n",
    )
    assert any("Traceback" in text for _, text in machine.itself.logged)
    assert "hunter" not in str(machine.itself.logged)


def test_a_program_without_a_daemon_has_no_service(call):
    """
    Whoever asks for the facts of its daemon has a bug: TypeError.
    """
    context = Context(EVACUATOR, ["evacuator", "evacuate"], {}, Machine())

    with pytest.raises(TypeError, match="evacuator runs no daemon"):
        _ = context.service
    assert call("evacuate", how="daemon").reason == "evacuator: bug: TypeError: evacuator runs no daemon"


def test_an_action_of_its_own_has_the_time_that_it_advises():
    """
    Without a timeout of Pacemaker's, that of the declared action counts.
    """
    assert Context(EVACUATOR, ["evacuator", "evacuate"], {}, Machine()).timeout == 90
