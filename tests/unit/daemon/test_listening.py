"""Where the daemon listens."""

from ocf_lib.codes import SUCCESS

from ..worlds import run_worker


def test_bind_port_of_the_configuration_is_asked(machine, recurring):
    """
    The last bind_port of its section counts, quoted or not.
    """
    text = "[other]\nbind_port = 1\n[DEFAULT]\n#bind_port = 2\nbind_port = 3\nbind_port='9999'\nbind_port_x = 4\n"
    machine.files["/etc/glance/glance-api.conf"] = text
    run_worker(machine, "glance-api", "/etc/glance/glance-api.conf")
    machine.answers("/", b"HTTP/1.1 300 x\r\n\r\n", port=9999)

    assert recurring(agent="glance-api").code == SUCCESS
