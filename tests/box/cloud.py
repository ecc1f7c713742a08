"""A whole cloud on one host of the box: every service that Debian packages, configured, none of them started.

MariaDB, RabbitMQ and memcached run as units; the services are what the agents
are for.  One worker each, as one machine of two cores is to carry them all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from . import keystone
from .machine import Host, wait_for
from .settings import ACCOUNT, BROKER, PASSWORD, TOKENS, connection, database

DATABASES = ("keystone", "glance", "cinder", "nova", "nova_api", "nova_cell0", "placement", "neutron", "heat", "manila")
KEYSTONE = "http://127.0.0.1:5000/v3"
CREDENTIALS = keystone.credentials("http://127.0.0.1:5000/v2.0/")
# Name in the catalogue, type, where it answers.
_APIS = (
    ("glance", "image", "http://127.0.0.1:9292"),
    ("cinder", "volumev3", "http://127.0.0.1:8776/v3/%(project_id)s"),
    ("swift", "object-store", "http://127.0.0.1:8080/v1/AUTH_%(project_id)s"),
    ("neutron", "network", "http://127.0.0.1:9696"),
    ("placement", "placement", "http://127.0.0.1:8778"),
    ("nova", "compute", "http://127.0.0.1:8774/v2.1"),
    ("heat", "orchestration", "http://127.0.0.1:8004/v1/%(project_id)s"),
    ("manila", "sharev2", "http://127.0.0.1:8786/v2"),
)
_SWIFT = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 1
user = swift
devices = /srv/node
mount_check = false
[pipeline:main]
pipeline = {filters}{kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:recon]
use = egg:swift#recon
[{kind}-replicator]
[{kind}-auditor]
"""
_SWIFT_PORTS = {"account": 6202, "container": 6201, "object": 6200}

