"""Every command of the documents, typed in a cluster in their order, and what came of it."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from tests.box import cluster as pacemaker
from tests.box import keystone
from tests.box.agent import Agent, install
from tests.box.cluster import settled, started, trust_each_other
from tests.box.keystone import daemons
from tests.box.machine import wait_for
from tests.conftest import ROOT

from .conftest import main_pid

OPERATE, MIGRATE, README = "docs/operate.md", "docs/migrate.md", "README.md"
FRESH = "/root/fresh.xml"
# Each takes some 15 seconds.  For proof:
#   CIBSECRET_ROUNDS=20 .venv/bin/pytest -s tests/cluster/test_guide.py -k secret
ROUNDS = int(os.environ.get("CIBSECRET_ROUNDS", "1"))
ASKING = "/run/asking"
# Typed by tests/packages and by hand: a demonstration, and the tools of other distributions.
ELSEWHERE = ("make ", "dnf ")
# Signed in to the Keystone of the host it runs on, and asking that, whatever the catalogue says.
ADMINISTRATOR = f"""
from keystoneauth1.identity import Password
from keystoneauth1.session import Session
own = "http://127.0.0.1:5000/v3"
session = Session(Password(own, username="admin", password="{keystone.ADMIN_PASSWORD}", project_name="admin",
                           user_domain_name="Default", project_domain_name="Default"))
