"""Does the daemon accept connections on its UNIX socket?"""

from ocf_lib.codes import ERR_GENERIC, SUCCESS

from ..worlds import BROKER, NEUTRON, run_worker


def test_a_unix_socket(machine, recurring):
    """
    $state_path is what the configuration says it is.
    """
    machine.files[NEUTRON] = BROKER + "state_path = /srv/neutron\n"
    run_worker(machine, "neutron-metadata-agent", NEUTRON)
    machine.connects(42, "192.0.2.5", 5672)
    assert recurring(agent="neutron-metadata-agent").code == ERR_GENERIC
    machine.network.sockets_here["/srv/neutron/metadata_proxy"] = None
    assert recurring(agent="neutron-metadata-agent").code == SUCCESS
