# Work on a copy. The cluster takes it in one piece at the end.
pcs cluster cib recipe.xml

# Each node can carry two, and Pacemaker takes the node with the most room. So two of them share a node only if no node
# is free.
pcs -f recipe.xml property set placement-strategy=balanced
pcs -f recipe.xml node utilization one volumes=2
pcs -f recipe.xml node utilization two volumes=2
pcs -f recipe.xml node utilization three volumes=2
pcs -f recipe.xml node utilization four volumes=2

# One cinder-volume for each storage system. Stickiness above the preferences below: nothing moves back by itself.
pcs -f recipe.xml resource create p_volume_a ocf:openstack:cinder-volume \
    config=/etc/cinder/volume-a.conf meta resource-stickiness=1000
pcs -f recipe.xml resource utilization p_volume_a volumes=1
pcs -f recipe.xml resource create p_volume_b ocf:openstack:cinder-volume \
    config=/etc/cinder/volume-b.conf meta resource-stickiness=1000
pcs -f recipe.xml resource utilization p_volume_b volumes=1
pcs -f recipe.xml resource create p_volume_c ocf:openstack:cinder-volume \
    config=/etc/cinder/volume-c.conf meta resource-stickiness=1000
pcs -f recipe.xml resource utilization p_volume_c volumes=1

# Each begins on a node of its own. Nobody prefers node four: it is the spare, until it takes over.
pcs -f recipe.xml constraint location p_volume_a prefers one=100
pcs -f recipe.xml constraint location p_volume_b prefers two=100
pcs -f recipe.xml constraint location p_volume_c prefers three=100

pcs cluster cib-push recipe.xml
