"""A daemon that systemd runs for us."""

from ocf_lib.codes import ERR_INSTALLED, NOT_RUNNING, SUCCESS
from ocf_lib.context import Context
from ocf_lib.daemon.unit import Unit

from ..conftest import SERVICE, load
from ..double import Machine


def test_a_unit(cluster, machine, systemd):
    """
    Started without a restart policy of its own, found by its control group, stopped, and given its policy back.
    """
    _, calls = systemd
    drop_in = "/run/systemd/system/keystone.service.d/50-openstack-resource-agents.conf"
    assert cluster("monitor", unit="keystone").code == NOT_RUNNING
    assert cluster("start", unit="keystone").code == SUCCESS
    assert "Restart=no" in machine.files[drop_in]
    assert cluster("monitor", unit="keystone").code == SUCCESS
    assert cluster("stop", unit="keystone").code == SUCCESS
    assert drop_in not in machine.files
    assert calls.count("daemon-reload") == 2
    assert machine.programs.launched == []


def test_a_unit_that_is_not_there(cluster, systemd):
    """
    Nothing to find and nothing to stop; a start says what is missing.
    """
    state, _ = systemd
    state["LoadState"] = "not-found"
    assert cluster("monitor", unit="keystone").code == NOT_RUNNING
    assert cluster("stop", unit="keystone").code == SUCCESS
    started = cluster("start", unit="keystone")
    assert (started.code, started.reason) == (
        ERR_INSTALLED,
        "keystone: unit: systemd has no usable unit keystone.service",
    )


def test_a_unit_whose_manager_hangs(cluster, machine, systemd):
    """
    A systemd that does not stop the unit in time is no obstacle: its processes are ended.
    """
    cluster("start", unit="keystone")
    really = machine.programs.ask

    def ask(argv, seconds):
        if argv[1] == "stop":
            machine.sleep(seconds)
            raise TimeoutError("systemctl stop did not end in time")
        return really(argv, seconds)

    machine.programs.ask = ask
    assert cluster("stop", unit="keystone").code == SUCCESS
    assert machine.processes == {}


def test_unit_names():
    """
    A name without a suffix is a service's.
    """
    context = Context(SERVICE, ["keystone", "monitor"], {"OCF_RESKEY_unit": "apache2"}, Machine())

    assert Unit(context).name == "apache2.service"


def test_the_web_server_of_the_distribution():
    """
    Horizon's is apache2, and httpd where only that is there; a unit that is named is taken at its word.
    """
    machine = Machine()
    context = Context(load("horizon"), ["horizon", "monitor"], {}, machine)
    assert Unit(context).name == "apache2.service"
    machine.files["/usr/lib/systemd/system/httpd.service"] = ""
    assert Unit(context).name == "httpd.service"
    machine.files["/lib/systemd/system/apache2.service"] = ""
    assert Unit(context).name == "apache2.service"
    del machine.files["/lib/systemd/system/apache2.service"]
    named = Context(SERVICE, ["keystone", "monitor"], {"OCF_RESKEY_unit": "apache2"}, machine)
    assert Unit(named).name == "apache2.service"
