"""The fuzzing run notices an agent that does wrong: planted agents, called by its driver without a host."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.fuzz import driver, report, run, values

GOOD = """
case $1 in
    monitor) exit 7 ;;
    start) echo "99" > "$OCF_RESKEY_pid" ;;
    stop) ;;
    *) echo "$OCF_EXIT_REASON_PREFIX""t: no such action" >&2; exit 3 ;;
esac
"""
# What a bad agent does, and the finding.
BAD = {
    'rm "$OCF_RESKEY_file"': "removed {play}/file (OCF_RESKEY_file)",
    'echo >> "$OCF_RESKEY_file"': "changed {play}/file (OCF_RESKEY_file)",
    'chmod 600 "$OCF_RESKEY_file"': "changed {play}/file (OCF_RESKEY_file)",
    'ln -sf nowhere "$OCF_RESKEY_file"': "changed {play}/file (OCF_RESKEY_file)",
    'rm "$OCF_RESKEY_fifo"': "removed {play}/fifo (OCF_RESKEY_fifo)",
    'echo > "$OCF_RESKEY_file.1"': "made {play}/file.1",
    'rm "${OCF_RESKEY_file%file}directory/kept"': "removed {play}/directory/kept",
    "exit 1": "no exit reason",
    "echo ocf-exit-reason:a >&2; echo ocf-exit-reason:b >&2; exit 1": "more than one exit reason",
    "echo ocf-exit-reason:a >&2; exit 0": "an exit reason with exit status 0",
    "echo ocf-exit-reason:a >&2; exit 42": "exit status 42",
    "kill -SEGV $$": "exit status -11",
    "echo 'ocf-exit-reason:t: bug: KeyError: 1' >&2; exit 1": "bug",
    "echo 'Traceback (most recent call last):' >&2": "Traceback on standard error",
    "echo ocf-exit-reason:a >&2; exit 7": "exit status 7 of another action than monitor",
    "echo $OCF_RESKEY_os_password": "a password is shown",
    "echo 't: bug: KeyError: 1' >> $HA_LOGFILE": "Traceback in a log or trace (HA_LOGFILE)",
    "echo $OCF_RESKEY_os_password >> $HA_LOGFILE": "a password in a log or trace (HA_LOGFILE)",
    "sleep 30": "hangs, and was killed",
    "setsid sleep 30 &": "processes outlive a stop that said 0",
}


def call(tmp_path, agent, *actions, **more):
    """What the driver says about an agent, a shell script: [finding, ...]."""
    (tmp_path / "agents").mkdir(exist_ok=True)
    program = tmp_path / "agents/planted"
    program.write_text(f"#!/bin/sh\n{agent}\n")
    program.chmod(0o755)
    env = {
        "PATH": "/usr/bin:/bin",
        "OCF_EXIT_REASON_PREFIX": "ocf-exit-reason:",
        "OCF_RESKEY_CRM_meta_timeout": "-4000",
        "HA_LOGFILE": "{play}/log",
        "OCF_RESKEY_file": "{play}/file",
        "OCF_RESKEY_fifo": "{play}/fifo",
        "OCF_RESKEY_os_password": "Pa55-1",
        **more,
    }
    case = {"number": 0, "agent": "planted", "env": env, "steps": [[action, {}] for action in actions]}
    job = {
        "agents": str(tmp_path / "agents"), "place": str(tmp_path), "workers": 1, "is_host": False, "trees": [],
        "longest": 2,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, driver.__file__, json.dumps(job)],
        input=json.dumps({"cases": [case]}), stdout=subprocess.PIPE, text=True, check=True, timeout=60,
    )  # fmt: skip
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert "done" in said[-1]
    return [line for line in said if "what" in line]


def whats(findings):
    return [finding["what"] for finding in findings]


def test_a_good_agent_is_no_finding(tmp_path):
    """
    It makes the pid file that a parameter names, and the run expects that.
    """
    steps = ("start", "monitor", "stop", "strange")
    assert call(tmp_path, GOOD, *steps, OCF_RESKEY_pid="{play}/made") == []


def test_a_pid_file_of_a_daemon_may_be_replaced(tmp_path):
    """
    What holds a process id is a pid file; what does not is somebody else's file.
    """
    assert call(tmp_path, GOOD, "start", OCF_RESKEY_pid="{play}/pid") == []
    assert whats(call(tmp_path, GOOD, "start", OCF_RESKEY_pid="{play}/file")) == [
        "changed {play}/file (OCF_RESKEY_pid)"
    ]


@pytest.mark.parametrize(("does", "finding"), BAD.items())
def test_an_agent_that_does_wrong_is_a_finding(tmp_path, does, finding):
    """
    Each wrong has a finding of its own.
    """
    assert finding in whats(call(tmp_path, does, "stop"))


def test_the_next_case_finds_everything_in_its_place(tmp_path):
    """
    Only the case that did it is blamed.
    """
    first = call(tmp_path, 'rm "$OCF_RESKEY_file"', "stop")
    assert (len(first), call(tmp_path, "true", "stop")) == (1, [])


def test_a_process_that_ends_while_an_agent_runs_is_noticed():
    """
    The run compares the processes that were there before with those that are there after each case.
    """
    with subprocess.Popen(["sleep", "60"]) as victim:
        there = driver.processes()
        there = {victim.pid: there[victim.pid]}
        assert driver.ended(there) == []
        victim.kill()
    assert (driver.ended(there), there) == ([f"sleep (pid {victim.pid})"], {})


def changed(was, now, path="/etc/hosts", **env):
    """The findings if *path* on the host's disk changes in a block of one case."""
    case = {"number": 8, "agent": "keystone", "env": env, "steps": [["stop", {}]]}
    return whats(run.foreign([(path, was, now)], [case], set()))


