"""Masakari, which recovers the instances of a host that has failed."""

from ..settings import ACCOUNT, BROKER, PASSWORD, TOKENS, connection, database
from . import Project

# What the instance monitor is connected to: it says yes to whatever libvirt's own client asks, and never has an event.
# remote_protocol.x of libvirt: seven numbers before each message; 66 lists the ways to sign in, 60 asks for a feature.
_LIBVIRT = """\
import os, socketserver, struct

BODIES = {66: struct.pack("!2I", 1, 0), 60: struct.pack("!I", 0)}
HEAD = struct.Struct("!7I")

class Client(socketserver.StreamRequestHandler):
    def handle(self):
        while head := self.rfile.read(HEAD.size):
            length, program, version, procedure, _, serial, _ = HEAD.unpack(head)
            self.rfile.read(length - HEAD.size)
            body = BODIES.get(procedure, b"")
            self.wfile.write(HEAD.pack(HEAD.size + len(body), program, version, procedure, 1, serial, 0) + body)

os.umask(0)
os.makedirs("/run/libvirt", 0o755, exist_ok=True)
socketserver.ThreadingUnixStreamServer("/run/libvirt/virtqemud-sock-ro", Client).serve_forever()
"""

PROJECT = Project(
    table="""
masakari-api               masakari-api               2     7       1      0       190
masakari-engine            masakari-engine            3     7       -      190     0
masakari-host-monitor      masakari-host-monitor      3     7       -      0       0
masakari-instance-monitor  masakari-instance-monitor  3     7       -      0       0
""",
    files=(
        ("/usr/local/libexec/libvirt.py", "root", _LIBVIRT),
        (
            "/etc/masakari/masakari.conf",
            "masakari",
            f"[DEFAULT]\n{BROKER}auth_strategy = keystone\nos_privileged_user_name = service\n"
            f"os_privileged_user_password = {PASSWORD}\nos_privileged_user_tenant = service\n"
            f"os_privileged_user_auth_url = http://127.0.0.1:5000/v3\n[taskflow]\nconnection = {connection('masakari')}\n"
            # Debian's units of the monitors read this file alone, and the agents pass it last: its section api is theirs.
            f"[api]\nregion = RegionOne\napi_version = v1\napi_interface = public\n{ACCOUNT}{database('masakari')}{TOKENS}",
        ),
    ),
    databases=("masakari",),
    script="systemd-run --quiet --unit=libvirt python3 /usr/local/libexec/libvirt.py",
    # The command makes Masakari's tables, and ends with 1: Debian does not package what makes those of taskflow.
    schema=(("masakari", "masakari-manage db sync || test $? = 1"),),
    apis=(("masakari", "instance-ha", "http://127.0.0.1:15868/v1"),),
)
