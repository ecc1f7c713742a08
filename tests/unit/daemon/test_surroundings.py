"""What the distribution's unit would give the daemon.  The texts of systemctl come from systemd 252."""

import pytest

from ocf_lib.codes import ERR_GENERIC, SUCCESS
from ocf_lib.daemon.command import Command
from ocf_lib.daemon.program import Program
from ocf_lib.daemon.surroundings import INFINITY, of_unit
from ocf_lib.settings import Settings

from ..conftest import Context, load
from ..double import Machine
from ..worlds import run_worker

# Debian's limits are set in each unit; the others are systemd's own defaults.
DEBIAN = """\
Environment=
LimitCPU=infinity
LimitCPUSoft=infinity
LimitSTACK=infinity
LimitSTACKSoft=8388608
LimitCORE=infinity
LimitCORESoft=0
LimitNOFILE=65535
LimitNOFILESoft=65535
LimitNPROC=96365
LimitNPROCSoft=96365
LimitMEMLOCK=8388608
LimitMEMLOCKSoft=8388608
LimitRTTIME=infinity
LimitRTTIMESoft=infinity
LoadState=loaded
"""
# RDO's unit of nova-compute has Environment=, and no limit.
RDO = DEBIAN.replace("LimitNOFILE=65535\nLimitNOFILESoft=65535", "LimitNOFILE=524288\nLimitNOFILESoft=1024").replace(
    "Environment=", "Environment=LIBGUESTFS_ATTACH_METHOD=appliance"
)
# With a drop-in: LimitNOFILE=100000, Environment=..., EnvironmentFile=...
DROP_IN = """\
Environment=LANG=de_DE.UTF-8 "OPTS=a b" TWICE=unit
EnvironmentFiles=/etc/sysconfig/openstack-nova-compute (ignore_errors=yes)
EnvironmentFiles=/etc/nova/env.d/*.conf (ignore_errors=no)
EnvironmentFiles=/etc/nova/missing (ignore_errors=no)
LimitNOFILE=100000
LimitNOFILESoft=100000
LoadState=loaded
"""


class Host:
    """A host whose systemd knows units: {name: what systemctl show prints, or an error}."""

    def __init__(self, **units):
        self.machine = Machine()
        self.machine.files["/run/systemd/system/x"] = ""
        self.units = {name.replace("_", "-"): text for name, text in units.items()}
        self.asked = []
        for name in self.units:
            self.machine.files[f"/usr/lib/systemd/system/{name}.service"] = ""
        self.machine.programs.ask = self.ask

    def ask(self, argv, seconds):
        assert argv[:2] == ["/usr/bin/systemctl", "show"]
        self.asked.append((argv[-1], seconds))
        answer = self.units[argv[-1].removesuffix(".service")]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, tuple) else (0, answer)

    def context(self, agent):
        return Context(load(agent), [agent, "start"], {"HA_LOGFACILITY": "daemon"}, self.machine)

    def of_unit(self, agent):
        return of_unit(self.context(agent))

    @property
    def warnings(self):
        return [text for priority, text in self.machine.itself.logged if priority == "warning"]


def test_debians_unit_gives_limits_and_no_variable():
    """
    systemd is asked once, for one unit, and gets 5 seconds. infinity is no limit; soft and hard limit may differ.
    """
    host = Host(keystone=DEBIAN)
    given = host.of_unit("keystone")

    assert host.asked == [("keystone.service", 5.0)]
    assert given.environment == {}
    assert given.limits == {
        "CPU": (INFINITY, INFINITY), "STACK": (8388608, INFINITY), "CORE": (0, INFINITY), "NOFILE": (65535, 65535),
        "NPROC": (96365, 96365), "MEMLOCK": (8388608, 8388608), "RTTIME": (INFINITY, INFINITY),
    }  # fmt: skip


