"""Ironic, bare metal, with hardware that is not there."""

from ..settings import BROKER, TOKENS, database
from . import Project

PROJECT = Project(
    table="""
ironic-api                 ironic-api                 2     7       1      0       190
ironic-conductor           ironic-conductor           3     7       -      190     0
ironic-novncproxy          ironic-novncproxy          3     7       1      0       0
""",
    files=(
        (
            "/etc/ironic/ironic.conf",
            "ironic",
            f"[DEFAULT]\n{BROKER}enabled_hardware_types = fake-hardware\nrpc_transport = oslo\n"
            + "".join(f"enabled_{name}_interfaces = fake\n" for name in ("boot", "deploy", "management", "power"))
            + "enabled_network_interfaces = noop\n[vnc]\nenabled = true\n[oslo_concurrency]\n"
            f"lock_path = /var/lib/ironic/lock\n{database('ironic')}{TOKENS}",
        ),
    ),
    databases=("ironic",),
    schema=(("ironic", "ironic-dbsync create_schema"),),
    apis=(("ironic", "baremetal", "http://127.0.0.1:6385"),),
)
