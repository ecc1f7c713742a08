"""What the agents' own trace (trace_ra, trace_file) says of when they did what."""

from __future__ import annotations

import calendar
import time

from .machine import Host

FILE = "/var/log/keystone.trace"


def stamp(line: str) -> float:
    """The time at the beginning of a line, in seconds since 1970; the hosts live in UTC."""
    date, _, fraction = " ".join(line.split()[:2]).partition(".")
    return calendar.timegm(time.strptime(date, "%Y-%m-%d %H:%M:%S")) + float(f"0.{fraction}")


def lines(host: Host) -> list[str]:
    """Every whole line so far; none if nothing has been traced yet."""
    path = host.files / FILE.lstrip("/")
    return path.read_text().rpartition("\n")[0].splitlines() if path.exists() else []


def begins(host: Host, action: str) -> list[float]:
    """When each *action* began, in seconds since 1970."""
    return [stamp(line) for line in lines(host) if f" {action}: OCF_RESOURCE_INSTANCE=" in line]


def watched(host: Host, since: float) -> float:
    """The share of the time after *since* in which a monitor ran, up to the end of the last one."""
    ran, began, ended = 0.0, 0.0, since
    for line in lines(host):
        if " monitor: OCF_RESOURCE_INSTANCE=" in line:
            began = stamp(line)
        elif "DEBUG: returns " in line and began:
            until = stamp(line)
            if until > since:
                # One that ran already counts from then on.
                ran, ended = ran + until - max(began, since), until
            began = 0.0
    return ran / (ended - since) if ended > since else 0.0


def watching(host: Host) -> bool:
    """Does a monitor watch the daemon right now?"""
    since = []
    for line in lines(host):
        if "OCF_RESOURCE_INSTANCE=" in line:
            since.clear()
        since.append(line)
    return any("DEBUG: watching pid" in line for line in since) and "DEBUG: returns " not in since[-1]
