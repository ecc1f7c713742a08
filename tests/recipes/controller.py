"""The three nodes of the recipe for a complete controller: all that has to stand before its file of commands runs.

Each node gets the files beside the recipe, with its own address in the place of the first node's, and every service
of the box bound to that address.  The databases are made on the first node before the cluster exists, as an
administrator does it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.box import cloud, cluster, keystone, services
from tests.box.agent import Agent, install, package
from tests.box.machine import STATE, VIP, Box, Host
from tests.box.settings import PASSWORD
from tests.unit.conftest import load

from .book import BOOK

RECIPE = BOOK / "controller"
NODES = ("one", "two", "three")
ADDRESSES = ("192.0.2.11", "192.0.2.12", "192.0.2.13")
NAMES = tuple(services.rows(services.PACKAGED))
SECRET = "/etc/openstack/monitor.password"
# Where each file beside the recipe goes, and with which mode.
_FILES = {
    "haproxy.cfg": ("/etc/haproxy/haproxy.cfg", 0o644),
    "galera.cnf": ("/etc/mysql/mariadb.conf.d/99-galera.cnf", 0o644),
    "galera-check": ("/usr/local/bin/galera-check", 0o755),
    "galera-check.socket": ("/etc/systemd/system/galera-check.socket", 0o644),
    "galera-check@.service": ("/etc/systemd/system/galera-check@.service", 0o644),
    "rabbitmq.conf": ("/etc/rabbitmq/rabbitmq.conf", 0o644),
    "rsyncd.conf": ("/etc/rsyncd.conf", 0o644),
    "sysctl.conf": ("/etc/sysctl.d/80-controller.conf", 0o644),
}
_BROKER = "transport_url = rabbit://" + ",".join(f"openstack:{PASSWORD}@{name}:5672" for name in ADDRESSES) + "/\n"
_QUEUES = "[oslo_messaging_rabbit]\nrabbit_quorum_queue = true\n"
_LOCAL = "default_backend = local\n[local]\nfilesystem_store_datadir = /var/lib/glance/images\n"
_IMAGES = f"""\
[swift]
swift_store_auth_version = 3
swift_store_auth_address = http://{VIP}:5000/v3
swift_store_user = service:service
swift_store_key = {PASSWORD}
swift_store_create_container_on_put = true
"""
_RINGS = """\
cd /etc/swift
rm -f *.builder *.ring.gz
for server in account:6202 container:6201 object:6200; do
    kind=${server%:*}
    swift-ring-builder $kind.builder create 4 3 1
    for node in 1 2 3; do
        swift-ring-builder $kind.builder add \
            --region 1 --zone $node --ip 192.0.2.1$node --port ${server#*:} --device d1 --weight 1
    done
    # The same seed makes the same ring on every node.
    swift-ring-builder $kind.builder rebalance 1
done > /dev/null
"""


def spell(text: str) -> str:
    """*text* of a cloud on one host, with the servers where the recipe has them; "OWN" stands for a node's address."""
    for written, meant in (
        ("transport_url = rabbit://guest:guest@127.0.0.1:5672/\n", _BROKER),
        ("@127.0.0.1/", f"@{VIP}/"),
        ("127.0.0.1:11211", ",".join(f"{address}:11211" for address in ADDRESSES)),
        ("http://127.0.0.1:", f"http://{VIP}:"),
        ("nova_metadata_host = 127.0.0.1", f"nova_metadata_host = {VIP}"),
        ("enabled_backends = local:file", "bind_host = OWN\nenabled_backends = swift:swift"),
        (_LOCAL, "default_backend = swift\n" + _IMAGES),
        ("[fake]\n", "[fake]\nbackend_host = controller\n"),
        ("[scheduler]\n", "[scheduler]\ndiscover_hosts_in_cells_interval = 30\n"),
        ("127.0.0.1", "OWN"),
    ):  # fmt: skip
        text = text.replace(written, meant)
    return text + _QUEUES if "transport_url" in text else text


class Controller:
    """The nodes of the recipe, ready for its commands, and a host of a client."""

    def __init__(self, box: Box) -> None:
        """Boot and configure the hosts, make the databases and form the cluster (about six minutes)."""
        self.nodes = [box.add(name, "cloud") for name in NODES]
        self.client = box.add("client")
        self.admin = self.nodes[0]
        for host in box.hosts:
            # A host knows by itself only those that booted before it.
            host.put("/etc/hosts", (STATE / "hosts.txt").read_text())
        # Built before several threads want it.
        package()
        with ThreadPoolExecutor(len(self.nodes)) as hands:
            list(hands.map(_configure, self.nodes))
        self._populate()
        cluster.form(self.nodes)
        # One machine carries all three nodes, so each node sees the load of all of them, and would do next to nothing.
        # More than one start at a time on each would be late on two cores.
        self.admin.run("pcs", "property", "set", "load-threshold=10000%", "node-action-limit=1")

    def _populate(self) -> None:
        """Make the databases on the first node, which serves the virtual IP for the moment."""
        first = self.admin
        first.run("ip", "address", "add", f"{VIP}/24", "dev", "eth0")
        first.run("galera_new_cluster")
        first.run("systemctl", "start", "memcached", "haproxy")
        grants = f"GRANT ALL ON *.* TO cloud@'%' IDENTIFIED BY '{PASSWORD}';\n"
        made = "".join(f"CREATE DATABASE {name} CHARACTER SET utf8;\n" for name in cloud.DATABASES)
        first.run("mariadb", input=grants + made)
        cloud.schemas(first, first, spell)
        keystone.copy_keys(first, self.nodes[1:])
        identity = Agent(first, "keystone", "first")
        started = identity("start", timeout=120)
        assert started.code == 0, started
        cloud.catalogue(first, spell)
        cloud.administer(
            first,
            f"user create --domain default --password {PASSWORD} monitor",
            "role add --project service --user monitor admin",
            url=spell(cloud.KEYSTONE),
        )
        assert identity("stop").code == 0
        first.run("systemctl", "stop", "haproxy", "memcached", "mariadb", timeout=300)
        first.run("ip", "address", "delete", f"{VIP}/24", "dev", "eth0")

    def push(self, lines: str | None = None) -> None:
        """Run the recipe's own commands, or others."""
        text = (RECIPE / "pcs.sh").read_text() if lines is None else lines
        self.admin.run("sh", "-e", input=text, timeout=300)


def own(host: Host, text: str) -> str:
    """A file beside the recipe as it stands on *host*."""
    lines = text.split("\n")
    # In a list of all nodes, the first one stays.
    return "\n".join(line if ADDRESSES[1] in line else line.replace(ADDRESSES[0], host.address) for line in lines)


def _configure(host: Host) -> None:
    install(host)
    cloud.configure(host, lambda text: spell(text).replace("OWN", host.address))
    for name, (path, mode) in _FILES.items():
        text = (RECIPE / name).read_text()
        host.put(path, text if name == "haproxy.cfg" else own(host, text), mode)
    host.run("sed", "-i", f"/^-l/d; $ a -l {host.address}", "/etc/memcached.conf")
    # MariaDB logs to the journal, and the agent of Galera into a file.
    host.run("install", "-d", "-o", "mysql", "-g", "adm", "-m", "2750", "/var/log/mysql")
    for name in NAMES:
        service = load(name)
        if service.uwsgi.ini:
            text = host.read(service.uwsgi.ini)
            socket = f"http-socket = {host.address}:{service.api.port}"
            host.put(service.uwsgi.ini, text.replace("[uwsgi]\n", f"[uwsgi]\n{socket}\n", 1))
    host.run("sed", "-i", f"s/^Listen 80$/Listen {host.address}:80/", "/etc/apache2/ports.conf")
    settings = "/etc/openstack-dashboard/local_settings.d/_99_box.py"
    host.put(settings, f"{host.read(settings)}ALLOWED_HOSTS = {[VIP, host.name, host.address]}\n")
    share = host.read("/etc/manila/manila.conf").replace("[DEFAULT]\n", "[DEFAULT]\nhost = controller\n", 1)
    host.put("/etc/manila/manila-share.conf", share, 0o640, "root:manila")
    host.put(SECRET, f"{PASSWORD}\n", 0o600)
    objects = "/etc/swift/object-server.conf"
    host.put(objects, f"{host.read(objects)}[object-updater]\n", 0o640, "root:swift")
    host.run("sh", "-ec", _RINGS)
    host.run("systemctl", "daemon-reload")
    host.run("systemctl", "enable", "--now", "openvswitch-switch", "galera-check.socket", "rsync", "systemd-sysctl")
    host.run("sysctl", "--quiet", "--load=/etc/sysctl.d/80-controller.conf")
