"""Promises every agent keeps, as an installed program; a new file in agents/ is covered by being there."""

import os
import shutil
import subprocess
import xml.etree.ElementTree as ET

import pytest

from ocf_lib import __version__
from tests.conftest import ROOT
from tests.unit.conftest import load

AGENTS = sorted(path.name for path in (ROOT / "agents").iterdir())
EVERY = pytest.mark.parametrize("name", AGENTS)
HEAVY = {
    "argparse", "dataclasses", "email", "enum", "http", "inspect", "json", "keystoneauth1", "logging", "os", "pathlib",
    "psutil", "re", "requests", "site", "socket", "ssl", "subprocess", "typing", "urllib", "xml",
}  # fmt: skip


@pytest.fixture
def program(installed):
    def path(name):
        return installed / "usr/lib/ocf/resource.d/openstack" / name

    return path


@pytest.fixture(scope="module")
def meta_data(installed):
    """The meta-data of an agent, which is asked for it once."""
    said = {}

    def of(name):
        if name not in said:
            said[name] = call(installed / "usr/lib/ocf/resource.d/openstack" / name, "meta-data").stdout
        return said[name]

    return of


def imported(importtime):
    """The modules that an interpreter run with -X importtime says it imported."""
    return {
        line.rpartition("|")[2].strip().partition(".")[0]
        for line in importtime.splitlines()
        if line.startswith("import time:")
    }


def call(program, *words, env=None, **more):
    return subprocess.run(
        [program, *words], env=env or {}, capture_output=True, text=True, check=False, timeout=60, **more
    )


@EVERY
def test_an_agent_declares_the_name_of_its_file(name):
    """
    A link declares the name of the file that it leads to.
    """
    assert load(name).name == (ROOT / "agents" / name).resolve().name


@EVERY
def test_meta_data_has_the_name_that_the_agent_is_called_by(meta_data, name):
    """
    An old name is a link. Its short description says whose old name it is.
    """
    tree = ET.fromstring(meta_data(name))
    own = (ROOT / "agents" / name).resolve().name
    assert tree.get("name") == name
    assert tree.findtext("shortdesc").endswith(f" (old name of {own})") == (name != own)


@EVERY
def test_meta_data_is_as_reviewed(meta_data, name):
    """
    The meta-data changes only on purpose: run make bless, and read the difference.
    """
    assert meta_data(name) == (ROOT / "tests/golden" / f"{name}.xml").read_text()


@EVERY
def test_meta_data_has_all_that_its_readers_need(meta_data, name):
    """
    Readers need descriptions, types, timeouts, intervals, defaults and roles.
    """
    text = meta_data(name)
    tree = ET.fromstring(text)
    assert tree.findtext("version") == "1.1"
    assert "encoding" not in text.partition("\n")[0]
    parameters = tree.findall("parameters/parameter")
    assert len(parameters) >= 2
    params = {param.name: param for param in load(name).params}
    for parameter in parameters:
        assert [child.tag for child in parameter] == ["longdesc", "shortdesc", "content"]
        content = parameter.find("content")
        assert list(content.attrib) in (["type"], ["type", "default"])
        assert content.get("type") in ("string", "integer", "boolean")
        # Hawk shows a number without a default, if only an empty one, as text.
        assert content.get("type") != "integer" or "default" in content.attrib
        declared = params[parameter.get("name")]
        assert content.get("default", "") == declared.default
        assert (parameter.get("required") == "1") == declared.required
        assert not (declared.required and declared.default)
        assert parameter.get("name").isidentifier()
        assert not parameter.findtext("shortdesc").endswith(".")
    reloadable = [parameter for parameter in parameters if parameter.get("reloadable") == "1"]
    actions = {action.get("name"): action for action in tree.findall("actions/action")}
    assert set(actions) == {action.name for action in load(name).actions}
    assert reloadable
    # crmsh would offer depth for an operation, and store it where nobody reads it.
    assert not any("depth" in action.attrib for action in actions.values())
    assert all(action.get("timeout").endswith("s") for action in actions.values())
    assert {"trace_ra", "trace_file"} <= {parameter.get("name") for parameter in parameters}


@EVERY
def test_a_description_ends_with_the_default(meta_data, name):
    """
    pcs of Debian 12 shows a default nowhere else.
    """
    for parameter in ET.fromstring(meta_data(name)).iter("parameter"):
        default = parameter.find("content").get("default")
        text = " ".join(parameter.findtext("longdesc").split())
        assert text.endswith(f" Default: {default}." if default else ".")
        assert text.count("Default: ") == (1 if default else 0)


@EVERY
def test_short_descriptions_are_short_and_distinct(meta_data, name):
    """
    LCMC labels a field with nothing else.
    """
    labels = [label.text for label in ET.fromstring(meta_data(name)).findall(".//parameter/shortdesc")]

    assert [label for label in labels if len(label) > 30] == []
    assert len(set(labels)) == len(labels)


@EVERY
def test_descriptions_fit_a_terminal(meta_data, name):
    """
    pcs shows a long description line by line, as it is written.
    """
    tree = ET.fromstring(meta_data(name))
    lines = [line for text in tree.iter("longdesc") for line in text.text.splitlines()]

    assert [line for line in lines if len(line) > 79] == []