"""
# What the commands of crmsh speak of, where those below the same heading do not create it.
STANDS = {
    "p_keystone": "primitive p_keystone ocf:openstack:keystone params os_username=a os_password=b os_project_name=c"
    " os_password_file=/d op monitor interval=30s\nclone p_keystone-clone p_keystone",
    "vip": "primitive vip ocf:heartbeat:IPaddr2 params ip=192.0.2.10 op monitor interval=10s timeout=20s",
    "p_glance_api": "primitive p_glance_api ocf:openstack:glance-api op monitor interval=30s timeout=30s",
    "keystone": "primitive keystone systemd:keystone op monitor interval=30s",
}
# Commands that ask Pacemaker itself; on a file crm_resource does not perform them.
RUNNING = ("crm resource cleanup ", "crm resource refresh", "crm_resource ")
typed: set[tuple[str, str]] = set()


def commands(page: str) -> dict[str, list[str]]:
    """{heading: its commands}: what stands indented below it, a continued line as one.  A script is no command."""
    found: dict[str, list[str]] = {}
    heading = ""
    text = re.sub(r"(?ms)^```.*?^```$", "", (ROOT / page).read_text()).replace("\\\n", "")
    for line in text.splitlines():
        if line.startswith("#"):
            heading = line.strip("# ")
        elif line.startswith("    "):
            found.setdefault(heading, []).append(re.sub(r"\s+", " ", line.strip()))
    return found


def type_in(page: str, heading: str, nodes, fresh: bool = False, after=settled) -> None:
    """Type the commands below a heading on the first of *nodes*, or on every one where they say so.

    *fresh*: into an empty configuration instead of the cluster's, as it takes
    other services than these nodes have, or the same name once more.
    """
    typed.add((page, heading))
    if fresh:
        nodes[0].run("sh", "-c", f"cibadmin --empty > {FRESH}")
        nodes[0].run("pcs", "-f", FRESH, "property", "set", "stonith-enabled=false")
    for line in commands(page)[heading]:
        command, _, remark = line.partition(" # ")
        if command.startswith(ELSEWHERE):
            continue
        if fresh:
            command = re.sub(r"^pcs ", f"pcs -f {FRESH} ", command)
        if "/build/deb/" in command:
            command = command.replace("/build/deb/", "/")
        for host in nodes if remark == "on every node" else nodes[:1]:
            host.run("sh", "-c", f"cd /root && {command}", timeout=200)
        if not fresh:
            after(nodes[0])


def well(node, copies: int) -> None:
    """The last monitor of Keystone returned 0 wherever it runs."""

    def codes():
        return [pacemaker.monitor_code(node, "p_keystone", name) for name in pacemaker.active_on(node, "p_keystone")]

    wait_for(lambda: codes() == [0] * copies, 60, "every monitor to be well", pause=0.5)


def test_the_guide(cluster, admin):
    """
    From a node without the package to a Keystone on every node behind an address, with credentials of every kind.
    """
    a_user_for_monitoring(cluster)
    for host in cluster:
        host.run("dpkg", "--purge", "resource-agents-openstack")
        host.run("systemctl", "enable", "keystone")
    type_in(README, "Install", cluster)
    for host in cluster:
        host.run("dpkg", "--purge", "resource-agents-openstack")
    type_in(OPERATE, "Install", cluster)
    type_in(OPERATE, "The first resource: Keystone on every node", cluster)
    assert started(admin, copies=3) == ["one", "three", "two"]
    pids = [main_pid(host) for host in cluster]
    well(admin, 3)

    type_in(OPERATE, "Watching", cluster)
    type_in(OPERATE, "Fencing", cluster)
    type_in(OPERATE, "Credentials, in four ways", cluster, after=lambda node: (settled(node), well(node, 3)))
    type_in(OPERATE, "Reading `pcs status`", cluster)
    type_in(OPERATE, "Looking closer", cluster)
    well(admin, 3)
    assert pacemaker.failures(admin) == []
    degraded_on_one_node(cluster, admin)
    assert [main_pid(host) for host in cluster] == pids


def degraded_on_one_node(cluster, admin) -> None:
    """One instance loses its password: the cluster says so, the address leaves it, and an alert tells both turns."""
    script = re.search(r"```sh\n(.*?)```", (ROOT / OPERATE).read_text(), re.DOTALL)
    assert script
    for host in cluster:
        host.put("/usr/local/bin/openstack_state", script[1], 0o755)
    (active,) = pacemaker.active_on(admin, "vip")
    host = next(one for one in cluster if one.name == active)
    secret = host.read("/etc/openstack/secure.yaml")

    def alerts() -> list[str]:
        command = commands(OPERATE)['An alert for "degraded" and for "well again"'][-1]
        said = "".join(one.run("sh", "-c", f"{command} --output=cat", check=False).stdout for one in cluster)
        return [line for line in said.splitlines() if line.startswith("p_keystone")]

    try:
        type_in(OPERATE, "An address that leaves a degraded instance", cluster)
        type_in(OPERATE, 'An alert for "degraded" and for "well again"', cluster)
        type_in(OPERATE, "The state of each service", cluster)
        assert pacemaker.active_on(admin, "vip") == [active]
        assert alerts() == []
        host.put("/etc/openstack/secure.yaml", secret.replace("secret", "forgotten"), 0o600)
        wait_for(lambda: pacemaker.active_on(admin, "vip") not in ([], [active]), 60, "the address to leave", pause=0.5)
        shown = admin.run("sh", "-c", commands(OPERATE)["The state of each service"][0]).stdout
        reason, *others = sorted(re.findall(r"openstack-p_keystone\s*: (.*\S)", shown))
        assert reason.startswith("http://127.0.0.1:5000/v3 refuses cloud monitoring: 401")
        assert others == ["well", "well"]
        wait_for(lambda: f"p_keystone on {active}: {reason}" in alerts(), 10, "the alert", pause=0.5)
        assert f"p_keystone on {active}: well" not in alerts()
    finally:
        host.put("/etc/openstack/secure.yaml", secret, 0o600)
    wait_for(lambda: f"p_keystone on {active}: well" in alerts(), 60, "the alert that it is well again", pause=0.5)
    admin.run("pcs", "alert", "remove", "openstack_state")


def refused_secrets(cluster) -> int:
    """How often an operation was not run for want of a secret, since the nodes were made."""
    return sum(host.read("/var/log/pacemaker/pacemaker.log").count("Unable to load CIB secrets") for host in cluster)


def test_no_monitor_misses_a_secret(cluster, admin):
    """
    The guide's commands, one after the other, under a monitor that comes each second and does not watch: from the
    configuration to cibsecret to a file, again and again, and no operation fails. Pacemaker itself restarts a copy at the
    next change if a clean-up has just removed its entry "degraded": the guide says so.
    """
    a_user_for_monitoring(cluster)
    admin.run(
        "pcs", "resource", "create", "p_keystone", "ocf:openstack:keystone", "watch_time=0",
        "op", "monitor", "interval=1s", "timeout=60s", "clone",
    )  # fmt: skip
    started(admin, copies=3)
    settled(admin)
    refused = refused_secrets(cluster)
    plain, stored, to_a_file, removed, _clouds_yaml = commands(OPERATE)["Credentials, in four ways"]
    for _ in range(ROUNDS):
        admin.run("sh", "-c", plain)
        admin.run("sh", "-c", stored)
        type_in(OPERATE, "Secrets under a running monitor", cluster, after=lambda _node: None)
        admin.run("sh", "-c", to_a_file)
        admin.run("sh", "-c", removed)
        settled(admin)
        assert (pacemaker.failures(admin), refused_secrets(cluster)) == ([], refused)
        admin.run("pcs", "resource", "update", "p_keystone", "os_password_file=")
        # Without a password each copy is degraded, and Pacemaker 3.0 then waits for ever.
        wait_for(lambda: len(pacemaker.failures(admin)) == 3, 60, "three degraded copies", pause=0.5)
    print(f"{ROUNDS} rounds, no operation failed")


def a_user_for_monitoring(cluster) -> None:
    """The user, the password file and the clouds.yaml of which the guide speaks, while Keystone runs nowhere."""
    keystone.bootstrap_user(cluster[0], "monitor", "secret", "service")
    keystone.copy(cluster[0], cluster[1:])
    for host in cluster:
        host.put("/etc/openstack/monitor.password", "secret\n", 0o600)
        host.put(
            "/etc/openstack/clouds.yaml",
            "clouds:\n  monitoring:\n    auth:\n      auth_url: http://127.0.0.1:5000/v3\n      username: monitor\n"
            "      project_name: service\n      user_domain_name: Default\n      project_domain_name: Default\n",
        )
        host.put("/etc/openstack/secure.yaml", "clouds:\n  monitoring:\n    auth:\n      password: secret\n", 0o600)
    trust_each_other(cluster)


@pytest.mark.parametrize(
    ("page", "heading"),
    [
        (README, "OpenStack resource agents for Pacemaker"),
        (OPERATE, "A clone or one instance"),
        (OPERATE, "A service that has no agent"),
        (OPERATE, "A stop that loses no request"),
        (OPERATE, "A daemon in a virtual environment"),
        (OPERATE, "In a web server, or in a container"),
    ],
)
def test_what_goes_into_a_configuration(cluster, page, heading):
    """
    Services that these nodes do not have: pcs takes the commands, and the cluster finds nothing wrong with the result.
    """
    if heading == "A clone or one instance":
        # Two ways to run one Keystone; pcs would refuse the second address.
        assert sum("create vip " in command for command in commands(page)[heading]) == 1
    type_in(page, heading, cluster, fresh=True)
    cluster[0].run("crm_verify", "--xml-file", FRESH)


# As resources of the old agents are: parameters, and what those made of them on the command line.
OLD = {
    "glance-api": (
        "user=glance config=/etc/glance/glance-api.conf os_username=admin os_password=secret os_tenant_name=admin"
        " os_auth_url=http://127.0.0.1:5000/v2.0/",
        "glance-api --config-file=/etc/glance/glance-api.conf",
    ),
    "cinder-schedule": (
        "user=cinder binary=cinder-scheduler config=/etc/cinder/cinder.conf amqp_server_port=5672",
        "cinder-scheduler --config-file=/etc/cinder/cinder.conf",
    ),
    "cinder-volume": (
        "user=cinder config=/etc/cinder/cinder.conf multibackend=false amqp_server_port=5672",
        "cinder-volume --config-file=/etc/cinder/cinder.conf",
    ),
    "nova-scheduler": (
        "user=nova config=/etc/nova/nova.conf database_server_port=3306 amqp_server_port=5672",
        "nova-scheduler --config-file=/etc/nova/nova.conf",
    ),
    "neutron-agent-dhcp": (
        "user=neutron plugin_config=/etc/neutron/dhcp_agent.ini amqp_server_port=5672",
        "neutron-dhcp-agent --config-file=/etc/neutron/neutron.conf --config-file=/etc/neutron/dhcp_agent.ini",
    ),
    "neutron-agent-l3": (
        "user=neutron plugin_config=/etc/neutron/l3_agent.ini neutron_server_port=9696",
        "neutron-l3-agent --config-file=/etc/neutron/neutron.conf --config-file=/etc/neutron/l3_agent.ini",
    ),
    "neutron-metadata-agent": (
        "user=neutron agent_config=/etc/neutron/metadata_agent.ini amqp_server_port=5672",
        "neutron-metadata-agent --config-file=/etc/neutron/neutron.conf --config-file=/etc/neutron/metadata_agent.ini",
    ),
    "heat-engine": (
        "user=heat config=/etc/heat/heat.conf amqp_server_port=5672",
        "heat-engine --config-file=/etc/heat/heat.conf",
    ),
}
# What they talk to, run by its units; in this order, as some end where others are not there yet.
NEIGHBOURS = ("keystone", "placement-api", "nova-conductor", "neutron-api", "neutron-rpc-server")


def instance(name: str) -> str:
    return f"p_{name}".replace("-", "_")


def start_as_the_old_agents(host, name: str) -> int:
    """With su, in a session of its own, its pid in a plain file; the daemon's output goes nowhere."""
    user = OLD[name][0].split()[0].partition("=")[2]
    file = f"/run/resource-agents/{instance(name)}.pid"
    inner = f"{OLD[name][1]} >> /dev/null 2>&1 & echo $!"
    host.run("setsid", "sh", "-c", f"umask 026; su {user} -s /bin/sh -c '{inner}' > {file}")
    return int(host.read(file))


