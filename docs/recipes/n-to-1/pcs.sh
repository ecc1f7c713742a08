# Work on a copy. The cluster takes it in one piece at the end.
pcs cluster cib recipe.xml

# One cinder-volume for each storage system.
pcs -f recipe.xml resource create p_volume_a ocf:openstack:cinder-volume \
    config=/etc/cinder/volume-a.conf meta resource-stickiness=50
pcs -f recipe.xml resource create p_volume_b ocf:openstack:cinder-volume \
    config=/etc/cinder/volume-b.conf meta resource-stickiness=50
pcs -f recipe.xml resource create p_volume_c ocf:openstack:cinder-volume \
    config=/etc/cinder/volume-c.conf meta resource-stickiness=50

# Fail-back: the home (300) counts more than the spare (100) and the stickiness (50) together. So the work returns as
# soon as its home is back, and the spare is free for the next failure.
pcs -f recipe.xml constraint location p_volume_a prefers one=300 four=100
pcs -f recipe.xml constraint location p_volume_b prefers two=300 four=100
pcs -f recipe.xml constraint location p_volume_c prefers three=300 four=100

pcs cluster cib-push recipe.xml
