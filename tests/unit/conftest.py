"""A cluster that calls the agent in this process, on a machine made of dicts."""

from __future__ import annotations

import io
import runpy
import sys
from typing import NamedTuple

import pytest

from tests.conftest import ROOT

from .double import Machine
from .worlds import install_keystone

sys.path.insert(0, str(ROOT))

from ocf_lib.agent import Agent  # noqa: E402  the line above finds it
from ocf_lib.cloud import login  # noqa: E402
from ocf_lib.cloud.credentials import Token  # noqa: E402
from ocf_lib.context import Context  # noqa: E402
from ocf_lib.main import run  # noqa: E402


def load(name: str):
    """The Service, or Agent, that an agent declares; run, not imported, as that would leave byte code among the agents."""
    return runpy.run_path(str(ROOT / "agents" / name), run_name=name)["SERVICE"]


def required(name: str) -> dict[str, str]:
    """Values for the parameters that an agent cannot start without."""
    declared = load(name)
    if isinstance(declared, Agent):
        return {}
    return {"daemon": declared.daemons[0][0]} if declared.daemons else dict(declared.example)


def facts(name: str):
    """The Service that an agent runs with those values: what it declares, or what they describe."""
    given = {f"OCF_RESKEY_{key}": value for key, value in required(name).items()}
    return Context(load(name), [name, "monitor"], given, Machine()).service


SERVICE = load("keystone")


class Outcome:
    """What the cluster gets to see."""

    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err

    @property
    def reason(self):
        return self.err.partition("ocf-exit-reason:")[2].rstrip("\n")

    def __repr__(self):
        return f"<{self.code!r} {self.err!r}>"


@pytest.fixture
def machine():
    """A host with Keystone installed."""
    made = Machine()
    install_keystone(made)
    return made


@pytest.fixture
def cluster(machine):
    """Perform an action of an agent as Pacemaker asks for it; keywords are parameters."""

    def perform(action, *, agent="keystone", interval=None, timeout=60, level=None, environ=None, **params):
        settings = {
            "OCF_RESOURCE_INSTANCE": f"p_{agent}",
            "OCF_RESKEY_CRM_meta_timeout": str(int(timeout * 1000)),
            "PCMK_logfacility": "daemon",
            "PCMK_LOGFACILITY": "daemon",
            **{f"OCF_RESKEY_{name}": value for name, value in params.items()},
            **(environ or {}),
        }
        if interval is not None:
            settings["OCF_RESKEY_CRM_meta_interval"] = str(interval * 1000)
        if level is not None:
            settings["OCF_CHECK_LEVEL"] = str(level)
        out, err = io.StringIO(), io.StringIO()
        argv = [f"/usr/lib/ocf/resource.d/openstack/{agent}", *([action] if action else [])]
        code = run(Context(load(agent), argv, settings, machine), out, err)
        return Outcome(code, out.getvalue(), err.getvalue())

    return perform


@pytest.fixture
def recurring(cluster):
    """A recurring monitor that does not watch."""

    def perform(**more):
        return cluster("monitor", interval=1, watch_time="0", **more)

    return perform


@pytest.fixture
def healthy(machine):
    """A machine whose Keystone will answer once it is started."""
    machine.answers("/v3")
    return machine


class SignedIn(NamedTuple):
    """One login, as Keystone saw it."""

    at: str
    password: str
    catalogue: tuple[str, ...]


class Keystone:
    """A Keystone that anybody can sign in to, and whose catalogue has every API at http://cloud:1."""

    def __init__(self) -> None:
        self.logins: list[SignedIn] = []
        self.problem: Exception | None = None
        """what it says instead of a token"""
        self.endpoint = "http://cloud:1/v2.1"
        """where its catalogue has every API; "" if that is nowhere"""
        self.life = 3600
        """seconds for which a token is good, on the clock of the agent's host"""

    def sign_in(self, context, wanted, password, seconds):
        self.logins.append(SignedIn(str(wanted.keystone), password, wanted.catalogue))
        if self.problem:
            raise self.problem
        return Token(
            text=f"token-{len(self.logins)}",
            expires=context.host.itself.date() + self.life,
            project="p1",
            endpoint=self.endpoint,
            lacks="" if self.endpoint else "the catalogue has no API",
            keystone="" if wanted.keystone else "https://cloud.example/identity",
        )


@pytest.fixture
def keystone(monkeypatch):
    """Sign in without keystoneauth1: every login is noted, and gives another token."""
    made = Keystone()
    monkeypatch.setattr(login, "sign_in", made.sign_in)
    return made
