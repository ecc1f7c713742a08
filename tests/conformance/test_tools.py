"""What Pacemaker's, pcs's and crmsh's own tools say of every installed agent."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor

import pytest

from ocf_lib.service import Service
from tests.box import keystone
from tests.box.agent import DIRECTORY, Agent
from tests.conftest import ROOT
from tests.unit.conftest import load

from .old_agents import PARAMETERS
from .old_configurations import EXCLUDED, TAKEN

AGENTS = sorted(path.name for path in (ROOT / "agents").iterdir())


def one_of_each_shape() -> list[str]:
    """For each set of parameters, the first agent that has it: to a tool that reads them the others are the same."""
    shapes: dict[tuple, str] = {}
    for name in AGENTS:
        declared = ET.parse(ROOT / f"tests/golden/{name}.xml").iter("parameter")
        shapes.setdefault(tuple((one.get("name"), one.get("required")) for one in declared), name)
    return list(shapes.values())


def of_each(check, names=AGENTS) -> dict[str, str]:
    """What is wrong with any of the agents, four of them looked at together: each tool is slow, and an own process."""

    def look(name):
        try:
            check(name)
        except AssertionError as problem:
            return str(problem)
        return ""

    with ThreadPoolExecutor(4) as hands:
        found = dict(zip(names, hands.map(look, names)))
    return {name: problem for name, problem in found.items() if problem}


def test_meta_data_is_valid_to_each_reader(solo):
    """
    The DTD that they name (so looks ocf-tester), and the schema by which pcs accepts an agent.
    """

    def check(name):
        for grammar in ("--valid", "--relaxng /usr/share/pcs/data/ocf-1.1.rng"):
            read = (
                f"cd /usr/share/resource-agents && {DIRECTORY}/{name} meta-data | xmllint --noout --nonet {grammar} -"
            )
            assert solo.run("sh", "-c", read).stderr.replace("- validates\n", "") == ""

    assert of_each(check) == {}


@pytest.mark.parametrize(
    "tool", ["crm_resource --show-metadata", "pcs resource describe --full", "crm ra info"], ids=lambda tool: tool[:12]
)
def test_the_tools_show_it_without_a_word_of_complaint(solo, tool):
    """
    crm_resource describes every agent, and pcs and crmsh one of each shape; nothing is said on standard error.
    """

    def check(name):
        done = solo.run(*tool.split(), f"ocf:openstack:{name}")
        assert done.stderr == ""
        assert done.stdout

    assert of_each(check, AGENTS if tool.startswith("crm_resource") else one_of_each_shape()) == {}


def test_the_cluster_lists_exactly_the_agents(solo):
    """
    Nothing but agents lies in the provider's directory.
    """
    # The tools do not agree where a capital letter belongs.
    assert sorted(solo.run("crm_resource", "--list-agents", "ocf:openstack").stdout.split()) == AGENTS
    listed = solo.run("pcs", "resource", "list", "ocf:openstack", "--nodesc").stdout.split()
    assert sorted(listed) == [f"ocf:openstack:{name}" for name in AGENTS]


@pytest.mark.parametrize("user", ["nobody", "hacluster"])
def test_meta_data_needs_nothing(solo, user):
    """
    As nobody and as Pacemaker's own user, with an empty environment, any directory, any locale and output format.
    """
    settings = ("A=b", "OCF_OUTPUT_FORMAT=text", "OCF_OUTPUT_FORMAT=xml", "LC_ALL=tr_TR.UTF-8")

    def check(name):
        plain = solo.run(f"{DIRECTORY}/{name}", "meta-data").stdout
        for setting in settings:
            done = solo.run(
                "setpriv", f"--reuid={user}", "--clear-groups", "env", "-i", setting, f"{DIRECTORY}/{name}", "meta-data"
            )
            assert (done.stdout, done.stderr) == (plain, "")
        assert plain.startswith('<?xml version="1.0"?>\n')
        assert plain.endswith("</resource-agent>\n")

    assert of_each(check) == {}


NO_FENCING = """\
<crm_config><cluster_property_set id="o"><nvpair id="s" name="stonith-enabled" value="false"/></cluster_property_set>\
</crm_config>"""


def empty(host, name: str) -> str:
    """A configuration of a cluster with nothing in it but what crm_verify insists on, in a file of its own."""
    path = f"/root/{name}.xml"
    text = host.run("cibadmin", "--empty").stdout
    assert "<crm_config/>" in text
    host.put(path, text.replace("<crm_config/>", NO_FENCING))
    return path


def examples(host, name: str) -> dict[str, list[str]]:
    """{pcs or crm: the examples of the manual page}: one instance, then a clone."""
    page = host.run("zcat", f"/usr/share/man/man7/ocf_openstack_{name}.7.gz").stdout.replace("\\-", "-")
    found: dict[str, list[str]] = {"pcs": [], "crm": []}
    for line in page.splitlines():
        tool = line.partition(" ")[0]
        if tool in found:
            found[tool].append(line.partition(" ")[2])
    return found


def test_pcs_creates_each(solo):
    """
    As the manual page says, alone and as a clone: no warning, the advertised operations, and no surprise for crm_verify.

    One agent for each set of parameters: pcs takes seconds for each.
    """

    def check(name):
        for number, example in enumerate(examples(solo, name)["pcs"]):
            path = empty(solo, f"pcs-{name}-{number}")
            assert solo.run("pcs", "-f", path, *example.split()).stderr == ""
            solo.run("crm_verify", "--xml-file", path)
            text = solo.read(path)
            (monitor,) = (action for action in load(name).actions if action.name == "monitor")
            assert f'interval="{monitor.interval}s"' in text
            assert f'timeout="{monitor.timeout}s"' in text
            assert ("<clone " in text) == (number == 1)

    assert of_each(check, one_of_each_shape()) == {}


def test_crmsh_creates_each(solo):
    """
    As the manual page says, alone and as a clone, without an error.
    """

    def check(name):
        path = empty(solo, f"crm-{name}")
        for example in examples(solo, name)["crm"]:
            done = solo.run("crm", *example.split(), env={"CIB_file": path}, check=False)
            assert "rror" not in done.stderr, done.stderr
        assert ("<clone " in solo.read(path)) == isinstance(load(name), Service)
        solo.run("crm_verify", "--xml-file", path)

    assert of_each(check, one_of_each_shape()) == {}


def test_resources_of_the_old_agents_are_taken_as_they_are(solo):
    """
    Each old agent, with all parameters it had, is created without --force, and crm_verify is content.
    """

    def check(name):
        path = empty(solo, f"old-{name}")
        signs_in = {
            "username": "monitor",
            "password": "secret",
            "tenant_name": "service",
            "auth_url": "http://vip:5000/v2.0/",
        }
        # Those that evacuated instances named them without os_.
        values = {"pid": "/given/pid", "additional_parameters": "--debug", **signs_in,
                  **{f"os_{key}": value for key, value in signs_in.items()}}  # fmt: skip
        params = [f"{key}={value or values.get(key, '')}" for key, value in PARAMETERS[name].items()]
        made = solo.run("pcs", "-f", path, "resource", "create", "p", f"ocf:openstack:{name}",
                        *(param for param in params if not param.endswith("=")))  # fmt: skip
        assert made.stderr == ""
        solo.run("crm_verify", "--xml-file", path)

    assert of_each(check, sorted(PARAMETERS)) == {}


def test_pcs_takes_old_configurations_as_they_are(solo):
    """
    Without --force, and without a word on standard error.
    """
    cases = {f"{number}-{old.agent}": old for number, old in enumerate(TAKEN)}

    def check(name):
        old = cases[name]
        create = ("pcs", "-f", empty(solo, f"pcs-{name}"), "resource", "create", "p", f"ocf:openstack:{old.agent}")
        assert solo.run(*create, *old.params, *old.operations).stderr == ""

    assert of_each(check, list(cases)) == {}


def primitive(name: str, old) -> str:
    """An old configuration in the words of crmsh."""
    words = [f"primitive {name} ocf:openstack:{old.agent}", *(["params", *old.params] if old.params else [])]
    return " ".join([*words, *old.operations])


def test_crmsh_takes_old_configurations_as_they_are(solo):
    """
    All in one file, without --force. It only finds their timeouts short, and crm_verify finds nothing.
    """
    path = empty(solo, "crm-old")
    solo.put("/root/old.crm", "".join(f"{primitive(f'p{number}', old)}\n" for number, old in enumerate(TAKEN)))
    done = solo.run("crm", "configure", "load", "update", "/root/old.crm", env={"CIB_file": path}, check=False)
    said = [line for line in done.stderr.splitlines() if "smaller than the advised" not in line]
    assert (done.returncode, [line for line in said if "rror" in line]) == (0, []), said
    assert solo.read(path).count("<primitive ") == len(TAKEN)
    solo.run("crm_verify", "--xml-file", path)


def test_what_is_refused_of_old_configurations_is_refused_by_both(solo):
    """
    Each has its reason beside it.
    """
    cases = {f"refused-{old.agent}": old for old in EXCLUDED}

    def check(name):
        old, path = cases[name], empty(solo, name)
        create = ("pcs", "-f", path, "resource", "create", "p", f"ocf:openstack:{old.agent}")
        assert solo.run(*create, *old.params, check=False).returncode != 0
        by_crm = solo.run("crm", "configure", *primitive("p", old).split(), env={"CIB_file": path}, check=False)
        assert by_crm.returncode != 0 or "rror" in by_crm.stderr, by_crm

    assert of_each(check, list(cases)) == {}


PAPER = """
glance-api glance-registry cinder-api cinder-volume cinder-scheduler nova-api nova-scheduler nova-novnc nova-cert
nova-consoleauth nova-conductor nova-network quantum-server swift-proxy swift-account swift-container swift-object
""".split()


def test_the_lines_of_the_paper(solo):
    """
    config and four credentials, also for workers and for Swift; created, valid, and content with them.
    """

    def check(name):
        path = empty(solo, f"paper-{name}")
        line = (
            f"pcs -f {path} resource create p_{name} ocf:openstack:{name} config=/etc/x/x.conf os_password=secret"
            " os_username=admin os_tenant_name=admin os_auth_url=http://192.0.2.10:5000/v2.0/"
            " op monitor interval=30s timeout=30s"
        )
        assert solo.run(*line.split()).stderr == ""
        solo.run("crm_verify", "--xml-file", path)
        options = ["config=/etc/x/x.conf", "os_password=secret", "os_username=admin", "os_tenant_name=admin",
                   "os_auth_url=http://192.0.2.10:5000/v2.0/"]  # fmt: skip
        solo.run("crm_resource", "--validate", "--class", "ocf", "--provider", "openstack", "--agent", name,
                 *(word for option in options for word in ("--option", option)))  # fmt: skip

    assert of_each(check, PAPER) == {}


def test_two_resources_may_not_share_a_pid_file(solo):
    """
    pcs refuses it, as the meta-data says that pid is unique.
    """
    path = empty(solo, "unique")
    create = ("pcs", "-f", path, "resource", "create")
    solo.run(*create, "a", "ocf:openstack:glance-api", "pid=/run/x.pid")
    refused = solo.run(*create, "b", "ocf:openstack:glance-api", "pid=/run/x.pid", check=False)
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
    assert "watch_time: 'soon' is not a number of seconds" in bad.stdout + bad.stderr
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
        # Instead of its own 20 s, which are few on a busy machine.
        "-o", "CRM_meta_timeout=120000", f"{DIRECTORY}/keystone", timeout=1200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed all tests" in done.stdout
    assert Agent(solo, "keystone", "tested")("monitor").code == 7
