pcs cluster cib recipe.xml

pcs -f recipe.xml resource create p_keystone ocf:openstack:keystone unit=keystone clone interleave=true

pcs cluster cib-push recipe.xml
