"""A disk hangs, as a dead NFS server does: each action ends with a reason."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HUNG_DISK = Path(__file__).with_name("hung_disk.py")
APART = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]


@pytest.fixture(scope="module")
def said(installed, tmp_path_factory):
    """What each action gave on such a host: {call: (exit status, exit reason, the disk)}."""
    if os.geteuid() != 0 or not shutil.which("unshare") or not Path("/dev/fuse").exists():
        pytest.skip("LEFT OUT: a disk that hangs needs root, unshare and /dev/fuse")
    provider = installed / "usr/lib/ocf/resource.d/openstack"
    place = tmp_path_factory.mktemp("hung")
    done = subprocess.run(
        [*APART, sys.executable, HUNG_DISK, provider, place], capture_output=True, text=True, check=False, timeout=150
    )
    assert done.returncode == 0, done.stderr
    return {name: (*answer, f"{place}/disk") for name, answer in json.loads(done.stdout).items()}


@pytest.mark.parametrize(
    ("call", "code", "file"),
    [("password", 190, "/password"), ("trace", 190, "/trace"), ("probe", 1, ""), ("start", 1, "/nova.conf")],
)
def test_whoever_waits_for_the_disk_names_it(said, call, code, file):
    """
    A recurring monitor is degraded, as no restart cures a disk. Nobody knows whether a daemon runs or starts.
    """
    status, reason, disk = said[call]

    assert (status, reason) == (code, f"nova-scheduler: the disk of {disk}{file} does not answer")


@pytest.mark.parametrize("call", ["well", "stop"])
def test_whoever_needs_nothing_of_it_is_well(said, call):
    """
    Only a few files of a resource may be there.
    """
    assert said[call][:2] == (0, "")
