"""The stand with each of three evacuators: ours, Debian's fence_evacuate in the loop of the old agent, Debian's Masakari.

The cloud, the computes, the cluster and the power switch are the same.  The evacuator differs, and what it needs.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.box import cloud as openstack
from tests.box import keystone
from tests.box.machine import Box, wait_for
from tests.box.settings import ACCOUNT, BROKER, PASSWORD, TOKENS, database

from .stand import COMPUTES, LONGEST, ONLY_ON_COMPUTES, ONLY_ON_CONTROLLERS, Stand, parsed

_HERE = Path(__file__).resolve().parent
_UNLIMITED = {"instances": -1, "cores": -1, "ram": -1}
_LOOK = 60.0
"""Seconds between two looks of Masakari's host monitor, as Debian ships it."""
_LATE = 15.0
"""Seconds that a look may be late."""
_MASAKARI = (
    f"[DEFAULT]\n{BROKER}auth_strategy = keystone\nos_privileged_user_name = service\n"
    f"os_privileged_user_password = {PASSWORD}\nos_privileged_user_tenant = service\n"
    "os_privileged_user_auth_url = http://127.0.0.1:5000/v3\nos_user_domain_name = Default\n"
    f"os_project_domain_name = Default\n{database('masakari')}{TOKENS}"
)
# Debian's unit of the host monitor reads masakari.conf, and not masakarimonitors.conf.
_MONITOR = (
    f"[api]\n{ACCOUNT}region = RegionOne\napi_interface = public\n"
    "[host]\npacemaker_node_type = remote\nrestrict_to_remotes = true\ndisable_ipmi_check = true\n"
)


class Evacuator(Stand):
    """The stand with our own evacuator."""

    title = "NovaEvacuate"
    about = "this project's agent, with nova-compute held"
    packages: Mapping[str, str] = {}
    """The Debian packages of this evacuator: {name: name of a host that has it}."""
    process = "openstack/NovaEvacuate monitor"
    """A pattern of the command lines of the processes that evacuate."""

    def __init__(self, box: Box) -> None:
        """Bring everything up, and let the project of the tests have as many instances as it likes."""
        super().__init__(box)
        code, said = self.call("PUT", "/os-quota-class-sets/default", {"quota_class_set": _UNLIMITED})
        assert code == 200, said

    def versions(self) -> dict[str, str]:
        """{package: version} of what is compared."""
        hosts = {host.name: host for host in self.box.hosts}
        return {
            name: hosts[where].run("dpkg-query", "--show", "--showformat=${Version}", name).stdout
            for name, where in self.packages.items()
        }

    def kill(self) -> None:
        """End the processes that evacuate, at a moment when there are some."""

        def killed() -> bool:
            return any(
                host.run("pkill", "-KILL", "-f", self.process, check=False).returncode == 0 for host in self.controllers
            )

        wait_for(killed, LONGEST, f"{self.process} to run")

    def is_rested(self) -> bool:
        """Are all computes up, and has the evacuator nothing to do?"""
        return self.up() == set(COMPUTES) and self._is_idle()

    def _is_idle(self) -> bool:
        """Has the evacuator nothing to do?"""
        return self.evacuator() == "well"

    def chores(self, lost: str, alive: dict[str, str]) -> list[str]:
        """What a person has to do now.  *alive* are the instances that run, as the oracle sees them."""
        row = self.services()[lost]
        found = []
        if row["state"] == "down" and not row["forced_down"]:
            found.append("start nova-compute")
        if row["forced_down"]:
            found.append("lift forced_down of the compute")
        if row["status"] == "disabled":
            found.append("enable the compute in Nova")
        servers = self.servers()
        dead = Counter(server["status"] for uuid, server in servers.items() if uuid not in alive)
        found += [f"bring back {count} instances with the status {status}" for status, count in sorted(dead.items())]
        failed = sum(server["status"] == "ERROR" for uuid, server in servers.items() if uuid in alive)
        if failed:
            found.append(f"reset the state of {failed} instances that run")
        locked = sum(server["locked"] for server in servers.values())
        if locked:
            found.append(f"unlock {locked} instances")
        return found

    def mend(self) -> None:
        """Do everything that a person may have to do, and wait until the next run can begin."""
        for host in (*self.controllers, *self.computes):
            host.boot()
        wait_for(self._is_enabled, LONGEST, "all computes to be up and enabled", pause=5)
        self.delete_all()
        wait_for(self.is_rested, LONGEST, "the evacuator to have nothing to do", pause=2)

    def _is_enabled(self) -> bool:
        for row in self.services().values():
            if row["forced_down"]:
                self.call("PUT", f"/os-services/{row['id']}", {"forced_down": False})
            if row["status"] == "disabled":
                self.call("PUT", f"/os-services/{row['id']}", {"status": "enabled"})
        return self.up() == set(COMPUTES)


