"""An agent, called in a host of the box as Pacemaker calls it."""

from __future__ import annotations

import functools
import shutil
import subprocess
import time
from pathlib import Path

from .machine import Host

DIRECTORY = "/usr/lib/ocf/resource.d/openstack"
_ROOT = Path(__file__).resolve().parent.parent.parent


def build(tree: Path) -> Path:
    """The Debian package of a source tree."""
    done = subprocess.run(["make", "-s", "deb"], cwd=tree, check=True, stdout=subprocess.PIPE, text=True)
    return Path(done.stdout.split()[-1])


@functools.cache
def package() -> Path:
    """The Debian package of this tree, built once."""
    return build(_ROOT)


def install(host: Host, deb: Path | None = None) -> None:
    """Install a package of the agents on a host, this tree's if no other is given."""
    deb = deb or package()
    shutil.copy(deb, host.files / "root")
    host.run("dpkg", "--force-unsafe-io", "--install", f"/root/{deb.name}")


class Outcome:
    """What one invocation came to."""

    def __init__(self, code: int, out: str, err: str, seconds: float) -> None:
        self.code = code
        self.out = out
        self.err = err
        self.seconds = seconds

    @property
    def reason(self) -> str:
        """The exit reason as the cluster reads it: after the last prefix, to the end of the line."""
        _, prefix, rest = self.err.rpartition("ocf-exit-reason:")
        return rest.partition("\n")[0] if prefix else ""

    def __repr__(self) -> str:
        return f"<{self.code} in {self.seconds:.2f} s, out {self.out!r}, err {self.err!r}>"


class Agent:
    """One resource of an agent on one host."""

    def __init__(self, host: Host, name: str, instance: str, **params: str) -> None:
        self.host = host
        self.name = name
        self.instance = instance
        self.params = params

    def __call__(self, action: str, *, interval: float = 0, timeout: float = 60, depth: int = 0, **more) -> Outcome:
        """Perform *action*; *more* are parameters (``name=None`` leaves one out) for this call."""
        began = time.monotonic()
        done = self.host.run(
            f"{DIRECTORY}/{self.name}", action, env=self.environment(interval, timeout, depth, **more),
            check=False, timeout=timeout + 60,
        )  # fmt: skip
        return Outcome(done.returncode, done.stdout, done.stderr, time.monotonic() - began)

    def environment(self, interval: float = 0, timeout: float = 60, depth: int = 0, **more) -> dict[str, str]:
        """What Pacemaker puts into the environment of an action."""
        params = {name: value for name, value in {**self.params, **more}.items() if value is not None}
        settings = {
            "OCF_ROOT": "/usr/lib/ocf",
            "OCF_RA_VERSION_MAJOR": "1",
            "OCF_RA_VERSION_MINOR": "1",
            "OCF_RESOURCE_INSTANCE": self.instance,
            "OCF_RESOURCE_TYPE": self.name,
            "OCF_RESOURCE_PROVIDER": "openstack",
            "OCF_EXIT_REASON_PREFIX": "ocf-exit-reason:",
            "OCF_RESKEY_CRM_meta_timeout": f"{timeout * 1000:.0f}",
            **{f"OCF_RESKEY_{name}": value for name, value in params.items()},
        }
        if interval:
            settings["OCF_RESKEY_CRM_meta_interval"] = f"{interval * 1000:.0f}"
        if depth:
            settings["OCF_CHECK_LEVEL"] = str(depth)
        return settings

    def monitor(self, **more) -> Outcome:
        """A recurring monitor that does not watch."""
        return self("monitor", interval=1, watch_time="0", **more)

    @property
    def pid(self) -> int:
        """The process id in its pid file."""
        return int(self.host.read(f"/run/resource-agents/{self.instance}.pid"))
