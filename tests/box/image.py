"""The root directories of the box: hosts start from a cluster's, a whole cloud's or a remote node's, of Debian 12 or 13.

Packages are built in a root of Debian 12.

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
OLDER, NEWER = "bookworm", "trixie"
RELEASES = (OLDER, NEWER)
RELEASE = os.environ.get("RELEASE") or NEWER
"""The release of Debian that the tests run on, unless a test asks for another one."""
if RELEASE not in RELEASES:
    raise BoxError(f"RELEASE={RELEASE}: the box knows {' and '.join(RELEASES)}")
OTHER = OLDER if RELEASE == NEWER else NEWER
_HOST = (
    # a Debian host
    "systemd systemd-sysv dbus iproute2 iputils-ping procps ca-certificates sudo curl less man-db"
    # its Keystone, with what that may stand on
    " keystone mariadb-server python3-pymysql memcached python3-memcache"
    # what the agents recommend, and what the tests and benchmarks look with
    " resource-agents python3-keystoneauth1 python3-openstackclient libxml2-utils strace"
).split()
_CLUSTER = "pacemaker pacemaker-cli-utils corosync pcs crmsh openssh-server".split()
# What stands before the APIs of several nodes, and between two sites.  A cloud's root has what it needs of them.
_AROUND = "haproxy iptables booth-pacemaker".split()
# Pacemaker's own packages conflict with this one.
_REMOTE = (
    "pacemaker-remote pacemaker-cli-utils pcs openssh-server nova-compute nova-compute-ironic neutron-openvswitch-agent"
).split()
_ONLY = {
    # One package holds all fence agents.
    OLDER: ["fence-agents"],
    # Here another package would bring the library of every cloud.  podman of this release knows quadlets.
    NEWER: "fence-agents-common podman crun conmon".split(),
}

# Other evacuators than ours are compared on Debian 13 only: its fence agents have packages of their own.
_PEERS = {"peer-cluster": ("cluster", "fence-agents-compute"), "peer-remote": ("remote", "masakari-host-monitor")}


def _packages(kind: str, release: str) -> list[str]:
    """What a root of this kind holds."""
    if kind in _PEERS:
        base, package = _PEERS[kind]
        return [*_packages(base, release), package]
    if kind == "build":
        return "build-essential debhelper dh-python python3".split()
    if kind == "remote":
        return [*_HOST, *_REMOTE, *_ONLY[release]]
    found = [*_HOST, *_CLUSTER, *_ONLY[release]]
    if kind == "cluster":
        return [*found, *_AROUND]
    # The cloud's services, and what those want beside them; nova-compute-ironic runs nova-compute without libvirt.
    return [*found, *services.packages(release), "rabbitmq-server", "nova-compute"]


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
# systemd makes a unit of an init script that has none, whatever the preset says.
for script in "$1"/etc/init.d/neutron-*; do
    name=${script##*/}
    [ ! -e "$script" ] || [ -e "$1/usr/lib/systemd/system/$name.service" ] || chroot "$1" update-rc.d "$name" disable
done
rm -f "$1/usr/sbin/policy-rc.d" "$1/etc/machine-id" "$1/etc/corosync/corosync.conf"
rm -rf "$1/var/lib/pacemaker/cib/"*
touch "$1/etc/machine-id"
"""


def groups(release: str) -> str:
    """The control groups, v1 or v2, that a host of this release gets if nobody asks for others.

    Those of v1 are only for Debian 12: the systemd of Debian 13 refuses them.
    """
    return "v1" if release == OLDER else "v2"


def path(kind: str, release: str = RELEASE) -> Path:
    """Where the root of this kind is, built or not."""
    recipe = "\n".join((release, *_packages(kind, release), NOTHING_STARTS, TIDY))
    return CACHE / f"{release}-{kind}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def build(kind: str, release: str = RELEASE) -> Path:
    """Return the root, building it first if there is none (two minutes for a cluster's, ten for a cloud's).

    Raises BoxError with the end of the log if mmdebstrap fails.
    """
    root = path(kind, release)
    if root.is_dir():
        return root
    CACHE.mkdir(parents=True, exist_ok=True)
    for old in CACHE.glob(f"{release}-{kind}-*"):
        shutil.rmtree(old)
    log = CACHE / f"{release}-{kind}.log"
    part = CACHE / f"{release}-part-{os.getpid()}-{kind}"
    mirrors = sources(release)
    command = [
        "mmdebstrap",
        "--variant=minbase",
        f"--include={','.join(_packages(kind, release))}",
        # Nobody needs this root after a power cut: without fsync it is built in half the time.
        "--dpkgopt=force-unsafe-io",
        f"--essential-hook={NOTHING_STARTS}",
        f"--customize-hook={TIDY}",
        release,
        str(part),
        # From standard input; without any, mmdebstrap takes Debian's usual mirror.
        *(["-"] if mirrors else []),
    ]
    with log.open("w") as output:
        done = subprocess.run(command, input=mirrors, stdout=output, stderr=output, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(part, ignore_errors=True)
        raise BoxError(f"mmdebstrap failed; the end of {log}:\n" + "\n".join(log.read_text().splitlines()[-15:]))
    if root.is_dir():
        # Another program has built it at the same time.
        shutil.rmtree(part)
    else:
        part.rename(root)
    return root


def sources(wanted: str) -> str:
    """This machine's own sources of Debian packages, naming the suite *wanted*; "" if it has none."""
    for candidate in ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"):
        try:
            text = Path(candidate).read_text()
        except FileNotFoundError:
            continue
        for release in RELEASES:
            if release in text:
                return text.replace(release, wanted)
    return ""


def main() -> None:
    """Build whatever is missing, all at the same time: each spends half of its time waiting for packages or disks."""
    wanted = [("build", OLDER), *(("cluster", release) for release in RELEASES), ("cloud", RELEASE)]

    def say(kind: str, release: str) -> None:
        began = time.monotonic()
        print(f"{build(kind, release)} is there after {time.monotonic() - began:.0f} s", flush=True)

    with ThreadPoolExecutor(len(wanted)) as hands:
        # A list, so that the first failure is raised here.
        list(hands.map(say, *zip(*wanted)))


if __name__ == "__main__":
    main()
