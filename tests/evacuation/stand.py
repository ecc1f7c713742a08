"""Where evacuation is tested: a cloud on a host of its own, two controllers, and computes as nodes of pacemaker_remote."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.box import cloud as openstack
from tests.box import cluster as pacemaker
from tests.box import keystone
from tests.box.agent import Agent, install
from tests.box.machine import STATE, Box, Host, wait_for

CONTROLLERS = ("one", "two")
COMPUTES = ("four", "five", "six")
SERVICES = ("keystone", "placement-api", "glance-api", "nova-api", "nova-conductor", "nova-scheduler")
"""What runs on the host of the cloud, each under its agent, in the order in which they need each other."""
LONGEST = 300.0
"""Seconds for anything to happen; an idle machine needs a tenth."""
MICROVERSION = "2.74"
"""The first that takes the host of a new server without binding the server to it."""
ONLY_ON_COMPUTES = (
    "constraint location compute_nova-clone rule resource-discovery=never score=-INFINITY #kind ne remote"
)
ONLY_ON_CONTROLLERS = "constraint location evacuator rule resource-discovery=never score=-INFINITY #kind eq remote"
_HERE = Path(__file__).resolve().parent
_DRIVER = "/usr/lib/python3/dist-packages/nova/virt/processes.py"
_CIB = "/root/stand.xml"
_OWNERS = ("keystone", "glance", "placement", "nova")
_OWN = re.compile("^my_ip = .*", re.MULTILINE)
_IMAGE = "11111111-2222-3333-4444-555555555555"
_FLAVOR = "tiny"


class Stand:
    """The hosts, what runs on them, and Nova's API as the administrator uses it."""

    roots = ("cluster", "remote")
    """The roots of the controllers and of the computes, by their names in image.py."""
    reconnect = "15s"
    """When Pacemaker connects to a lost compute again."""

    def __init__(self, box: Box, computes: tuple[str, ...] = COMPUTES) -> None:
        """Bring everything up (four minutes on two idle cores)."""
        self.box = box
        self.cloud = box.add("cloud", "cloud")
        self.controllers = [box.add(name, self.roots[0]) for name in CONTROLLERS]
        self.computes = [box.add(name, self.roots[1]) for name in computes]
        self._token = ""
        self.deaths: dict[str, str] = {}  # when the cluster had fenced a compute, as Nova writes it
        for host in box.hosts:
            # A host knows by itself only those that booted before it.
            host.put("/etc/hosts", (STATE / "hosts.txt").read_text())
            install(host)
        self._make_cloud()
        for host in self.computes:
            self._make_compute(host)
        self._make_cluster()
        wait_for(lambda: self.up() == set(computes), LONGEST, "all computes to be up", pause=2)
        # A compute is up some seconds before Placement knows what it has.
        wait_for(lambda: self._with_room() == set(computes), LONGEST, "all computes to have room", pause=2)
        # The scheduler looks for new hosts now and then, and the API knows only those that were found.
        self.cloud.run("su", "-s", "/bin/sh", "nova", "-c", "nova-manage cell_v2 discover_hosts", timeout=120)

    @property
    def admin(self) -> Host:
        """A controller that is on, where an administrator types."""
        return next(host for host in self.controllers if host.pid is not None)

    @property
    def keystone(self) -> str:
        return self._spell(openstack.KEYSTONE)

    def _spell(self, text: str) -> str:
        """What a configuration for one host says of the cloud, as another host has to write it."""
        return text.replace("127.0.0.1", self.cloud.address)

    def _configure(self, host: Host, wanted: str) -> None:
        for path, group, text in openstack.FILES:
            if re.match(wanted, path):
                text = _OWN.sub(f"my_ip = {host.address}", self._spell(text))
                text = text.replace("[scheduler]\n", "[scheduler]\ndiscover_hosts_in_cells_interval = 5\n")
                host.put(path, text, 0o640, f"root:{group}")

    def _make_cloud(self) -> None:
        cloud = self.cloud
        openstack.serve(cloud, "0.0.0.0")
        self._configure(cloud, "/etc/(glance|placement|nova)/")
        openstack.shrink(cloud)
        cloud.run("chmod", "644", "/etc/nova/api-paste.ini")
        keystone.configure(cloud, self._spell(openstack.connection("keystone")), self._spell(keystone.CACHE))
        cloud.put("/usr/local/lib/neutron.py", (_HERE / "neutron.py").read_text())
        cloud.run("systemd-run", "--quiet", "--unit=neutron-of-the-stand", "python3", "/usr/local/lib/neutron.py")
        openstack.populate(cloud, cloud, self._spell, _OWNERS)
        self.serve("keystone")
        openstack.catalogue(cloud, self._spell)
        self.serve(*SERVICES[1:])
        openstack.administer(
            cloud,
            f"image create --id {_IMAGE} --file /etc/hostname --disk-format raw --container-format bare --public tiny",
            f"flavor create --id {_FLAVOR} --ram 64 --disk 1 --vcpus 1 {_FLAVOR}",
            url=self.keystone,
        )  # fmt: skip

    def _make_compute(self, host: Host) -> None:
        self._configure(host, "/etc/nova/")
        # A compute asks the conductor for everything.
        host.run("sed", "-i", "/^connection = /d", "/etc/nova/nova.conf")
        host.put(_DRIVER, (_HERE / "processes.py").read_text())
        host.put("/etc/nova/nova-compute.conf", "[DEFAULT]\ncompute_driver = processes.ProcessDriver\n")
        host.run("cp", "/usr/bin/sleep", "/usr/local/bin/qemu-system-box")
        # As on NFS.
        host.put("/var/lib/nova/disks-are-shared", "")
        host.put("/etc/sudoers.d/guests", "nova ALL=(root) NOPASSWD: /usr/bin/systemd-run\n", 0o440)

    def _make_cluster(self) -> None:
        pacemaker.form(self.controllers)
        pacemaker.trust_each_other(self.box.hosts)
        admin = self.admin
        for host in self.controllers:
            # After a power cut it joins again, as the computes do.
            host.run("systemctl", "enable", "corosync", "pacemaker")
        for host in self.computes:
            admin.run("scp", "/etc/pacemaker/authkey", f"{host.name}:/etc/pacemaker/authkey")
            host.run("systemctl", "enable", "--now", "pacemaker_remote")
        names = [host.name for host in self.computes]
        self.pcs("property set load-threshold=1000%")
        # Otherwise the fencing of a node ends only when the node has booted again.
        hosts = " ".join((*CONTROLLERS, *names))
        admin.run("pcs", "stonith", "update", "power", f"pcmk_host_list={hosts}", "pcmk_reboot_action=off")
        admin.run("pcs", "cluster", "cib", _CIB)
        for name in names:
            self.pcs(
                f"-f {_CIB} cluster node add-remote {name} reconnect_interval={self.reconnect} op start timeout=15s"
                " op monitor interval=5s timeout=15s"
            )
        for command in self._resources():
            self.pcs(f"-f {_CIB} {command}")
        self.pcs(f"cluster cib-push {_CIB}")

    def _resources(self) -> tuple[str, ...]:
        """The commands of pcs that make nova-compute and the evacuator resources."""
        credentials = " ".join(f"{name}={value}" for name, value in keystone.credentials(self.keystone).items())
        return (
            "resource create compute_nova ocf:openstack:nova-compute hold=true clone interleave=true",
            ONLY_ON_COMPUTES,
            f"resource create evacuator ocf:openstack:NovaEvacuate {credentials}",
            ONLY_ON_CONTROLLERS,
        )

    def pcs(self, command: str) -> str:
        """Type a command for pcs, and return what it prints."""
        return self.admin.run("pcs", *command.split()).stdout

    def marker(self, node: str) -> str:
        """What the evacuator has written down about a node; "" if nothing."""
        done = self.admin.run(
            "crm_attribute", "--type", "nodes", "--node", node, "--name", "openstack-evacuation", "--query", "--quiet",
            check=False,
        )  # fmt: skip
        return done.stdout.strip()

    def attribute(self, name: str) -> dict[str, str]:
        """{node: value of its attribute}.  Pacemaker 3 does not show the attributes of remote nodes in crm_mon."""
        done = self.admin.run("attrd_updater", "--query", "--all", f"--name={name}", check=False)
        return dict(re.findall('host="([^"]*)" value="([^"]+)"', done.stdout))

    def says(self, resource: str) -> dict[str, str]:
        """{node: what a resource says there}."""
        return self.attribute(f"openstack-{resource}")

    def evacuator(self) -> str:
        """What the evacuator says; "" if it does not run."""
        return " and ".join(self.says("evacuator").values())

    def fenced(self, node: str) -> bool:
        """Has the cluster fenced this remote node, and not seen it since?"""
        xml = self.admin.run("cibadmin", "--query", "--xpath", f"//node_state[@uname='{node}']", check=False).stdout
        return re.search('node_fenced="[1-9]', xml) is not None

    def serve(self, *names: str) -> None:
        """Start services of the cloud."""
        for name in names:
            done = Agent(self.cloud, name, name)("start", timeout=240)
            assert done.code == 0, done

    def halt(self, *names: str) -> None:
        """Stop services of the cloud."""
        for name in names:
            done = Agent(self.cloud, name, name)("stop", timeout=60)
            assert done.code == 0, done

    def call(self, method: str, path: str, body: object = None, version: str = MICROVERSION) -> tuple[int, dict]:
        """Ask Nova, as its administrator: the status, and what it says."""
        for _ in range(2):
            token = self._token or self._sign_in()
            code, text = self._curl(
                method, f"http://{self.cloud.address}:8774/v2.1{path}", body,
                f"X-Auth-Token: {token}", f"OpenStack-API-Version: compute {version}",
            )  # fmt: skip
            if code != 401:
                break
            self._token = ""
        return code, parsed(text)

    def _sign_in(self) -> str:
        who = {"name": "admin", "domain": {"id": "default"}, "password": keystone.ADMIN_PASSWORD}
        scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": who}}, "scope": scope}}
        code, text = self._curl("POST", f"{self.keystone}/auth/tokens", body, headers=True)
        assert code == 201, text
        found = re.search("^x-subject-token: (.*?)\r?$", text, re.IGNORECASE | re.MULTILINE)
        self._token = found.group(1)
        return self._token

    def _curl(self, method: str, url: str, body: object, *lines: str, headers: bool = False) -> tuple[int, str]:
        options = ["--silent", "--max-time", "90", "--request", method, "--write-out", "\\n%{http_code}"]
        config = "".join(f'header = "{line}"\n' for line in ("Content-Type: application/json", *lines))
        if body is not None:
            config += f"data = {json.dumps(json.dumps(body))}\n"
        done = self.cloud.run(
            "curl", *options, *(["--include"] if headers else []), "--config", "-", url, input=config, check=False
        )
        text, _, code = done.stdout.rpartition("\n")
        return int(code or 0), text

    def services(self) -> dict[str, dict]:
        """{host: its row of nova-compute}."""
        _, said = self.call("GET", "/os-services?binary=nova-compute")
        return {row["host"]: row for row in said.get("services", [])}

    def up(self) -> set[str]:
        """The computes that take instances."""
        rows = self.services().values()
        return {row["host"] for row in rows if (row["state"], row["status"]) == ("up", "enabled")}

    def _with_room(self) -> set[str]:
        """The computes of which Placement knows that an instance fits."""
        url = f"http://{self.cloud.address}:8778/resource_providers?resources=VCPU:1,MEMORY_MB:64,DISK_GB:1"
        token = self._token or self._sign_in()
        code, text = self._curl("GET", url, None, f"X-Auth-Token: {token}", "OpenStack-API-Version: placement 1.4")
        return {row["name"] for row in json.loads(text)["resource_providers"]} if code == 200 else set()

    def servers(self) -> dict[str, dict]:
        """{uuid: server}."""
        _, said = self.call("GET", "/servers/detail?all_tenants=1&limit=1000")
        return {row["id"]: row for row in said.get("servers", [])}

    def where(self, uuids) -> dict[str, tuple[str, str]]:
        """{uuid: (status, host)}."""
        rows = self.servers()
        return {uuid: (rows[uuid]["status"], rows[uuid]["OS-EXT-SRV-ATTR:host"]) for uuid in uuids}

    def migrations(self, *questions: str) -> list[dict]:
        """All evacuations, the newest first."""
        _, said = self.call("GET", "/os-migrations?" + "&".join(("migration_type=evacuation", *questions)))
        return said.get("migrations", [])

    def create(self, host: str, count: int, name: str = "guest") -> list[str]:
        """Start instances on a host, and wait until they run."""
        uuids = []
        for number in range(count):
            server = {
                "name": f"{name}-{number}", "imageRef": _IMAGE, "flavorRef": _FLAVOR, "networks": "none", "host": host,
            }  # fmt: skip
            code, said = self.call("POST", "/servers", {"server": server})
            assert code == 202, said
            uuids.append(said["server"]["id"])
        self.wait_status(uuids, "ACTIVE")
        return uuids

    def act(self, uuid: str, action: str, how: object = None, version: str = MICROVERSION) -> tuple[int, dict]:
        """Give an order to a server."""
        return self.call("POST", f"/servers/{uuid}/action", {action: how}, version)

    def wait_status(self, uuids, status: str, within: float = LONGEST) -> None:
        """Wait until all of these servers have a status."""
        wait_for(
            lambda: all(row[0] == status for row in self.where(uuids).values()), within, f"{uuids} {status}", pause=1
        )

    def delete_all(self) -> None:
        """Delete every server, and wait until none is left."""
        for uuid in self.servers():
            self.call("DELETE", f"/servers/{uuid}")
        wait_for(lambda: not self.servers(), LONGEST, "all servers to be gone", pause=1)


def parsed(text: str) -> dict:
    """What an API has said, if it was JSON."""
    return json.loads(text) if text.startswith("{") else {}


@contextlib.contextmanager
def standing():
    """A stand in a box of its own."""
    with Box([]) as box:
        yield Stand(box)


class Watch:
    """The oracle, in a process of its own: ``with Watch(path) as watch``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Watch:
        self._process = subprocess.Popen([sys.executable, _HERE / "oracle.py", self.path], stdin=subprocess.PIPE)
        wait_for(self.path.exists, 10, "the oracle")
        return self

    def __exit__(self, *_why: object) -> None:
        self._process.stdin.close()
        self._process.wait(10)

    def events(self, what: str = "") -> list[dict]:
        """What it has seen so far."""
        rows = [json.loads(line) for line in self.path.read_text().splitlines()]
        return [row for row in rows if what in ("", row["what"])]

    def alive(self) -> dict[str, str]:
        """{uuid: host} of the guests that live now."""
        found: Counter = Counter()
        for row in self.events():
            if row["what"] in ("begin", "end"):
                found[row["uuid"], row["host"]] += 1 if row["what"] == "begin" else -1
        return {uuid: host for (uuid, host), count in found.items() if count > 0}