def test_a_command_asks_once_for_environment_and_limits():
    """
    The launch gets both from the same answer of systemd.
    """
    host = Host(keystone=DEBIAN)
    command = Command(context := host.context("keystone"), Settings(context))

    assert "HOME" in command.environment("/")
    assert command.limits()["NOFILE"] == (65535, 65535)
    assert len(host.asked) == 1


def test_a_unit_names_the_directories_that_it_makes_below_run():
    """
    systemd empties /run at boot, and makes them if it starts the unit. A name may have a link to it.
    """
    host = Host(nova_compute=DEBIAN + "RuntimeDirectory=nova lock/nova:locks\nRuntimeDirectoryMode=0750\n")
    given = host.of_unit("nova-compute")

    assert given.directories == (("/run/nova", 0o750), ("/run/lock/nova", 0o750))
    assert Host(keystone=DEBIAN).of_unit("keystone").directories == ()


def test_a_launch_makes_the_directories_of_the_unit():
    """
    The account of the daemon gets them: it may not make a directory in /run itself.
    """
    host = Host(nova_compute=DEBIAN + "RuntimeDirectory=nova\nRuntimeDirectoryMode=0755\n")
    run_worker(host.machine, "nova-compute")
    # Nobody makes a scope here.
    host.machine.programs.ask = lambda argv, seconds: host.ask(argv, seconds) if "show" in argv else (1, "")
    Program(host.context("nova-compute")).launch()

    assert host.machine.files.owners == {"/run/nova": (64, 64)}
    assert host.machine.files.modes["/run/nova"] == 0o755


def test_red_hats_unit_gives_its_variables_and_says_nothing_of_open_files():
    """
    Its name begins with openstack-.
    """
    given = Host(openstack_nova_compute=RDO).of_unit("nova-compute")

    assert given.environment == {"LIBGUESTFS_ATTACH_METHOD": "appliance"}
    assert given.limits["NOFILE"] == (65535, 65535)


def test_drop_ins_and_environment_files_count():
    """
    The files are read in their order, after Environment=. The daemon gets what can be read, a warning names the rest.
    """
    host = Host(openstack_nova_compute=DROP_IN)
    host.machine.files.update({
        "/etc/sysconfig/openstack-nova-compute": "# for nova\nOPTIONS='--a --b'\nTWICE=file\n",
        "/etc/nova/env.d/2.conf": "TWICE=2\n",
        "/etc/nova/env.d/1.conf": "TWICE=1\nONE=1\n",
        "/etc/nova/env.d/3.rpmsave": "TWICE=3\n",
    })  # fmt: skip
    given = host.of_unit("nova-compute")

    assert given.environment == {
        "LANG": "de_DE.UTF-8", "OPTS": "a b", "OPTIONS": "--a --b", "ONE": "1", "TWICE": "2",
    }  # fmt: skip
    assert given.limits == {"NOFILE": (100000, 100000)}
    assert [text for text in host.warnings if "/etc/nova/missing of the unit: there is no such file" in text]
    assert len(host.warnings) == 1


def test_a_file_that_cannot_be_read_is_no_failure():
    """
    With "-" before the name, the unit itself would start, and nobody is told.
    """
    host = Host(openstack_nova_compute=DROP_IN.replace("EnvironmentFiles=/etc/nova/missing (ignore_errors=no)\n", ""))
    host.machine.files.broken["/etc/sysconfig/openstack-nova-compute"] = "Permission denied"

    assert host.of_unit("nova-compute").environment["TWICE"] == "unit"
    assert host.warnings == []


