DESTDIR =
OCF_ROOT = /usr/lib/ocf
install:  ## Install under DESTDIR; what the rpm and the deb call
	install -d $(DESTDIR)$(OCF_ROOT)/lib/openstack/ocf_lib $(DESTDIR)$(OCF_ROOT)/resource.d/openstack
	install -m 0644 ocf_lib/*.py $(DESTDIR)$(OCF_ROOT)/lib/openstack/ocf_lib
	install -m 0755 agents/* $(DESTDIR)$(OCF_ROOT)/resource.d/openstack
