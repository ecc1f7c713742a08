# Work on a copy. The cluster takes it in one piece at the end.
pcs cluster cib recipe.xml

# The partner: one copy on each node, and one of them is promoted. It stands for your database; take its own agent,
# and the parameters that this agent wants.
pcs -f recipe.xml resource create p_database ocf:pacemaker:Stateful promotable

# What follows the promoted copy: the address at which the database answers, and a service that uses it.
pcs -f recipe.xml resource create vip ocf:heartbeat:IPaddr2 ip=192.0.2.10 cidr_netmask=24 --group g_keystone
pcs -f recipe.xml resource create p_keystone ocf:openstack:keystone --group g_keystone

# Promote, then start; and before a demote, stop. Only on the node of the promoted copy.
pcs -f recipe.xml constraint order promote p_database-clone then start g_keystone
pcs -f recipe.xml constraint colocation add g_keystone with Promoted p_database-clone

pcs cluster cib-push recipe.xml
