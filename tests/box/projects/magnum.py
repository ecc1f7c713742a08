"""Magnum, clusters of containers."""

from ..settings import ACCOUNT, BROKER, PASSWORD, TOKENS, database
from . import Project

PROJECT = Project(
    table="""
magnum-api                 magnum-api                 2     7       1      0       190
magnum-conductor           magnum-conductor           3     7       -      190     0
""",
    files=(
        (
            "/etc/magnum/magnum.conf",
            "magnum",
            f"[DEFAULT]\n{BROKER}[conductor]\nworkers = 1\n[trust]\ntrustee_domain_name = magnum\n"
            f"trustee_domain_admin_name = trustee\ntrustee_domain_admin_password = {PASSWORD}\n[keystone_auth]\n{ACCOUNT}"
            f"[oslo_concurrency]\nlock_path = /var/lib/magnum/lock\n{database('magnum')}"
            # Where Magnum signs in as that user, for each request to its API.
            f"{TOKENS}www_authenticate_uri = http://127.0.0.1:5000/v3\n",
        ),
    ),
    databases=("magnum",),
    schema=(("magnum", "magnum-db-manage upgrade"),),
    commands=(
        "domain create magnum",
        f"user create --domain magnum --password {PASSWORD} trustee",
        "role add --domain magnum --user-domain magnum --user trustee admin",
    ),
    apis=(("magnum", "container-infra", "http://127.0.0.1:9511/v1"),),
)