@EVERY
@pytest.mark.parametrize(
    "setting", ["OCF_OUTPUT_FORMAT=text", "OCF_OUTPUT_FORMAT=xml", "LC_ALL=tr_TR.UTF-8", "PYTHONPATH=/"]
)
def test_meta_data_is_the_same_for_every_caller(program, name, setting, tmp_path):
    """
    The answer is always XML, in any directory. Pacemaker itself calls with OCF_OUTPUT_FORMAT=text.
    """
    variable, _, value = setting.partition("=")
    plain = call(program(name), "meta-data")
    other = call(program(name), "meta-data", env={variable: value}, cwd=tmp_path)
    assert (plain.returncode, plain.stderr) == (0, "")
    assert (other.stdout, other.stderr) == (plain.stdout, "")


@EVERY
def test_an_unknown_or_missing_action_is_3(program, name):
    """
    The agent returns 3 whatever the parameters are.
    """
    for words in ([], ["promote"], ["demote"], ["notify"], ["migrate_to"], ["reload"]):
        done = call(program(name), *words, env={"OCF_RESKEY_watch_time": "x"})
        assert done.returncode == 3, words
        assert done.stderr.count("ocf-exit-reason:") == 1


@EVERY
def test_probe_and_stop_succeed_with_nothing_around_them(program, name, tmp_path):
    """
    Probe and stop need no parameter, environment, standard input, home or writable directory, and bear a hostile umask.
    """
    env = {"HA_RSCTMP": str(tmp_path), "OCF_RESOURCE_INSTANCE": "t", "OCF_RESKEY_user": "nobody"}
    for action, code in (("monitor", 7), ("status", 7), ("stop", 0)):
        done = call(
            program(name), action, env=env, cwd="/proc", stdin=subprocess.DEVNULL, preexec_fn=lambda: os.umask(0o777)
        )
        assert done.returncode == code, done


@EVERY
def test_a_probe_imports_nothing_heavy(program, name, tmp_path):
    """
    A process-only monitor imports nothing that costs more than the check itself.
    """
    done = subprocess.run(
        ["/usr/bin/python3", "-ISX", "importtime", program(name), "monitor"],
        env={"HA_RSCTMP": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 7
    assert imported(done.stderr) & HEAVY == set()


def test_only_agents_lie_in_the_providers_directory(installed):
    """
    The agents there are executable. The library lies in its own place, and is not.
    """
    provider = installed / "usr/lib/ocf/resource.d/openstack"
    assert sorted(path.name for path in provider.iterdir()) == AGENTS
    assert {path.stat().st_mode & 0o777 for path in provider.iterdir()} == {0o755}
    library = installed / "usr/lib/ocf/lib/openstack" / __version__ / "ocf_lib"
    assert {path.stat().st_mode & 0o777 for path in library.rglob("*.py")} == {0o644}


def test_meta_data_name_a_grammar_that_is_installed(installed):
    """
    Pacemaker 3.0 logs an error for each declaration in the document itself; so all are in a file.
    """
    for agent in (installed / "usr/lib/ocf/resource.d/openstack").iterdir():
        (kind,) = (line for line in call(agent, "meta-data").stdout.splitlines() if line.startswith("<!"))
        head, path, tail = kind.split('"')
        assert (head, tail) == ("<!DOCTYPE resource-agent SYSTEM ", ">"), agent.name
        assert (installed / path[1:]).is_file()


REPLACED = """
import os, runpy, shutil, sys
sys.path.insert(0, {old!r})
from ocf_lib.main import main
service = runpy.run_path({agent!r}, run_name="keystone")["SERVICE"]
shutil.rmtree({old!r})
sys.argv = [{agent!r}, "monitor"]
main(service)
"""


def test_a_monitor_survives_the_replacement_of_its_package(installed, program, tmp_path):
    """
    If the library goes while it runs, the monitor begins again with the new package.
    """
    old = tmp_path / "old"
    shutil.copytree(installed / "usr/lib/ocf/lib/openstack" / __version__, old)
    script = REPLACED.format(old=str(old), agent=str(program("keystone")))
    done = call("/usr/bin/python3", "-ISc", script, env={"HA_RSCTMP": str(tmp_path)})

    assert (done.returncode, done.stderr) == (7, "")


@pytest.mark.parametrize("file", ["context.py", "params.py", "daemon/program.py", "acts/monitor.py"])
def test_a_file_that_goes_while_the_agent_loads_is_a_new_beginning(installed, program, tmp_path, file):
    """
    The old agent meets a library that is half removed: it begins again with the agent that stands there now.
    """
    tree = tmp_path / "ocf"
    shutil.copytree(installed / "usr/lib/ocf", tree, symlinks=True)
    agent = tree / "resource.d/openstack/keystone"
    lost = tree / "lib/openstack" / __version__ / "ocf_lib" / file
    # Called by this name, it runs from a text that is not there any more.
    old = agent.read_text().replace("import sys\n", f"import sys\n\nsys.argv[0] = {str(program('keystone'))!r}\n")
    agent.write_text(old)
    lost.unlink()
    done = call(agent, "monitor", env={"HA_RSCTMP": str(tmp_path)})

    assert (done.returncode, done.stderr) == (7, "")


def test_a_monitor_of_a_removed_package_is_an_error_on_one_line(installed, program, tmp_path):
    """
    No new package has come in the place of the old one.
    """
    old, agent = tmp_path / "old", tmp_path / "keystone"
    shutil.copytree(installed / "usr/lib/ocf/lib/openstack" / __version__, old)
    shutil.copy(program("keystone"), agent)
    script = REPLACED.format(old=str(old), agent=str(agent)).replace(
        "main(service)", "os.unlink(sys.argv[0]); main(service)"
    )
    done = call("/usr/bin/python3", "-ISc", script, env={"HA_RSCTMP": str(tmp_path)})

    assert (done.returncode, done.stderr) == (1, f"ocf-exit-reason:keystone: {agent}: No such file or directory\n")
