"""A cluster with a cloud: an evacuator, computes that die and return, and time that passes at once."""

from __future__ import annotations

import io

import pytest

from ocf_lib.cluster import cib, fencing, marker, request
from ocf_lib.cluster.cib import Cib, Device, Node
from ocf_lib.cluster.fencing import Fencing
from ocf_lib.codes import DEGRADED, SUCCESS
from ocf_lib.context import Context
from ocf_lib.main import run

from ..conftest import Outcome, load
from ..double import Machine
from ..worlds import CREDENTIALS
from .cloud import Nova

AGENT = load("NovaEvacuate")


class Killed(BaseException):
    """The pass is killed, at this very call."""


class Cluster:
    """What Pacemaker knows.  It stands for ocf_lib/cluster, whose own tests read Pacemaker's texts."""

    def __init__(self, machine, computes, others=("ctl1", "ctl2")):
        self.machine = machine
        self.nodes = {name: self._node(name, name in computes) for name in (*others, *computes)}
        self.history: list[Fencing] = []
        self.fencing_is_on = True
        self.devices = (Device(name="power", agent="fence_ipmilan"),)
        self.levels = ()
        self.requests: dict[str, str] = {}
        self.told: list[tuple[str, str]] = []
        self.writes: list[tuple[str, str]] = []
        self.written: dict[str, float] = {}
        """{node: when its marker was written last}"""
        self.trouble: dict[str, Exception] = {}
        self.skew = 0

    def _node(self, name, is_remote):
        return Node(name=name, is_remote=is_remote, is_online=True)

    def change(self, name, **given):
        self.nodes[name] = self.nodes[name].changed(**given)

    def fence(self, name, action="reboot", status="success", by="ctl1"):
        """The cluster fences a node, which is lost."""
        done = status == "success"
        when = 0 if status == "pending" else int(1_700_000_000 + self.machine.now() + self.skew)
        self.history.insert(0, Fencing(target=name, action=action, status=status, completed=when, by=by))
        self.change(name, is_online=False, is_unclean=not done, fenced=when if done else 0, is_held=False)

    def returns(self, name, held=True):
        self.change(name, is_online=True, is_unclean=False, fenced=0, is_held=held)

    # -- the face of ocf_lib/cluster

    def read(self, context):
        self._may("cib")
        return Cib(
            nodes=tuple(self.nodes.values()),
            fencing_is_on=self.fencing_is_on,
            devices=self.devices,
            levels=self.levels,
        )

    def past(self, context):
        self._may("history")
        return tuple(self.history)

    def write(self, context, node, mark):
        self._may("marker")
        self.writes.append((node, mark.text))
        self.written[node] = self.machine.now()
        self.change(node, marker=mark.text)

    def values(self, context):
        self._may("attribute")
        return dict(self.requests)

    def tell(self, context, node, value):
        self._may("attribute")
        self.requests[node] = value
        self.told.append((node, value))

    def _may(self, what):
        if what in self.trouble:
            raise self.trouble[what]