def client(host):
    """Somebody who lists images twenty times a second and notes each status, for as long as there is a certain file."""
    token = host.run("python3", "-c", f"{ADMINISTRATOR}print(session.get_token())").stdout.strip()
    ask = f"curl --silent --output /dev/null --write-out '%{{http_code}}\\n' --header 'X-Auth-Token: {token}'"
    host.put(ASKING, "")
    loop = f"while test -e {ASKING}; do {ask} http://127.0.0.1:9292/v2/images; sleep 0.05; done"
    return subprocess.Popen(
        host.command("timeout", "300", "sh", "-c", loop), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )


def test_from_the_old_agents(lone):
    """
    Daemons that they started, under load: all are adopted and none restarted, and the next stop ends each entirely.
    """
    for unit in NEIGHBOURS:
        lone.run("systemctl", "start", unit)
        if unit in ("keystone", "placement-api"):
            wait_for(lambda name=unit: Agent(lone, name, "look").monitor().code == 0, 60, unit, pause=0.5)
    lone.run("dpkg", "--purge", "resource-agents-openstack")
    pids = {name: start_as_the_old_agents(lone, name) for name in OLD}
    asking = client(lone)
    seen: list[str] = []
    try:
        lone.run("pcs", "property", "set", "maintenance-mode=true")
        for name, (parameters, _) in OLD.items():
            # Their agents are gone already, so pcs has to be forced to believe in them.
            lone.run(
                "pcs", "resource", "create", instance(name), f"ocf:openstack:{name}", *parameters.split(),
                "op", "monitor", "interval=30s", "timeout=30s", "--force",
            )  # fmt: skip
        # Until each is at work, as it would be in a cluster that is to be moved.
        install(lone)
        for name, (parameters, _) in OLD.items():
            agent = Agent(lone, name, instance(name), **dict(word.split("=", 1) for word in parameters.split()))
            wait_for(lambda a=agent: a.monitor().code == 0, 120, f"{name} to be at work", pause=1)
        lone.run("dpkg", "--purge", "resource-agents-openstack")
        type_in(MIGRATE, "From the old `ocf:openstack` agents", [lone])
        for name in OLD:
            wait_for(
                lambda n=name: pacemaker.monitor_code(lone, instance(n), lone.name) == 0, 60, f"a monitor of {name}"
            )
    finally:
        lone.run("rm", ASKING)
        seen = asking.communicate()[0].split()
    first = seen.index("200")
    assert set(seen[first:]) == {"200"}
    assert len(seen) - first > 100
    assert {name: int(lone.read(f"/run/resource-agents/{instance(name)}.pid")) for name in OLD} == pids
    assert pacemaker.active_on(lone, instance("cinder-volume")) == [lone.name]
    assert pacemaker.failures(lone) == []

    lone.run("pcs", "resource", "disable", *map(instance, OLD))
    settled(lone)
    assert pacemaker.failures(lone) == []
    for name, (_, words) in OLD.items():
        assert lone.run("pgrep", "-f", "--", words.split()[0], check=False).stdout == "", name
    for name in OLD:
        lone.run("pcs", "resource", "delete", instance(name))
    lone.run("systemctl", "stop", *NEIGHBOURS)


