"""Designate, the DNS service."""

from ..settings import BROKER, TOKENS, database
from . import Project

_SERVICES = ("api", "central", "mdns", "producer", "sink", "worker")

PROJECT = Project(
    table="""
designate-central          designate-central          2     7       -      190     0
designate-api              designate-api              3     7       1      190     190
designate-mdns             designate-mdns             3     7       -      190     0
designate-producer         designate-producer         3     7       -      190     0
designate-worker           designate-worker           3     7       -      190     0
designate-sink             designate-sink             3     7       -      190     0
""",
    files=(
        (
            "/etc/designate/designate.conf",
            "designate",
            f"[DEFAULT]\n{BROKER}[coordination]\nbackend_url = memcached://127.0.0.1:11211\n"
            + "".join(f"[service:{name}]\nworkers = 1\n" for name in _SERVICES)
            + f"{database('designate', 'storage:sqlalchemy')}{TOKENS}",
        ),
    ),
    databases=("designate",),
    schema=(("designate", "designate-manage database sync"),),
    apis=(("designate", "dns", "http://127.0.0.1:9001"),),
)
