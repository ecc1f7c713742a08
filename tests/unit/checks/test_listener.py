"""Is it the daemon's own socket that listens on its port?"""

from ocf_lib.codes import ERR_GENERIC, SUCCESS

from ..worlds import NOVA, run_worker


def test_a_listener_of_its_own(machine, recurring):
    """
    An answer that anybody may give counts only from the daemon's own socket.
    """
    machine.files[NOVA] = "[vnc]\nnovncproxy_port = 6081\n"
    run_worker(machine, "nova-novncproxy")
    machine.answers("/", b"HTTP/1.1 404 x\r\n\r\n", port=6081)
    machine.network.listeners[6081] = {"77"}
    assert recurring(agent="nova-novncproxy").code == ERR_GENERIC
    machine.network.held[42] = {"77"}
    assert recurring(agent="nova-novncproxy").code == SUCCESS
