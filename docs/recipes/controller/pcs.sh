# The complete controller on the nodes one, two and three. Paste this on one of them; README.md says what has to stand before.
# The cluster takes all of it at once, at the last line.
pcs cluster cib recipe.xml

# An address and a single instance stay if the node on which they ran before comes back. A start may fail because the node was too
# busy. After five minutes Pacemaker forgets that and tries again; without failure-timeout, it waits for an administrator.
pcs -f recipe.xml resource defaults update resource-stickiness=100 failure-timeout=5min

# The databases, on every node. Pacemaker first asks each node how far its copy is, then promotes the one that is furthest, then the others.
# A monitor that is late restarts the database. On busy nodes it would be late on all at once, so it gets twice the advertised time.
pcs -f recipe.xml resource create p_galera ocf:heartbeat:galera wsrep_cluster_address=gcomm://one,two,three \
    op monitor interval=20s timeout=60s monitor interval=10s role=Promoted timeout=60s \
    promotable promoted-max=3 interleave=true

# The message broker. Each monitor starts an Erlang machine of its own, so it runs less often than advertised, and gets more time.
pcs -f recipe.xml resource create p_rabbitmq ocf:rabbitmq:rabbitmq-server nodename=rabbit \
    op monitor interval=30s timeout=60s clone interleave=true

# Cache and load balancer run everywhere; the address goes only to a node whose HAProxy runs.
pcs -f recipe.xml resource create p_memcached systemd:memcached clone interleave=true
pcs -f recipe.xml resource create p_haproxy systemd:haproxy op monitor interval=5s timeout=100s clone interleave=true
pcs -f recipe.xml resource create vip ocf:heartbeat:IPaddr2 ip=192.0.2.10 cidr_netmask=24
pcs -f recipe.xml constraint colocation add vip with p_haproxy-clone

# Identity.
pcs -f recipe.xml resource create p_keystone ocf:openstack:keystone \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true

# Images, in Swift, so that every node has them.
pcs -f recipe.xml resource create p_glance_api ocf:openstack:glance-api \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true

# Objects. Each node stores on its own disk. The replicators bring a node that was away up to date, and the updater enters
# into the lists what a busy container server missed.
pcs -f recipe.xml resource create p_swift_account ocf:openstack:swift-account clone interleave=true
pcs -f recipe.xml resource create p_swift_container ocf:openstack:swift-container clone interleave=true
pcs -f recipe.xml resource create p_swift_object ocf:openstack:swift-object clone interleave=true
pcs -f recipe.xml resource create p_swift_daemon ocf:openstack:swift-daemon daemon=object-replicator clone interleave=true
pcs -f recipe.xml resource create p_swift_object_updater ocf:openstack:swift-daemon daemon=object-updater clone interleave=true
pcs -f recipe.xml resource create p_swift_container_replicator ocf:openstack:swift-daemon daemon=container-replicator clone interleave=true
pcs -f recipe.xml resource create p_swift_account_replicator ocf:openstack:swift-daemon daemon=account-replicator clone interleave=true
pcs -f recipe.xml resource create p_swift_proxy ocf:openstack:swift-proxy \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true

# Compute.
pcs -f recipe.xml resource create p_placement_api ocf:openstack:placement-api \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true
pcs -f recipe.xml resource create p_nova_api ocf:openstack:nova-api \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true
pcs -f recipe.xml resource create p_nova_api_metadata ocf:openstack:nova-api-metadata clone interleave=true
pcs -f recipe.xml resource create p_nova_conductor ocf:openstack:nova-conductor \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true
pcs -f recipe.xml resource create p_nova_scheduler ocf:openstack:nova-scheduler \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true
pcs -f recipe.xml resource create p_nova_novncproxy ocf:openstack:nova-novncproxy clone interleave=true
pcs -f recipe.xml resource create p_nova_compute ocf:openstack:nova-compute \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true