class FenceEvacuate(Evacuator):
    """The stand with the old set of agents: fence_compute marks a fenced node, and a loop calls fence_evacuate for it.

    Pacemaker starts nova-compute on a node again after fence_compute has unfenced the node.
    """

    title = "fence_evacuate"
    about = "Debian's fence_compute and fence_evacuate, called by a loop that does what the old NovaEvacuate did"
    packages = {"fence-agents-compute": "one"}
    process = "box/OldLoop monitor|sbin/fence_evacuate"
    roots = ("peer-cluster", "remote")

    def _make_cluster(self) -> None:
        options = "".join(f"{name}={value}\n" for name, value in self._options().items())
        for host in self.controllers:
            # The Python of Debian 12 and 13 has no getargspec any more: without this, neither agent can sign in.
            host.run(
                "sed", "-i", "s/inspect.getargspec/inspect.getfullargspec/",
                "/usr/sbin/fence_compute", "/usr/sbin/fence_evacuate",
            )  # fmt: skip
            host.put("/usr/lib/ocf/resource.d/box/OldLoop", (_HERE / "old_loop.py").read_text(), 0o755)
            host.put("/etc/fence_evacuate.options", options, 0o600)
        super()._make_cluster()
        for name in COMPUTES:
            self.pcs(f"stonith level add 1 {name} power fence_nova")

    def _options(self) -> dict[str, str]:
        known = keystone.credentials(self.keystone)
        return {
            "auth_url": known["os_auth_url"],
            "username": known["os_username"],
            "password": known["os_password"],
            "tenant_name": known["os_tenant_name"],
            "region_name": "RegionOne",
            "endpoint_type": "publicURL",
        }

    def _resources(self) -> tuple[str, ...]:
        options = " ".join(f"{name}={value}" for name, value in self._options().items())
        return (
            # With a reboot, the fencer would turn the node on again before it calls the fencing done.
            "property set stonith-action=off",
            # The fencer asks all devices of a level to unfence a node: the power switch would turn the lost compute on.
            "stonith update power pcmk_on_action=monitor",
            f"stonith create fence_nova fence_compute {options} record_only=1 pcmk_host_list={','.join(COMPUTES)}"
            " op monitor interval=60s timeout=120s meta provides=unfencing",
            "resource create compute_nova ocf:openstack:nova-compute hold=false meta requires=unfencing"
            " clone interleave=true",
            ONLY_ON_COMPUTES,
            "resource create evacuator ocf:box:OldLoop op monitor interval=10s timeout=600s meta requires=fencing",
            ONLY_ON_CONTROLLERS,
        )

    def _marks(self) -> dict[str, str]:
        """{node: what its attribute evacuate says} if that is an order."""
        return {node: value for node, value in self.attribute("evacuate").items() if value != "no"}

    def _is_idle(self) -> bool:
        return not self._marks()

    def chores(self, lost: str, alive: dict[str, str]) -> list[str]:
        found = super().chores(lost, alive)
        if self._marks():
            found.append("remove the attribute evacuate of the node")
        return found

    def mend(self) -> None:
        for node in self._marks():
            self.admin.run("attrd_updater", "--private", "--name=evacuate", f"--node={node}", "--update=no")
        super().mend()


