"""Masakari, which recovers the instances of a host that has failed."""

from ..settings import ACCOUNT, BROKER, PASSWORD, TOKENS, connection, database
from . import Project

PROJECT = Project(
    table="""
masakari-api               masakari-api               2     7       1      0       190
masakari-engine            masakari-engine            3     7       -      190     0
masakari-host-monitor      masakari-host-monitor      3     7       -      0       0
masakari-instance-monitor  masakari-instance-monitor  3     7       -      0       0
""",
    files=(
        (
            "/etc/masakari/masakari.conf",
            "masakari",
            f"[DEFAULT]\n{BROKER}auth_strategy = keystone\nos_privileged_user_name = service\n"
            f"os_privileged_user_password = {PASSWORD}\nos_privileged_user_tenant = service\n"
            f"os_privileged_user_auth_url = http://127.0.0.1:5000/v3\n[taskflow]\nconnection = {connection('masakari')}\n"
            # Debian's units of the monitors read this file, too: its section api is theirs.
            f"[api]\nregion = RegionOne\napi_version = v1\napi_interface = public\n{ACCOUNT}{database('masakari')}{TOKENS}",
        ),
    ),
    databases=("masakari",),
    # The command makes Masakari's tables, and ends with 1: Debian does not package what makes those of taskflow.
    schema=(("masakari", "masakari-manage db sync || test $? = 1"),),
    apis=(("masakari", "instance-ha", "http://127.0.0.1:15868/v1"),),
)
