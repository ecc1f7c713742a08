"""How a program is run as the service's daemon."""

import pytest

from ocf_lib import daemon
from ocf_lib.codes import SUCCESS
from ocf_lib.context import Context
from ocf_lib.settings import Settings

from ..conftest import load
from ..double import Machine
from ..worlds import INI, NEUTRON, PID_FILE


def test_a_daemon_is_launched_as_the_distribution_does(cluster, healthy):
    """
    Command, account and home are the distribution's. The environment holds nothing of ours except a mark.
    """
    assert cluster("start").code == SUCCESS
    launched = healthy.programs.launched[0]
    assert launched.argv == ["/usr/bin/uwsgi_python3", "--http-socket", ":5000", "--ini", INI]
    assert launched.user == "keystone"
    assert set(launched.environment) == {"PATH", "HOME", "LANG", "OPENSTACK_RESOURCE"}
    assert healthy.files[PID_FILE] == "501\n"
    assert healthy.files.modes[PID_FILE] == 0o644


def test_parameters_override_the_distributions_command(cluster, healthy):
    """
    As in the old agents. The agent splits additional_parameters into words, and no shell reads them.
    """
    healthy.programs.add("/opt/keystone-all")
    healthy.files["/etc/k.conf"] = ""
    healthy.processes.accounts["ks"] = (70, 70, "/")
    more = {"additional_parameters": "--debug 'a b; rm -rf /' $HOME"}
    started = cluster("start", binary="/opt/keystone-all", config="/etc/k.conf", user="ks", pid="/run/k/k.pid", **more)

    assert started.code == SUCCESS
    launched = healthy.programs.launched[0]
    assert launched.argv == ["/opt/keystone-all", "--config-file=/etc/k.conf", "--debug", "a b; rm -rf /", "$HOME"]
    assert launched.user == "ks"
    assert healthy.files["/run/k/k.pid"] == "501\n"


def test_another_config_reaches_the_application_of_a_uwsgi(cluster, healthy):
    """
    uwsgi has no --config-file, so the application gets the path in its environment.
    """
    healthy.files["/etc/k.conf"] = ""
    cluster("start", config="/etc/k.conf")

    assert healthy.programs.launched[0].environment["OS_KEYSTONE_CONFIG_FILES"] == "/etc/k.conf"


def test_a_key_and_a_certificate_make_it_https(cluster, healthy):
    """
    Both must stand in the distribution's places.
    """
    healthy.files["/etc/keystone/ssl/private/k.pem"] = ""
    cluster("start", timeout=10)
    assert healthy.programs.launched[0].argv[1] == "--http-socket"
    cluster("stop")
    healthy.files["/etc/keystone/ssl/public/c.crt"] = ""
    cluster("start", timeout=10)
    assert healthy.programs.launched[1].argv[1:3] == [
        "--https-socket",
        ":5000,/etc/keystone/ssl/public/c.crt,/etc/keystone/ssl/private/k.pem",
    ]


@pytest.mark.parametrize(("agent", "scheme"), [("cinder-api", "https"), ("heat-api", "http")])
def test_a_certificate_of_another_project_does_not_make_it_https(agent, scheme):
    """
    The agent looks for certificate and key in the project's own directory only.
    """
    machine = Machine()
    machine.files.update(dict.fromkeys(
        ("/etc/cinder/cinder-api-uwsgi.ini", "/etc/heat/heat-api-uwsgi.ini",
         "/etc/cinder/ssl/private/a.pem", "/etc/cinder/ssl/public/a.crt"), ""))  # fmt: skip

    context = Context(load(agent), [agent, "monitor"], {}, machine)

    assert daemon.of(context).address.scheme == scheme


