# Work on a copy. The cluster takes it in one piece at the end.
pcs cluster cib recipe.xml

# Each node can carry three of them, and Pacemaker takes the node with the most room. Two on each node leave room for the
# work of one lost node.
pcs -f recipe.xml property set placement-strategy=balanced
pcs -f recipe.xml node utilization one volumes=3
pcs -f recipe.xml node utilization two volumes=3
pcs -f recipe.xml node utilization three volumes=3

# One cinder-volume for each storage system, and no preference for a node. Stickiness: no running work ever moves.
pcs -f recipe.xml resource create p_volume_a ocf:openstack:cinder-volume \
    config=/etc/cinder/volume-a.conf meta resource-stickiness=100
pcs -f recipe.xml resource utilization p_volume_a volumes=1
pcs -f recipe.xml resource create p_volume_b ocf:openstack:cinder-volume \
    config=/etc/cinder/volume-b.conf meta resource-stickiness=100
pcs -f recipe.xml resource utilization p_volume_b volumes=1
pcs -f recipe.xml resource create p_volume_c ocf:openstack:cinder-volume \
    config=/etc/cinder/volume-c.conf meta resource-stickiness=100
pcs -f recipe.xml resource utilization p_volume_c volumes=1
pcs -f recipe.xml resource create p_volume_d ocf:openstack:cinder-volume \
    config=/etc/cinder/volume-d.conf meta resource-stickiness=100
pcs -f recipe.xml resource utilization p_volume_d volumes=1
pcs -f recipe.xml resource create p_volume_e ocf:openstack:cinder-volume \
    config=/etc/cinder/volume-e.conf meta resource-stickiness=100
pcs -f recipe.xml resource utilization p_volume_e volumes=1
pcs -f recipe.xml resource create p_volume_f ocf:openstack:cinder-volume \
    config=/etc/cinder/volume-f.conf meta resource-stickiness=100
pcs -f recipe.xml resource utilization p_volume_f volumes=1

pcs cluster cib-push recipe.xml
