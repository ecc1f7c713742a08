"""Cyborg, the accelerator service."""

from ..settings import ACCOUNT, BROKER, TOKENS, database
from . import Project

PROJECT = Project(
    table="""
cyborg-api       cyborg-api       2     7       1      0       190
cyborg-conductor cyborg-conductor 3     7       -      190     0
cyborg-agent     cyborg-agent     4     7       -      190     0
""",
    files=(
        (
            "/etc/cyborg/cyborg.conf",
            "cyborg",
            f"[DEFAULT]\n{BROKER}[agent]\nenabled_drivers = fake_driver\n{database('cyborg')}[placement]\n{ACCOUNT}"
            f"[nova]\n{ACCOUNT}{TOKENS}",
        ),
    ),
    databases=("cyborg",),
    # Debian's ini names a file that holds no application, and loads the other one before its configuration is read.  And
    # it has the port of CloudKitty's API, which runs on this host, too.
    script="""
ini=/etc/cyborg/cyborg-api-uwsgi.ini
sed -i 's|^wsgi-file = .*|wsgi-file = /usr/bin/cyborg-wsgi-api|; /^paste = /d' $ini
echo 'http-socket = :6666' >> $ini
# The conductor ends if it finds no Placement.  Placement's own unit would start Keystone's, too.
systemd-run --quiet --unit=placement --uid=placement /usr/bin/uwsgi_python3 --http-socket :8778 \\
    --ini /etc/placement/placement-api-uwsgi.ini
""",
    schema=(("cyborg", "cyborg-dbsync --config-file /etc/cyborg/cyborg.conf upgrade"),),
    apis=(("cyborg", "accelerator", "http://127.0.0.1:6666/v2"),),
)
