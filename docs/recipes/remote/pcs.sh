pcs cluster cib recipe.xml

# The computes.  Pacemaker asks each of them every 10 seconds: a lost power does not close a connection.
# While Pacemaker tries to connect, it does nothing else.  So it tries for a short time only, again and again.
pcs -f recipe.xml cluster node add-remote four reconnect_interval=30s \
    op start timeout=15s op monitor interval=10s timeout=30s
pcs -f recipe.xml cluster node add-remote five reconnect_interval=30s \
    op start timeout=15s op monitor interval=10s timeout=30s

# The control plane.  Its names begin with p_, so that one rule keeps all of it away from the computes.
pcs -f recipe.xml resource create p_keystone ocf:openstack:keystone clone interleave=true
pcs -f recipe.xml resource create p_placement ocf:openstack:placement-api clone interleave=true
pcs -f recipe.xml resource create p_nova_api ocf:openstack:nova-api clone interleave=true
pcs -f recipe.xml resource create p_nova_conductor ocf:openstack:nova-conductor clone interleave=true
pcs -f recipe.xml resource create p_nova_scheduler ocf:openstack:nova-scheduler clone interleave=true
pcs -f recipe.xml resource create p_neutron_server ocf:openstack:neutron-server clone interleave=true
pcs -f recipe.xml resource create p_neutron_rpc_server ocf:openstack:neutron-rpc-server clone interleave=true
pcs -f recipe.xml constraint order start p_placement-clone then start p_nova_conductor-clone \
    kind=Optional symmetrical=false
pcs -f recipe.xml constraint location 'regexp%^p_' rule resource-discovery=never score=-INFINITY '#kind' eq remote

# What each compute needs, and no controller.
pcs -f recipe.xml resource create compute_nova ocf:openstack:nova-compute clone interleave=true
pcs -f recipe.xml resource create compute_neutron ocf:openstack:neutron-openvswitch-agent clone interleave=true
pcs -f recipe.xml constraint location 'regexp%^compute_' rule resource-discovery=never score=-INFINITY \
    '#kind' ne remote

pcs cluster cib-push recipe.xml