def test_from_systemd(lone):
    """
    The daemon of a systemd: resource is adopted, and stopped by systemd at the next stop.
    """
    lone.run("pcs", "resource", "create", "keystone", "systemd:keystone", "op", "monitor", "interval=10s")
    started(lone, "keystone")
    pid = int(lone.run("systemctl", "show", "-P", "MainPID", "keystone").stdout)
    wait_for(lambda: Agent(lone, "keystone", "look").monitor().code == 0, 60, "Keystone", pause=0.5)
    type_in(MIGRATE, "From `systemd:` resources", [lone])
    well(lone, 1)
    assert daemons(lone)[0] == pid
    assert pacemaker.failures(lone) == []
    lone.run("pcs", "resource", "disable", "p_keystone", "--wait=60")
    assert daemons(lone) == []
    assert lone.run("systemctl", "is-active", "keystone", check=False).stdout == "inactive\n"
    lone.run("pcs", "resource", "enable", "p_keystone", "--wait=120")
    well(lone, 1)
    assert lone.run("systemctl", "is-active", "keystone", check=False).stdout == "inactive\n"
    lone.run("pcs", "resource", "delete", "p_keystone")


def test_from_units(lone):
    """
    What was started at boot is adopted; the unit that is still enabled is noticed until it is not.
    """
    lone.run("systemctl", "enable", "--now", "keystone")
    wait_for(lambda: Agent(lone, "keystone", "look").monitor().code == 0, 60, "Keystone", pause=0.5)
    pid = int(lone.run("systemctl", "show", "-P", "MainPID", "keystone").stdout)
    *before, look = commands(MIGRATE)["From units that start at boot"]
    noticed = lone.run("sh", "-c", look, check=False)
    assert noticed.returncode == 2
    assert noticed.stderr.endswith("systemctl disable keystone.service\n")
    type_in(MIGRATE, "From units that start at boot", [lone])
    well(lone, 1)
    assert daemons(lone)[0] == pid
    lone.run("pcs", "resource", "delete", "p_keystone")
    assert daemons(lone) == []
    assert before


