# Everything that can be made here; `make` alone lists it.

DESTDIR =
OCF_ROOT = /usr/lib/ocf
PYTHON = python3
VENV = .venv

help:  ## List what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

check: lint  ## Style, types, unit tests and the installed agents as processes: seconds, no root
	$(VENV)/bin/pytest -q tests/unit tests/agents

lint: $(VENV)/ready  ## Style and types
	$(VENV)/bin/ruff check --quiet .
	$(VENV)/bin/ruff format --quiet --check . || { echo "some files want formatting: make format" >&2; exit 1; }
	$(VENV)/bin/mypy

format: $(VENV)/ready  ## Bring every file into the common form
	$(VENV)/bin/ruff format --quiet .
	$(VENV)/bin/ruff check --quiet --fix .

test:  ## Everything this machine can run, with the set-up it needs (as root: real daemons, a real cluster)
	tests/everything

demo:  ## A three-node cluster with Keystone on this machine, and what it does when things break (root; KEEP=1 keeps it)
	tests/ready hosts demo
	$(VENV)/bin/python -m tests.box.demo $(if $(KEEP),--keep)

demo-down: $(VENV)/ready  ## End the cluster that `make demo KEEP=1` left up
	$(VENV)/bin/python -m tests.box.demo --down

bench:  ## What a monitor costs and how soon a crash is noticed (root for the cluster's part)
	tests/ready hosts bench
	$(VENV)/bin/python -m tests.bench

bless:  ## Accept the meta-data as it is now into tests/golden; read the difference before you commit it
	rm -rf build/root && $(MAKE) -s install DESTDIR=build/root
	for agent in $$(ls agents); do build/root$(OCF_ROOT)/resource.d/openstack/$$agent meta-data > tests/golden/$$agent.xml; done

install:  ## Install under DESTDIR; what the rpm and the deb call
	install -d $(DESTDIR)$(OCF_ROOT)/lib/openstack/ocf_lib $(DESTDIR)$(OCF_ROOT)/resource.d/openstack
	install -m 0644 ocf_lib/*.py $(DESTDIR)$(OCF_ROOT)/lib/openstack/ocf_lib
	for agent in agents/*; do \
	    if [ -L $$agent ]; then cp -P $$agent $(DESTDIR)$(OCF_ROOT)/resource.d/openstack; \
	    else install -m 0755 $$agent $(DESTDIR)$(OCF_ROOT)/resource.d/openstack; fi || exit 1; \
	done

clean:  ## Remove what make has made in this directory
	rm -rf $(VENV) build

$(VENV)/ready: setup.cfg
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check $$($(PYTHON) tests/requirements.py test)
	touch $@

.PHONY: help check lint format test demo demo-down bench bless install clean
