"""The settings that every service of a cloud on one host has: its broker, its account, its database."""

from __future__ import annotations

PASSWORD = "cloudsecret"
BROKER = "transport_url = rabbit://guest:guest@127.0.0.1:5672/\n"
ACCOUNT = f"""\
auth_type = password
auth_url = http://127.0.0.1:5000
username = service
password = {PASSWORD}
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = RegionOne
"""
TOKENS = f"[keystone_authtoken]\nmemcached_servers = 127.0.0.1:11211\n{ACCOUNT}"


def connection(name: str) -> str:
    """The URL of a database."""
    return f"mysql+pymysql://cloud:{PASSWORD}@127.0.0.1/{name}"


def database(name: str, section: str = "database") -> str:
    """The section that names a database."""
    return f"[{section}]\nconnection = {connection(name)}\n"
