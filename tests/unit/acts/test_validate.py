"""validate-all: do the parameters make sense?"""

import pytest

from ocf_lib.codes import ERR_CONFIGURED, NOT_RUNNING, SUCCESS

from ..conftest import load


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"watch_time": "soon"}, "watch_time: 'soon' is not a number of seconds"),
        ({"watch_time": "-1"}, "watch_time: '-1' is not a number of seconds"),
        ({"watch_time": "1.5"}, "watch_time: '1.5' is not a number of seconds"),
        ({"watch_time": "٣"}, "watch_time: '٣' is not a number of seconds"),
        ({"insecure": "perhaps"}, "insecure: 'perhaps' is neither yes nor no"),
        ({"config": "keystone.conf"}, "config: 'keystone.conf' is not an absolute path"),
        ({"pid": "a\nb"}, "pid: holds characters that cannot be printed"),
        ({"url": "127.0.0.1:5000"}, "url: '127.0.0.1:5000' is not a URL such as http://127.0.0.1:5000/v3"),
        ({"url": "http://:5000/"}, "url: 'http://:5000/' is not a URL such as http://127.0.0.1:5000/v3"),
        ({"url": "http://h:99999/"}, "url: 'http://h:99999/' is not a URL such as http://127.0.0.1:5000/v3"),
        ({"os_auth_url": "http://u:pw@h/v3"}, "os_auth_url: the value is not a URL such as http://127.0.0.1:5000/v3"),
        ({"additional_parameters": "'"}, "additional_parameters: No closing quotation"),
        ({"environment": "A='"}, "environment: No closing quotation"),
        ({"environment": "A=1 B"}, "environment: 'B' is not NAME=value"),
        ({"environment": "2A=1"}, "environment: '2A=1' is not NAME=value"),
        ({"environment": "OPENSTACK_RESOURCE=x"}, "environment: the agent itself sets OPENSTACK_RESOURCE"),
        (
            {"os_username": "a"},
            "the monitoring credentials are incomplete: os_password and os_project_name must be set with them",
        ),
        (
            {"os_application_credential_id": "a"},
            "the monitoring credentials are incomplete: os_application_credential_secret must be set with them",
        ),
    ],
)
def test_a_senseless_parameter_is_a_configuration_error(cluster, machine, params, reason):
    """
    The parameter is wrong on every node: 6, with a reason of one line, and without a look at this host.
    """
    machine.files.read = machine.files.names = machine.processes.pids = None

    seen = cluster("validate-all", **params)

    assert (seen.code, seen.reason) == (ERR_CONFIGURED, f"keystone: {reason}")
    assert seen.out == ""


def test_valid_parameters_are_accepted_in_silence(cluster, healthy):
    """
    pcs shows whatever validate-all prints as a warning.
    """
    for level in (None, 0, 10, 20):
        seen = cluster("validate-all", level=level, os_auth_url="http://[2001:db8::1]:5000/v2.0/", insecure="YES")
        assert (seen.code, seen.out, seen.err) == (SUCCESS, "", "")


def test_an_unknown_daemon_is_refused_with_the_known_ones(machine, cluster):
    """
    validate-all and start return 6 and list the daemons. Stop succeeds.
    """
    for action in ("validate-all", "start"):
        seen = cluster(action, agent="swift-daemon", daemon="object-washer")
        assert seen.code == ERR_CONFIGURED
        assert seen.reason.startswith(
            "swift-daemon: daemon: there is no 'object-washer'; choose one of account-auditor, "
        )
    assert cluster("stop", agent="swift-daemon", daemon="object-washer").code == SUCCESS


def test_a_missing_required_parameter_is_named_and_nothing_starts(machine, cluster):
    """
    Start and validate-all return 6. Monitor finds nothing, and stop succeeds.
    """
    machine.processes.accounts["swift"] = (64, 64, "/")
    machine.programs.add("/usr/bin/swift-object-replicator")
    machine.files["/etc/swift/object-server.conf"] = ""
    for action in ("start", "validate-all"):
        seen = cluster(action, agent="swift-daemon")
        assert (seen.code, seen.reason) == (ERR_CONFIGURED, "swift-daemon: daemon: a value is required")
    assert cluster("monitor", agent="swift-daemon").code == NOT_RUNNING
    assert cluster("monitor", agent="swift-daemon", interval=1).code == NOT_RUNNING
    assert cluster("stop", agent="swift-daemon").code == SUCCESS
    assert machine.programs.launched == []


@pytest.mark.parametrize("agent", ["neutron-server", "quantum-server", "quantum-agent-l3", "quantum-agent-dhcp"])
def test_a_name_with_a_blank_is_accepted_but_not_advertised(cluster, agent):
    """
    The old meta-data called plugin_config "plugin config", so a resource may still set that.
    """
    seen = cluster("validate-all", agent=agent, environ={"OCF_RESKEY_plugin config": "/etc/x.ini"})
    assert (seen.code, seen.err) == (SUCCESS, "")
    assert all(param.name.isidentifier() for param in load(agent).params)


@pytest.mark.parametrize("agent", ["aodh-api", "barbican-api", "mistral-api"])
@pytest.mark.parametrize("action", ["validate-all", "start"])
def test_a_config_that_the_application_would_not_read_is_refused(machine, cluster, agent, action):
    """
    These applications look at no arguments, so the daemon would read another file than the agent.
    """
    project = agent.partition("-")[0]
    machine.processes.accounts[project] = (64, 64, "/")
    machine.files.update(dict.fromkeys(["/srv/x.conf", f"/etc/{project}/{agent}-uwsgi.ini"], ""))
    machine.programs |= {"/usr/bin/uwsgi_python3", "/usr/bin/other"}
    usual = f"/etc/{project}/{project}.conf"

    seen = cluster(action, agent=agent, config="/srv/x.conf", timeout=2)
    assert (seen.code, machine.programs.launched) == (ERR_CONFIGURED, [])
    assert seen.reason == f"{agent}: config: under a uwsgi, the daemon reads {usual} and no other file"

    for more in (
        {"config": usual},
        {"config": "/srv/x.conf", "binary": "/usr/bin/other"},
        {"config": "/srv/x.conf", "unit": "apache2"},
    ):
        assert cluster(action, agent=agent, timeout=2, **more).code != ERR_CONFIGURED
