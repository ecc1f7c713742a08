"""The root directory that every host of the box starts from.

Built once by mmdebstrap and kept outside the clone, under a name made of what
went into it: the next clone finds it, a changed package list builds another.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from . import BoxError

CACHE = Path("/var/cache/openstack-ra-box")
SUITE = "bookworm"
PACKAGES = (
    # a Debian host
    "systemd systemd-sysv dbus iproute2 iputils-ping procps ca-certificates sudo curl less"
    # its cluster
    " pacemaker pacemaker-cli-utils corosync pcs crmsh resource-agents fence-agents"
    # its cloud
    " keystone mariadb-server python3-pymysql memcached python3-memcache openssh-server openssh-client"
    # what the agents recommend, and what the tests and benchmarks look with
    " python3-keystoneauth1 python3-psutil python3-openstackclient libxml2-utils strace"
).split()

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
for unit in keystone mariadb memcached ssh corosync pacemaker pcsd pcsd-ruby fstrim.timer dpkg-db-backup.timer \
    apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer; do
    chroot "$1" systemctl disable -q $unit 2> /dev/null || true
done
rm -f "$1/usr/sbin/policy-rc.d" "$1/etc/machine-id" "$1/etc/corosync/corosync.conf"
rm -rf "$1/var/lib/pacemaker/cib/"*
touch "$1/etc/machine-id"
"""


def path() -> Path:
    """Where the root for this package list is, built or not."""
    recipe = "\n".join((SUITE, *PACKAGES, NOTHING_STARTS, TIDY))
    return CACHE / f"root-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def build() -> Path:
    """Return the root, building it first if there is none (about two minutes).

    Raises BoxError with the end of the log if mmdebstrap fails.
    """
    root = path()
    if root.is_dir():
        return root
    CACHE.mkdir(parents=True, exist_ok=True)
    for old in CACHE.glob("root-*"):
        shutil.rmtree(old)
    log = CACHE / "mmdebstrap.log"
    part = CACHE / f"root-part-{os.getpid()}"
    command = [
        "mmdebstrap",
        "--variant=minbase",
        f"--include={','.join(PACKAGES)}",
        f"--essential-hook={NOTHING_STARTS}",
        f"--customize-hook={TIDY}",
        SUITE,
        str(part),
        # From standard input; without any, mmdebstrap takes Debian's usual mirror.
        *(["-"] if sources() else []),
    ]
    with log.open("w") as output:
        done = subprocess.run(command, input=sources(), stdout=output, stderr=output, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(part, ignore_errors=True)
        raise BoxError(f"mmdebstrap failed; the end of {log}:\n" + "\n".join(log.read_text().splitlines()[-15:]))
    part.rename(root)
    return root


def sources() -> str:
    """This machine's own sources of Debian packages, "" if it has none for the suite."""
    for candidate in ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"):
        try:
            text = Path(candidate).read_text()
        except FileNotFoundError:
            continue
        if SUITE in text:
            return text
    return ""
