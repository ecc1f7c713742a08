"""A test of the cluster that fails shows what every node logged while it ran."""

from __future__ import annotations

import pytest

# Pacemaker's log, without the debugging that nobody asked for; the agents log into it as well.
LOG = "/var/log/pacemaker/pacemaker.log"
LINES = 120


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Add the end of each node's log to the report of a failure."""
    outcome = yield
    report = outcome.get_result()
    if report.failed and call.when == "call":
        for host in item.funcargs.get("cluster", ()):
            if host.pid is not None:
                report.sections.append((f"log of {host.name}", "\n".join(noteworthy(host))))


def noteworthy(host) -> list[str]:
    """The last lines of a node's log that are more than information."""
    words = (" notice: ", " warning: ", " error: ", "(keystone)", "(keystone-")
    return [line for line in host.read(LOG).splitlines() if any(word in line for word in words)][-LINES:]