def test_each_kind_of_daemon_gets_its_own_command_line(machine, cluster):
    """
    A daemon gets the distribution's files and directories that exist. The parameters come last.
    """
    machine.processes.accounts.update(neutron=(64, 64, "/"), swift=(64, 64, "/"), cinder=(64, 64, "/"))
    machine.programs |= {"/usr/bin/neutron-l3-agent", "/usr/bin/swift-container-sharder", "/usr/bin/cinder-api"}
    for path in (NEUTRON, "/etc/neutron/l3_agent.ini", "/etc/neutron/agent.conf.d/a.conf", "/var/log/neutron/x",
                 "/usr/share/neutron/neutron-dist.conf", "/etc/swift/container-server.conf",
                 "/etc/cinder/cinder-api-uwsgi.ini", "/etc/cinder/cinder.conf", "/srv/cinder.conf"):  # fmt: skip
        machine.files[path] = ""
    cluster("start", agent="neutron-l3-agent", timeout=2)
    cluster("start", agent="swift-daemon", daemon="container-sharder", timeout=2)
    cluster("start", agent="cinder-api", timeout=2, config="/srv/cinder.conf")
    cluster(
        "start", agent="cinder-api", timeout=2, binary="/usr/bin/cinder-api", environ={"OCF_RESOURCE_INSTANCE": "other"}
    )

    assert [started.argv for started in machine.programs.launched] == [
        ["/usr/bin/neutron-l3-agent", "--config-file=/usr/share/neutron/neutron-dist.conf",
         "--config-file=/etc/neutron/neutron.conf", "--config-dir=/etc/neutron/agent.conf.d",
         "--config-file=/etc/neutron/l3_agent.ini", "--log-file=/var/log/neutron/neutron-l3-agent.log"],
        ["/usr/bin/swift-container-sharder", "/etc/swift/container-server.conf"],
        ["/usr/bin/uwsgi_python3", "--http-socket", ":8776", "--ini", "/etc/cinder/cinder-api-uwsgi.ini",
         "--pyargv", "--config-file=/srv/cinder.conf"],
        ["/usr/bin/cinder-api", "--config-file=/etc/cinder/cinder.conf"],
    ]  # fmt: skip


@pytest.mark.parametrize("agent", ["neutron-server", "neutron-rpc-server"])
def test_a_server_of_rdo_gets_the_directories_of_its_unit(machine, cluster, agent):
    """
    In the order of the unit: the operator's files win over what the distribution ships.
    """
    machine.processes.accounts["neutron"] = (64, 64, "/")
    machine.programs.add(f"/usr/bin/{agent}")
    shipped, common = "/usr/share/neutron/server/lbaas.conf", "/etc/neutron/conf.d/common/a.conf"
    own = f"/etc/neutron/conf.d/{agent}/b.conf"
    for path in (NEUTRON, "/etc/neutron/plugin.ini", "/usr/share/neutron/neutron-dist.conf", shipped, common, own):
        machine.files[path] = ""
    cluster("start", agent=agent, timeout=2)

    (launched,) = machine.programs.launched
    assert launched.argv == [
        f"/usr/bin/{agent}", "--config-file=/usr/share/neutron/neutron-dist.conf",
        "--config-dir=/usr/share/neutron/server", "--config-file=/etc/neutron/neutron.conf",
        "--config-file=/etc/neutron/plugin.ini", "--config-dir=/etc/neutron/conf.d/common",
        f"--config-dir=/etc/neutron/conf.d/{agent}",
    ]  # fmt: skip
    context = Context(load(agent), [agent, "monitor"], {}, machine)
    files = Settings(context).files()
    assert files.index(shipped) < files.index(NEUTRON) < files.index(common) < files.index(own)


@pytest.mark.parametrize(
    "names", [["ovn_agent.ini"], ["openvswitch_agent.ini"], ["openvswitch_agent.ini", "ovn_agent.ini"], []]
)
def test_the_ovn_agent_gets_the_files_of_its_distribution_that_exist(machine, cluster, names):
    """
    Debian's script passes openvswitch_agent.ini, and Debian's package of the agent brings ovn_agent.ini.
    """
    machine.processes.accounts["neutron"] = (64, 64, "/")
    machine.programs.add("/usr/bin/neutron-ovn-agent")
    own = [f"/etc/neutron/plugins/ml2/{name}" for name in names]
    machine.files.update(dict.fromkeys([NEUTRON, *own], ""))

    assert cluster("start", agent="neutron-ovn-agent").code == SUCCESS
    (launched,) = machine.programs.launched
    assert launched.argv == ["/usr/bin/neutron-ovn-agent", *(f"--config-file={path}" for path in (NEUTRON, *own))]


