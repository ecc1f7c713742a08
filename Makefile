# Run `make` to list everything that can be made here.

DESTDIR =
OCF_ROOT = /usr/lib/ocf
MAN = /usr/share/man/man7
PYTHON = python3
VENV = .venv
VERSION := $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' ocf_lib/__init__.py)
# One directory for each version: while a package is replaced, no agent imports the library of another version.
LIBRARY = $(OCF_ROOT)/lib/openstack/$(VERSION)
AGENTS = $(OCF_ROOT)/resource.d/openstack

help:  ## List what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

check: lint  ## Check style and types, run the unit tests and the installed agents as processes (about a minute, no root)
	$(VENV)/bin/pytest -q -n auto --dist worksteal tests/unit tests/agents

lint: $(VENV)/ready  ## Check style and types
	$(VENV)/bin/ruff check --quiet .
	$(VENV)/bin/ruff format --quiet --check . || { echo "some files must be formatted: run make format" >&2; exit 1; }
	$(VENV)/bin/mypy

format: $(VENV)/ready  ## Format every file in the common style
	$(VENV)/bin/ruff format --quiet .
	$(VENV)/bin/ruff check --quiet --fix .

test:  ## Run every test that this machine can run (as root on Debian: real daemons, a real cluster, about 50 minutes; RELEASE=bookworm)
	tests/run-all

demo:  ## Build a three-node cluster with Keystone on this machine and show what happens when things break (root; KEEP=1 keeps the cluster)
	tests/prepare --hosts demo
	$(VENV)/bin/python -m tests.box.demo $(if $(KEEP),--keep)

demo-down: $(VENV)/ready  ## End the cluster that `make demo KEEP=1` left running
	$(VENV)/bin/python -m tests.box.demo --down

bench:  ## Measure what a monitor costs, and how soon a crash or a hang is noticed (root, 40 minutes; ONLY=costs,crowds,probes,faults)
	tests/prepare --hosts bench
	$(VENV)/bin/python -m tests.bench $(ONLY)

bench-controller:  ## Measure what the monitors of a whole controller cost (root, 40 minutes; ONLY=advertised)
	tests/prepare --hosts bench-controller
	$(VENV)/bin/python -m tests.controller price $(if $(ONLY),--only=$(ONLY))

bench-start:  ## Measure a cold start of a whole controller, by Pacemaker and by systemd (root, 20 minutes; NODES=3 ONLY=narrow)
	tests/prepare --hosts bench-start
	$(VENV)/bin/python -m tests.controller start $(if $(NODES),--nodes=$(NODES)) $(if $(ONLY),--only=$(ONLY))

bench-failover:  ## Measure what a client notices of each fault and of planned work, and write docs/failover.md (root; COUNT=5 ONLY=power,move)
	tests/prepare --hosts bench-failover
	$(VENV)/bin/python -m tests.failover $(if $(COUNT),--count=$(COUNT)) $(if $(ONLY),--only=$(ONLY))

bench-evacuation:  ## Compare our evacuator with fence_evacuate and Masakari, and write docs/evacuation-peers.md (root, 3 hours; ONLY=ours,power-10)
	tests/prepare --hosts bench-evacuation
	$(VENV)/bin/python -m tests.evacuation.peers $(if $(ONLY),--only=$(ONLY))

fuzz:  ## Call the agents with wrong values for everything, 30,000 calls (root; COUNT=, SEED=, ONLY=3,7-9)
	tests/prepare --hosts fuzz
	$(VENV)/bin/python -m tests.fuzz $(if $(SEED),--seed=$(SEED)) $(if $(COUNT),--count=$(COUNT)) $(if $(ONLY),--only=$(ONLY))

test-long:  ## Run the tests of services and the cluster that make test skips, as they take too long (root, a quarter of an hour)
	tests/prepare --hosts test-long
	$(VENV)/bin/pytest -v --long -m long --durations=15 --ignore=tests/services/test_cloud.py tests/services tests/cluster

test-services:  ## Take every agent through its life with the real daemon, and write docs/services.md (root, an hour; RELEASE=bookworm)
	tests/prepare --hosts test-services
	PROJECTS=$(if $(PROJECTS),$(PROJECTS),all) $(VENV)/bin/pytest -v --long --page tests/conformance/test_ocf_tester.py \
		tests/services/test_cloud.py tests/services/test_projects.py

