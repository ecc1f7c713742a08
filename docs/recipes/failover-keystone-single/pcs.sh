pcs cluster cib recipe.xml

# The address comes first: Keystone binds to it, and a restart of Keystone leaves it where it is.
pcs -f recipe.xml resource create vip ocf:heartbeat:IPaddr2 ip=192.0.2.10 cidr_netmask=24 nic=eth0 --group g_keystone
pcs -f recipe.xml resource create p_keystone ocf:openstack:keystone --group g_keystone

pcs cluster cib-push recipe.xml