# Path, owner's group, text.
FILES = (
    (
        "/etc/glance/glance-api.conf",
        "glance",
        f"[DEFAULT]\nworkers = 1\nenabled_backends = local:file\n{BROKER}{database('glance')}"
        "[glance_store]\ndefault_backend = local\n[local]\nfilesystem_store_datadir = /var/lib/glance/images\n"
        f"[paste_deploy]\nflavor = keystone\n{TOKENS}",
    ),
    (
        "/etc/cinder/cinder.conf",
        "cinder",
        f"[DEFAULT]\nauth_strategy = keystone\n{BROKER}api_paste_config = /etc/cinder/api-paste.ini\n"
        "rootwrap_config = /etc/cinder/rootwrap.conf\nenabled_backends = fake\n"
        "backup_driver = cinder.backup.drivers.posix.PosixBackupDriver\nbackup_posix_path = /var/lib/cinder/backup\n"
        "[fake]\nvolume_backend_name = fake\nvolume_driver = cinder.tests.fake_driver.FakeLoggingVolumeDriver\n"
        "target_helper = fake\n[oslo_concurrency]\nlock_path = /var/lib/cinder/lock\n"
        f"{database('cinder')}{TOKENS}",
    ),
    (
        "/etc/nova/nova.conf",
        "nova",
        f"[DEFAULT]\n{BROKER}my_ip = 127.0.0.1\nstate_path = /var/lib/nova\n[api]\nauth_strategy = keystone\n"
        f"[conductor]\nworkers = 1\n[scheduler]\nworkers = 1\n[vnc]\nnovncproxy_host = 127.0.0.1\n{database('nova')}"
        f"{database('nova_api', 'api_database')}[oslo_concurrency]\nlock_path = /var/lib/nova/lock\n"
        f"[placement]\n{ACCOUNT}[neutron]\n{ACCOUNT}{TOKENS}",
    ),
    ("/etc/nova/nova-compute.conf", "nova", "[DEFAULT]\ncompute_driver = fake.FakeDriverWithoutFakeNodes\n"),
    (
        "/etc/placement/placement.conf",
        "placement",
        f"[api]\nauth_strategy = keystone\n{database('placement', 'placement_database')}{TOKENS}",
    ),
    (
        "/etc/neutron/neutron.conf",
        "neutron",
        f"[DEFAULT]\n{BROKER}core_plugin = ml2\nservice_plugins = router\nrpc_workers = 1\n"
        "notify_nova_on_port_status_changes = false\nnotify_nova_on_port_data_changes = false\n"
        "[agent]\nreport_interval = 10\nroot_helper = sudo neutron-rootwrap /etc/neutron/rootwrap.conf\n"
        # Not ten seconds: one machine carries it all, and an agent ends where its switch is late.
        "[ovs]\novsdb_timeout = 60\n"
        f"[oslo_concurrency]\nlock_path = /var/lib/neutron/lock\n{database('neutron')}{TOKENS}",
    ),
    (
        "/etc/neutron/plugins/ml2/ml2_conf.ini",
        "neutron",
        "[ml2]\ntype_drivers = flat,vxlan\ntenant_network_types = vxlan\nmechanism_drivers = openvswitch\n"
        "[ml2_type_vxlan]\nvni_ranges = 1:1000\n",
    ),
    (
        "/etc/neutron/plugins/ml2/openvswitch_agent.ini",
        "neutron",
        # Switching in user space, as not every kernel has the module.
        "[ovs]\ndatapath_type = netdev\nlocal_ip = 127.0.0.1\n[agent]\ntunnel_types = vxlan\n"
        "[securitygroup]\nenable_security_group = false\n",
    ),
    ("/etc/neutron/dhcp_agent.ini", "neutron", "[DEFAULT]\ninterface_driver = openvswitch\n"),
    ("/etc/neutron/l3_agent.ini", "neutron", "[DEFAULT]\ninterface_driver = openvswitch\n"),
    (
        "/etc/neutron/metadata_agent.ini",
        "neutron",
        "[DEFAULT]\nmetadata_workers = 0\nnova_metadata_host = 127.0.0.1\nmetadata_proxy_shared_secret = shared\n",
    ),
    (
        "/etc/heat/heat.conf",
        "heat",
        f"[DEFAULT]\n{BROKER}num_engine_workers = 1\nregion_name_for_services = RegionOne\n"
        f"stack_user_domain_name = Default\nstack_domain_admin = service\nstack_domain_admin_password = {PASSWORD}\n"
        f"{database('heat')}[trustee]\n{ACCOUNT}[clients_keystone]\nauth_uri = {KEYSTONE}\n{TOKENS}",
    ),
    (
        "/etc/manila/manila.conf",
        "manila",
        f"[DEFAULT]\n{BROKER}api_paste_config = /etc/manila/api-paste.ini\nrootwrap_config = /etc/manila/rootwrap.conf\n"
        "enabled_share_backends = dummy\nenabled_share_protocols = NFS\n[dummy]\nshare_backend_name = dummy\n"
        "share_driver = manila.tests.share.drivers.dummy.DummyDriver\ndriver_handles_share_servers = false\n"
        f"[oslo_concurrency]\nlock_path = /var/lib/manila/tmp\n{database('manila')}{TOKENS}",
    ),
    (
        "/etc/ceilometer/ceilometer.conf",
        "ceilometer",
        f"[DEFAULT]\n{BROKER}[service_credentials]\n{ACCOUNT}",
    ),
    ("/etc/swift/swift.conf", "swift", "[swift-hash]\nswift_hash_path_suffix = box\nswift_hash_path_prefix = box\n"),
    *(
        (
            f"/etc/swift/{kind}-server.conf",
            "swift",
            # RDO ships its servers without filters, so that /healthcheck gets 400.
            _SWIFT.format(kind=kind, port=port, filters="" if kind == "object" else "healthcheck recon "),
        )
        for kind, port in _SWIFT_PORTS.items()
    ),
    (
        "/etc/swift/proxy-server.conf",
        "swift",
        "[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = 8080\nworkers = 1\nuser = swift\n[pipeline:main]\n"
        "pipeline = catch_errors healthcheck cache authtoken keystoneauth proxy-server\n"
        "[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n"
        "[filter:authtoken]\npaste.filter_factory = keystonemiddleware.auth_token:filter_factory\n"
        f"delay_auth_decision = true\nmemcached_servers = 127.0.0.1:11211\n{ACCOUNT}"
        "[filter:keystoneauth]\nuse = egg:swift#keystoneauth\noperator_roles = admin\n"
        "[filter:cache]\nuse = egg:swift#memcache\nmemcache_servers = 127.0.0.1:11211\n"
        "[filter:catch_errors]\nuse = egg:swift#catch_errors\n[filter:healthcheck]\nuse = egg:swift#healthcheck\n",
    ),
)
# Who makes its schema how; Nova's is several steps that build on each other.
_SCHEMAS = (
    ("glance", "glance-manage db_sync"),
    ("cinder", "cinder-manage db sync"),
    ("placement", "placement-manage db sync"),
    (
        "neutron",
        "neutron-db-manage --config-file /etc/neutron/neutron.conf --config-file /etc/neutron/plugins/ml2/ml2_conf.ini"
        " upgrade heads",
    ),
    ("heat", "heat-manage db_sync"),
    ("manila", "manila-manage db sync"),
    (
        "nova",
        "nova-manage api_db sync && nova-manage cell_v2 map_cell0 && nova-manage db sync"
        " && nova-manage cell_v2 create_cell --name cell1",
    ),
)
_RINGS = """\
cd /etc/swift
for server in account:6202 container:6201 object:6200; do
    kind=${server%:*}
    swift-ring-builder $kind.builder create 4 1 1
    swift-ring-builder $kind.builder add --region 1 --zone 1 --ip 127.0.0.1 --port ${server#*:} --device d1 --weight 1
    swift-ring-builder $kind.builder rebalance
done > /dev/null
mkdir -p /srv/node/d1 /var/cache/swift
chown -R swift:swift /srv/node /var/cache/swift
"""


