"""make bench: what a monitor costs, and how soon a crash or a hang is noticed.

Everything is measured in one run, side by side, on hosts of the box with the
real Keystone.  Read the ratios: times depend on the machine and its load.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from pathlib import Path

from .box import BoxError, keystone, trace
from .box import cluster as pacemaker
from .box.agent import DIRECTORY, Agent, install
from .box.machine import Box, Host, wait_for

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 40
SELDOM = 7
CASES = 21
QUIET = 120
HEARTBEAT = "/usr/lib/ocf/resource.d/heartbeat"
CREDENTIALS = keystone.credentials("http://127.0.0.1:5000/v3")
BARE = "python3 -IS -c pass"
CROWDS = (0, 4000, 16000)
PROCESSES = (200, 4000)
SLEEPER = "import os, time\nfor _ in range({}):\n    os.fork() or (time.sleep(3600), os._exit(0))\ntime.sleep(3600)\n"
WORKER = """#!/usr/bin/python3
import socket, time
held = socket.create_connection(("127.0.0.1", 5672))
time.sleep(3600)
"""
# What the design allows, as a multiple of the bare interpreter.
LIMITS = {"meta-data": 1.8, "monitor, process only": 1.5, "monitor, API": 2.5, "monitor, stored token": 3.0}


def measure(host: Host, rounds: int, commands: list[dict]) -> dict[str, list[float]]:
    """Processor milliseconds of each command in *host*."""
    host.put("/root/measure.py", (ROOT / "tests/box/measure.py").read_text())
    text = "".join(json.dumps(command) + "\n" for command in commands)
    done = host.run("/usr/bin/python3", "/root/measure.py", str(rounds), input=text, timeout=600)
    return json.loads(done.stdout)


def yardsticks(host: Host) -> list[dict]:
    """The commands beside which ours are measured: the bare interpreter, and the monitors of agents that operators know."""
    bare = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "OCF_ROOT": "/usr/lib/ocf", "OCF_RESOURCE_INSTANCE": "bench_other"}
    commands = [{"name": BARE, "argv": ["/usr/bin/python3", "-IS", "-c", "pass"], "env": bare}]
    for name in ("Dummy", "dummypy"):
        env = {**bare, "OCF_RESKEY_state": f"/run/bench-{name}"}
        host.run(f"{HEARTBEAT}/{name}", "start", env=env)
        commands.append(
            {"name": f"ocf:heartbeat:{name} monitor", "argv": [f"{HEARTBEAT}/{name}", "monitor"], "env": env}
        )
    return commands


def costs(host: Host) -> list[str]:
    """The table of what one invocation costs."""
    keystone.configure(host, cache=keystone.CACHE)
    keystone.bootstrap(host, CREDENTIALS["os_auth_url"])
    agent = Agent(host, "keystone", "bench", watch_time="0")
    signed_in = Agent(host, "keystone", "bench", watch_time="0", **CREDENTIALS)
    if agent("start", timeout=120).code != 0 or signed_in("monitor", interval=1).code != 0:
        raise SystemExit("Keystone does not start")
    program = f"{DIRECTORY}/keystone"
    known = yardsticks(host)
    bare = known[0]["env"]
    client = {**bare, **keystone.client(CREDENTIALS)}
    often = [
        *known,
        {"name": "meta-data", "argv": [program, "meta-data"], "env": bare},
        {"name": "monitor, process only", "argv": [program, "monitor"], "env": agent.environment()},
        {"name": "monitor, API", "argv": [program, "monitor"], "env": agent.environment(interval=1)},
        {"name": "monitor, stored token", "argv": [program, "monitor"], "env": signed_in.environment(interval=1)},
    ]
    seldom = [
        {
            "name": "monitor that signs in",
            "argv": [program, "monitor"],
            "env": signed_in.environment(interval=1),
            "before": ["/usr/bin/rm", "/run/resource-agents/bench.token"],
        },
        {
            "name": "start of Keystone",
            "argv": [program, "start"],
            "env": agent.environment(timeout=120),
            "before": [program, "stop"],
        },
        {"name": "openstack token issue", "argv": ["/usr/bin/openstack", "token", "issue"], "env": client},
    ]
    taken = measure(host, ROUNDS, often)
    # One after the other: a start would end the daemon that another command asks.
    for command in seldom:
        taken.update(measure(host, SELDOM, [command]))
    agent("stop")
    medians = {name: statistics.median(times) for name, times in taken.items()}
    lines = [f"{'processor time of one run':34} {'median ms':>10} {'ratio':>7} {'limit':>6} {'runs':>5}"]
    for name, median in medians.items():
        limit = f"{LIMITS[name]:.1f}" if name in LIMITS else ""
        lines.append(f"{name:34} {median:10.1f} {median / medians[BARE]:7.2f} {limit:>6} {len(taken[name]):5}")
    return lines


def crowds(host: Host) -> list[str]:
    """The table of what the check of the broker costs among many sockets of others."""
    host.put("/root/crowd.py", (ROOT / "tests/box/crowd.py").read_text())
    host.put("/root/worker", WORKER, mode=0o755)
    host.run("mkdir", "-p", "/run/resource-agents")
    commands = [{"name": BARE, "argv": ["/usr/bin/python3", "-IS", "-c", "pass"], "env": {}}]
    for name, server in (("its address", "127.0.0.1"), ("its name", "localhost")):
        instance, config = f"worker-{server}", f"/root/{server}.conf"
        host.put(config, f"[DEFAULT]\ntransport_url = rabbit://nova:pw@{server}:5672/\n")
        agent = Agent(
            host, "nova-scheduler", instance, binary="/root/worker", config=config, user="root", watch_time="0"
        )
        commands.append(
            {
                "name": f"broker known by {name}",
                "argv": [f"{DIRECTORY}/nova-scheduler", "monitor"],
                "env": agent.environment(interval=1),
            }
        )
    lines = [f"{'processor time, median ms':34}" + "".join(f" {command['name']:>28}" for command in commands)]
    for sockets in CROWDS:
        host.run("rm", "-f", "/root/ready")
        host.run("systemd-run", "--unit=crowd", "/usr/bin/python3", "/root/crowd.py", str(sockets), "/root/ready")
        wait_for(
            lambda: host.run("test", "-e", "/root/ready", check=False).returncode == 0, 120, "the crowd", pause=0.2
        )
        for server in ("127.0.0.1", "localhost"):
            unit = f"worker-{server}"
            host.run("systemd-run", f"--unit={unit}", "/root/worker", f"--config-file=/root/{server}.conf")
            pid = host.run("systemctl", "show", "--property=MainPID", "--value", unit).stdout.strip()
            host.put(f"/run/resource-agents/{unit}.pid", f"{pid}\n")
        wait_for(lambda: host.run("cat", "/proc/net/tcp").stdout.count(":1628 01 ") >= 2, 30, "the workers", pause=0.2)
        taken = measure(host, ROUNDS, commands)
        medians = [statistics.median(taken[command["name"]]) for command in commands]
        lines.append(f"{f'{sockets} TCP sockets':34}" + "".join(f" {median:28.1f}" for median in medians))
        host.run("systemctl", "stop", "crowd", "worker-127.0.0.1", "worker-localhost")
    return lines


def probes(host: Host) -> list[str]:
    """The table of what probes cost if nothing runs: one among many processes of others, and one of each agent at once."""
    command = {
        "name": "probe",
        "argv": [f"{DIRECTORY}/keystone", "monitor"],
        "env": Agent(host, "keystone", "nothing").environment(),
        "returns": 7,
    }
    bare = {"name": BARE, "argv": ["/usr/bin/python3", "-IS", "-c", "pass"], "env": {}}
    lines = [f"{'processor time, median ms':34} {BARE:>28} {'probe of nothing':>28}"]
    for crowd in PROCESSES:
        host.run("systemd-run", "--unit=sleepers", "/usr/bin/python3", "-c", SLEEPER.format(crowd))
        wait_for(
            lambda crowd=crowd: len(host.run("pgrep", "python3").stdout.split()) > crowd, 60, "the sleepers", pause=0.2
        )
        taken = measure(host, ROUNDS, [bare, command])
        medians = [statistics.median(taken[name]) for name in (BARE, "probe")]
        lines.append(f"{f'{crowd} processes of others':34}" + "".join(f" {median:28.1f}" for median in medians))
        host.run("systemctl", "stop", "sleepers")
    host.put("/root/probes.py", (ROOT / "tests/box/probes.py").read_text())
    lines.append(host.run("/usr/bin/python3", "/root/probes.py", DIRECTORY, "35").stdout.strip())
    return lines


def form(hosts: list[Host]) -> Host:
    """A cluster with Keystone as a clone; returns the node of the administrator."""
    for host in hosts:
        keystone.configure(host, cache=keystone.CACHE)
        keystone.can_hang(host)
    keystone.bootstrap(hosts[0])
    keystone.copy(hosts[0], hosts[1:])
    pacemaker.form(hosts)
    admin = hosts[0]
    admin.run(
        "pcs", "resource", "create", "p_keystone", "ocf:openstack:keystone", "trace_ra=1", f"trace_file={trace.FILE}",
        "op", "monitor", "interval=1s", "timeout=60s", "clone",
    )  # fmt: skip
    return admin


def kill(host: Host) -> None:
    """The main process is gone; its workers follow."""
    host.run("kill", "-KILL", _main(host))


def stop_all(host: Host) -> None:
    """Every process is stopped by a signal."""
    host.run("kill", "-STOP", *map(str, keystone.daemons(host)))


def stop_workers(host: Host) -> None:
    """Only the workers are stopped by a signal."""
    host.run("kill", "-STOP", *(str(pid) for pid in keystone.daemons(host) if str(pid) != _main(host)))


def deadlock(host: Host) -> None:
    """Every worker accepts, and never answers."""
    host.put(keystone.HANG, "")


def _main(host: Host) -> str:
    return host.read("/run/resource-agents/p_keystone.pid").strip()


FAULTS = (
    (kill, "start", "SIGKILL of the main process to start"),
    (stop_all, "stop", "SIGSTOP of every process to stop"),
    (stop_workers, "stop", "SIGSTOP of the workers to stop"),
    (deadlock, "stop", "deadlock of the workers to stop"),
)


def faults(admin: Host, hosts: list[Host]) -> list[str]:
    """How long it takes from a fault to the operation with which the cluster answers it."""
    lines = [f"{'clone on 3 nodes, interval=1s timeout=60s':40} {'median s':>9} {'least':>7} {'most':>7} {'cases':>6}"]
    for break_, action, what in FAULTS:
        delays = []
        for number in range(CASES):
            host = hosts[number % len(hosts)]
            wait_for(
                lambda: len(pacemaker.active_on(admin, "p_keystone")) == len(hosts), 120, "all copies to run", pause=0.2
            )
            admin.run("crm_resource", "--wait", "--timeout=60s", timeout=90)
            # Some faults meet a monitor that has just begun, some one that watches.
            time.sleep(2.5 + number % 5)
            before = len(trace.begins(host, action))
            began = time.time()
            break_(host)

            def answers(host=host, before=before, action=action):
                return trace.begins(host, action)[before:]

            delays.append(wait_for(answers, 60, f"a {action}", pause=0.1)[0] - began)
            host.run("rm", "-f", keystone.HANG)
        delays.sort()
        lines.append(f"{what:40} {statistics.median(delays):9.2f} {delays[0]:7.2f} {delays[-1]:7.2f} {len(delays):6}")
        print(f"  {lines[-1]}", flush=True)
    return lines


def watched(hosts: list[Host]) -> str:
    """How much of the time a monitor runs, and so sees a crash at once."""
    since = time.time()
    time.sleep(QUIET)
    shares = sorted(trace.watched(host, since) for host in hosts)
    return f"share of the time with a watching monitor: {statistics.median(shares):.1%} in {QUIET} s, as advertised"


PARTS = {
    "costs": lambda hosts: costs(hosts[0]),
    "crowds": lambda hosts: crowds(hosts[0]),
    "probes": lambda hosts: probes(hosts[0]),
    "faults": lambda hosts: [*faults(form(hosts), hosts), watched(hosts)],
}


def main() -> int:
    only = sys.argv[1].split(",") if len(sys.argv) > 1 else []
    if os.geteuid() != 0:
        print(
            "The figures are taken on hosts in namespaces of this machine, and for that you must be root: sudo make bench"
        )
        return 1
    print(f"{platform.platform()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}", flush=True)
    try:
        with Box(["one", "two", "three"]) as box:
            for host in box.hosts:
                install(host)
            for part in only or PARTS:
                for line in PARTS[part](box.hosts):
                    print(line, flush=True)
                print()
            print(f"load at the end {os.getloadavg()[0]:.1f}")
    except BoxError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
