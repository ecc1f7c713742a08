"""Hosts on which recipes are typed."""

from __future__ import annotations

import pytest

from tests.box import cluster
from tests.box.agent import install


@pytest.fixture(scope="session")
def desk(box):
    """A host of each kind on which an administrator types recipes: desk(kind).  It is in no cluster."""
    hosts = {}

    def host(kind: str):
        if kind not in hosts:
            hosts[kind] = box.hosts[3] if kind == "cluster" else box.add(f"desk-{kind}", kind)
            if kind != "cluster":
                install(hosts[kind])
            cluster.plug(hosts[kind])
        return hosts[kind]

    yield host
    for host in hosts.values():
        if host is not box.hosts[3]:
            host.off()
