"""The control group of a daemon that an agent launched: a scope of systemd, whose name says whose it is.

All processes of the daemon are members: those that write a title over their
command line, helpers of oslo.privsep that run as root, orphans.  The scope lies
outside Pacemaker's own unit, so the OOM killer meets the daemon and not
Pacemaker.  Source: systemd.scope(5), org.freedesktop.systemd1(5).
"""

from __future__ import annotations

from .. import patience
from ..context import Context
from . import systemd
from .launched import Launched
from .process import Process

_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_.-"
_LONGEST = 120
# At shutdown systemd stops units in the reverse order of their start: first Pacemaker, which stops the daemons.
_PACEMAKER = ("pacemaker.service", "pacemaker_remote.service")
_MANAGER = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")
_CALL = ("/usr/bin/busctl", "--quiet", "call", *_MANAGER, "StartTransientUnit")
_SIGNATURE = "ssa(sv)a(sa(sv))"


def make(context: Context, process: Process) -> str:
    """Put *process* into a scope of its own, and return its control group; "" if systemd cannot do it."""
    if not systemd.runs_here(context):
        context.log.debug("systemd does not run this host: the daemon gets no control group of its own")
        return ""
    name = f"{_prefix(context)}{process.pid}.{process.start}.scope"
    properties = (
        ("PIDs", "au", "1", str(process.pid)),
        ("Description", "s", f"{context.service.title}, resource {context.instance}"),
        ("Slice", "s", systemd.SLICE[1:]),
        ("Before", "as", str(len(_PACEMAKER)), *_PACEMAKER),
        # If the OOM killer ends one worker, systemd then leaves the others alone (OOMPolicy=continue).
        ("Delegate", "b", "true"),
        ("CollectMode", "s", "inactive-or-failed"),
    )
    words = [word for one in properties for word in one]
    words = [_SIGNATURE, name, "fail", str(len(properties)), *words, "0"]
    until = context.now() + min(patience.SYSTEMD_ANSWERS, context.left() / 4)
    try:
        code, text = context.host.programs.ask([*_CALL, *words], until - context.now())
        trouble = context.log.masked(text) or f"exit status {code}" if code else ""
    except OSError as problem:
        trouble = problem.strerror or str(problem)
    # systemd answers before it has moved the process.
    while not trouble and not context.host.groups.of(process.pid).endswith(f"/{name}"):
        if context.now() >= until:
            trouble = "the process was not moved in time"
        context.sleep(0.002)
    if trouble:
        context.log.warn(f"systemd gives the daemon no control group of its own: {trouble}")
        return ""
    return f"{systemd.SLICE}/{name}"


def every(context: Context) -> list[Launched]:
    """The launches of this resource whose scopes still exist, from the names of the scopes; the last one first.

    A network agent's old scope stays as long as it holds processes of the tenants.
    """
    found = []
    prefix = f"{systemd.SLICE}/{_prefix(context)}"
    for group in context.host.groups.below(systemd.SLICE):
        pid, _, start = group[len(prefix) :].removesuffix(".scope").partition(".")
        if group.startswith(prefix) and pid.isdecimal() and start.isdecimal():
            found.append(Launched(pid=int(pid), start=int(start), session=int(pid), groups=(group,)))
    return sorted(found, key=lambda one: -one.start)


def whose(group: str) -> str:
    """The resource to which the scope *group* belongs, as in "keystone:p_keystone"; "" if it is no daemon's scope."""
    name = group.rpartition("/")[2]
    if not (name.startswith("openstack-") and name.endswith(".scope") and ":" in name):
        return ""
    return name[len("openstack-") :].rpartition("-")[0]


def owner(context: Context) -> str:
    """What ``whose`` returns for the scopes of this resource."""
    # As systemd-escape(1) does.  "-" stays: the last one of a name begins the pid.
    instance = "".join(
        letter if letter in _PLAIN else "".join(f"\\x{byte:02x}" for byte in letter.encode("utf-8", "surrogateescape"))
        for letter in context.instance
    )
    if len(instance) > _LONGEST:
        import _blake2

        # The name of a unit has at most 255 characters.
        instance = f"{instance[:_LONGEST]}.{_blake2.blake2b(instance.encode(), digest_size=8).hexdigest()}"
    return f"{context.service.name}:{instance}"


def _prefix(context: Context) -> str:
    return f"openstack-{owner(context)}-"
