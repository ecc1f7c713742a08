"""Where the daemon listens."""

import pytest

from ocf_lib import daemon
from ocf_lib.codes import DEGRADED, SUCCESS
from ocf_lib.context import Context

from ..conftest import load
from ..worlds import NOVA, run_keystone, run_worker


def test_bind_port_of_the_configuration_is_asked(machine, recurring):
    """
    The last bind_port of its section counts, quoted or not.
    """
    text = "[other]\nbind_port = 1\n[DEFAULT]\n#bind_port = 2\nbind_port = 3\nbind_port='9999'\nbind_port_x = 4\n"
    machine.files["/etc/glance/glance-api.conf"] = text
    run_worker(machine, "glance-api", "/etc/glance/glance-api.conf")
    machine.answers("/", b"HTTP/1.1 300 x\r\n\r\n", port=9999)

    assert recurring(agent="glance-api").code == SUCCESS


@pytest.mark.parametrize("text", ["65536", "99999", "0", "http", ""])
def test_a_port_that_does_not_exist_is_the_usual_one(machine, text):
    """
    A start looks who holds the port. The kernel knows no such port, and the reason was a bug of the agent.
    """
    machine.files["/etc/glance/glance-api.conf"] = f"[DEFAULT]\nbind_port = {text}\n"

    assert daemon.of(Context(load("glance-api"), ["glance-api", "start"], {}, machine)).listens.port == 9292


def test_an_address_that_refers_to_my_ip_is_asked(machine, recurring):
    """
    Published guides bind the console proxy to $my_ip. The daemon then listens at the address of this node only.
    """
    machine.files[NOVA] = "[DEFAULT]\nmy_ip = 10.0.0.5\n[vnc]\nnovncproxy_host = $my_ip\n"
    run_worker(machine, "nova-novncproxy")
    machine.network.listeners[6080] = {"7"}
    machine.network.held[42] = {"7"}
    machine.answers("/", b"HTTP/1.1 404 x\r\n\r\n", port=6080)

    assert recurring(agent="nova-novncproxy").code == SUCCESS
    assert b"Host: 10.0.0.5:6080" in machine.network.requests[0]


@pytest.mark.parametrize("address", ["$my_ip", "${my_ip}"])
def test_an_api_that_listens_at_my_ip_is_asked_there(machine, recurring, address):
    """
    The install guides of Cinder have osapi_volume_listen = $my_ip.
    """
    path = "/etc/cinder/cinder.conf"
    machine.files[path] = f"[DEFAULT]\nmy_ip = 10.0.0.11\nosapi_volume_listen = {address}\n"
    run_worker(machine, "cinder-api", path)
    machine.answers("/", b"HTTP/1.1 300 x\r\n\r\n", port=8776)

    assert recurring(agent="cinder-api").code == SUCCESS
    assert b"\r\nHost: 10.0.0.11:8776\r\n" in machine.network.requests[-1]


def test_one_url_serves_every_node_of_a_clone(machine, recurring):
    """
    "{host}" is the name of the node, as uname -n prints it. validate-all accepts it.
    """
    run_worker(machine, "glance-api", "/etc/glance/glance-api.conf")
    machine.answers("/versions", b"HTTP/1.1 300 x\r\n\r\n", port=9999)

    assert recurring(agent="glance-api", url="http://{host}:9999/versions").code == SUCCESS
    assert b"\r\nHost: controller:9999\r\n" in machine.network.requests[-1]


def test_a_url_may_name_the_node_on_every_host(cluster):
    """
    validate-all fills the name in before it reads the URL.
    """
    assert cluster("validate-all", url="http://{host}:5000/v3").code == SUCCESS


PROGRAMS = (
    ("octavia-api", "api_settings", "bind_host", "bind_port", 9876),
    ("ironic-api", "api", "host_ip", "port", 6385),
    ("magnum-api", "api", "host", "port", 9511),
    ("blazar-api", "DEFAULT", "host", "port", 1234),
    ("cyborg-api", "api", "host_ip", "port", 6666),
)


@pytest.mark.parametrize(("agent", "section", "address", "port", "usual"), PROGRAMS)
def test_an_api_without_uwsgi_is_a_program_with_its_own_address(machine, agent, section, address, port, usual):
    """
    RDO and the guides of the projects run it so. With Debian's ini, the settings and ports of the program mean nothing.
    """
    project = agent.removesuffix("-api")
    machine.files[f"/etc/{project}/{project}.conf"] = ""

    def at(**given):
        values = {f"OCF_RESKEY_{name}": value for name, value in given.items()}
        return daemon.of(Context(load(agent), [agent, "monitor"], values, machine)).listens

    assert at().port == usual
    assert at(unit="httpd").port == load(agent).api.port
    machine.files["/run/systemd/system/a"] = machine.files[f"/lib/systemd/system/openstack-{agent}.service"] = ""
    assert at(unit=f"openstack-{agent}").port == usual
    machine.files[f"/etc/{project}/{project}.conf"] = f"[{section}]\n{address} = 10.0.0.11\n{port} = 7777\n"
    assert (at().server, at().port) == ("10.0.0.11", 7777)
    machine.files[f"/etc/{project}/{agent}-uwsgi.ini"] = ""
    assert (at().server, at().port) == ("", load(agent).api.port)


