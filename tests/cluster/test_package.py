"""The package, installed, replaced and removed on hosts; under a running cluster, too."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from ocf_lib import __version__
from tests.box import cluster as pacemaker
from tests.box import keystone, trace
from tests.box.agent import DIRECTORY, Agent, build, install
from tests.box.keystone import daemons
from tests.box.machine import wait_for
from tests.conftest import ROOT

from .conftest import main_pid

AGENTS = sorted(path.name for path in (ROOT / "agents").iterdir())
EARLIER = "0.0.9"
LIBRARY = "/usr/lib/ocf/lib/openstack"
PACKAGE = "resource-agents-openstack"


@pytest.fixture(scope="module")
def earlier(tmp_path_factory) -> Path:
    """A package of this tree that says it is an earlier version."""
    tree = tmp_path_factory.mktemp("earlier") / "tree"
    ignored = shutil.ignore_patterns(".git", ".venv", "build", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, tree, symlinks=True, ignore=ignored)
    for name in ("ocf_lib/__init__.py", "packaging/deb/changelog"):
        (tree / name).write_text((tree / name).read_text().replace(__version__, EARLIER, 1))
    return build(tree)


def libraries(host) -> list[str]:
    """The versions of the library; the grammar of the meta-data lies beside them."""
    return [path.name for path in (host.files / LIBRARY[1:]).iterdir() if path.is_dir()]


def test_replaced_under_the_cluster(clone, admin, earlier):
    """
    Three times back and forth on every node, while monitors run: none fails, nothing is restarted, nothing stays behind.
    """
    admin.run("pcs", "resource", "update", "p_keystone", "watch_time=1")
    pacemaker.settled(admin)
    pids = [main_pid(host) for host in clone]
    begun = time.time()
    for package, version in ((earlier, EARLIER), (None, __version__)) * 3:
        for host in clone:
            install(host, package)
            assert libraries(host) == [version]
            before = len(trace.begins(host, "monitor"))
            wait_for(lambda h=host, n=before: len(trace.begins(h, "monitor")) > n + 1, 60, "monitors of this version")
    assert [main_pid(host) for host in clone] == pids
    assert pacemaker.failures(admin) == []
    for host in clone:
        assert [when for action in ("start", "stop") for when in trace.begins(host, action) if when > begun] == []
        assert pacemaker.fail_count(admin, "p_keystone", host.name) == 0
    assert f'version="{__version__}"' in admin.run("crm_resource", "--show-metadata", "ocf:openstack:keystone").stdout


def files(host) -> set[str]:
    """Every file and directory but those of the kernel, of dpkg itself, of Keystone, and logs."""
    kept = "-path /var/lib/dpkg -o -path /var/log -o -path /root -o -path /var/cache/man -o -path /var/lib/keystone"
    found = host.run("find", "/", "-xdev", "(", *kept.split(), ")", "-prune", "-o", "-print").stdout
    return set(found.splitlines())


def test_installed_removed_purged(box):
    """
    The agents are there, all of them and nothing else; a purge leaves logs alone, and a second installation works.
    """
    host = box.add("fresh")
    keystone.configure(host)
    keystone.bootstrap(host, "http://127.0.0.1:5000/v3")
    before = files(host)
    install(host)
    assert sorted(host.run("crm_resource", "--list-agents", "ocf:openstack").stdout.split()) == AGENTS
    assert host.run("find", LIBRARY, "-path", "*/acts/*/monitor.*.pyc").stdout.count("\n") == 1, "no byte code"
    agent = Agent(host, "keystone", "p_keystone", **keystone.credentials("http://127.0.0.1:5000/v3"))
    assert agent("start", timeout=120).code == 0
    assert agent.monitor().code == 0
    assert host.run("ls", "/run/resource-agents").stdout.count(".token") == 1

    # The daemon outlives its agent, and is found again by the next one.
    pid = agent.pid
    host.run("dpkg", "--remove", PACKAGE)
    assert files(host) - before == {"/etc/logrotate.d/resource-agents-openstack"}
    assert daemons(host)[0] == pid
    # What a monitor of an earlier version left when its files were taken from under it goes, too.
    host.put(f"{LIBRARY}/0.0.1/ocf_lib/__pycache__/main.cpython-311.pyc", "")
    install(host)
    assert libraries(host) == [__version__]
    assert agent.monitor().code == 0
    assert agent("stop").code == 0
    host.run("dpkg", "--purge", PACKAGE)
    assert files(host) - before == set()
    assert host.run("sh", "-c", "ls /run/resource-agents/ | grep -v pid", check=False).stdout == ""
    assert host.run("ls", "/var/log/openstack-resource-agents").stdout == "keystone-p_keystone.log\n"
    install(host)
    assert (agent("monitor").code, sorted(host.run("ls", DIRECTORY).stdout.split())) == (7, AGENTS)
    host.off()
