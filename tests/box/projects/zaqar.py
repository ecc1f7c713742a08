"""Zaqar, the queue service.  Its own server is one process with one thread."""

from ..settings import TOKENS, connection
from . import Project

PROJECT = Project(
    table="""
zaqar-server               zaqar-server               2     7       1      0       190
""",
    files=(
        (
            "/etc/zaqar/zaqar.conf",
            "zaqar",
            # With pools, the queues are in MariaDB; nobody sends a message, so no pool is needed.
            "[DEFAULT]\npooling = true\nauth_strategy = keystone\n"
            "[drivers]\ntransport = wsgi\nmanagement_store = sqlalchemy\n"
            f"[drivers:management_store:sqlalchemy]\nuri = {connection('zaqar')}\n{TOKENS}",
        ),
    ),
    databases=("zaqar",),
    schema=(("zaqar", "zaqar-sql-db-manage --config-file /etc/zaqar/zaqar.conf upgrade head"),),
    apis=(("zaqar", "messaging", "http://127.0.0.1:8888"),),
)
