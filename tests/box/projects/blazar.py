"""Blazar, the reservation service."""

from ..settings import BROKER, PASSWORD, TOKENS, database
from . import Project

PROJECT = Project(
    table="""
blazar-api     blazar-api     2     7       1      190     190
blazar-manager blazar-manager 3     7       -      190     0
""",
    files=(
        (
            "/etc/blazar/blazar.conf",
            "blazar",
            f"[DEFAULT]\n{BROKER}os_auth_host = 127.0.0.1\nos_admin_username = service\nos_admin_password = {PASSWORD}\n"
            f"os_admin_project_name = service\n{database('blazar')}{TOKENS}",
        ),
    ),
    databases=("blazar",),
    schema=(("blazar", "blazar-db-manage --config-file /etc/blazar/blazar.conf upgrade head"),),
    apis=(("blazar", "reservation", "http://127.0.0.1:8004/v1"),),
)