# Network.
pcs -f recipe.xml resource create p_neutron_server ocf:openstack:neutron-server \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true
pcs -f recipe.xml resource create p_neutron_rpc_server ocf:openstack:neutron-rpc-server clone interleave=true
pcs -f recipe.xml resource create p_neutron_openvswitch_agent ocf:openstack:neutron-openvswitch-agent \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true
pcs -f recipe.xml resource create p_neutron_dhcp_agent ocf:openstack:neutron-dhcp-agent \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true
pcs -f recipe.xml resource create p_neutron_l3_agent ocf:openstack:neutron-l3-agent \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true
pcs -f recipe.xml resource create p_neutron_metadata_agent ocf:openstack:neutron-metadata-agent \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true

# Volumes. Two cinder-volume must not write to one backend at once: one instance, which moves. Its backend_host is the same
# on every node.
pcs -f recipe.xml resource create p_cinder_api ocf:openstack:cinder-api \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true
pcs -f recipe.xml resource create p_cinder_scheduler ocf:openstack:cinder-scheduler \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true
pcs -f recipe.xml resource create p_cinder_backup ocf:openstack:cinder-backup \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true
pcs -f recipe.xml resource create p_cinder_volume ocf:openstack:cinder-volume \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password

# Shared file systems. manila-share moves, too, and has a configuration of its own: the host in it is the same everywhere.
pcs -f recipe.xml resource create p_manila_api ocf:openstack:manila-api \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true
pcs -f recipe.xml resource create p_manila_scheduler ocf:openstack:manila-scheduler \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true
pcs -f recipe.xml resource create p_manila_share ocf:openstack:manila-share config=/etc/manila/manila-share.conf \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password

# Orchestration, telemetry, dashboard. Two ceilometer-agent-central would poll everything twice.
pcs -f recipe.xml resource create p_heat_api ocf:openstack:heat-api \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true
pcs -f recipe.xml resource create p_heat_api_cfn ocf:openstack:heat-api-cfn clone interleave=true
pcs -f recipe.xml resource create p_heat_engine ocf:openstack:heat-engine \
    os_auth_url=http://192.0.2.10:5000/v3 os_username=monitor os_project_name=service \
    os_password_file=/etc/openstack/monitor.password clone interleave=true
pcs -f recipe.xml resource create p_ceilometer_agent_central ocf:openstack:ceilometer-agent-central
pcs -f recipe.xml resource create p_horizon ocf:openstack:horizon 'url=http://{host}/horizon/auth/login/' \
    host_header=192.0.2.10 clone interleave=true

# At a cold start the address comes up once there is a database, and the services only then: the last start of Galera is
# a promotion, and Pacemaker cannot promote while starts are under way that wait for the database. Neither order stops anything.
pcs -f recipe.xml constraint order promote p_galera-clone then start vip symmetrical=false
pcs -f recipe.xml constraint order set vip \
    set \
        p_keystone-clone p_glance_api-clone p_swift_account-clone p_swift_container-clone p_swift_object-clone \
        p_swift_daemon-clone p_swift_object_updater-clone \
        p_swift_container_replicator-clone p_swift_account_replicator-clone p_swift_proxy-clone \
        p_placement_api-clone p_nova_api-clone p_nova_api_metadata-clone \
        p_nova_conductor-clone p_nova_scheduler-clone p_nova_novncproxy-clone p_nova_compute-clone \
        p_neutron_server-clone p_neutron_rpc_server-clone p_neutron_openvswitch_agent-clone p_neutron_dhcp_agent-clone \
        p_neutron_l3_agent-clone p_neutron_metadata_agent-clone p_cinder_api-clone p_cinder_scheduler-clone \
        p_cinder_backup-clone p_cinder_volume p_manila_api-clone p_manila_scheduler-clone p_manila_share \
        p_heat_api-clone p_heat_api_cfn-clone p_heat_engine-clone p_ceilometer_agent_central p_horizon-clone \
    sequential=false setoptions symmetrical=false

# nova-conductor ends if Placement does not answer.
pcs -f recipe.xml constraint order start p_placement_api-clone then start p_nova_conductor-clone kind=Optional symmetrical=false

pcs cluster cib-push recipe.xml
