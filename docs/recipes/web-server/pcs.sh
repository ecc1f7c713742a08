pcs cluster cib recipe.xml

# Two sites of one Apache: one unit, two resources.  The first start starts Apache, and the last stop stops it.
pcs -f recipe.xml resource create p_keystone ocf:openstack:keystone unit=apache2 url=http://127.0.0.1:5000/v3 \
    clone interleave=true
pcs -f recipe.xml resource create p_horizon ocf:openstack:horizon unit=apache2 clone interleave=true

# A unit of its own.
pcs -f recipe.xml resource create p_placement ocf:openstack:placement-api unit=placement-api clone interleave=true

pcs cluster cib-push recipe.xml
