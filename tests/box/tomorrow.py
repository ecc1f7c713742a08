"""A release of Nova that no Debian has yet: from PyPI, in a virtual environment that a host of Debian 13 has as /opt/nova.

The environment is built once, and kept beside the roots of the box under a name made of what went into it.
A host has it as one more layer below its own file system, so that no host holds a copy.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from . import BoxError, cloud, image, keystone
from .machine import Box, Host

NOVA = "34.0.0"
"""The newest release of Nova; its libraries are the newest of the day on which the environment is built."""
HOME = "/opt/nova"
WORKERS = 2
# What Nova names in no list: the driver of the database, and the client of the cache of tokens.  WebOb wants legacy-cgi
# from Python 3.13 on, and pip asks the Python that runs it.
_WANTED = (f"nova=={NOVA}", "PyMySQL", "python-memcached", "legacy-cgi", "pip")
_PYTHON = "3.13"  # of Debian 13
_GLIBC = ("2014", "_2_17", "_2_24", "_2_27", "_2_28", "_2_34")  # whose programs run on Debian 13
# The root has no pip.  A wheel of pip is a program for a Python, without being installed.
_INSTALL = f"""
export PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
python3 -m venv --without-pip {HOME}
{HOME}/bin/python3 "$(echo /mnt/pip-*.whl)/pip" install --isolated --quiet --no-cache-dir --no-index --find-links=/mnt \\
    {" ".join(_WANTED)}
{HOME}/bin/pip freeze > {HOME}/versions
"""
# The root is the lower layer of hosts that may be running: whatever is written goes to a directory mounted over it.
_INSIDE = 'mount --bind "$2" "$1/opt"; mount --bind "$3" "$1/mnt"; mount -t tmpfs tmpfs "$1/tmp"; \
mount --bind /dev "$1/dev"; exec chroot "$1" sh -euc "$4"'
# Debian's uwsgi runs the API of the environment.
_INI = "/etc/nova/nova-api-uwsgi.ini"
_APPLICATION = f"virtualenv = {HOME}\\nmodule = nova.wsgi.osapi_compute:application"
_SCHEMA = """
nova-manage api_db sync
nova-manage cell_v2 map_cell0
nova-manage db sync
nova-manage cell_v2 create_cell --name cell1
"""


def layer() -> Path:
    """The directory that holds the environment below opt/nova, built first if there is none (five minutes)."""
    recipe = "\n".join((*_WANTED, _PYTHON, platform.machine(), *_GLIBC, _INSTALL))
    made = image.CACHE / f"nova-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    if made.is_dir():
        return made
    root = image.build("cluster", image.NEWER)
    for old in image.CACHE.glob("nova-*"):
        shutil.rmtree(old)
    part = image.CACHE / f"nova-part-{os.getpid()}"
    wheels = part / "wheels"
    (part / "opt").mkdir(parents=True)
    try:
        _download(wheels)
        _run("unshare", "--mount", "sh", "-euc", _INSIDE, "-", str(root), str(part / "opt"), str(wheels), _INSTALL)
        shutil.rmtree(wheels)
        part.rename(made)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return made


def _download(wheels: Path) -> None:
    """Fetch every package for the Python of Debian 13, whatever Python runs this."""
    names = [f"--platform=manylinux{glibc}_{platform.machine()}" for glibc in _GLIBC]
    only = (f"--python-version={_PYTHON}", "--only-binary=:all:", "--implementation=cp")
    _run(sys.executable, "-m", "pip", "download", "--quiet", *only, *names, f"--dest={wheels}", *_WANTED)


def _run(*command: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise BoxError(f"{' '.join(command[:4])} failed:\n{done.stdout[-2000:]}")


def add(box: Box, name: str) -> Host:
    """Put one more host of Debian 13 on the bridge, with the environment, the servers of a cloud, and this Nova's schema.

    Debian's Keystone is configured, too.  Nothing of OpenStack runs.
    """
    host = box.add(name, "cloud", image.NEWER, over=layer())
    cloud.serve(host)
    cloud.configure(host)
    _configure(host)
    keystone.bootstrap(host, cloud.KEYSTONE)
    for command in _SCHEMA.strip().splitlines():
        host.run("su", "-s", "/bin/sh", "nova", "-c", f"{HOME}/bin/{command}", timeout=300)
    # Neither daemon starts without it.
    host.run("su", "-s", "/bin/sh", "placement", "-c", "placement-manage db sync", timeout=300)
    return host


def _configure(host: Host) -> None:
    """Give Nova more workers than one, and the file that says what its API consists of, as this release has it."""
    text = host.read("/etc/nova/nova.conf").replace("workers = 1\n", f"workers = {WORKERS}\n")
    host.put("/etc/nova/nova.conf", text, 0o640, "root:nova")
    host.run("cp", f"{HOME}/etc/nova/api-paste.ini", "/etc/nova/api-paste.ini")
    host.run("sed", "-i", f"s|^wsgi-file = .*|{_APPLICATION}|", _INI)
