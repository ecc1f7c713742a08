pcs cluster cib recipe.xml

# Keystone on every node.  Before a stop, HAProxy has two seconds to see that the instance is out of rotation.
pcs -f recipe.xml resource create p_keystone ocf:openstack:keystone drain_time=2s clone interleave=true

# HAProxy on every node; the virtual IP is only where HAProxy runs.
pcs -f recipe.xml resource create p_haproxy systemd:haproxy op monitor interval=5s timeout=100s clone interleave=true
pcs -f recipe.xml resource create vip ocf:heartbeat:IPaddr2 ip=192.0.2.10 cidr_netmask=24 nic=eth0
pcs -f recipe.xml constraint colocation add vip with p_haproxy-clone
pcs -f recipe.xml constraint order start p_haproxy-clone then start vip

# The gate opens before the address comes, and shuts before it goes.
pcs -f recipe.xml resource create gate lsb:openstack-gate op stop timeout=30s op monitor interval=10s timeout=15s
pcs -f recipe.xml constraint colocation add gate with vip
pcs -f recipe.xml constraint order start gate then start vip symmetrical=false
pcs -f recipe.xml constraint order stop gate then stop vip symmetrical=false

# A node that is emptied first gives the address away.  Then its Keystone may take its time to stop.
pcs -f recipe.xml constraint order stop vip then stop p_keystone-clone kind=Optional symmetrical=false

pcs cluster cib-push recipe.xml
