"""Octavia, the load balancers."""

from ..settings import ACCOUNT, BROKER, TOKENS, database
from . import Project

PROJECT = Project(
    table="""
octavia-api                octavia-api                2     7       1      0       190
octavia-worker             octavia-worker             3     7       -      190     0
octavia-health-manager     octavia-health-manager     3     1       -      0       0
octavia-housekeeping       octavia-housekeeping       3     7       -      0       0
octavia-driver-agent       octavia-driver-agent       3     1       -      0       0
""",
    files=(
        (
            "/etc/octavia/octavia.conf",
            "octavia",
            f"[DEFAULT]\n{BROKER}[api_settings]\nbind_host = 127.0.0.1\n"
            "[health_manager]\nbind_ip = 127.0.0.1\nbind_port = 5555\ncontroller_ip_port_list = 127.0.0.1:5555\n"
            "heartbeat_key = shared\n[oslo_messaging]\ntopic = octavia_prov\n"
            # 32 characters; and any file that the account can read.
            "[certificates]\nserver_certs_key_passphrase = 01234567890123456789012345678901\n"
            "[controller_worker]\nworkers = 1\nclient_ca = /etc/octavia/octavia.conf\n"
            f"[task_flow]\njobboard_enabled = false\n[service_auth]\n{ACCOUNT}{database('octavia')}{TOKENS}",
        ),
    ),
    databases=("octavia",),
    schema=(("octavia", "octavia-db-manage upgrade head"),),
    apis=(("octavia", "load-balancer", "http://127.0.0.1:9876"),),
)
