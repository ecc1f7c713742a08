"""CloudKitty, the rating service."""

from ..settings import BROKER, TOKENS, database
from . import Project

PROJECT = Project(
    table="""
cloudkitty-api             cloudkitty-api             2     7       1      0       190
cloudkitty-processor       cloudkitty-processor       3     7       -      190     0
""",
    files=(
        (
            "/etc/cloudkitty/cloudkitty.conf",
            "cloudkitty",
            # What is rated lies in MariaDB, too: a host of the box has no InfluxDB.
            f"[DEFAULT]\n{BROKER}auth_strategy = keystone\n[storage]\nversion = 1\nbackend = sqlalchemy\n"
            "[fetcher]\nbackend = source\n[fetcher_source]\nsources = box\n[collect]\ncollector = gnocchi\n"
            "metrics_conf = /etc/cloudkitty/metrics.yml\n[collector_gnocchi]\nauth_section = keystone_authtoken\n"
            "[orchestrator]\nmax_workers = 1\nmax_workers_reprocessing = 1\n"
            f"coordination_url = file:///var/lib/cloudkitty/locks\n{database('cloudkitty')}{TOKENS}",
        ),
    ),
    databases=("cloudkitty",),
    schema=(("cloudkitty", "cloudkitty-dbsync upgrade && cloudkitty-storage-init"),),
    apis=(("cloudkitty", "rating", "http://127.0.0.1:8889"),),
)
