pcs cluster cib recipe.xml

# The computes.  Pacemaker asks each of them every 10 seconds: a lost power does not close a connection.
# While Pacemaker tries to connect, it does nothing else.  So it tries for a short time only, again and again.
pcs -f recipe.xml cluster node add-remote four reconnect_interval=30s \
    op start timeout=15s op monitor interval=10s timeout=30s
pcs -f recipe.xml cluster node add-remote five reconnect_interval=30s \
    op start timeout=15s op monitor interval=10s timeout=30s
pcs -f recipe.xml cluster node add-remote six reconnect_interval=30s \
    op start timeout=15s op monitor interval=10s timeout=30s

# What each compute needs, and no controller.  After a fencing, nova-compute waits for the evacuation.
# If nova-compute cannot be stopped, the compute keeps its power, and its instances run on.
pcs -f recipe.xml resource create compute_nova ocf:openstack:nova-compute hold=true \
    op start timeout=120s op stop timeout=60s on-fail=block op monitor interval=1s timeout=60s clone interleave=true
pcs -f recipe.xml resource create compute_neutron ocf:openstack:neutron-openvswitch-agent clone interleave=true
pcs -f recipe.xml constraint location 'regexp%^compute_' rule resource-discovery=never score=-INFINITY \
    '#kind' ne remote

# The evacuator: one instance, on a controller.  Its user has the role admin.
pcs -f recipe.xml resource create p_evacuate ocf:openstack:NovaEvacuate os_cloud=evacuation compute_nodes="four five six"
pcs -f recipe.xml constraint location 'regexp%^p_' rule resource-discovery=never score=-INFINITY '#kind' eq remote

pcs cluster cib-push recipe.xml
