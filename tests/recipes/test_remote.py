"""Computes as nodes of pacemaker_remote: one is killed and one loses its power, and the control plane notices nothing."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import pytest

from tests.box import cloud as openstack
from tests.box import cluster as pacemaker
from tests.box import keystone
from tests.box.agent import Agent, install
from tests.box.cluster import trust_each_other
from tests.box.machine import STATE, Box, Host, wait_for

from .typed import commands, file, paste

pytestmark = pytest.mark.long
NAME = "remote"
PATIENCE = 900.0
SERVICES = ("compute_nova", "compute_neutron")
# The files of a compute, among those of a whole cloud; what stands in them of the node itself.
_FILES = re.compile("/etc/(nova/|neutron/neutron.conf|neutron/plugins/ml2/)")
_OWN = re.compile("^(my_ip|local_ip) = .*", re.MULTILINE)


class Cloud:
    """A controller, and two computes that the cluster of the controller looks after."""

    def __init__(self, controller: Host, computes: list[Host]) -> None:
        self.controller = controller
        self.computes = computes

    def spell(self, text: str) -> str:
        """What a configuration for one host says of the controller, as another host has to write it."""
        return text.replace("127.0.0.1", self.controller.address)

    def configure(self, host: Host) -> None:
        """Write what a compute needs."""
        for path, group, text in openstack.FILES:
            if _FILES.match(path):
                host.put(path, _OWN.sub(rf"\1 = {host.address}", self.spell(text)), 0o640, f"root:{group}")

    def mains(self, host: Host) -> dict[str, str]:
        """{pid file: main process} of every resource that a host runs."""
        lines = host.run("sh", "-c", "cd /run/resource-agents && grep -H . *.pid").stdout.splitlines()
        return {line.split(":")[0]: line.split(":")[1].split()[0] for line in lines}

    def up(self) -> None:
        """Wait until every compute runs both services, and Nova and Neutron know it."""
        names = sorted(host.name for host in self.computes)
        for name in SERVICES:
            wait_for(
                lambda name=name: pacemaker.active_on(self.controller, name) == names,
                PATIENCE, f"{name} on {names}", pause=1,
            )  # fmt: skip
        wait_for(lambda: self.listed() == {(name, kind) for name in names for kind in ("nova", "neutron")},
                 PATIENCE, "all computes to be listed as up", pause=5)  # fmt: skip

    def listed(self) -> set[tuple[str, str]]:
        """The computes that Nova and Neutron list as up."""
        nova = self._ask("compute", "service", "list", "--service=nova-compute")
        neutron = self._ask("network", "agent", "list", "--agent-type=open-vswitch")
        return {(row["Host"], "nova") for row in nova if row["State"] == "up"} | {
            (row["Host"], "neutron") for row in neutron if row["Alive"] is True
        }

    def _ask(self, *question: str) -> list[dict]:
        credentials = keystone.client(keystone.credentials(openstack.KEYSTONE))
        said = self.controller.run("openstack", *question, "-f", "json", env=credentials, check=False, timeout=180)
        return json.loads(said.stdout or "[]")


@pytest.fixture(scope="module")
def cloud():
    """The recipe on one controller and two computes."""
    with Box([]) as box:
        made = Cloud(box.add("one", "cloud"), [box.add(name, "remote") for name in ("four", "five")])
        controller = made.controller
        for host in box.hosts:
            # A host knows by itself only those that booted before it.
            host.put("/etc/hosts", (STATE / "hosts.txt").read_text())
            install(host)
        openstack.serve(controller, "0.0.0.0")
        openstack.configure(controller, made.spell)
        for host in made.computes:
            made.configure(host)
        openstack.populate(controller, controller, made.spell)
        first = Agent(controller, "keystone", "first")
        assert first("start", timeout=120).code == 0
        openstack.catalogue(controller, made.spell)
        assert first("stop").code == 0
        pacemaker.form([controller])
        controller.run("pcs", "property", "set", "load-threshold=1000%")
        trust_each_other(box.hosts)
        *at_one, enable, disable = commands(NAME, "Before the file")
        paste(controller, "\n".join(at_one))
        for host in made.computes:
            paste(host, f"{enable}\n{disable}")
        # The power switch of the box, in the place of the one in the page.
        controller.run("pcs", "stonith", "update", "power", "pcmk_host_list=one four five")
        paste(controller, file(NAME, "pcs.sh"))
        made.up()
        yield made


@pytest.fixture
def watched(cloud):
    """All computes up; afterwards the controller has the same processes as before, and power."""
    cloud.up()
    power, mains = cloud.controller.pid, cloud.mains(cloud.controller)
    yield cloud
    cloud.up()
    assert (cloud.controller.pid, cloud.mains(cloud.controller)) == (power, mains)


def test_each_service_is_where_it_belongs(watched):
    """
    The computes run their two services and have never been asked for another one; the controller runs all the others.
    """
    state = ET.fromstring(watched.controller.run("cibadmin", "--query", "--scope", "status").stdout)
    for host in watched.computes:
        seen = {one.get("id") for one in state.iterfind(f"node_state[@uname='{host.name}']//lrm_resource")}
        assert seen == set(SERVICES)
    assert {name.partition("_")[0] for name in watched.mains(watched.controller)} == {"p"}


def test_a_killed_pacemaker_remote_fences_its_compute(watched):
    """
    Nobody can say any more what runs there. The other compute and the controller go on.
    """
    lost, other = watched.computes
    power, mains = lost.pid, watched.mains(other)
    lost.run("pkill", "-KILL", "-x", "pacemaker-remot")
    wait_for(lambda: lost.pid not in (power, None), PATIENCE, f"{lost.name} to be fenced", pause=0.2)
    watched.up()
    assert watched.mains(other) == mains


def test_a_compute_that_loses_its_power_is_fenced_and_comes_back(watched):
    """
    Pacemaker turns it on again, connects to it as soon as it has booted, and starts its services.
    """
    other, lost = watched.computes
    mains = watched.mains(other)
    lost.off()
    wait_for(lambda: lost.pid is not None, PATIENCE, f"{lost.name} to be turned on", pause=0.2)
    watched.up()
    assert watched.mains(other) == mains


def test_a_killed_nova_compute_is_restarted_in_its_place(watched):
    """
    Nothing else of the compute is touched, and nobody loses power.
    """
    host = watched.computes[0]
    power, before = host.pid, watched.mains(host)
    host.run("kill", "-KILL", before["compute_nova.pid"])
    wait_for(
        lambda: watched.mains(host).get("compute_nova.pid") not in (None, before["compute_nova.pid"]),
        PATIENCE, "another nova-compute", pause=0.5,
    )  # fmt: skip
    watched.up()
    assert host.pid == power
    assert watched.mains(host)["compute_neutron.pid"] == before["compute_neutron.pid"]