def test_a_change_on_the_disk_is_a_finding_and_names_the_variable():
    """
    The run compares the whole disk of the host, whatever the cases name.
    """
    assert changed("a", "b") == ["changed /etc/hosts"]
    assert changed("a", None, pid="/etc/hosts") == ["removed /etc/hosts (pid)"]
    assert changed(None, "b") == ["made /etc/hosts"]
    assert changed("a", "b", OCF_RESKEY_pid="/etc/hosts") == ["changed /etc/hosts (OCF_RESKEY_pid)"]


def test_the_agents_own_places_are_no_finding():
    """
    A file that a parameter names, and that was not there before, is the agent's own, too.
    """
    assert changed(None, "b", OCF_RESKEY_pid="/etc/hosts") == []
    assert changed(None, "b", path="/etc/new/p.pid", HA_RSCTMP="/etc/new") == []
    assert changed(None, "b", path="/etc/new", HA_RSCTMP="/etc/new") == []
    assert changed(None, "b", path="/etc/new/a/b", HA_RSCTMP="/etc/new") == ["made /etc/new/a/b"]
    assert changed(None, "b", path="/etc/new", HA_RSCTMP="/etc/newer") == ["made /etc/new"]
    assert changed(None, "b", path="/etc/new", OCF_RESKEY_pid="/etc/new/p.pid") == []
    assert changed(None, "b", path="/t/keystone/p.start", OCF_RESKEY_trace_dir="/t") == []
    assert changed("a", "b", path="/run/resource-agents/p.pid") == []
    assert changed("a", "b", path="/run/resource-agents-not/p.pid") == ["changed /run/resource-agents-not/p.pid"]
    assert changed(None, "b", path="/run/systemd/system/x.service.d/50-openstack-resource-agents.conf") == []


def test_half_a_file_that_is_left_behind_is_a_finding():
    """
    The agents write a file under another name, and rename it.
    """
    assert changed(None, "b", path="/run/resource-agents/p.pid.77") == ["made /run/resource-agents/p.pid.77"]
    assert changed(None, "b", path="/etc/new/p.token.77", HA_RSCTMP="/etc/new") == ["made /etc/new/p.token.77"]


def test_a_case_is_made_of_seed_and_number():
    """
    So one number repeats one case.
    """
    known = values.agents()
    assert [values.case("s", 7, known), values.case("s", 8, known)] == run.make("s", 0, [7, 8])
    assert values.case("s", 7, known) != values.case("t", 7, known)
    assert run.make("s", 30)[7] == values.case("s", 7, known)


def test_every_run_begins_with_what_once_did_harm():
    """
    The short piece in make test holds these, whatever its seed is.
    """
    for case, harm in zip(run.make("s", 300), values.KNOWN):
        assert case["env"].items() >= harm.items()
        assert [action for action, _ in case["steps"]] == ["start", "monitor", "stop"]


def test_every_agent_action_parameter_and_variable_gets_its_turn():
    """
    A long run leaves nothing out.
    """
    cases = run.make("s", 30000)
    known = values.agents()
    assert {case["agent"] for case in cases} == {path.name for path in (ROOT / "agents").iterdir()}
    seen = {(case["agent"], name) for case in cases for name in case["env"]}
    assert {(name, f"OCF_RESKEY_{parameter}") for name in known for parameter in known[name]} <= seen
    assert set(values.VARIABLES) <= {name for _, name in seen}
    actions = {action for case in cases for action, _ in case["steps"]}
    assert {*driver.ACTIONS, "usage", "promote"} <= actions


def test_a_command_of_the_report_is_the_call_itself():
    """
    A person repeats it in a shell, byte for byte.
    """
    texts = {text for kind in values.KINDS.values() for part in kind for text in part}
    dice = random.Random(1)  # noqa: S311  no secret
    for text in dice.sample(sorted(texts), 150):
        done = subprocess.run(["bash", "-c", f"printf %s {report.quoted(text)}"], stdout=subprocess.PIPE, check=True)
        assert done.stdout == text.encode("utf-8", "surrogateescape")
