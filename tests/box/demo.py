"""make demo: three hosts, one Keystone, and everything that can happen to it.

    python -m tests.box.demo [--keep | --down]

Prints a table of what was done, what the cluster saw and how long a client
was without an answer, and draws the same as a timeline.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from . import BoxError, image, keystone, trace
from . import cluster as pacemaker
from .agent import install
from .machine import NETNS, STATE, VIP, Box, Host, clear, wait_for

ROOT = Path(__file__).resolve().parent.parent.parent
OUTPUT = ROOT / "build" / "demo"
RESOURCE = "p_keystone"
GROUP = "g_keystone"
VERDICTS = {"1": "error", "7": "not running", "190": "degraded"}
_began = time.monotonic()


def tell(text: str) -> None:
    """A line of progress, with the seconds since the beginning."""
    print(f"[{time.monotonic() - _began:5.0f} s] {text}", flush=True)


class Event:
    """One thing that was done to Keystone, and what came of it."""

    def __init__(self, title: str, at: float) -> None:
        self.title = title
        self.at = at
        self.until = at
        self.detected: float | None = None
        self.verdict = ""
        self.reason = ""


class Demo:
    """The hosts, the resource, and the client that asks all the time."""

    def __init__(self, hosts: list[Host]) -> None:
        self.hosts = hosts
        self.admin = hosts[0]
        self.events: list[Event] = []

    def prepare(self) -> None:
        """Keystone on every host, a cluster of them, and the resource in it."""
        for host in self.hosts:
            install(host)
            keystone.configure(host, cache=keystone.CACHE)
        tell("Keystone: schema, keys and administrator on one host, copied to the others")
        keystone.bootstrap(self.admin)
        keystone.copy(self.admin, self.hosts[1:])
        tell("cluster: pcs host auth, pcs cluster setup, pcs cluster start --all")
        pacemaker.form(self.hosts)
        for command in (
            f"pcs resource create {RESOURCE} ocf:openstack:keystone os_username=admin"
            f" os_password={keystone.ADMIN_PASSWORD} os_tenant_name=admin os_auth_url=http://{VIP}:5000/v3"
            f" trace_ra=1 trace_file={trace.FILE} op monitor interval=1s timeout=60s"
            f" --group {GROUP}",
            f"pcs resource create vip ocf:heartbeat:IPaddr2 ip={VIP} cidr_netmask=24 nic=eth0 op monitor interval=10s"
            f" --group {GROUP}",
        ):
            tell(command.replace(keystone.ADMIN_PASSWORD, "****"))
            self.admin.run(*command.split())
        wait_for(lambda: self.active("vip"), 120, "Keystone and its address to be started", pause=0.2)
        self.settle()
        print(self.admin.run("pcs", "status").stdout)

    def active(self, resource: str = RESOURCE, viewer: Host | None = None) -> Host | None:
        """The host that runs the resource, as *viewer* sees it."""
        names = pacemaker.active_on(viewer or self.viewer(), resource)
        return next((host for host in self.hosts if host.name in names), None)

    def viewer(self) -> Host:
        """A host that is up and in the cluster, to look from."""
        return next(host for host in self.hosts if (host.files / "run/crm").exists() and pacemaker.has_quorum(host))

    def main_pid(self, host: Host) -> int:
        """The daemon's process id, 0 while there is none."""
        try:
            return int(host.read(f"/run/resource-agents/{RESOURCE}.pid"))
        except FileNotFoundError:
            return 0

    def begin(self, title: str) -> Event:
        """Note that something is about to be done."""
        tell(title)
        event = Event(title, time.time())
        self.events.append(event)
        return event

    def see(self, event: Event, host: Host, within: float = 60) -> None:
        """Wait until the cluster has noticed on *host*; take verdict and reason from it, and the time from the agent."""

        def noticed():
            for failure in pacemaker.failures(self.admin):
                if failure.get("op_key", "").startswith(f"{RESOURCE}_monitor"):
                    return failure
            return None

        failure = wait_for(noticed, within, f"the cluster to notice: {event.title}", pause=0.1)
        # Pacemaker's own words for an exit status are others in each release.
        event.verdict = VERDICTS.get(failure.get("exitcode"), failure.get("exitstatus", ""))
        event.reason = failure.get("exitreason", "")
        for line in trace.lines(host):
            when = trace.stamp(line)
            if when > event.at and " monitor: " in line and " returns <" in line and "SUCCESS" not in line:
                event.detected = when - event.at
                break

    def recovered(self, event: Event, not_on: str = "") -> None:
        """Wait until client and cluster are content again."""

        def content():
            host = self.active("vip")
            return host and host.name != not_on and self.active() is host

        wait_for(content, 180, f"Keystone to be back after: {event.title}", pause=0.2)
        time.sleep(2.5)
        event.until = time.time()

    def cleanup(self) -> None:
        self.admin.run("pcs", "resource", "cleanup", RESOURCE)
        self.settle()

    def settle(self) -> None:
        """Wait until the cluster has nothing left to do."""
        self.admin.run("crm_resource", "--wait", "--timeout=60s", timeout=90)

    # -- what happens

    def kill(self) -> None:
        host = self.active()
        pid = self.main_pid(host)
        event = self.begin("SIGKILL of the daemon")
        host.run("kill", "-KILL", str(pid))
        self.see(event, host)
        wait_for(lambda: self.main_pid(host) not in (0, pid), 60, "another daemon")
        self.recovered(event)
        self.cleanup()

    def hang(self) -> None:
        host = self.active()
        pid = self.main_pid(host)
        event = self.begin("SIGSTOP of the daemon and its workers")
        host.run("pkill", "-STOP", "-s", str(pid))
        self.see(event, host)
        wait_for(lambda: self.main_pid(host) not in (0, pid), 90, "another daemon")
        self.recovered(event)
        self.cleanup()

    def database(self) -> None:
        host = self.active()
        pid = self.main_pid(host)
        event = self.begin("database unreadable, and readable again")
        host.run("chmod", "0", keystone.DATABASE)
        self.see(event, host)
        host.run("chmod", "640", keystone.DATABASE)
        wait_for(
            lambda: pacemaker.monitor_code(self.admin, RESOURCE, host.name) == 0,
            60,
            "the monitor to be well",
            pause=0.2,
        )
        if self.main_pid(host) != pid:
            raise AssertionError("Keystone was restarted although only its database was away")
        self.recovered(event)
        self.cleanup()

    def move(self) -> None:
        host = self.active()
        event = self.begin(f"pcs resource move {GROUP}")
        self.admin.run("pcs", "resource", "move", GROUP, timeout=180)
        event.verdict = "planned"
        self.recovered(event, not_on=host.name)

    def power_off(self) -> None:
        host = self.active()
        if host is self.admin:
            # The administrator sits at another host than the one that dies.
            self.admin = next(other for other in self.hosts if other is not host)
        event = self.begin(f"power cut of {host.name}, which runs it")
        host.off()

        def noticed():
            return host.name not in pacemaker.online(self.admin)

        wait_for(noticed, 60, "the cluster to miss a node", pause=0.1)
        event.detected = time.time() - event.at
        event.verdict = "node lost"
        self.recovered(event, not_on=host.name)
        history = self.admin.run("pcs", "stonith", "history", "show", host.name).stdout
        event.reason = next((line.strip() for line in history.splitlines() if "successful" in line), "not fenced")


