"""The root directories of the box: hosts start from a cluster's, a whole cloud's or Debian 13's; packages are built in one.

Each is built once by mmdebstrap and kept outside the clone, under a name made
of what went into it: the next clone finds it, a changed package list builds
another.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import BoxError, services

CACHE = Path("/var/cache/openstack-ra-box")
SUITE = "bookworm"  # of this machine, and of every kind of root that SUITES does not name
SUITES = {"trixie": "trixie"}
_HOST = (
    # a Debian host
    "systemd systemd-sysv dbus iproute2 iputils-ping procps ca-certificates sudo curl less man-db"
    # its Keystone, with what that may stand on
    " keystone mariadb-server python3-pymysql memcached python3-memcache"
    # what the agents recommend, and what the tests and benchmarks look with
    " resource-agents python3-keystoneauth1 python3-openstackclient libxml2-utils strace"
).split()
_CLUSTER = [*_HOST, *"pacemaker pacemaker-cli-utils corosync pcs crmsh fence-agents openssh-server".split()]
PACKAGES = {
    "build": "build-essential debhelper dh-python python3".split(),
    "cluster": _CLUSTER,
    "cloud": [
        *_CLUSTER,
        *services.packages(),
        # What those want beside them; nova-compute-ironic runs nova-compute without libvirt.
        *"rabbitmq-server nova-compute".split(),
    ],
    # A small host of Debian 13: a cluster, Keystone on SQLite, and containers.
    "trixie": (
        "systemd systemd-sysv dbus iproute2 iputils-ping procps curl"
        " pacemaker pacemaker-cli-utils corosync pcs resource-agents"
        " keystone python3-keystoneauth1 podman crun conmon"
    ).split(),
}

# Installed units stay down until a test or an administrator wants them: an
# unconfigured OpenStack daemon crash-loops and eats a core.
NOTHING_STARTS = """
mkdir -p "$1/etc/systemd/system-preset"
echo "disable *" > "$1/etc/systemd/system-preset/00-nothing.preset"
printf '#!/bin/sh\\nexit 101\\n' > "$1/usr/sbin/policy-rc.d"
chmod 755 "$1/usr/sbin/policy-rc.d"
"""

# Packages that enable their own units do it in spite of the preset; Debian's
# corosync and pacemaker would make each host a cluster called "debian".
TIDY = """
for unit in $(chroot "$1" systemctl list-unit-files --state=enabled --no-legend | cut -d " " -f 1); do
    case $unit in
        getty@* | remote-fs.target | systemd-*) ;;
        *) chroot "$1" systemctl disable -q "$unit" 2> /dev/null || true ;;
    esac
done
rm -f "$1/usr/sbin/policy-rc.d" "$1/etc/machine-id" "$1/etc/corosync/corosync.conf"
rm -rf "$1/var/lib/pacemaker/cib/"*
touch "$1/etc/machine-id"
"""


def suite(kind: str) -> str:
    """The release of Debian that this kind of root is made of."""
    return SUITES.get(kind, SUITE)


def groups(kind: str) -> str:
    """The control groups, v1 or v2, that a host on this kind of root gets if nobody asks for others.

    Those of v1 are only for Debian 12: the systemd of Debian 13 refuses them.
    """
    return "v1" if suite(kind) == SUITE else "v2"


def path(kind: str) -> Path:
    """Where the root of this kind is, built or not."""
    recipe = "\n".join((suite(kind), *PACKAGES[kind], NOTHING_STARTS, TIDY))
    return CACHE / f"{kind}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def build(kind: str) -> Path:
    """Return the root, building it first if there is none (two minutes for a cluster's, six for a cloud's).

    Raises BoxError with the end of the log if mmdebstrap fails.
    """
    root = path(kind)
    if root.is_dir():
        return root
    CACHE.mkdir(parents=True, exist_ok=True)
    for old in CACHE.glob(f"{kind}-*"):
        shutil.rmtree(old)
    log = CACHE / f"{kind}.log"
    part = CACHE / f"{kind}-part-{os.getpid()}"
    mirrors = sources(suite(kind))
    command = [
        "mmdebstrap",
        "--variant=minbase",
        f"--include={','.join(PACKAGES[kind])}",
        # Nobody needs this root after a power cut: without fsync it is built in half the time.
        "--dpkgopt=force-unsafe-io",
        f"--essential-hook={NOTHING_STARTS}",
        f"--customize-hook={TIDY}",
        suite(kind),
        str(part),
        # From standard input; without any, mmdebstrap takes Debian's usual mirror.
        *(["-"] if mirrors else []),
    ]
    with log.open("w") as output:
        done = subprocess.run(command, input=mirrors, stdout=output, stderr=output, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(part, ignore_errors=True)
        raise BoxError(f"mmdebstrap failed; the end of {log}:\n" + "\n".join(log.read_text().splitlines()[-15:]))
    part.rename(root)
    return root


def sources(wanted: str) -> str:
    """This machine's own sources of Debian packages, naming the suite *wanted*; "" if it has none."""
    for candidate in ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"):
        try:
            text = Path(candidate).read_text()
        except FileNotFoundError:
            continue
        if SUITE in text:
            return text.replace(SUITE, wanted)
    return ""


def main() -> None:
    """Build whatever is missing, all at the same time: each spends half of its time waiting for packages or disks."""

    def say(kind: str) -> None:
        began = time.monotonic()
        print(f"{build(kind)} is there after {time.monotonic() - began:.0f} s", flush=True)

    with ThreadPoolExecutor(len(PACKAGES)) as hands:
        # A list, so that the first failure is raised here.
        list(hands.map(say, PACKAGES))


if __name__ == "__main__":
    main()
