"""The columns of the matrix: what is broken, how, and how it is mended."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterable, Iterator
from typing import Callable, NamedTuple

from tests.box import cloud as openstack
from tests.box import keystone
from tests.box.machine import Host, wait_for

from . import world
from .row import Row

HOUR = 3600
NOBODY = """\
defaults
 mode tcp
 timeout connect 5s
 timeout client 1m
 timeout server 1m
frontend broker
 bind :5672
 default_backend nobody
backend nobody
"""


class Fault(NamedTuple):
    """One column."""

    key: str
    title: str
    how: str
    broken: Callable[[Host, list[Row]], contextlib.AbstractContextManager]
    least: float = 25.0
    """seconds that the fault lasts: longer than what a service remembers"""
    alone: bool = False
    """it is the services' own, so those that depend on each other are not broken at once"""
    params: Callable[[str], dict[str, str]] = lambda name: {}
    """what the resources are asked with beside their credentials"""
    restarts: str = ""
    """the service that the fault itself ends and starts again"""
    cure: bool = False
    """a service may hang afterwards until it is restarted, as ``table.CURED`` says"""


@contextlib.contextmanager
def keystone_away(host: Host, rows: list[Row]) -> Iterator[None]:
    row = next(row for row in rows if row.name == "keystone")
    assert row.agent("stop").code == 0
    # What the services remember of tokens.
    host.run("systemctl", "restart", "memcached")
    try:
        yield
    finally:
        row.start()


def unit_away(unit: str):
    """The unit of a server is stopped: whoever connects is refused."""

    @contextlib.contextmanager
    def broken(host: Host, _rows: list[Row]) -> Iterator[None]:
        host.run("systemctl", "stop", unit)
        try:
            yield
        finally:
            host.run("systemctl", "start", unit)

    return broken


def frozen(program: str):
    """Every process of a server is stopped by a signal: its connections stay, and nobody answers."""

    @contextlib.contextmanager
    def broken(host: Host, _rows: list[Row]) -> Iterator[None]:
        pids = host.run("pgrep", "-x", program).stdout.split()
        with stopped(host, pids):
            yield

    return broken


@contextlib.contextmanager
def stopped(host: Host, pids: Iterable[object]) -> Iterator[None]:
    """Processes that a signal has stopped."""
    words = [str(pid) for pid in pids]
    if words:
        host.run("kill", "-STOP", *words)
    try:
        yield
    finally:
        if words:
            host.run("kill", "-CONT", *words)


@contextlib.contextmanager
def name_server_silent(host: Host, _rows: list[Row]) -> Iterator[None]:
    with stopped(host, [host.read("/run/name-server").strip()]):
        yield


@contextlib.contextmanager
def broker_without_backend(host: Host, _rows: list[Row]) -> Iterator[None]:
    host.run("systemctl", "stop", "rabbitmq-server")
    host.put("/etc/haproxy/nobody.cfg", NOBODY)
    host.run("haproxy", "-D", "-f", "/etc/haproxy/nobody.cfg", "-p", "/run/nobody.pid")
    try:
        yield
    finally:
        pids = host.read("/run/nobody.pid").split()
        host.run("kill", *pids)
        wait_for(lambda: host.run("kill", "-0", *pids, check=False).returncode != 0, 10, "HAProxy to end")
        host.run("systemctl", "start", "rabbitmq-server")


@contextlib.contextmanager
def certificate_expired(host: Host, _rows: list[Row]) -> Iterator[None]:
    world.certify(host, days=-1)
    world.front(host)
    try:
        yield
    finally:
        world.certify(host, days=8)
        world.front(host)


@contextlib.contextmanager
def password_rotated(host: Host, _rows: list[Row]) -> Iterator[None]:
    openstack.administer(host, "user set --password rotated admin")
    # The services would believe the old token for five minutes.
    host.run("systemctl", "restart", "memcached")
    try:
        yield
    finally:
        keystone.bootstrap(host, world.KEYSTONE)


@contextlib.contextmanager
def configuration_broken(host: Host, rows: list[Row]) -> Iterator[None]:
    services = [row.service for row in rows]
    named = {path for one in services for path in (one.config, one.uwsgi.ini, *one.more_config) if path}
    files = {path: host.read(path) for path in named if host.run("test", "-f", path, check=False).returncode == 0}
    modes = {path: (host.files / path.lstrip("/")).stat().st_mode & 0o7777 for path in files}
    for path, text in files.items():
        host.put(path, f"<<<<<<< HEAD\n{text[: len(text) // 2]}", modes[path])
    try:
        yield
    finally:
        for path, text in files.items():
            host.put(path, text, modes[path])


