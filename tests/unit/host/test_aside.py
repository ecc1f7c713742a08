"""Work that may hang is done in a child process, which leaves nothing behind."""

import os
import time

import pytest

from ocf_lib import errors
from ocf_lib.cloud.credentials import Token
from ocf_lib.host import Host
from ocf_lib.host.aside import Aside


@pytest.fixture(autouse=True)
def _nobody_is_left():
    """After each test, this process has no child, not even a zombie."""
    yield
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_the_answer_comes_back_whole():
    """
    It is longer than a pipe holds.
    """
    assert Aside(lambda: b"x" * 300_000, 60).answer() == b"x" * 300_000


def test_work_that_takes_too_long_is_abandoned():
    """
    The child blocks every signal that can be blocked, as a library might.
    """

    def hang():
        import signal

        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        time.sleep(600)

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        Aside(hang, 0.3).answer()
    assert time.monotonic() - began < 60


def test_a_child_whose_agent_is_killed_ends_by_itself():
    """
    Nobody reads its answer or kills it.
    """
    aside = Aside(lambda: time.sleep(600), 0.1)
    # The agent does not come to its own deadline.
    aside._until += 60
    with pytest.raises(ChildProcessError):
        aside.answer()


def test_a_child_that_is_killed_gives_no_answer():
    """
    The OOM killer may do so.
    """
    with pytest.raises(ChildProcessError):
        Aside(lambda: os.kill(os.getpid(), 9), 60).answer()


def test_what_the_work_returns_or_raises_comes_back():
    """
    A token, an error of ours, one of Python's, and one whose module only the child has loaded.
    """
    apart = Host().itself.apart

    class Foreign(Exception):
        pass

    def fail(problem):
        raise problem

    token = apart(lambda: Token(text="t", expires=1.5, project="p", endpoint=""), 60)
    assert (token.text, token.expires, token.project, token.endpoint) == ("t", 1.5, "p", "")
    with pytest.raises(errors.Degraded, match="no package"):
        apart(lambda: fail(errors.Degraded("no package")), 60)
    with pytest.raises(KeyError):
        apart(lambda: fail(KeyError("x")), 60)
    with pytest.raises(RuntimeError, match="Foreign: what"):
        apart(lambda: fail(Foreign("what")), 60)
    with pytest.raises(TimeoutError):
        apart(lambda: time.sleep(600), 0.3)