test-tomorrow:  ## Run the newest release of Nova, which Debian does not have yet, under its agents (root, PyPI, half an hour)
	tests/prepare --hosts test-tomorrow
	TOMORROW=yes $(VENV)/bin/pytest -v tests/services/test_tomorrow.py

test-matrix:  ## Break each thing that the services need under all of them, and write docs/matrix.md (root, 40 minutes; ONLY=dns,clock)
	tests/prepare --hosts test-matrix
	$(VENV)/bin/python -m tests.matrix $(if $(ONLY),--only=$(ONLY))

test-storms:  ## Let what the services need go away for a minute, on three nodes, and write docs/storms.md (root, 40 minutes; ONLY=broker,dns)
	tests/prepare --hosts test-storms
	$(VENV)/bin/python -m tests.controller storms --nodes=3 $(if $(ONLY),--only=$(ONLY))

test-recipes:  ## Type the recipes of docs/recipes in a real cluster and break them there (root, an hour; ONLY=placement,patterns)
	tests/prepare --hosts test-recipes
	tests/run-recipes $(ONLY)

test-evacuation:  ## Let computes die, and see that each instance runs once, somewhere (root, an hour; ONLY=test_12)
	tests/prepare --hosts test-evacuation
	$(VENV)/bin/pytest -v --long -s --durations=15 --page $(if $(ONLY),-k $(ONLY)) tests/evacuation

bless:  ## Write meta-data (tests/golden) and the generated tables as they are now; read the difference before you commit
	rm -rf build/root && $(MAKE) -s install DESTDIR=build/root
	for agent in $$(ls agents); do build/root$(OCF_ROOT)/resource.d/openstack/$$agent meta-data > tests/golden/$$agent.xml; done
	PYTHONDONTWRITEBYTECODE=1 $(PYTHON) packaging/words.py

install:  ## Install under DESTDIR; both packages call this
	install -d $(DESTDIR)$(LIBRARY) $(DESTDIR)$(AGENTS) $(DESTDIR)$(MAN) $(DESTDIR)/etc/logrotate.d
	for folder in $$(find ocf_lib -name __pycache__ -prune -o -type d -print); do install -d $(DESTDIR)$(LIBRARY)/$$folder || exit 1; done
	for file in $$(find ocf_lib -name '*.py'); do install -m 0644 $$file $(DESTDIR)$(LIBRARY)/$$file || exit 1; done
	for agent in agents/*; do \
	    if [ -L $$agent ]; then cp -P $$agent $(DESTDIR)$(AGENTS); continue; fi; \
	    sed 's|/lib/openstack"|/lib/openstack/$(VERSION)"|' $$agent > $(DESTDIR)$(AGENTS)/.new && \
	    chmod 0755 $(DESTDIR)$(AGENTS)/.new && mv $(DESTDIR)$(AGENTS)/.new $(DESTDIR)$(AGENTS)/$${agent##*/} || exit 1; \
	done
	install -m 0644 packaging/ra-api-1.1.dtd $(DESTDIR)$(OCF_ROOT)/lib/openstack/ra-api-1.1.dtd
	install -d -m 0750 $(DESTDIR)/var/log/openstack-resource-agents
	PYTHONDONTWRITEBYTECODE=1 $(PYTHON) packaging/manual.py $(DESTDIR)$(MAN)
	install -m 0644 packaging/logrotate $(DESTDIR)/etc/logrotate.d/resource-agents-openstack

deb:  ## Build the Debian package in build/deb
	packaging/pack deb $(VERSION)

rpm:  ## Build the package for Fedora, RHEL and SUSE in build/rpm
	packaging/pack rpm $(VERSION)

clean:  ## Remove everything that make has made in this directory
	rm -rf $(VENV) build

$(VENV)/ready: setup.cfg
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check $$($(PYTHON) tests/requirements.py test)
	touch $@

.PHONY: help check lint format test test-long test-services test-tomorrow test-matrix test-storms test-recipes test-evacuation demo demo-down bench bench-controller bench-start bench-failover bench-evacuation fuzz bless install deb rpm clean
