"""Where the daemon listens."""

from ocf_lib.codes import SUCCESS

from ..worlds import NOVA, run_worker


def test_bind_port_of_the_configuration_is_asked(machine, recurring):
    """
    The last bind_port of its section counts, quoted or not.
    """
    text = "[other]\nbind_port = 1\n[DEFAULT]\n#bind_port = 2\nbind_port = 3\nbind_port='9999'\nbind_port_x = 4\n"
    machine.files["/etc/glance/glance-api.conf"] = text
    run_worker(machine, "glance-api", "/etc/glance/glance-api.conf")
    machine.answers("/", b"HTTP/1.1 300 x\r\n\r\n", port=9999)

    assert recurring(agent="glance-api").code == SUCCESS


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
