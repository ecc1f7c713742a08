"""The box's list: every service that has an agent, with its Debian package and what its agent is expected to say.

wave      when it is started; a service comes after those that it needs
killed    a monitor after SIGKILL of the main process: 1 if workers outlive it for good, otherwise 7, within seconds
taken     a start while another program serves the port; "-" if it serves none
broker    a monitor with credentials while RabbitMQ refuses connections
database  the same while MariaDB does

"7/1" is 7 on Debian 12, and 1 on Debian 13.
"""

from __future__ import annotations

PACKAGED = """
service                   package                     wave  killed  taken  broker  database
keystone                  keystone                    1     7       1      0       190
glance-api                glance-api                  2     1       1      0       190
cinder-api                cinder-api                  2     7       1      0       190
nova-api                  nova-api                    2     7       1      0       190
nova-api-metadata         nova-api                    2     7       1      0       0
nova-conductor            nova-conductor              3     7       -      190     190
placement-api             placement-api               2     7       1      0       190
neutron-server            neutron-api                 2     7       1      0       190
neutron-rpc-server        neutron-rpc-server          2     7       -      190     0
heat-api                  heat-api                    2     7       1      190     190
heat-api-cfn              heat-api-cfn                2     7       1      0       0
manila-api                manila-api                  2     7       1      0       190
swift-account             swift-account               2     1       1      0       0
swift-container           swift-container             2     1       1      0       0
swift-object              swift-object                2     1       1      0       0
swift-daemon              swift-object-expirer        2     7       -      0       0
horizon                   openstack-dashboard-apache  2     7       1      0       0
cinder-scheduler          cinder-scheduler            3     7       -      190     190
cinder-volume             cinder-volume               3     7       -      190     190
cinder-backup             cinder-backup               3     7       -      190     190
nova-scheduler            nova-scheduler              3     7       -      190     190
nova-compute              nova-compute-ironic         4     7       -      190     190
nova-novncproxy           nova-consoleproxy           3     7       1      0       0
neutron-dhcp-agent        neutron-dhcp-agent          3     7       -      190     190
neutron-l3-agent          neutron-l3-agent            3     7       -      190     190
neutron-openvswitch-agent neutron-openvswitch-agent   3     1       -      190     190
neutron-metadata-agent    neutron-metadata-agent      3     7       -      190     190
heat-engine               heat-engine                 3     7       -      190     190
manila-scheduler          manila-scheduler            3     7       -      190     190
manila-share              manila-share                3     7/1     -      190     190
swift-proxy               swift-proxy                 3     1       1      0       0
ceilometer-agent-central  ceilometer-agent-central    3     7       -      0       0
"""
# Stand-ins for services that no release has any more; without credentials.
ENDED = """
glance-registry           -                           5     1       1      0       0
nova-cert                 -                           5     7       -      190     0
nova-consoleauth          -                           5     7       -      190     0
nova-network              -                           5     7       -      190     0
nova-objectstore          -                           5     1       1      0       0
quantum-server            -                           5     1       1      0       0
quantum-agent-dhcp        -                           5     7       -      190     0
quantum-agent-l3          -                           5     7       -      190     0
quantum-metadata-agent    -                           5     7       -      190     0
"""


def rows(table: str) -> dict[str, dict[str, str]]:
    """{service: {column: what stands there}}."""
    names = PACKAGED.split("\n")[1].split()
    found = [dict(zip(names, line.split())) for line in table.splitlines() if line]
    return {row["service"]: row for row in found if row["service"] != "service"}


# What Debian 13 has beside those: the services of tests/box/projects, and what they stand on.
BEYOND = """
neutron-periodic-workers neutron-ovn-maintenance-worker neutron-ovn-metadata-agent neutron-ovn-agent
neutron-sriov-agent neutron-metering-agent neutron-bgp-dragent ovn-host ovn-central
octavia-api octavia-worker octavia-health-manager octavia-housekeeping octavia-driver-agent
barbican-api barbican-worker barbican-keystone-listener
designate-api designate-central designate-mdns designate-producer designate-sink designate-worker
ironic-api ironic-conductor ironic-novncproxy magnum-api magnum-conductor
aodh-api aodh-evaluator aodh-listener aodh-notifier gnocchi-api gnocchi-metricd gnocchi-statsd
ceilometer-agent-notification ceilometer-agent-compute manila-data
masakari-api masakari-engine masakari-host-monitor masakari-instance-monitor
trove-api trove-conductor trove-taskmanager watcher-api watcher-applier watcher-decision-engine
mistral-api mistral-engine mistral-executor mistral-event-engine cloudkitty-api cloudkitty-processor
blazar-api blazar-manager zaqar-server cyborg-api cyborg-agent cyborg-conductor
"""


def packages(release: str) -> list[str]:
    """The Debian packages of all of them."""
    beyond = [] if release == "bookworm" else BEYOND.split()
    return sorted({*beyond, *(row["package"] for row in rows(PACKAGED).values())})
