"""Is it the daemon's own socket that listens on its port?"""

from ocf_lib.codes import ERR_GENERIC, SUCCESS

from ..worlds import NOVA, run_worker


def test_only_the_daemons_own_listener_counts(machine, recurring):
    """
    If any web server may give the answer, the socket must belong to the daemon.
    """
    machine.files[NOVA] = "[vnc]\nnovncproxy_port = 6081\n"
    run_worker(machine, "nova-novncproxy")
    machine.answers("/", b"HTTP/1.1 404 x\r\n\r\n", port=6081)
    machine.network.listeners[6081] = {"77"}
    assert recurring(agent="nova-novncproxy").code == ERR_GENERIC
    machine.network.held[42] = {"77"}
    assert recurring(agent="nova-novncproxy").code == SUCCESS
