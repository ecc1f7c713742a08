# Work on a copy. The cluster takes it in one piece at the end.
pcs cluster cib recipe.xml

# Two of them must not write to one backend at once. So each is one instance, and the name of its backend is the same
# on every node. Stickiness: a lost node that comes back takes nothing away from the others.
pcs -f recipe.xml resource create p_cinder_volume ocf:openstack:cinder-volume meta resource-stickiness=100
pcs -f recipe.xml resource create p_manila_share ocf:openstack:manila-share meta resource-stickiness=100

# A group keeps its members together on one node, starts them in this order and stops them in the opposite order.
# The address comes last, so that no client meets it before Keystone answers.
pcs -f recipe.xml resource create p_keystone ocf:openstack:keystone meta resource-stickiness=100 --group g_keystone
pcs -f recipe.xml resource create vip ocf:heartbeat:IPaddr2 ip=192.0.2.10 cidr_netmask=24 \
    meta resource-stickiness=100 --group g_keystone

pcs cluster cib-push recipe.xml
