"""Does the daemon listen on its UNIX socket?"""

from ocf_lib.codes import ERR_GENERIC, SUCCESS

from ..worlds import BROKER, NEUTRON, run_worker


def test_the_unix_socket_is_looked_for_below_the_configured_state_path(machine, recurring):
    """
    The agent replaces $state_path by what the configuration says.
    """
    machine.files[NEUTRON] = BROKER + "state_path = /srv/neutron\n"
    run_worker(machine, "neutron-metadata-agent", NEUTRON)
    machine.connects(42, "192.0.2.5", 5672)
    assert recurring(agent="neutron-metadata-agent").code == ERR_GENERIC
    machine.network.sockets_here["/srv/neutron/metadata_proxy"] = None
    assert recurring(agent="neutron-metadata-agent").code == SUCCESS
