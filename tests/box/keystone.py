"""Keystone for the hosts of a box: configured, bootstrapped, the same on every host."""

from __future__ import annotations

import subprocess

from .machine import VIP, Host

ADMIN_PASSWORD = "secret"
CONFIG = "/etc/keystone/keystone.conf"
DATABASE = "/var/lib/keystone/keystone.db"
SQLITE = f"sqlite:///{DATABASE}"
MARIADB = "mysql+pymysql://keystone:dbsecret@127.0.0.1:3306/keystone"
CREATE = """\
CREATE DATABASE keystone;
GRANT ALL ON keystone.* TO keystone@'127.0.0.1' IDENTIFIED BY 'dbsecret';
"""

# A real deadlock: a thread takes the interpreter's lock (PyDLL), and never lets it go.  The worker then accepts no
# request.  uwsgi imports this in each worker; the thread waits for the file that HANG names.
HANG = "/run/keystone-hangs"
_HANGING = f"""\
import ctypes, os, threading, time

def wait():
    while not os.path.exists("{HANG}"):
        time.sleep(0.05)
    ctypes.PyDLL(None).sleep(600)

threading.Thread(target=wait, daemon=True).start()
"""

_STATE = ("/etc/keystone/fernet-keys", "/etc/keystone/credential-keys")


# Without a cache every validation of a token costs Keystone a third of a second of processor time.
CACHE = "[cache]\nenabled = true\nbackend = dogpile.cache.memcached\nmemcache_servers = 127.0.0.1:11211\n"


def credentials(url: str) -> dict[str, str]:
    """The administrator's, under the names that every old configuration uses."""
    return {"os_username": "admin", "os_password": ADMIN_PASSWORD, "os_tenant_name": "admin", "os_auth_url": url}


def client(given: dict[str, str]) -> dict[str, str]:
    """The same credentials in the environment of the ``openstack`` client."""
    settings = {f"OS_{name[3:].upper()}": value for name, value in given.items()}
    settings["OS_PROJECT_NAME"] = settings.pop("OS_TENANT_NAME")
    settings.update(OS_USER_DOMAIN_NAME="Default", OS_PROJECT_DOMAIN_NAME="Default", OS_IDENTITY_API_VERSION="3")
    return settings


def daemons(host: Host) -> list[int]:
    """Every uwsgi of the host but those that have ended and wait to be buried: these have no command line."""
    found = host.run("pgrep", "-f", "^/usr/bin/uwsgi", check=False).stdout.split()
    return [int(pid) for pid in found]


def configure(host: Host, connection: str = SQLITE, cache: str = "") -> None:
    """Write the configuration; two workers instead of Debian's eight, as three hosts share two cores.

    One with one thread on SQLite: its objects belong to a thread, and where two processes meet one of them finds the
    database locked, which its client sees as a connection that is closed without an answer.
    """
    if cache:
        host.run("systemctl", "start", "memcached")
    host.put(
        CONFIG,
        f"[DEFAULT]\nlog_dir = /var/log/keystone\nlog_file = keystone.log\n[database]\nconnection = {connection}\n"
        f"[token]\nprovider = fernet\n{cache}",
        0o640,
        "root:keystone",
    )
    processes, threads = (1, 1) if connection == SQLITE else (2, 8)
    ini = host.read("/etc/keystone/keystone-uwsgi.ini").replace("processes = 8", f"processes = {processes}")
    # Debian 13: uwsgi ends at once if it cannot enter its AppArmor profile, and a host has no AppArmor.
    ini = ini.replace("python3,apparmor", "python3").replace("apparmor-profile =", "#apparmor-profile =")
    host.put("/etc/keystone/keystone-uwsgi.ini", ini.replace("threads = 32", f"threads = {threads}"))


def can_hang(host: Host) -> None:
    """Let every worker that starts from now on hang as soon as there is a file HANG."""
    host.put("/usr/lib/python3/dist-packages/keystone_hanging.py", _HANGING)
    ini = host.read("/etc/keystone/keystone-uwsgi.ini")
    host.put("/etc/keystone/keystone-uwsgi.ini", ini + "\nenable-threads = true\nimport = keystone_hanging\n")


def bootstrap(host: Host, url: str = f"http://{VIP}:5000/v3") -> None:
    """Create the schema, the keys and the administrator on *host*."""
    for command in (
        "keystone-manage db_sync",
        "keystone-manage fernet_setup --keystone-user keystone --keystone-group keystone",
        "keystone-manage credential_setup --keystone-user keystone --keystone-group keystone",
        f"keystone-manage bootstrap --bootstrap-password {ADMIN_PASSWORD} --bootstrap-public-url {url} "
        f"--bootstrap-internal-url {url} "
        "--bootstrap-region-id RegionOne",
    ):
        _as_keystone(host, command)


def bootstrap_user(host: Host, name: str, password: str, project: str) -> None:
    """Create a further administrator, with its project, while Keystone does not run: SQLite has one writer."""
    _as_keystone(
        host,
        f"keystone-manage bootstrap --bootstrap-username {name} --bootstrap-password {password}"
        f" --bootstrap-project-name {project}",
    )


def _as_keystone(host: Host, command: str) -> None:
    host.run("su", "-s", "/bin/sh", "keystone", "-c", command, timeout=300)


def copy(source: Host, targets: list[Host]) -> None:
    """Give *targets* the database and keys of *source*, so that a token of one is valid on all."""
    _copy(source, targets, *_STATE, DATABASE)


def copy_keys(source: Host, targets: list[Host]) -> None:
    """Give *targets* the keys of *source*; a database server has their database."""
    _copy(source, targets, *_STATE)


def _copy(source: Host, targets: list[Host], *paths: str) -> None:
    archive = subprocess.run(
        source.command("tar", "-C", "/", "-cf", "-", *(path.lstrip("/") for path in paths)),
        env=source.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    ).stdout
    for target in targets:
        subprocess.run(
            target.command("tar", "-C", "/", "-xf", "-"), env=target.environment(), input=archive, check=True
        )
