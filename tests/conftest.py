"""What the tests share: the tree as packages install it, and the hosts of the box."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .box import cloud as openstack
from .box import cluster as pacemaker
from .box import keystone
from .box.agent import Agent, install
from .box.machine import Box

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser):
    parser.addoption("--page", action="store_true", help="write what was run into docs and tests/golden")
    parser.addoption("--long", action="store_true", help="run the tests that make test skips as they are long")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: make test skips it, as it takes too long; --long runs it")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="long: --long runs it"))


def long(*values):
    """Values for ``parametrize`` whose tests are long."""
    return [pytest.param(value, marks=pytest.mark.long) for value in values]


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """The files as ``make install`` puts them, below a directory of our own."""
    where = tmp_path_factory.mktemp("installed")
    where.chmod(0o755)
    subprocess.run(["make", "-s", "install", f"DESTDIR={where}"], cwd=ROOT, check=True)
    return where


@pytest.fixture(scope="session")
def box(installed):
    """Four hosts with the agents installed: three for a cluster, one for itself."""
    if os.geteuid() != 0 or not shutil.which("mmdebstrap"):
        pytest.skip("hosts need root and mmdebstrap")
    with Box(["one", "two", "three", "solo"]) as made:
        for host in made.hosts:
            install(host)
        yield made


@pytest.fixture(scope="session")
def solo(box):
    """A host outside the cluster, with Keystone on MariaDB."""
    host = box.hosts[3]
    host.run("systemctl", "start", "mariadb")
    host.run("mariadb", input=keystone.CREATE)
    keystone.configure(host, keystone.MARIADB)
    keystone.bootstrap(host, "http://127.0.0.1:5000/v3")
    return host


@pytest.fixture(scope="session")
def cloud(box):
    """A host with every service of a cloud configured, and Keystone started once to take the catalogue."""
    host = box.add("cloud", "cloud")
    install(host)
    openstack.prepare(host)
    openstack.prepare_ended(host)
    starter = Agent(host, "keystone", "p_keystone", **openstack.CREDENTIALS)
    assert starter("start", timeout=120).code == 0
    openstack.catalogue(host)
    yield host
    host.off()


@pytest.fixture(scope="session")
def cluster(box):
    """Three hosts as a Pacemaker cluster that fences, each with the same Keystone on SQLite."""
    hosts = box.hosts[:3]
    for host in hosts:
        keystone.configure(host, cache=keystone.CACHE)
    keystone.bootstrap(hosts[0])
    keystone.copy(hosts[0], hosts[1:])
    pacemaker.form(hosts)
    return hosts
