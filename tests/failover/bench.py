"""One run: a client asks, something is done to the nodes, and what came of it is put together."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.box import keystone
from tests.box.demo import in_network
from tests.box.machine import VIP, wait_for
from tests.conftest import ROOT
from tests.controller.price import spent

from . import story
from .client import PATIENCE
from .faults import FAULTS
from .stand import LONGEST, SINGLE, Stand

LEAD = 3.0
"""Seconds that the client asks before something is done, and after the cluster has settled."""
PATIENT = 300.0
"""Seconds that a run waits for a calm machine.  Then it is made on a busy one, if only the client's requests are not late."""
CALM = 2.0
"""Programs that want a processor, for each processor, on a calm machine."""
WINDOW = 60.0
"""Seconds in which the processor time of the agents is measured."""


def now() -> str:
    """This minute, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime())


def wanting(seconds: float = 3.0) -> float:
    """How many programs want a processor of this machine, on average, for each of its processors."""
    seen = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        line = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("procs_running"))
        seen.append(int(line.split()[1]) - 1)
        time.sleep(0.1)
    return sum(seen) / len(seen) / (os.cpu_count() or 1)


def wait_for_calm() -> float:
    """Wait, but not for ever, until the machine is calm, and return how many programs want each processor then."""
    until = time.monotonic() + PATIENT
    while (wanted := wanting()) > CALM and time.monotonic() < until:
        time.sleep(1)
    return wanted


@contextlib.contextmanager
def asking(file: Path) -> Iterator[None]:
    """A client outside the cluster asks, and writes into *file*."""
    token = subprocess.run(
        in_network(sys.executable, "-m", "tests.box.demo", "--token", f"http://{VIP}:5000/v3"),
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=LONGEST,
    ).stdout.strip()  # fmt: skip
    program = str(Path(__file__).with_name("client.py"))
    client = subprocess.Popen(in_network(sys.executable, program, VIP, "5000", token, str(file)), stdin=subprocess.PIPE)
    try:
        time.sleep(LEAD)
        yield
        time.sleep(LEAD)
    finally:
        client.stdin.close()
        try:
            client.wait(PATIENCE + 60)
        finally:
            client.kill()


def perform(stand: Stand, key: str, file: Path) -> dict[str, object]:
    """Let one fault come, and return what was seen.  The requests are in *file* then."""
    fault = FAULTS[key]
    stand.arrange(fault.arrangement)
    fault.before(stand)
    stand.wait_until_well()
    calm = wait_for_calm()
    run: dict[str, object] = {"made": now(), "load": calm}
    with asking(file):
        wait_for(lambda: _is_well_served(file), PATIENT, "no request to be late before anything is done", pause=1)
        began = time.time()
        fault.perform(stand)
        run["cluster took"] = time.time() - began
    asked = [one for one in story.requests(file.read_text(), began) if one.began > -LEAD]
    run.update(story.client(asked))
    run["marks"] = story.marks(stand.journal(began), began)
    file.write_text("".join(f"{one.began:.4f} {one.ended:.4f} {one.outcome}\n" for one in asked))
    stand.wait_until_well()
    if key == "kill-single":
        run["bare daemon"] = bare(stand, file.with_suffix(".bare"))
    return run


def _is_well_served(file: Path) -> bool:
    """Was no request of the last seconds late?"""
    asked = [one for one in story.requests(whole(file), time.time()) if one.ended > -LEAD]
    return asked != [] and all(one.is_answered and one.took <= story.LATE for one in asked)


def bare(stand: Stand, file: Path) -> float:
    """Seconds from exec of the same daemon, by hand and on the same node, to the first answer to the same client."""
    if stand.arrangement != SINGLE:
        raise ValueError("only a single Keystone has the address for itself")
    host = stand.holder()
    pid = stand.main_pid(host)
    command = host.read(f"/proc/{pid}/cmdline").rstrip("\0").split("\0")
    script = 'date +%s.%N > /run/bare; exec setpriv --reuid=keystone --regid=keystone --init-groups -- "$@"'
    try:
        with asking(file):
            stand.run("resource", "disable", "p_keystone", "--wait=200")
            wait_for(lambda: not keystone.daemons(host), LONGEST, "Keystone to end")
            # pcs and Pacemaker have just worked.  The bare daemon has as calm a machine as the restart had.
            wait_for_calm()
            host.run("systemd-run", "--quiet", "--collect", "--unit=bare", "sh", "-c", script, "sh", *command)
            wait_for(lambda: (host.files / "run/bare").exists(), LONGEST, "an exec")
            began = float(host.read("/run/bare"))
            wait_for(lambda: _answered(file, began), LONGEST, "the bare daemon to answer")
    finally:
        # Also if it did not answer: the next run wants this node as it was.
        host.run("sh", "-c", "rm -f /run/bare; systemctl kill --signal=KILL bare; systemctl reset-failed bare || true")
        wait_for(lambda: not keystone.daemons(host), LONGEST, "the bare daemon to end")
        stand.run("resource", "enable", "p_keystone", "--wait=200")
    ends = _answered(file, began)
    file.unlink()
    return min(ends)


def _answered(file: Path, since: float) -> list[float]:
    """When requests were answered after that, in seconds."""
    return [one.ended for one in story.requests(whole(file), since) if one.is_answered and one.ended > 0]


def whole(file: Path) -> str:
    """The whole lines that the client has written until now."""
    return file.read_text().rpartition("\n")[0]


def share(stand: Stand) -> dict[str, object]:
    """What the agents and Pacemaker use of one processor on a node where all is well."""
    host = stand.nodes[0]
    used = spent(host, WINDOW)
    processors = os.cpu_count() or 1
    return {
        "made": now(),
        "load": os.getloadavg()[0],
        "agents": used.agents * processors,
        "Pacemaker": used.pacemaker * processors,
    }