def with_crmsh(page: str) -> dict[str, list[str]]:
    """{command of pcs: those of crmsh}, from the table at the end of a page."""
    table = (ROOT / page).read_text().partition("## The same with crmsh")[2]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| `")]
    return {left.strip("| `"): re.findall(r"`([^`]+)`", right) for left, right in rows}


@pytest.mark.parametrize("page", [OPERATE, MIGRATE])
def test_every_command_of_pcs_has_one_of_crmsh(page):
    """
    In the table at the end of the page, in the order of the page.
    """
    typed_with_pcs = [line.partition(" # ")[0] for lines in commands(page).values() for line in lines]

    assert [*with_crmsh(page)] == [*dict.fromkeys(line for line in typed_with_pcs if line.startswith("pcs "))]


@pytest.mark.parametrize(
    ("page", "heading"),
    [
        (page, heading)
        for page in (OPERATE, MIGRATE)
        for heading, lines in commands(page).items()
        if any(line.startswith("pcs ") for line in lines)
    ],
)
def test_crmsh_takes_its_commands(solo, page, heading):
    """
    Below each heading, in a configuration that has what the commands speak of; crm_verify finds nothing wrong with it.
    """
    path, known = "/root/crmsh.xml", with_crmsh(page)
    lines = [line for command in commands(page)[heading] for line in known.get(command.partition(" # ")[0], ())]
    before = [line for name, line in STANDS.items() if not any(f" primitive {name} " in one for one in lines)]
    solo.run("sh", "-c", f"cibadmin --empty > {path}")
    solo.put("/root/stands.crm", "\n".join(["property stonith-enabled=false", *before, ""]))
    for line in ["crm configure load update /root/stands.crm", *lines]:
        if not line.startswith(RUNNING):
            done = solo.run("sh", "-c", line, env={"CIB_file": path}, check=False)
            assert (done.returncode, "rror" in done.stderr) == (0, False), (line, done.stdout, done.stderr)
    solo.run("crm_verify", "--xml-file", path)


def test_crmsh_asks_a_running_cluster(clone, admin):
    """
    The other commands of crmsh: crm_resource does not perform them on a file.
    """
    admin.run("pcs", "resource", "create", "keystone", "ocf:pacemaker:Dummy")
    asked = {line for page in (OPERATE, MIGRATE) for lines in with_crmsh(page).values() for line in lines}
    asked = {line for line in asked if line.startswith(RUNNING)}
    try:
        for line in sorted(asked):
            admin.run("sh", "-c", line)
        assert len(asked) > 3
        well(admin, 3)
    finally:
        admin.run("pcs", "resource", "delete", "keystone", "--force")


def test_every_command_was_typed(request):
    """
    No page has one that no test has typed; asked only where all of these tests have run.
    """
    others = {"test_the_guide", "test_what_goes_into_a_configuration", "test_from_systemd", "test_from_units"}
    if not others <= {item.name.partition("[")[0] for item in request.session.items}:
        pytest.skip("the other tests of this file were not all asked for")
    pages = [README, *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").glob("*.md")))]
    written = {
        (page, heading)
        for page in pages
        for heading, lines in commands(page).items()
        if not all(line.startswith(ELSEWHERE) for line in lines)
    }
    assert written - typed == set()