def sign_in(url: str) -> str:
    """A token for the client (asked from the bridge's own network)."""
    question = {
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {
                    "user": {"name": "admin", "domain": {"name": "Default"}, "password": keystone.ADMIN_PASSWORD}
                },
            },
            "scope": {"project": {"name": "admin", "domain": {"name": "Default"}}},
        }
    }
    request = urllib.request.Request(  # noqa: S310  the URL is the box's own
        f"{url}/auth/tokens", json.dumps(question).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return answer.headers["X-Subject-Token"]


def in_network(*command: str) -> list[str]:
    """Run a program beside the hosts, on their bridge."""
    return ["ip", "netns", "exec", NETNS, *command]


def outages(answers: list[tuple[float, bool, float]], since: float, until: float) -> list[tuple[float, float]]:
    """The stretches in which questions went unanswered: from the first such question to the next answered one."""
    found = []
    start = None
    for asked, well, _ in answers:
        if since <= asked <= until or start is not None:
            if not well and start is None:
                start = asked
            elif well and start is not None:
                found.append((start, asked))
                start = None
    if start is not None:
        found.append((start, answers[-1][0]))
    return found


def table(events: list[Event], answers: list[tuple[float, bool, float]]) -> str:
    """The story in one table."""
    rows = [("what was done", "what the cluster saw", "noticed after", "client without answer")]
    for event in events:
        without = sum(end - start for start, end in outages(answers, event.at - 0.1, event.until))
        noticed = "" if event.detected is None else f"{event.detected:.2f} s"
        saw = f"{event.verdict}: {event.reason}" if event.reason else event.verdict
        rows.append((event.title, saw, noticed, f"{without:.2f} s"))
    wide = [max(len(row[column]) for row in rows) for column in range(4)]
    wide[1] = min(wide[1], 64)
    lines = []
    for row in rows:
        pieces = [row[1][at : at + wide[1]] for at in range(0, len(row[1]), wide[1])] or [""]
        for number, piece in enumerate(pieces):
            cells = (row[0], piece, row[2], row[3]) if number == 0 else ("", piece, "", "")
            lines.append("  ".join(cell.ljust(width) for cell, width in zip(cells, wide)).rstrip())
        lines.append("")
    lines.insert(1, "  ".join("-" * width for width in wide))
    return "\n".join(lines)


def picture(events: list[Event], answers: list[tuple[float, bool, float]], path: Path) -> None:
    """The same as a timeline: each answer of the client, each event, each moment of notice."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plot

    zero = answers[0][0]
    figure, axes = plot.subplots(figsize=(15, 5.5), layout="constrained")
    well = [(asked - zero, took * 1000) for asked, fine, took in answers if fine]
    axes.semilogy(*zip(*well), ".", color="#2a7f62", markersize=2.5, label="answered (milliseconds)")
    for number, (start, end) in enumerate(outages(answers, 0, float("inf"))):
        label = "no answer" if number == 0 else None
        axes.axvspan(start - zero, end - zero, color="#d1495b", alpha=0.35, linewidth=0, label=label)
    for number, event in enumerate(events):
        axes.axvline(event.at - zero, color="#333333", linewidth=1)
        axes.annotate(
            event.title, (event.at - zero, 1), xycoords=("data", "axes fraction"), xytext=(4, -12 - 14 * (number % 3)),
            textcoords="offset points", fontsize=9,
        )  # fmt: skip
        if event.detected is not None:
            when = event.at - zero + event.detected
            axes.axvline(
                when,
                color="#1d3557",
                linewidth=1,
                linestyle=":",
                label="noticed by the cluster" if number == 0 else None,
            )
    axes.set_xlabel("seconds")
    axes.set_ylabel("a client's answer, milliseconds")
    axes.set_title("Keystone on three nodes: what a client of the virtual address saw")
    axes.margins(x=0.01)
    axes.set_ylim(top=axes.get_ylim()[1] * 12)
    figure.legend(loc="outside lower center", ncols=3, fontsize=9, markerscale=3)
    figure.savefig(path, dpi=110)


def show(demo: Demo) -> None:
    """Do everything to Keystone while a client asks, and tell what came of it."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    url = f"http://{VIP}:5000/v3"
    token = subprocess.run(
        in_network(sys.executable, "-m", "tests.box.demo", "--token", url),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    record = OUTPUT / "client.txt"
    client = subprocess.Popen(
        in_network(sys.executable, str(Path(__file__).with_name("client.py")), url, token, str(record)),
        stdin=subprocess.PIPE,
    )
    try:
        time.sleep(3)
        for happening in (demo.kill, demo.hang, demo.database, demo.move, demo.power_off):
            happening()
    finally:
        client.stdin.close()
        client.wait(30)
    answers = []
    for line in record.read_text().splitlines():
        asked, well, took = line.split()
        answers.append((float(asked), well == "1", float(took)))
    answers.sort()
    timeline = OUTPUT / "timeline.png"
    picture(demo.events, answers, timeline)
    text = table(demo.events, answers)
    (OUTPUT / "table.txt").write_text(text)
    print(f"\n{text}")
    print(f"{len(answers)} questions of the client; timeline: {timeline.relative_to(ROOT)}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--keep", action="store_true", help="leave the cluster up")
    parser.add_argument("--down", action="store_true", help="end a cluster that was left up")
    parser.add_argument("--token", metavar="URL", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.token:
        print(sign_in(chosen.token))
        return 0
    if chosen.down:
        (STATE / "keep").unlink(missing_ok=True)
        clear()
        return 0
    try:
        if not image.path("cluster").is_dir():
            tell("building the hosts' root with mmdebstrap (once, about two minutes)")
        with Box(["one", "two", "three"]) as box:
            tell("three hosts are up")
            demo = Demo(box.hosts)
            demo.prepare()
            show(demo)
            if chosen.keep:
                box.keep()
                print(
                    f"The cluster is up. To get in:  nsenter -a -r -w -t $(cut -d' ' -f1 {STATE}/hosts/{demo.admin.name}/init)"
                    f" env -i TERM=$TERM HOME=/root bash -l\nTo end it:  make demo-down"
                )
    except BoxError as problem:
        print(problem, file=sys.stderr)
        return 1
    tell("done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
