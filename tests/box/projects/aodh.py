"""Aodh, the alarm service.  Its workers are cotyledon's: one parent, and one child each."""

from ..settings import ACCOUNT, BROKER, TOKENS, database
from . import Project

PROJECT = Project(
    # Only the listener and the notifier hold a connection to the broker, and only the API answers from the database.
    table="""
aodh-api                   aodh-api                   2     7       1      0       190
aodh-evaluator             aodh-evaluator             3     7       -      0       0
aodh-listener              aodh-listener              3     7       -      190     0
aodh-notifier              aodh-notifier              3     7       -      190     0
""",
    files=(
        (
            "/etc/aodh/aodh.conf",
            "aodh",
            f"[DEFAULT]\n{BROKER}{database('aodh')}[service_credentials]\n{ACCOUNT}{TOKENS}",
        ),
    ),
    databases=("aodh",),
    schema=(("aodh", "aodh-dbsync"),),
    apis=(("aodh", "alarming", "http://127.0.0.1:8042"),),
)