@pytest.mark.parametrize(
    ("answer", "warning"),
    [
        (TimeoutError("hangs"), "systemctl show keystone.service did not end in 5 s; so the daemon gets"),
        (FileNotFoundError(2, "No such file or directory"), "systemctl show keystone.service: No such file"),
        ((1, "Failed to connect to bus"), "systemctl show keystone.service: Failed to connect to bus; so"),
        (DEBIAN.replace("loaded", "masked"), "keystone.service is masked in systemd, so the daemon gets"),
        ("", "keystone.service is unknown in systemd"),
    ],
)
def test_without_an_answer_the_daemon_gets_debians_limits(answer, warning):
    """
    A systemd that hangs or refuses makes no start fail. The log says what the daemon does not get.
    """
    host = Host(keystone=answer)
    given = host.of_unit("keystone")

    assert (given.environment, given.limits) == ({}, {"NOFILE": (65535, 65535)})
    assert len(host.warnings) == 1
    assert warning in host.warnings[0]


@pytest.mark.parametrize("lacks", ["/run/systemd/system/x", "/usr/lib/systemd/system/keystone.service"])
def test_without_systemd_or_unit_nobody_is_asked(lacks):
    """
    This is no fault, and so no warning.
    """
    host = Host(keystone=DEBIAN)
    del host.machine.files[lacks]

    assert host.of_unit("keystone").limits == {"NOFILE": (65535, 65535)}
    assert host.asked == []
    assert host.warnings == []


def test_what_cannot_be_understood_is_left_out():
    """
    An old systemctl hides a variable with a blank. A future one may print a limit in another way.
    """
    text = "Environment=A=1 [unprintable] B=2\nLimitNOFILE=many\nLimitCORE=0\nLoadState=loaded\nWarning: x\n"
    given = Host(keystone=text).of_unit("keystone")

    assert given.environment == {"A": "1", "B": "2"}
    assert given.limits == {"CORE": (0, 0)}


def test_a_launched_daemon_has_the_units_variables(machine, cluster):
    """
    They win over the agent's own PATH, HOME and LANG, and lose against the parameters. The agent's mark stays.
    """
    more = "appliance PATH=/opt LANG=x A=unit OPENSTACK_RESOURCE=y"
    host = Host(openstack_nova_compute=RDO.replace("appliance", more))
    machine.files.update(host.machine.files)
    run_worker(machine, "nova-compute")
    machine.kill(42)
    machine.programs.ask = host.ask
    started = cluster("start", agent="nova-compute", timeout=3, environment="A=mine")

    assert started.code == ERR_GENERIC, "there is no broker"
    assert machine.programs.launched[0].environment == {
        "PATH": "/opt", "HOME": "/", "LANG": "x", "LIBGUESTFS_ATTACH_METHOD": "appliance", "A": "mine",
        "OPENSTACK_RESOURCE": "nova-compute/p_nova-compute",
    }  # fmt: skip


@pytest.mark.parametrize(("known", "files"), [(True, 100000), (False, 65535)])
def test_a_launched_daemon_has_the_units_limits(cluster, healthy, known, files):
    """
    A drop-in says LimitNOFILE=100000. Without systemd, the limit is that of Debian's units.
    """
    if known:
        host = Host(keystone=DROP_IN)
        healthy.files.update(host.machine.files)
        healthy.programs.ask = lambda argv, seconds: host.ask(argv, seconds) if argv[1] == "show" else (0, "")
    assert cluster("start").code == SUCCESS

    assert healthy.programs.launched[0].limits == {"NOFILE": (files, files)}


def test_only_a_launch_asks_systemd(cluster, healthy):
    """
    Neither a probe, nor a validate-all without a level, nor the start of a daemon that already runs needs the unit.
    """
    healthy.files["/run/systemd/system/x"] = healthy.files["/lib/systemd/system/keystone.service"] = ""
    asked = []

    def ask(argv, seconds):
        if "Environment" in " ".join(argv):
            asked.append(argv)
        return 0, DEBIAN

    healthy.programs.ask = ask
    cluster("validate-all")
    cluster("monitor")
    assert asked == []
    assert cluster("start").code == SUCCESS
    assert len(asked) == 1
    assert cluster("start").code == SUCCESS
    assert cluster("monitor", interval=1, watch_time="0").code == SUCCESS
    assert len(asked) == 1
