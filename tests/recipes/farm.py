"""Five nodes in one cluster, and a host outside it with their servers: single instances of Cinder, Manila and Keystone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.box import cloud, cluster, keystone
from tests.box.agent import install, package
from tests.box.machine import STATE, Box, Host, wait_for
from tests.box.settings import connection

from . import book

LETTERS = "abcdef"
# What the command line of each daemon has, and no other.
MARKS = {
    **{f"p_volume_{letter}": ("/usr/bin/cinder-volume", f"/etc/cinder/volume-{letter}.conf") for letter in LETTERS},
    "p_cinder_volume": ("/usr/bin/cinder-volume", "/etc/cinder/cinder.conf"),
    "p_manila_share": ("/usr/bin/manila-share",),
    "p_keystone": ("uwsgi", "/etc/keystone/keystone-uwsgi.ini"),
}
_SCHEMAS = (("cinder", "cinder-manage db sync"), ("manila", "manila-manage db sync"))


def instance(command: str) -> str | None:
    """The resource whose daemon has this command line."""
    return next((name for name, words in MARKS.items() if all(word in command for word in words)), None)


@contextlib.contextmanager
def farm(nodes: int) -> Iterator[list[Host]]:
    """The nodes, once their cluster is formed (some minutes)."""
    with Box([]) as box:
        hosts = [box.add(name, "cloud") for name in book.NUMBERS[:nodes]]
        servers = box.add("servers", "cloud")
        for host in box.hosts:
            # A host knows by itself only those that booted before it.
            host.put("/etc/hosts", (STATE / "hosts.txt").read_text())
        _serve(servers)
        package()
        with ThreadPoolExecutor(2) as hands:
            list(hands.map(lambda host: _node(host, servers.address), hosts))
        keystone.copy_keys(servers, hosts)
        cluster.form(hosts)
        # Every node sees the load of all, and would start one resource at a time.
        hosts[0].run("pcs", "property", "set", "load-threshold=1000%")
        yield hosts


def _serve(host: Host) -> None:
    """The databases with their schemas, and the broker."""
    cloud.serve(host, "0.0.0.0")
    _configure(host, host.address)
    keystone.bootstrap(host)
    for user, command in _SCHEMAS:
        host.run("su", "-s", "/bin/sh", user, "-c", command, timeout=600)
    wait_for(lambda: host.run("rabbitmqctl", "await_startup", check=False).returncode == 0, 180, "RabbitMQ", pause=1)


def _node(host: Host, server: str) -> None:
    install(host)
    _configure(host, server)


def _configure(host: Host, server: str) -> None:
    """Keystone, Cinder and Manila; the names of the backends are the same on every host, as the recipes ask."""
    files = {path: (group, text.replace("127.0.0.1", server)) for path, group, text in cloud.FILES}
    group, text = files["/etc/cinder/cinder.conf"]
    for letter in LETTERS:
        own = text.replace("enabled_backends = fake", f"enabled_backends = {letter}").replace(
            "[fake]\nvolume_backend_name = fake",
            f"[{letter}]\nvolume_backend_name = {letter}\nbackend_host = volume-{letter}",
        )
        assert own.count(letter) > text.count(letter)
        host.put(f"/etc/cinder/volume-{letter}.conf", own, 0o640, f"root:{group}")
    host.put(
        "/etc/cinder/cinder.conf", text.replace("[fake]\n", "[fake]\nbackend_host = volumes\n"), 0o640, f"root:{group}"
    )
    group, text = files["/etc/manila/manila.conf"]
    host.put(
        "/etc/manila/manila.conf", text.replace("[DEFAULT]\n", "[DEFAULT]\nhost = shares\n"), 0o640, f"root:{group}"
    )
    host.run("chgrp", "manila", "/etc/manila/rootwrap.conf")
    keystone.configure(host, connection("keystone").replace("127.0.0.1", server))
