"""What Neutron has beside its API and its usual agents: the workers that an API under uwsgi lacks, and more agents.

OVN is the network here.  Its own daemons run as units, on TCP ports, as their UNIX sockets are for root alone.
"""

from . import Project

_OVN = "[ovn]\novn_nb_connection = tcp:127.0.0.1:6641\novn_sb_connection = tcp:127.0.0.1:6642\n"
_SWITCH = "[ovs]\novsdb_connection = tcp:127.0.0.1:6640\n"

PROJECT = Project(
    table="""
neutron-periodic-workers       neutron-periodic-workers       3     7       -      0       0
neutron-ovn-maintenance-worker neutron-ovn-maintenance-worker 3     7       -      0       0
neutron-ovn-metadata-agent     neutron-ovn-metadata-agent     3     7       -      0       190
neutron-ovn-agent              neutron-ovn-agent              3     7       -      0       0
neutron-sriov-agent            neutron-sriov-agent            3     7       -      190     190
neutron-metering-agent         neutron-metering-agent         3     7       -      190     190
neutron-bgp-dragent            neutron-bgp-dragent            3     7       -      190     190
""",
    files=(
        (
            "/etc/neutron/plugins/ml2/ml2_conf.ini",
            "neutron",
            "[DEFAULT]\nservice_plugins = ovn-router,metering,bgp\n"
            "[ml2]\ntype_drivers = flat,geneve\ntenant_network_types = geneve\nmechanism_drivers = ovn\n"
            f"[ml2_type_geneve]\nvni_ranges = 1:1000\nmax_header_size = 38\n{_OVN}",
        ),
        (
            "/etc/neutron/neutron_ovn_metadata_agent.ini",
            "neutron",
            "[DEFAULT]\nnova_metadata_host = 127.0.0.1\nmetadata_proxy_shared_secret = shared\n"
            f"metadata_workers = 0\n{_SWITCH}{_OVN}",
        ),
        ("/etc/neutron/plugins/ml2/openvswitch_agent.ini", "neutron", f"[DEFAULT]\n{_SWITCH}{_OVN}"),
        ("/etc/neutron/plugins/ml2/sriov_agent.ini", "neutron", "[securitygroup]\nenable_security_group = false\n"),
        ("/etc/neutron/metering_agent.ini", "neutron", "[DEFAULT]\ninterface_driver = openvswitch\n"),
        (
            "/etc/neutron/bgp_dragent.ini",
            "neutron",
            "[bgp]\nbgp_router_id = 192.0.2.1\n"
            "bgp_speaker_driver = neutron_dynamic_routing.services.bgp.agent.driver.os_ken.driver.OsKenBgpDriver\n",
        ),
    ),
    script="""
systemctl start openvswitch-switch ovn-central ovn-host
# The units are there before their servers answer.
timeout 60 sh -c "until ovn-nbctl init && ovn-sbctl init; do sleep 0.2; done" 2> /dev/null
ovn-nbctl set-connection ptcp:6641:127.0.0.1
ovn-sbctl set-connection ptcp:6642:127.0.0.1
ovs-vsctl set-manager ptcp:6640:127.0.0.1
# Switching in user space, as not every kernel has the module.
ovs-vsctl set open . external_ids:hostname=$(uname -n) external_ids:ovn-remote=tcp:127.0.0.1:6642 \
    external_ids:ovn-encap-type=geneve external_ids:ovn-encap-ip=127.0.0.1 external_ids:ovn-bridge-datapath-type=netdev
""",
    needs=("neutron-server", "neutron-rpc-server"),
)
