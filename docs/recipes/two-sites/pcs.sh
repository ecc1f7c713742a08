pcs cluster cib recipe.xml

# booth, at the address that booth.conf has for this site.  The other site's address is 192.0.2.22.
pcs -f recipe.xml resource create booth_ip ocf:heartbeat:IPaddr2 ip=192.0.2.21 cidr_netmask=24 --group g_booth
# The agent ocf:pacemaker:booth-site does not notice a boothd that hangs.  So this one asks boothd every 5 seconds.
pcs -f recipe.xml resource create booth ocf:heartbeat:anything binfile=/usr/sbin/boothd \
    cmdline_options="daemon -S -c /etc/booth/booth.conf" \
    monitor_hook="timeout 6 sh -c 'until booth list -c /etc/booth/booth.conf; do sleep 1; done' > /dev/null" \
    stop_timeout=2 op monitor interval=5s timeout=20s --group g_booth

# Keystone and its address, at one site only.
pcs -f recipe.xml resource create p_keystone ocf:openstack:keystone --group g_keystone
pcs -f recipe.xml resource create vip ocf:heartbeat:IPaddr2 ip=192.0.2.10 cidr_netmask=24 --group g_keystone
pcs -f recipe.xml constraint ticket add openstack g_keystone loss-policy=fence
# A site that cannot run booth does not learn that it has lost the ticket, so it does not run Keystone either.
pcs -f recipe.xml constraint colocation add g_keystone with g_booth

# acquire-after in booth.conf is longer than this.
pcs -f recipe.xml property set stonith-timeout=25s

pcs cluster cib-push recipe.xml
