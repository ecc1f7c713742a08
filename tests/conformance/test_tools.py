"""What Pacemaker's, pcs's and crmsh's own tools say of every installed agent."""

from __future__ import annotations

import pytest

from tests.box import keystone
from tests.box.agent import DIRECTORY, Agent
from tests.conftest import ROOT

AGENTS = sorted(path.name for path in (ROOT / "agents").iterdir())
EVERY = pytest.mark.parametrize("name", AGENTS)


@EVERY
def test_meta_data_is_valid_to_each_reader(solo, name):
    """
    The DTD of OCF 1.0 (ocf-tester's), and the schemas by which pcs accepts an agent.
    """
    solo.run(f"{DIRECTORY}/{name}", "meta-data")
    for check in ("--valid", "--relaxng /usr/share/pcs/data/ocf-1.1.rng"):
        command = f"cd /usr/share/resource-agents && {DIRECTORY}/{name} meta-data | xmllint --noout --nonet {check} -"
        solo.run("sh", "-c", command)


@EVERY
def test_the_tools_show_it_without_a_word_of_complaint(solo, name):
    """
    crm_resource, pcs and crmsh describe the agent; nothing is said on standard error.
    """
    for command in (
        ["crm_resource", "--show-metadata", f"ocf:openstack:{name}"],
        ["pcs", "resource", "describe", f"ocf:openstack:{name}", "--full"],
        ["crm", "ra", "info", f"ocf:openstack:{name}"],
    ):
        done = solo.run(*command)
        assert done.stderr == "", command
        assert done.stdout


def test_the_cluster_lists_exactly_the_agents(solo):
    """
    Nothing but agents lies in the provider's directory.
    """
    assert solo.run("crm_resource", "--list-agents", "ocf:openstack").stdout.split() == AGENTS
    listed = solo.run("pcs", "resource", "list", "ocf:openstack", "--nodesc").stdout.split()
    assert listed == [f"ocf:openstack:{name}" for name in AGENTS]


@EVERY
@pytest.mark.parametrize("user", ["nobody", "hacluster"])
def test_meta_data_needs_nothing(solo, name, user):
    """
    As nobody and as Pacemaker's own user, with an empty environment, any directory, any locale and output format.
    """
    plain = solo.run(f"{DIRECTORY}/{name}", "meta-data").stdout
    for setting in ("A=b", "OCF_OUTPUT_FORMAT=text", "OCF_OUTPUT_FORMAT=xml", "LC_ALL=tr_TR.UTF-8"):
        done = solo.run(
            "setpriv", f"--reuid={user}", "--clear-groups", "env", "-i", setting, f"{DIRECTORY}/{name}", "meta-data"
        )
        assert (done.stdout, done.stderr) == (plain, "")
    assert plain.startswith('<?xml version="1.0"?>\n')
    assert plain.endswith("</resource-agent>\n")


@EVERY
def test_pcs_and_crmsh_create_it(solo, name):
    """
    A configuration made with either holds no surprise for crm_verify, and pcs has no warning.
    """
    solo.run("sh", "-c", "cibadmin --empty > /root/cib.xml")
    made = solo.run("pcs", "-f", "/root/cib.xml", "resource", "create", "p", f"ocf:openstack:{name}", "clone")
    assert made.stderr == ""
    solo.run("pcs", "-f", "/root/cib.xml", "property", "set", "stonith-enabled=false")
    solo.run("crm_verify", "--xml-file", "/root/cib.xml")
    operations = solo.run("pcs", "-f", "/root/cib.xml", "resource", "config", "p").stdout
    assert "interval=1s" in operations
    assert "timeout=60s" in operations
    offline = {"CIB_file": "/root/cib2.xml"}
    solo.run("sh", "-c", "cibadmin --empty > /root/cib2.xml")
    solo.run("crm", "configure", "property", "stonith-enabled=false", env=offline, check=False)
    done = solo.run("crm", "configure", "primitive", "p", f"ocf:openstack:{name}", env=offline)
    assert "rror" not in done.stderr, done.stderr
    assert f"primitive p ocf:openstack:{name}" in solo.run("crm", "configure", "show", env=offline).stdout


@EVERY
def test_two_resources_may_not_share_a_pid_file(solo, name):
    """
    pcs refuses it, as the meta-data says that pid is unique.
    """
    solo.run("sh", "-c", "cibadmin --empty > /root/cib.xml")
    create = ("pcs", "-f", "/root/cib.xml", "resource", "create")
    solo.run(*create, "a", f"ocf:openstack:{name}", "pid=/run/x.pid")
    refused = solo.run(*create, "b", f"ocf:openstack:{name}", "pid=/run/x.pid", check=False)
    assert refused.returncode != 0
    assert "unique" in refused.stderr


def test_validation_by_the_tools(solo):
    """
    A good resource passes in silence; a bad parameter gives its code and reason; trace_ra needs no --force.
    """
    validate = ("crm_resource", "--validate", "--class", "ocf", "--provider", "openstack", "--agent", "keystone")
    fine = solo.run(*validate, "--option", "watch_time=5")
    assert fine.stderr == ""
    bad = solo.run(*validate, "--option", "watch_time=soon", check=False)
    assert bad.returncode == 6
    assert "watch_time: 'soon' is not a whole number" in bad.stdout + bad.stderr
    solo.run("sh", "-c", "cibadmin --empty > /root/cib.xml")
    made = solo.run("pcs", "-f", "/root/cib.xml", "resource", "create", "p", "ocf:openstack:keystone", "trace_ra=1",
                    "--agent-validation")  # fmt: skip
    assert "Warning" not in made.stderr


def test_the_actions_run_offline_through_crm_resource(solo):
    """
    force-start, -check, -stop, -check give 0, 0, 0, 7 without a cluster.
    """
    solo.run("sh", "-c", "cibadmin --empty > /root/cib.xml")
    solo.run("pcs", "-f", "/root/cib.xml", "resource", "create", "p_off", "ocf:openstack:keystone")
    codes = [
        solo.run(
            "crm_resource",
            "-r",
            "p_off",
            f"--force-{what}",
            "-T",
            "120s",
            env={"CIB_file": "/root/cib.xml"},
            check=False,
        )
        for what in ("start", "check", "stop", "check")
    ]
    assert [done.returncode for done in codes] == [0, 0, 0, 7], codes


def test_ocf_tester_passes_with_the_real_keystone(solo):
    """
    ocf-tester against Debian's Keystone; its own closing line counts, as a wrong flag exits 0, too.
    """
    done = solo.run(
        "ocf-tester", "-n", "tested", "-o", "os_username=admin", "-o", f"os_password={keystone.ADMIN_PASSWORD}",
        "-o", "os_tenant_name=admin", "-o", "os_auth_url=http://127.0.0.1:5000/v3",
        f"{DIRECTORY}/keystone", timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed all tests" in done.stdout
    assert Agent(solo, "keystone", "tested")("monitor").code == 7