TLS = (
    ("cinder-api", "/etc/cinder/cinder.conf", "DEFAULT", "osapi_volume_use_ssl", "True"),
    ("manila-api", "/etc/manila/manila.conf", "DEFAULT", "osapi_share_use_ssl", "true"),
    ("neutron-server", "/etc/neutron/neutron.conf", "DEFAULT", "use_ssl", "1"),
    ("nova-api", "/etc/nova/nova.conf", "DEFAULT", "enabled_ssl_apis", "metadata,osapi_compute"),
    ("nova-api-metadata", "/etc/nova/nova.conf", "DEFAULT", "enabled_ssl_apis", "metadata"),
    ("nova-novncproxy", "/etc/nova/nova.conf", "DEFAULT", "ssl_only", "yes"),
    ("heat-api", "/etc/heat/heat.conf", "heat_api", "cert_file", "/etc/heat/a.crt"),
    ("heat-api-cfn", "/etc/heat/heat.conf", "heat_api_cfn", "cert_file", "/etc/heat/a.crt"),
    ("glance-registry", "/etc/glance/glance-registry.conf", "DEFAULT", "cert_file", "/etc/glance/a.crt"),
    ("quantum-server", "/etc/quantum/quantum.conf", "DEFAULT", "use_ssl", "on"),
    ("ironic-api", "/etc/ironic/ironic.conf", "api", "enable_ssl_api", "true"),
    ("magnum-api", "/etc/magnum/magnum.conf", "api", "enabled_ssl", "true"),
    ("cyborg-api", "/etc/cyborg/cyborg.conf", "api", "enable_ssl_api", "true"),
    ("designate-api", "/etc/designate/designate.conf", "ssl", "cert_file", "/etc/designate/a.crt"),
    ("swift-object", "/etc/swift/object-server.conf", "DEFAULT", "cert_file", "/etc/swift/a.crt"),
    ("swift-account", "/etc/swift/account-server.conf", "DEFAULT", "cert_file", "/etc/swift/a.crt"),
    ("swift-container", "/etc/swift/container-server.conf", "DEFAULT", "cert_file", "/etc/swift/a.crt"),
    ("swift-proxy", "/etc/swift/proxy-server.conf", "DEFAULT", "cert_file", "/etc/swift/a.crt"),
)
NO_TLS = (
    ("nova-api", "/etc/nova/nova.conf", "DEFAULT", "enabled_ssl_apis", "metadata"),
    ("neutron-server", "/etc/neutron/neutron.conf", "DEFAULT", "use_ssl", "False"),
    ("cinder-api", "/etc/cinder/cinder.conf", "DEFAULT", "#osapi_volume_use_ssl", "True"),
    # Zed's Glance has no TLS of its own any more.
    ("glance-api", "/etc/glance/glance-api.conf", "DEFAULT", "cert_file", "/etc/glance/a.crt"),
    # With a certificate, websockify speaks both.
    ("nova-novncproxy", "/etc/nova/nova.conf", "DEFAULT", "cert", "/etc/nova/a.crt"),
)


@pytest.mark.parametrize(
    ("agent", "path", "section", "option", "value", "scheme"),
    [*((*row, "https") for row in TLS), *((*row, "http") for row in NO_TLS)],
)
def test_the_tls_of_the_daemon_itself_is_read(machine, agent, path, section, option, value, scheme):
    """
    Services that eventlet serves have an option each that makes their socket https.
    """
    machine.files[path] = f"[{section}]\n{option} = {value}\n"

    assert daemon.of(Context(load(agent), [agent, "monitor"], {}, machine)).address.scheme == scheme


@pytest.mark.parametrize(
    ("unit", "address"),
    [
        ("nova-api", "https://127.0.0.1:8774/"),
        ("nova-api.service", "https://127.0.0.1:8774/"),
        ("apache2", "http://127.0.0.1:8000/"),
    ],
)
def test_the_distributions_own_unit_runs_uwsgi(machine, unit, address):
    """
    Debian's units serve https if certificate and key lie in /etc/<project>/ssl, and know nothing of the options that
    eventlet reads. A web server's own configuration cannot be read.
    """
    machine.files["/run/systemd/system/a"] = machine.files["/lib/systemd/system/nova-api.service"] = ""
    machine.files.update(dict.fromkeys(
        ("/etc/nova/nova-api-uwsgi.ini", "/etc/nova/ssl/private/a.pem", "/etc/nova/ssl/public/a.crt"), ""))  # fmt: skip
    machine.files["/etc/nova/nova.conf"] = "[DEFAULT]\nosapi_compute_listen_port = 8000\n"
    context = Context(load("nova-api"), ["nova-api", "monitor"], {"OCF_RESKEY_unit": unit}, machine)

    assert str(daemon.of(context).address) == address


def test_a_name_of_the_node_that_no_url_can_hold_is_degraded(machine, cluster, recurring):
    """
    The kernel takes 64 characters for a name, and a label of a URL has 63.
    """
    machine.itself.name = lambda: 64 * "x"
    run_keystone(machine)
    assert recurring(url="http://{host}:5000/v3").code == DEGRADED
    machine.kill(42)

    assert cluster("start", url="http://{host}:5000/v3").code == SUCCESS