class World:
    """One cluster with one cloud and one evacuator."""

    def __init__(self, monkeypatch, keystone, computes=("cmp1", "cmp2", "cmp3")):
        self.machine = Machine()
        self.nova = Nova(self.machine, computes)
        self.cluster = Cluster(self.machine, computes)
        self.params = {**CREDENTIALS, "no_shared_storage": "true"}
        self.calls, self.kill_at, self.kills_after, self.is_killed = 0, None, False, False
        for module, name, own in (
            (cib, "read", self.cluster.read),
            (fencing, "history", self.cluster.past),
            (marker, "write", self.cluster.write),
            (request, "values", self.cluster.values),
            (request, "tell", self.cluster.tell),
        ):
            monkeypatch.setattr(module, name, self._counted(own))
        self.machine.network.ask_all = self._counted(self.nova.ask_all)
        self.machine.programs.ask = lambda argv, seconds: self.shown.append(argv[-1]) or (0, "")
        self.machine.files.write = self._counted(self.machine.files.write)
        self.shown: list[str] = []
        self.events = []
        self.seen: list[Outcome] = []

    def at(self, seconds, deed):
        """Let something happen so many seconds from now, also in the middle of a pass: before the next call of it."""
        self.events.append((self.machine.now() + seconds, deed))
        self.events.sort(key=lambda event: event[0])

    def _counted(self, call):
        def wrapped(*words, **more):
            self._alive()
            while self.events and self.events[0][0] <= self.machine.now():
                self.events.pop(0)[1]()
            self.calls += 1
            due = self.calls == self.kill_at
            if due and not self.kills_after:
                self._kill()
            found = call(*words, **more)
            if due:
                self._kill()
            return found

        return wrapped

    def _kill(self):
        self.is_killed = True
        raise Killed

    def _alive(self):
        if self.is_killed:
            raise Killed

    def act(self, action, interval=0, timeout=120, level=0, **more):
        """One action, as Pacemaker asks for it."""
        environ = {
            "OCF_RESOURCE_INSTANCE": "p_evacuate",
            "OCF_RESKEY_CRM_meta_timeout": f"{timeout}000",
            "OCF_RESKEY_CRM_meta_interval": f"{interval}000",
            "OCF_RESKEY_CRM_meta_on_node": "ctl1",
            "OCF_CHECK_LEVEL": str(level),
            "PCMK_LOGFACILITY": "daemon",
            **{f"OCF_RESKEY_{name}": value for name, value in {**self.params, **more}.items()},
        }
        context = Context(AGENT, ["/x/NovaEvacuate", action], environ, self.machine)
        out, err = io.StringIO(), io.StringIO()
        began = self.machine.now()
        code = run(context, out, err)
        assert self.machine.now() - began <= timeout, "I4"
        return Outcome(code, out.getvalue(), err.getvalue())

    def monitor(self):
        """One recurring monitor."""
        seen = self.act("monitor", interval=10)
        assert seen.code in (SUCCESS, DEGRADED), f"I4: {seen}"
        assert not self.nova.wrongs, self.nova.wrongs
        self.seen.append(seen)
        return seen

    def pass_time(self, seconds, until=lambda: False):
        """Let the cluster monitor the evacuator for a while; until something is so.  Returns the last outcome."""
        end = self.machine.now() + seconds
        while True:
            seen = self.monitor()
            if until() or self.machine.now() >= end:
                return seen
            self.machine.sleep(10)

    def pass_time_without(self, seconds):
        """Let time pass in the cloud, without an evacuator."""
        for _ in range(int(seconds // 10)):
            self.machine.sleep(10)
            self.nova.advance()

    def begin(self):
        """A new incarnation of the evacuator, which runs for a while."""
        assert self.act("start").code == SUCCESS
        self.monitor()
        self.machine.sleep(10)
        self.monitor()
        self.machine.sleep(10)

    def mark(self, name):
        return self.cluster.nodes[name].marker

    def is_done(self, *names):
        return all(self.mark(name).startswith("done") for name in names)

    @property
    def posts(self):
        return [key for name, key in self.nova.orders if name == "evacuate"]

    def die(self, name):
        """The power of a node is cut, and the cluster has fenced it."""
        self.nova.cut(name)
        self.cluster.fence(name)

    @property
    def text(self):
        return self.seen[-1].reason


@pytest.fixture
def world(monkeypatch, keystone):
    """A world in which all is well, and the evacuator runs."""
    made = World(monkeypatch, keystone)
    made.begin()
    return made


@pytest.fixture
def world_of(monkeypatch, keystone, request):
    """The same with another number of compute nodes."""
    made = World(monkeypatch, keystone, tuple(f"cmp{number}" for number in range(1, request.param + 1)))
    made.begin()
    return made
