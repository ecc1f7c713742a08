"""Where the password and the token may be seen: nowhere but where they must."""

from __future__ import annotations

import pytest

from tests.box.agent import DIRECTORY, Agent

from .test_keystone import openstack

PASSWORD = "correct-horse-4711-battery"
LOGS = "/root/secrets"

# Runs beside a whole life cycle: every command line, every few milliseconds. These are what any user can read.
SAMPLER = """
import os, sys, time
secrets = sys.argv[2:]
looks = 0
while not os.path.exists(sys.argv[1]):
    looks += 1
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        if int(pid) == os.getpid():
            continue
        try:
            line = open(f"/proc/{pid}/cmdline", errors="replace").read()
        except OSError:
            continue
        if any(secret in line for secret in secrets):
            print("seen:", line.replace(chr(0), " "))
    time.sleep(0.005)
print("looks:", looks)
"""


@pytest.fixture
def agent(solo):
    """A resource whose password is like no other text of the host."""
    openstack(solo, "user", "create", "keeper", "--password", PASSWORD, "--or-show")
    openstack(solo, "role", "add", "--user", "keeper", "--project", "admin", "reader")
    made = Agent(
        solo, "keystone", "p_secret", os_username="keeper", os_password=PASSWORD, os_project_name="admin",
        trace_ra="1", trace_file=f"{LOGS}/trace",
    )  # fmt: skip
    solo.run("mkdir", "-p", LOGS)
    yield made
    made("stop")
    solo.run("rm", "-rf", LOGS)


@pytest.fixture
def running(solo):
    """Keystone, so that the user can be made."""
    helper = Agent(solo, "keystone", "p_secret")
    assert helper("start", timeout=120).code == 0
    yield
    helper("stop")


def test_a_whole_life_shows_no_secret(running, agent, solo):
    """
    Under strace and a sampler of /proc: no command line, no environment of a child, no log, trace, reason or readable file.
    """
    assert agent("stop").code == 0
    solo.put("/root/sampler.py", SAMPLER)
    solo.run("sh", "-c", f"python3 /root/sampler.py {LOGS}/over {PASSWORD[:-1]} > {LOGS}/sampled 2>&1 &")
    life = [
        ("validate-all", {}), ("start", {"timeout": 200}), ("monitor", {"interval": 1, "watch_time": "0"}),
        ("monitor", {"interval": 1, "watch_time": "0"}), ("monitor", {"interval": 1, "os_project_name": "no-such"}),
        ("reload-agent", {}), ("stop", {}),
    ]  # fmt: skip
    said = ""
    token = ""
    for number, (action, more) in enumerate(life):
        env = agent.environment(**{"timeout": 120, **more})
        env.update(PCMK_LOGFACILITY="none", HA_LOGFILE=f"{LOGS}/log", HA_debug="1")
        # The tracer (-D: not the agent's parent) stays with the daemon; into files, or we would wait for it.
        solo.run(
            "sh", "-c",
            f"exec strace -D -f -v -s 100000 -e trace=execve -o {LOGS}/strace.{number} {DIRECTORY}/keystone {action}"
            f" > {LOGS}/said.{number} 2>&1",
            env=env, check=False, timeout=130,
        )  # fmt: skip
        said += solo.read(f"{LOGS}/said.{number}")
        if solo.run("test", "-e", "/run/resource-agents/p_secret.token", check=False).returncode == 0:
            token = solo.read("/run/resource-agents/p_secret.token").split()[2]
    solo.run("touch", f"{LOGS}/over")
    assert token

    for number, (action, _) in enumerate(life):
        executed = solo.read(f"{LOGS}/strace.{number}").splitlines()
        children = [line for line in executed if "execve(" in line and f'["{DIRECTORY}/keystone"' not in line]
        own = [line for line in executed if f"{DIRECTORY}/keystone" in line]
        assert own, "strace saw nothing"
        if action == "start":
            assert children, "the daemon was executed"
        for line in children:
            if "/usr/bin/python3" in line and f"{DIRECTORY}/keystone" in line:
                continue  # the kernel's own reading of our first line: the environment is Pacemaker's
            assert PASSWORD not in line
            assert token not in line
    sampled = solo.run("cat", f"{LOGS}/sampled").stdout
    assert "seen:" not in sampled
    for secret in (PASSWORD, token):
        assert secret not in said
        assert secret not in solo.read(f"{LOGS}/log")
        assert secret not in solo.read(f"{LOGS}/trace")
    assert "OCF_RESKEY_os_password=****" in solo.read(f"{LOGS}/trace")
    readable = solo.run(
        "sh", "-c",
        f"find /run /var/log /var/lib/heartbeat /var/lib/pacemaker /tmp /etc/openstack {LOGS} -xdev -type f -perm /044"
        f" -exec grep -l -e '{PASSWORD}' -e '{token}' {{}} + 2> /dev/null",
        check=False,
    ).stdout  # fmt: skip
    assert [name for name in readable.split() if "/strace." not in name] == []
