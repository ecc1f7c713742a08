"""Mistral, the workflow service."""

from ..settings import BROKER, TOKENS, database
from . import Project

PROJECT = Project(
    table="""
mistral-api          mistral-api          2     7       1      0       190
mistral-engine       mistral-engine       3     7       -      190     0
mistral-executor     mistral-executor     3     7       -      190     0
mistral-event-engine mistral-event-engine 3     7       -      190     0
""",
    files=(("/etc/mistral/mistral.conf", "mistral", f"[DEFAULT]\n{BROKER}{database('mistral')}{TOKENS}"),),
    databases=("mistral",),
    schema=(("mistral", "mistral-db-manage --config-file /etc/mistral/mistral.conf upgrade head"),),
    apis=(("mistral", "workflowv2", "http://127.0.0.1:8989/v2"),),
)
