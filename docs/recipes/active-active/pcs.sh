# Work on a copy. The cluster takes it in one piece at the end.
pcs cluster cib recipe.xml

# HAProxy on every node. Pacemaker looks every 2 seconds, and not once a minute: systemd itself does not restart what
# Pacemaker runs.
pcs -f recipe.xml resource create p_haproxy systemd:haproxy op monitor interval=2s timeout=100s clone
# Interleaved: a copy waits for the copies of its own node, and not for those of the other nodes.
pcs -f recipe.xml resource meta p_haproxy-clone interleave=true

# An API keeps its state in the database, so each node runs a copy. Each further API is two lines like these.
# drain_time: HAProxy sends nothing more to a copy 5 seconds before it stops.
pcs -f recipe.xml resource create p_keystone ocf:openstack:keystone drain_time=5s clone
pcs -f recipe.xml resource meta p_keystone-clone interleave=true

# The address of all APIs is on a node whose HAProxy runs. It does not move when a lost node comes back.
pcs -f recipe.xml resource create vip ocf:heartbeat:IPaddr2 ip=192.0.2.10 cidr_netmask=24 meta resource-stickiness=100
pcs -f recipe.xml constraint order p_haproxy-clone then vip
pcs -f recipe.xml constraint colocation add vip with p_haproxy-clone

pcs cluster cib-push recipe.xml
