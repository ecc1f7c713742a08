"""Where the daemon listens."""

from ocf_lib.codes import SUCCESS

from ..worlds import run_worker


def test_the_port_of_its_own_configuration(machine, recurring):
    """
    bind_port of the file counts, quoted or not, in its section only, the last one given.
    """
    text = "[other]\nbind_port = 1\n[DEFAULT]\n#bind_port = 2\nbind_port = 3\nbind_port='9999'\nbind_port_x = 4\n"
    machine.files["/etc/glance/glance-api.conf"] = text
    run_worker(machine, "glance-api", "/etc/glance/glance-api.conf")
    machine.answers("/", b"HTTP/1.1 300 x\r\n\r\n", port=9999)

    assert recurring(agent="glance-api").code == SUCCESS