class Masakari(Evacuator):
    """The stand with Masakari: API and engine on the host of the cloud, a host monitor on each compute."""

    title = "Masakari"
    about = "Debian's Masakari with its defaults, and host monitors that watch the remote nodes of Pacemaker"
    packages = {"masakari-engine": "cloud", "masakari-host-monitor": "four"}
    roots = ("cluster", "peer-remote")
    # While Pacemaker connects to a lost compute, crm_mon calls it online, and each host monitor looks only once a minute.
    # With 15 s, crm_mon called it offline for 4 of 30 s, and a look mostly missed that.
    reconnect = "60s"

    def __init__(self, box: Box) -> None:
        """Bring the stand up, then Masakari: it takes only hosts that Nova knows."""
        super().__init__(box)
        cloud = self.cloud
        cloud.run("mariadb", input="CREATE DATABASE masakari CHARACTER SET utf8;\n")
        cloud.put("/etc/masakari/masakari.conf", self._spell(_MASAKARI), 0o640, "root:masakari")
        openstack.shrink(cloud)
        cloud.run("su", "-s", "/bin/sh", "masakari", "-c", "masakari-manage db sync", timeout=300)
        cloud.run("systemctl", "start", "masakari-api", "masakari-engine")
        apis = (("masakari", "instance-ha", "http://127.0.0.1:15868/v1"),)
        openstack.administer(cloud, *openstack.entries(apis, self._spell), url=self.keystone)
        wait_for(lambda: self._masakari("GET", "/segments")[0] == 200, LONGEST, "masakari-api to answer", pause=1)
        segment = {"name": "all", "recovery_method": "auto", "service_type": "COMPUTE"}
        code, said = self._masakari("POST", "/segments", {"segment": segment})
        assert code == 201, said
        self._hosts = f"/segments/{said['segment']['uuid']}/hosts"
        for host in self.computes:
            wanted = {"name": host.name, "type": "COMPUTE", "control_attributes": "none"}
            code, said = self._masakari("POST", self._hosts, {"host": wanted})
            assert code == 201, said
            host.put("/etc/masakari/masakari.conf", self._spell(_MONITOR), 0o640, "root:masakari")
            # It starts again when the host boots.
            host.run("systemctl", "enable", "--now", "masakari-host-monitor")

    def _resources(self) -> tuple[str, ...]:
        return (
            "resource create compute_nova ocf:openstack:nova-compute hold=false clone interleave=true",
            ONLY_ON_COMPUTES,
        )

    def _masakari(self, method: str, path: str, body: object = None) -> tuple[int, dict]:
        """Ask Masakari, as its administrator: the status, and what it says."""
        # Each time with a new token: it is asked a few times in an hour.
        url = f"http://{self.cloud.address}:15868/v1{path}"
        code, text = self._curl(method, url, body, f"X-Auth-Token: {self._sign_in()}")
        return code, parsed(text)

    def _on_maintenance(self) -> list[dict]:
        code, said = self._masakari("GET", self._hosts)
        assert code == 200, said
        return [host for host in said["hosts"] if host["on_maintenance"]]

    def _running(self) -> list[dict]:
        code, said = self._masakari("GET", "/notifications")
        assert code == 200, said
        return [row for row in said["notifications"] if row["status"] in ("new", "running", "error")]

    def kill(self) -> None:
        """End the engine.  systemd starts it again."""
        self.cloud.run("systemctl", "kill", "--signal=KILL", "masakari-engine")

    def _is_idle(self) -> bool:
        return not self._on_maintenance()

    def chores(self, lost: str, alive: dict[str, str]) -> list[str]:
        found = super().chores(lost, alive)
        if self._on_maintenance():
            found.append("set on_maintenance=False for the host in Masakari")
        if self._running():
            found.append(
                "end the notification in Masakari's database, as Masakari refuses to change the host until then"
            )
        return found

    def mend(self) -> None:
        self.cloud.run("systemctl", "restart", "masakari-engine")
        self.cloud.run(
            "mariadb", "masakari",
            input="UPDATE notifications SET status='failed' WHERE status IN ('new', 'running', 'error');\n",
        )  # fmt: skip
        for host in self._on_maintenance():
            code, said = self._masakari("PUT", f"{self._hosts}/{host['uuid']}", {"host": {"on_maintenance": False}})
            assert code == 200, said
        super().mend()
        # Each host monitor compares with its last look.
        time.sleep(_LOOK + _LATE)


EVACUATORS: dict[str, type[Evacuator]] = {"ours": Evacuator, "fence_evacuate": FenceEvacuate, "masakari": Masakari}
