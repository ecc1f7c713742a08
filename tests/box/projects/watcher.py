"""Watcher, the optimization service."""

from ..settings import ACCOUNT, BROKER, TOKENS, database
from . import Project

PROJECT = Project(
    table="""
watcher-api             watcher-api             2     7       1      0       190
watcher-applier         watcher-applier         3     7       -      190     190
watcher-decision-engine watcher-decision-engine 3     7       -      190     190
""",
    files=(
        (
            "/etc/watcher/watcher.conf",
            "watcher",
            f"[DEFAULT]\n{BROKER}[api]\nworkers = 1\n{database('watcher')}[watcher_clients_auth]\n{ACCOUNT}{TOKENS}",
        ),
    ),
    databases=("watcher",),
    schema=(("watcher", "watcher-db-manage create_schema"),),
    apis=(("watcher", "infra-optim", "http://127.0.0.1:9322"),),
)
