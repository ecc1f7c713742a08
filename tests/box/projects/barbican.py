"""Barbican, the key manager."""

from ..settings import BROKER, TOKENS, connection, database
from . import Project

PROJECT = Project(
    table="""
barbican-api               barbican-api               2     7       1      0       190
barbican-worker            barbican-worker            3     7       -      190     0
barbican-keystone-listener barbican-keystone-listener 3     7       -      190     0
""",
    files=(
        (
            "/etc/barbican/barbican.conf",
            "barbican",
            f"[DEFAULT]\n{BROKER}sql_connection = {connection('barbican')}\nhost_href = http://127.0.0.1:9311\n"
            f"{database('barbican')}[queue]\nenable = true\n[keystone_notifications]\nenable = true\n"
            "[secretstore]\nenabled_secretstore_plugins = store_crypto\n"
            "[crypto]\nenabled_crypto_plugins = simple_crypto\n"
            # 32 bytes in base64.
            f"[simple_crypto_plugin]\nkek = MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n{TOKENS}",
        ),
    ),
    databases=("barbican",),
    schema=(("barbican", "barbican-manage db upgrade"),),
    apis=(("barbican", "key-manager", "http://127.0.0.1:9311"),),
)
