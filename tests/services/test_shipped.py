"""What the agents read in the configuration that Debian ships, beside what Debian's own scripts and libraries read in it.

No host is needed, and nothing starts: the root of the box is as the packages left it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

import pytest

from ocf_lib import daemon
from ocf_lib.context import Context
from ocf_lib.host import Host
from tests.box import image, services
from tests.unit.conftest import load, required

NAMES = list(services.rows(services.PACKAGED))
# The settings as the daemons' own libraries read them: oslo.config with the options of the projects, and Swift's reader.
LIBRARIES = """
import json, sys
from oslo_config import cfg
import glance.common.wsgi, nova.conf.vnc
cfg.set_defaults(glance.common.wsgi.bind_opts, bind_port=9292)  # glance/cmd/api.py: server.start(..., default_port=9292)
from swift.common.utils import readconf
OWN = {"glance-api": (None, glance.common.wsgi.bind_opts), "nova-novncproxy": ("vnc", nova.conf.vnc.ALL_OPTS)}
found = {}
for name, arguments, databases, (section, address, port) in json.load(sys.stdin):
    if name.startswith("swift-"):
        kind = name.partition("-")[2]
        read = readconf(f"/etc/swift/{kind}-server.conf")[f"app:{kind}-server"]
        found[name] = [[read.get("bind_ip", "0.0.0.0"), int(read["bind_port"])], "", [], "cert_file" in read]
        continue
    conf = cfg.ConfigOpts()
    conf.register_opts([cfg.StrOpt("transport_url"), cfg.HostAddressOpt("my_ip")])
    for database in databases:
        conf.register_opts([cfg.StrOpt("connection")], database)
    group, options = OWN.get(name, (None, []))
    conf.register_opts(options, group)
    conf(arguments)
    own = conf[group] if group else conf
    found[name] = [
        [own[address], own[port]] if options else None,
        conf.transport_url or "",
        [conf[database].connection or "" for database in databases],
        False,
    ]
print(json.dumps(found))
"""


class Shipped:
    """The files of the box's root, under the names that they have in it."""

    def __init__(self, root) -> None:
        self._root, self._files = root, Host().files

    def __getattr__(self, name):
        return lambda path, *more: getattr(self._files, name)(f"{self._root}{path}", *more)


@pytest.fixture(scope="module")
def root():
    """The root of a host with every service, as Debian's packages left it."""
    if os.geteuid() != 0 or not shutil.which("mmdebstrap"):
        pytest.skip("hosts need root and mmdebstrap")
    return image.build("cloud")


@pytest.fixture(scope="module")
def scripts(root):
    """{service: the arguments that Debian's script or unit gives its daemon}.  For root, the scripts would make directories."""
    found = {}
    for name in NAMES:
        script = {"neutron-server": "neutron-api"}.get(name, name)
        if name in ("horizon", "nova-novncproxy") or name.startswith("swift"):
            found[name] = [f"--config-file={load(name).config}"]
            continue
        user = load(name).user
        command = ("chroot", f"--userspec={user}:{user}", root, f"/etc/init.d/{script}", "show-args")
        found[name] = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[1:]
    return found


@pytest.fixture(scope="module")
def libraries(root, scripts):
    """{service: [[address, port] or None, transport_url, databases, is it https]}, as its own library reads it."""
    wanted = []
    for name, arguments in scripts.items():
        service = load(name)
        if name not in ("horizon", "swift-daemon"):
            named = [word.strip('"') for word in arguments if "--config-" in word]
            wanted.append((name, named or [f"--config-file={service.config}"], service.databases, service.api.bind))
    command = ("chroot", root, "python3", "-B", "-c", LIBRARIES)
    done = subprocess.run(command, input=json.dumps(wanted), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def read(root):
    """The daemon of an agent on a host with these files."""

    def of(name):
        host = Host()
        host.files = Shipped(root)
        given = {f"OCF_RESKEY_{key}": value for key, value in required(name).items()}
        return daemon.of(Context(load(name), [name, "monitor"], given, host))

    return of


@pytest.mark.parametrize("name", [name for name in NAMES if load(name).api.port])
def test_the_address_is_the_shipped_one(scripts, libraries, read, name):
    """
    Address, port and scheme are those of the script that gives them to uwsgi, else those of the daemon's own library.
    """
    seen = read(name).listens
    place = next((word for word in scripts[name] if word.startswith(":")), "")
    if name == "horizon":
        wanted = ("http", "", 80)
    elif place:
        kind = scripts[name][scripts[name].index(place) - 1]
        wanted = ({"--http-socket": "http", "--https-socket": "https"}[kind], "", int(place.partition(",")[0][1:]))
    else:
        (address, port), *_, is_https = libraries[name]
        wanted = ("https" if is_https else "http", address, port)

    every = ("", "0.0.0.0", "::", None)
    assert (seen.scheme, "" if seen.server in every else seen.server, seen.port) == (
        wanted[0],
        "" if wanted[1] in every else wanted[1],
        wanted[2],
    )


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("horizon", "swift-daemon")])
def test_database_and_broker_are_the_shipped_ones(libraries, read, name):
    """
    oslo.config reads the same values of transport_url and connection in the same files.
    """
    ours, (_, broker, databases, _) = read(name), libraries[name]

    assert ours.settings.option("DEFAULT", "transport_url") == broker
    assert [ours.settings.option(section, "connection") for section in ours.service.databases] == databases


def test_horizon_is_asked_by_a_name_that_the_shipped_settings_allow(root):
    """
    ALLOWED_HOSTS of the package holds the default of host_header.
    """
    text = (root / "etc/openstack-dashboard/local_settings.py").read_text()
    (line,) = (line for line in text.splitlines() if line.startswith("ALLOWED_HOSTS"))
    (param,) = (param for param in load("horizon").params if param.name == "host_header")

    assert repr(param.default) in line


def test_a_drain_file_is_the_one_at_which_the_shipped_health_check_answers_503(root, read):
    """
    Nova, Glance, Cinder, Neutron and Manila take themselves out of rotation without a change of their configuration.
    """
    expected, found = {}, {}
    for name in ("nova-api", "nova-api-metadata", "glance-api", "cinder-api", "neutron-server", "manila-api"):
        paste = next((root / "etc" / load(name).project).glob("*api-paste.ini")).read_text()
        expected[name] = re.search(r"(?m)^disable_by_file_path *= *(\S+)", paste).group(1)
        found[name] = read(name).context.get("drain_file")
    assert found == expected
