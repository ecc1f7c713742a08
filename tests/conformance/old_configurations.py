"""Resources as guides, charms, cookbooks and installers of 2012 to 2026 made them, for the old agents and copies of these.

Agents, names of parameters and operations are those that were found in public.
The values are ours: what they say does not matter to pcs and crmsh.
"""

from __future__ import annotations

from typing import NamedTuple


class Old(NamedTuple):
    """One resource."""

    agent: str
    params: list[str]
    operations: list[str]


_SIGNED_IN = "os_username=admin os_password=secret os_tenant_name=admin"
_WORDS = {
    "+keystone": f"{_SIGNED_IN} os_auth_url=http://192.0.2.10:5000/v2.0/",
    "+tokens": f"{_SIGNED_IN} keystone_get_token_url=http://192.0.2.10:5000/v2.0/tokens",
    "+30": "op monitor interval=30s timeout=30s",
}
_TAKEN = """
a guide to high availability, of 2013 to 2026
    keystone                  config=/etc/keystone/keystone.conf +keystone +30
    glance-api                config=/etc/glance/glance-api.conf +keystone +30
    glance-registry           config=/etc/glance/glance-registry.conf +tokens url=http://192.0.2.10:9191/images +30
    cinder-api                config=/etc/cinder/cinder.conf +tokens +30
    cinder-api                config=/etc/cinder/cinder.conf +keystone +30
    cinder-api                +tokens keystone_get_token_url=http://192.0.2.10:5000/v2.0 +30
    manila-api                config=/etc/manila/manila.conf +tokens +30
    neutron-server            config=/etc/neutron/neutron.conf +tokens +30
    neutron-agent-l3          config=/etc/neutron/neutron.conf plugin_config=/etc/neutron/l3_agent.ini +30
    neutron-agent-dhcp        config=/etc/neutron/neutron.conf plugin_config=/etc/neutron/dhcp_agent.ini +30
    neutron-l3-agent          config=/etc/neutron/neutron.conf plugin_config=/etc/neutron/l3_agent.ini +30
    neutron-dhcp-agent        config=/etc/neutron/neutron.conf plugin_config=/etc/neutron/dhcp_agent.ini +30
    neutron-metadata-agent    config=/etc/neutron/neutron.conf agent_config=/etc/neutron/metadata_agent.ini +30
    quantum-server            config=/etc/quantum/quantum.conf +tokens +30
    quantum-agent-l3          config=/etc/quantum/quantum.conf plugin_config=/etc/quantum/l3_agent.ini +30
    quantum-agent-dhcp        config=/etc/quantum/quantum.conf plugin_config=/etc/quantum/dhcp_agent.ini +30
    quantum-metadata-agent    config=/etc/quantum/quantum.conf agent_config=/etc/quantum/metadata_agent.ini +30
    ceilometer-agent-central  config=/etc/ceilometer/ceilometer.conf +30
an author of several agents, in a journal and in two pages beside the scripts, of 2012
    keystone                  config=/etc/keystone/keystone.conf user=keystone client_binary=/usr/bin/keystone +keystone op monitor interval=15s timeout=30s
    glance-api                config=/etc/glance/glance-api.conf user=glance client_binary=/usr/bin/glance +keystone op monitor interval=15s timeout=30s
    glance-registry           config=/etc/glance/glance-registry.conf user=glance +keystone op monitor interval=15s timeout=30s
    glance-registry           keystone_url=http://192.0.2.10:5000/v2.0/ os_username=admin os_password=secret os_tenant_name=admin
    nova-api                  config=/etc/nova/nova.conf op monitor interval=5s timeout=5s
    nova-api                  keystone_url=http://192.0.2.10:5000/v2.0/ os_username=admin os_password=secret os_tenant_name=admin
    nova-scheduler            config=/etc/nova/nova.conf +30
    nova-scheduler            config=/srv/nova/nova.conf amqp_server_port=5765 database_server_port=3307 +30
    nova-scheduler            config=/etc/nova/nova.conf queue_port=5777 +30
    nova-scheduler            zeromq=true +30
    nova-cert                 config=/etc/nova/nova.conf +30
    nova-consoleauth          config=/etc/nova/nova.conf +30
    nova-vnc                  config=/etc/nova/nova.conf +30
    nova-vnc                  config=/srv/nova/nova.conf console_port=6081 web=/usr/share/novncproxy +30
    nova-novnc                config=/etc/nova/nova.conf console_port=5900 +30
a cluster of two virtual machines, with Grizzly
    nova-api                  pid=/run/nova/nova-api.pid config=/etc/nova/nova.conf +tokens url=http://192.0.2.10:8774/v2/ +30
    nova-cert                 pid=/run/nova/nova-cert.pid config=/etc/nova/nova.conf +30
    nova-compute              pid=/run/nova/nova-compute.pid config=/etc/nova/nova.conf +30
    nova-conductor            pid=/run/nova/nova-conductor.pid config=/etc/nova/nova.conf +30
    nova-novncproxy           pid=/run/nova/nova-novncproxy.pid config=/etc/nova/nova.conf +30
    cinder-scheduler          pid=/run/cinder/cinder-scheduler.pid config=/etc/cinder/cinder.conf +30
    cinder-volume             pid=/run/cinder/cinder-volume.pid config=/etc/cinder/cinder.conf +30
    quantum-server            pid=/run/quantum/quantum-server.pid config=/etc/quantum/quantum.conf +tokens url=http://192.0.2.10 +30
    quantum-l3-agent          pid=/run/quantum/l3.pid config=/etc/quantum/quantum.conf plugin_config=/etc/quantum/l3_agent.ini +30
    quantum-dhcp-agent        pid=/run/quantum/dhcp.pid config=/etc/quantum/quantum.conf plugin_config=/etc/quantum/dhcp_agent.ini +30
    quantum-metadata-agent    pid=/run/quantum/meta.pid config=/etc/quantum/quantum.conf agent_config=/etc/quantum/metadata_agent.ini +30
a collection of cookbooks
    cinder-schedule           config=/etc/cinder/cinder.conf amqp_server_port=5672 op monitor interval=20s timeout=20s
    cinder-schedule           config=/etc/cinder/cinder.conf amqp_server_port=5672 database_server_port=3306
    cinder-volume             config=/etc/cinder/cinder.conf amqp_server_port=5672 op monitor interval=20s timeout=20s
    nova-cert                 config=/etc/nova/nova.conf amqp_server_port=5672 op monitor interval=20s timeout=20s
    nova-conductor            config=/etc/nova/nova.conf amqp_server_port=5672 database_server_port=3306 op monitor interval=20s timeout=20s
    glance-api                config=/etc/glance/glance-api.conf +keystone os_image_url=http://192.0.2.10:9292/v2 op monitor interval=20s timeout=20s
    neutron-metadata-agent    config=/etc/neutron/neutron.conf op monitor interval=20s timeout=20s
    quantum-agent-l3          config=/etc/quantum/quantum.conf amqp_server_port=5672 op monitor interval=20s timeout=20s
    heat-api                  op monitor interval=20s
    heat-api-cfn              op monitor interval=20s
    heat-engine               op monitor interval=20s
    heat-engine               config=/etc/heat/heat.conf amqp_server_port=5672 database_server_port=3306
charms
    quantum-agent-dhcp        config=/etc/quantum/quantum.conf op monitor interval=5s timeout=5s
    nova-consoleauth          op monitor interval=5s
    ceilometer-agent-central  op monitor interval=30s
a vendor's installer
    keystone                  +keystone user=openstack-keystone op monitor interval=10s timeout=60s op start timeout=240s
    cinder-volume             op monitor interval=10s
    ceilometer-agent-central  user=ceilometer binary=/usr/bin/ceilometer-agent-central op monitor interval=10s
installers with an evacuation of instances
    NovaCompute               auth_url=http://192.0.2.10:5000/v2.0 endpoint_type=internalURL username=admin password=secret tenant_name=admin
    NovaCompute               auth_url=http://192.0.2.10:35357 username=admin password=secret tenant_name=admin domain=example.org op start timeout=300
    NovaEvacuate              auth_url=http://192.0.2.10:5000/v2.0 username=admin password=secret tenant_name=admin op monitor interval=10s timeout=600s
    NovaEvacuate              auth_url=http://192.0.2.10:5000 username=admin password=secret user_domain=Default project_domain=Default tenant_name=admin region_name=regionOne no_shared_storage=true evacuate_delay=30
    nova-compute-wait         auth_url=http://192.0.2.10:5000/v2.0 username=admin password=secret tenant_name=admin domain=localdomain no_shared_storage=1 op start timeout=300
    neutron-ha-tool           os_auth_url=http://192.0.2.10:5000/v2.0 os_username=admin os_password=secret os_tenant_name=admin os_insecure=1 op monitor interval=10s op start timeout=1800s
an installer with DRBD
    keystone                  config=/etc/keystone/keystone.conf +keystone op monitor interval=30s timeout=45s
    nova-api                  config=/etc/nova/nova.conf additional_parameters=--log-file=/var/log/nova/nova-api.log op monitor interval=10s timeout=10s
"""  # fmt: skip  # noqa: E501  a row is a resource

REFUSED = {
    "ceilometer-agent-central use_service=true service=openstack-ceilometer-agent-central": (
        "Only a patched copy had them, to use an init script. The parameter unit does that."
    ),
    "heat-api-cloudwatch": "A cookbook brought the script. Heat ended it with Queens; openstack-daemon runs any program.",
    "quantum-plugin-linuxbridge-agent config=/etc/quantum/quantum.conf": "The cluster had a script of its own.",
    "nova-api-ra config=/etc/nova/nova.conf": "The name of a file that somebody downloaded; the agent is nova-api.",
}
"""What pcs and crmsh refuse on purpose, with the reason."""


def _read(line: str) -> Old:
    agent, *words = " ".join(_WORDS.get(word, word) for word in line.split()).split()
    at = words.index("op") if "op" in words else len(words)
    # What the guide wrote twice counts as crmsh takes it: the last one.
    params = dict(word.split("=", 1) for word in words[:at])
    return Old(agent, [f"{name}={value}" for name, value in params.items()], words[at:])


TAKEN = [_read(line) for line in _TAKEN.splitlines() if line.startswith(" ")]
EXCLUDED = [_read(line) for line in REFUSED]