@pytest.mark.parametrize("project", ["octavia", "ironic", "magnum", "designate", "blazar", "cyborg"])
@pytest.mark.parametrize("debian", [True, False])
def test_an_api_is_a_program_on_a_host_without_its_uwsgi_ini(machine, cluster, project, debian):
    """
    RDO ships no ini, and its unit runs the program.
    """
    agent, config = f"{project}-api", f"/etc/{project}/{project}.conf"
    ini = f"/etc/{project}/{agent}-uwsgi.ini"
    machine.processes.accounts[project] = (64, 64, "/")
    machine.programs |= {f"/usr/bin/{agent}", "/usr/bin/uwsgi_python3"}
    machine.files.update(dict.fromkeys([config, *([ini] if debian else [])], ""))
    cluster("start", agent=agent, timeout=2)

    argv = machine.programs.launched[0].argv
    assert argv == (
        ["/usr/bin/uwsgi_python3", "--http-socket", f":{load(agent).api.port}", "--ini", ini]
        if debian
        else [f"/usr/bin/{agent}", f"--config-file={config}"]
    )


@pytest.mark.parametrize("agent", ["masakari-host-monitor", "masakari-instance-monitor"])
@pytest.mark.parametrize("more", [[], ["/etc/masakari/masakari.conf"]], ids=["alone", "beside the engine"])
def test_masakaris_monitors_need_no_file_of_the_engine(machine, cluster, agent, more):
    """
    Their package brings masakarimonitors.conf. Debian's units read masakari.conf, so what stands there counts, and wins.
    """
    program, own = f"/usr/bin/{agent.replace('-m', 'm')}", "/etc/masakarimonitors/masakarimonitors.conf"
    machine.processes.accounts["masakari"] = (64, 64, "/")
    machine.programs.add(program)
    machine.files.update(dict.fromkeys([own, "/var/log/masakari/x", *more], ""))

    assert cluster("start", agent=agent).code == SUCCESS
    (launched,) = machine.programs.launched
    files = [f"--config-file={path}" for path in (own, *more)]
    assert launched.argv == [program, *files, f"--log-file=/var/log/masakari/{agent}.log"]


def test_the_plugin_config_of_an_old_resource_reaches_the_daemon(machine, cluster):
    """
    The old scripts read plugin_config, whatever their meta-data called it.
    """
    machine.processes.accounts["quantum"] = (64, 64, "/")
    machine.programs.add("/usr/bin/quantum-l3-agent")
    machine.files.update({"/etc/quantum/quantum.conf": "", "/etc/quantum/mine.ini": ""})
    cluster("start", agent="quantum-agent-l3", timeout=2, plugin_config="/etc/quantum/mine.ini")

    assert [started.argv for started in machine.programs.launched] == [
        ["/usr/bin/quantum-l3-agent", "--config-file=/etc/quantum/quantum.conf", "--config-file=/etc/quantum/mine.ini"]
    ]


def test_the_operators_variables_win(cluster, healthy):
    """
    The parameter environment wins over all others of the daemon, and no shell reads it.
    """
    healthy.files["/etc/k.conf"] = ""
    words = "OS_NOVA_DISABLE_EVENTLET_PATCHING=1 'TWO=a $HOME' OS_KEYSTONE_CONFIG_FILES=/srv/k.conf LANG="
    assert cluster("start", config="/etc/k.conf", environment=words).code == SUCCESS

    environment = healthy.programs.launched[0].environment
    assert environment["OS_NOVA_DISABLE_EVENTLET_PATCHING"] == "1"
    assert environment["TWO"] == "a $HOME"
    assert environment["OS_KEYSTONE_CONFIG_FILES"] == "/srv/k.conf"
    assert environment["LANG"] == ""
    assert environment["OPENSTACK_RESOURCE"] == "keystone/p_keystone"


def test_a_web_servers_agent_has_no_variables():
    """
    systemd runs the web server, and nobody ever gave its agent this parameter.
    """
    assert "environment" not in [param.name for param in load("horizon").params]
    assert "environment" in [param.name for param in load("swift-daemon").params]