def prepare(host: Host, spell: Callable[[str], str] = str) -> None:
    """Configure every service on one host with its servers, and make the databases (about two minutes).

    *spell* writes each text with other names for the servers that a service depends on.
    """
    serve(host)
    configure(host, spell)
    populate(host, host, spell)


def serve(host: Host, address: str = "127.0.0.1") -> None:
    """Start MariaDB, RabbitMQ and memcached at an address, with an empty database for each service."""
    # The services of three nodes hold more than the usual 151 connections.
    host.put("/etc/mysql/mariadb.conf.d/99-box.cnf", f"[mysqld]\nbind-address = {address}\nmax_connections = 2000\n")
    host.run("sed", "-i", f"/^-l/d; $ a -l {address}", "/etc/memcached.conf")
    host.run("systemctl", "start", "mariadb", "memcached")
    host.put("/etc/rabbitmq/rabbitmq-env.conf", f"NODENAME=rabbit@localhost\nNODE_IP_ADDRESS={address}\n")
    # The account "guest" may come from other hosts, too.
    host.put("/etc/rabbitmq/rabbitmq.conf", "loopback_users = none\n")
    host.run("systemctl", "start", "--no-block", "rabbitmq-server")
    grants = f"GRANT ALL ON *.* TO cloud@'%' IDENTIFIED BY '{PASSWORD}';\n"
    host.run("mariadb", input=grants + "".join(f"CREATE DATABASE {name} CHARACTER SET utf8;\n" for name in DATABASES))


def configure(host: Host, spell: Callable[[str], str] = str) -> None:
    """Write the configuration of every service."""
    host.run("systemctl", "start", "openvswitch-switch")
    for path, group, text in FILES:
        host.put(path, spell(text), 0o640, f"root:{group}")
    shrink(host)
    # A restart of FakeDriver of Debian 13 ends with "Duplicate compute node record"; Debian 12 has only that one.
    host.run(
        "sh", "-c",
        "grep -q FakeDriverWithoutFakeNodes /usr/lib/python3/dist-packages/nova/virt/fake.py"
        " || sed -i s/WithoutFakeNodes// /etc/nova/nova-compute.conf",
    )  # fmt: skip
    host.run("sed", "-i", "s/^processes = .*/processes = 2/", "/etc/keystone/keystone-uwsgi.ini")
    # As its package has it, but to the group that reads it.
    host.run("chgrp", "manila", "/etc/manila/rootwrap.conf")
    host.run("chmod", "644", "/etc/nova/api-paste.ini")
    host.put(
        "/etc/openstack-dashboard/local_settings.d/_99_box.py",
        f"OPENSTACK_KEYSTONE_URL = '{spell(KEYSTONE)}'\n"
        "SESSION_ENGINE = 'django.contrib.sessions.backends.signed_cookies'\n",
    )
    # The package enables a site for which it does not enable the module.
    host.run("a2dissite", "-q", "default-ssl")
    # Debian 13: a library of Horizon's does not load in mod_wsgi's usual interpreter, and every page is a 500.
    host.put("/etc/apache2/conf-enabled/one-interpreter.conf", "WSGIApplicationGroup %{GLOBAL}\n")
    keystone.configure(host, spell(connection("keystone")), spell(keystone.CACHE))
    host.run("sh", "-ec", _RINGS)