@contextlib.contextmanager
def main_process_frozen(host: Host, rows: list[Row]) -> Iterator[None]:
    with stopped(host, [row.leader for row in rows]):
        yield


@contextlib.contextmanager
def workers_frozen(host: Host, rows: list[Row]) -> Iterator[None]:
    with stopped(host, [pid for row in rows for pid in row.children()]):
        yield


@contextlib.contextmanager
def worker_killed(host: Host, rows: list[Row]) -> Iterator[None]:
    victims = [str(pids[0]) for row in rows if (pids := row.children())]
    if victims:
        host.run("kill", f"-{signal.SIGKILL.value}", *victims)
    yield


@contextlib.contextmanager
def clock_stepped(host: Host, _rows: list[Row]) -> Iterator[None]:
    world.step(host, HOUR)
    try:
        yield
    finally:
        world.step(host, 0)
        # An API that hangs from now on would only show it when the token is no longer cached, within five minutes.
        host.run("systemctl", "restart", "memcached")


def fill(host: Host, folder: str) -> None:
    """Write there until nothing more goes in."""
    done = host.run("sh", "-c", f"cat /dev/zero > {folder}/full", check=False)
    assert "No space left" in done.stderr, done.stderr


@contextlib.contextmanager
def logs_full(host: Host, _rows: list[Row]) -> Iterator[None]:
    fill(host, "/var/log")
    try:
        yield
    finally:
        host.run("rm", "/var/log/full")


@contextlib.contextmanager
def run_full(host: Host, _rows: list[Row]) -> Iterator[None]:
    # No token is left: the next one cannot be kept.
    host.run("sh", "-c", "rm -f /run/resource-agents/*.token")
    used = int(host.run("df", "--output=used", "-k", "/run").stdout.split()[-1])
    host.run("mount", "-o", f"remount,size={used + 64}k", "/run")
    try:
        fill(host, "/run")
        yield
    finally:
        host.run("rm", "-f", "/run/full")
        host.run("mount", "-o", "remount,size=50%", "/run")


FAULTS = (
    Fault("keystone", "Keystone away", "Keystone is stopped, and what memcached remembers is gone", keystone_away, 45,
          restarts="keystone"),
    Fault("broker", "broker stopped", "RabbitMQ refuses connections", unit_away("rabbitmq-server"), 80),
    Fault("broker-frozen", "broker frozen", "RabbitMQ's `beam.smp` is stopped by SIGSTOP", frozen("beam.smp"), 110),
    Fault(
        "broker-empty",
        "broker behind HAProxy without a backend",
        "HAProxy of Debian accepts connections for RabbitMQ, which is stopped, and closes them",
        broker_without_backend,
        80,
    ),
    Fault("database", "database refused", "MariaDB refuses connections", unit_away("mariadb"), 45),
    Fault("database-frozen", "database frozen", "`mariadbd` is stopped by SIGSTOP", frozen("mariadbd"), 45),
    Fault("memcached", "memcached away", "memcached refuses connections", unit_away("memcached")),
    Fault("memcached-frozen", "memcached frozen", "`memcached` is stopped by SIGSTOP", frozen("memcached"), 45),
    Fault("dns", "DNS silent", "the only name server is stopped by SIGSTOP; all parts know each other by name",
          name_server_silent, 45),
    Fault("certificate", "certificate expired",
          "the fronts of Keystone and of each API (HAProxy with TLS) get a certificate that ended yesterday",
          certificate_expired, params=world.secured),
    Fault("password", "password rotated",
          "the monitoring user has another password in Keystone, and what memcached remembers is gone", password_rotated),
    Fault("configuration", "own configuration broken",
          "every file of configuration begins with a line that no parser takes, and ends in its middle",
          configuration_broken, 20),
    Fault("frozen", "own process frozen", "the main process is stopped by SIGSTOP", main_process_frozen, 10, True),
    Fault("workers-frozen", "own workers frozen", "every child process with the main process's name is stopped by SIGSTOP",
          workers_frozen, 20, True),
    Fault("worker-killed", "a worker killed", "one child process with the main process's name is killed", worker_killed,
          10, True),
    Fault("clock", "clock stepped by an hour",
          "the date of every program of the node is an hour later, then right again, and memcached remembers nothing then",
          clock_stepped, 45, cure=True),
    Fault("log-full", "`/var/log` full", "no byte more goes into `/var/log`", logs_full),
    Fault("run-full", "`/run` full", "no byte more goes into `/run`, and no token is kept there", run_full),
)  # fmt: skip
