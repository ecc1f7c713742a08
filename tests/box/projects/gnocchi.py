"""Gnocchi, which keeps time series.  It needs no broker, and names its database in an option of its own."""

from ..settings import TOKENS, connection
from . import Project

PROJECT = Project(
    table="""
gnocchi-api                gnocchi-api                2     7       1      0       190
gnocchi-metricd            gnocchi-metricd            3     7       -      0       0
gnocchi-statsd             gnocchi-statsd             3     7       -      0       0
""",
    files=(
        (
            "/etc/gnocchi/gnocchi.conf",
            "gnocchi",
            "[DEFAULT]\ncoordination_url = file:///var/lib/gnocchi/locks\n[api]\nauth_mode = keystone\n"
            f"[indexer]\nurl = {connection('gnocchi')}\n[storage]\ndriver = file\nfile_basepath = /var/lib/gnocchi\n"
            "[metricd]\nworkers = 1\n[statsd]\nresource_id = 07f26121-5777-48ba-8a0b-d70468133dd9\n"
            f"{TOKENS}",
        ),
    ),
    databases=("gnocchi",),
    schema=(("gnocchi", "gnocchi-upgrade"),),
    apis=(("gnocchi", "metric", "http://127.0.0.1:8041"),),
)
