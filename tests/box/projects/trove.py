"""Trove, the database service."""

from ..settings import ACCOUNT, BROKER, TOKENS, database
from . import Project

PROJECT = Project(
    table="""
trove-api         trove-api         2     7       1      0       190
trove-conductor   trove-conductor   3     7       -      190     0
trove-taskmanager trove-taskmanager 3     7       -      190     0
""",
    files=(
        (
            "/etc/trove/trove.conf",
            "trove",
            f"[DEFAULT]\n{BROKER}control_exchange = trove\ntrove_api_workers = 1\ntrove_conductor_workers = 1\n"
            f"{database('trove')}[service_credentials]\n{ACCOUNT}{TOKENS}",
        ),
    ),
    databases=("trove",),
    schema=(("trove", "trove-manage db_sync"),),
    apis=(("trove", "database", "http://127.0.0.1:8779/v1.0/%(project_id)s"),),
)