def shrink(host: Host) -> None:
    """Give every API that uwsgi serves one worker with one thread.

    Neutron's eventlet under uwsgi hangs for ever when two threads meet ("cannot switch to a different thread", in
    Debian's own set-up with 32 of them, too).
    """
    host.run("sh", "-c", "sed -i 's/^processes = .*/processes = 1/; s/^threads = .*/threads = 1/' /etc/*/*-uwsgi.ini")


def populate(host: Host, server: Host, spell: Callable[[str], str] = str, only: Collection[str] = ()) -> None:
    """As ``schemas``, and wait for the RabbitMQ of *server*."""
    schemas(host, server, spell, only)
    wait_for(
        lambda: server.run("rabbitmqctl", "await_startup", check=False).returncode == 0,
        90,
        "RabbitMQ to be up",
        pause=1,
    )


def schemas(host: Host, server: Host, spell: Callable[[str], str] = str, only: Collection[str] = ()) -> None:
    """Make every schema, or *only* those of some users, from a configured *host*, in the databases of *server*."""
    keystone.bootstrap(host, spell(KEYSTONE))
    wanted = [(user, command) for user, command in _SCHEMAS if not only or user in only]
    steps = [f"( su -s /bin/sh {user} -c '{command}' ) > /tmp/schema-{user} 2>&1" for user, command in wanted]
    # Two at a time, as there are two cores.
    script = " & ".join((" && ".join(steps[0::2]), " && ".join(steps[1::2])))
    host.run("bash", "-c", f"{script} & wait; for job in 1 2; do wait -n; done; true", timeout=400)
    for user, _ in wanted:
        if server.run("mariadb", "-N", "-e", "show tables", user).stdout.count("\n") < 5:
            raise AssertionError(f"the schema of {user}: {host.read(f'/tmp/schema-{user}')[-2000:]}")


def catalogue(host: Host, spell: Callable[[str], str] = str) -> None:
    """Tell a running Keystone of the service account and of where each API answers."""
    lines = [
        "project create --domain default service",
        f"user create --domain default --password {PASSWORD} service",
        "role add --project service --user service admin",
    ]
    administer(host, *lines, *entries(_APIS, spell), url=spell(KEYSTONE))


def entries(apis: tuple[tuple[str, str, str], ...], spell: Callable[[str], str] = str) -> list[str]:
    """The commands that enter APIs, each with its name, type and address, into the catalogue."""
    lines = []
    for name, kind, url in apis:
        lines += [
            f"service create --name {name} {kind}",
            f'endpoint create --region RegionOne {kind} public "{spell(url)}"',
        ]
    return lines


def administer(host: Host, *lines: str, url: str = KEYSTONE) -> None:
    """Give commands to the cloud as its administrator, all in one run of the client; *url* is Keystone's.

    The client of Debian 13 returns 1 after commands on its standard input, whatever they did: look at what it says.
    """
    done = host.run(
        "openstack",
        input="\n".join(lines) + "\n",
        env=keystone.client(keystone.credentials(url)),
        timeout=180,
        check=False,
    )
    if done.returncode not in (0, 1) or done.stderr.strip():
        raise AssertionError(f"openstack on {host.name}: {lines}\nreturned {done.returncode}\n{done.stderr}")


ENDED = (
    "glance-registry",
    "nova-cert",
    "nova-consoleauth",
    "nova-network",
    "nova-objectstore",
    "quantum-server",
    "quantum-dhcp-agent",
    "quantum-l3-agent",
    "quantum-metadata-agent",
)


def prepare_ended(host: Host) -> None:
    """Install the stand-ins for services that no release has any more, with Quantum's account and files."""
    host.run("useradd", "--system", "--create-home", "--home-dir", "/var/lib/quantum", "quantum")
    program = (Path(__file__).parent / "ended_service.py").read_text()
    for name in ENDED:
        host.put(f"/usr/bin/{name}", program, 0o755)
    for path in ("quantum.conf", "dhcp_agent.ini", "l3_agent.ini", "metadata_agent.ini",
                 "plugins/openvswitch/ovs_quantum_plugin.ini"):  # fmt: skip
        host.put(f"/etc/quantum/{path}", f"[DEFAULT]\n{BROKER}", 0o640, "root:quantum")
    host.put("/etc/glance/glance-registry.conf", f"[DEFAULT]\n{BROKER}", 0o640, "root:glance")
