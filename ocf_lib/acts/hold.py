"""Hold nova-compute after its node was fenced, until the evacuation of the node is finished.

At its start, nova-compute destroys the local copy of every instance that was
evacuated, and calls each evacuation completed that is still going on.  So it
has to wait.  But a start that waits would keep the cluster from fencing another
node.  So the start returns at once, and the monitors wait.
"""

from __future__ import annotations

from .. import errors, notes, state
from ..checks import process
from ..cluster import pending, transient
from ..context import Context
from ..daemon import systemd
from ..param import TRUE
from ..record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon
    from ..daemon.process import Process

REASONS = (
    (
        "held: the evacuation of ... is not finished",
        "Degraded. The cluster has fenced this node. Its nova-compute starts as soon as NovaEvacuate has moved the"
        " instances; the state of NovaEvacuate says what that waits for.",
    ),
    (
        "held: nobody knows whether the evacuation of ... is finished: ...",
        "Degraded. The agent cannot ask Pacemaker, and asks again at each monitor.",
    ),
    (
        "held, but instances run here (pid N ...): ...",
        "Degraded. Instances must not run on a node that is being evacuated: the fencing has not ended them, or something"
        " has started them at boot. Compare them with those that run elsewhere, and end the ones that are too many.",
    ),
)
_UNSAID = "the node still says that it is held\n"
_LIBVIRT_GUESTS = ("/etc/default/libvirt-guests", "/etc/sysconfig/libvirt-guests")
_AUTOSTART = "/etc/libvirt/qemu/autostart"
_GUESTS = ("qemu-system", "qemu-kvm", "qemu:", "libvirt_lxc", "cloud-hyperviso")
"""How the names of processes begin that run an instance."""


class Held(Record):
    """What a node says while its nova-compute must not start."""

    reason: str
    is_empty: bool  # no instance runs on it, so the evacuator may go on
    fencing: int  # the number of the fencing; 0 if it is not known


def wanted(context: Context) -> Held | None:
    """Why nova-compute must not start yet; None if it may, or if the parameter ``hold`` says no."""
    return why(context) if holds(context) else None


def holds(context: Context) -> bool:
    """The parameter ``hold``; a mistake in it must not let nova-compute start too early."""
    try:
        return context.flag("hold")
    except errors.Degraded:
        return True


def why(context: Context) -> Held | None:
    """Why nova-compute must not start yet; None if it may."""
    found = pending.of(context, _node(context))
    if found is None:
        return None
    guests = _guests(context)
    if guests and found.is_known and not found.has_begun:
        # An old fencing that nobody has evacuated: the node has been back since, and in use.
        context.log.warn(f"{found.why}, but instances run here, so nothing is held: pid {guests}")
        return None
    reason = f"held: {found.why}"
    if guests and found.has_begun:
        reason = f"held, but instances run here (pid {guests}): {found.why}"
    return Held(reason=reason, is_empty=not guests, fencing=found.fencing)


def say(context: Context, held: Held) -> None:
    """Let the node say whether it is held and no instance runs on it.  The evacuator believes nothing else.

    A cluster that does not take that is logged: the next monitor says it again.
    """
    node = _node(context)
    try:
        if held.is_empty and node:
            transient.tell(context, transient.HELD, node, str(held.fencing))
        else:
            end(context)
    except errors.Degraded as problem:
        context.log.warn(str(problem))


def end(context: Context) -> None:
    """Let the node no longer say that it is held.  Raises Degraded if the cluster does not take that."""
    if _node(context):
        transient.remove(context, transient.HELD, _node(context))


def unsaid(context: Context) -> Held | None:
    """Why nova-compute must not start though its node need not wait: the node still says that it is held.

    An earlier stop may have failed to take that back.
    """
    try:
        end(context)
    except errors.Degraded as problem:
        return Held(reason=f"held: the node still says so, and {problem}", is_empty=False, fencing=0)
    return None


def forget(context: Context) -> None:
    """Let the node no longer say that it is held, and forget that it is.

    If the cluster does not take that, a note says it, and the next action tries again.
    """
    still = unsaid(context)
    if still:
        context.log.warn(still.reason)
        notes.held(context).write(_UNSAID)
    else:
        notes.held(context).forget()


def begin(context: Context, held: Held) -> None:
    """Note that the daemon is held.  Raises AgentError if that is impossible: the monitors would not know it."""
    problem = notes.held(context).write(f"{held.reason}\n")
    if problem:
        raise errors.AgentError(f"{held.reason}; and there can be no note of it: {problem}")
    context.log.warn(held.reason)
    state.show(context, held.reason)
    say(context, held)


def released(ours: Daemon) -> Process | None:
    """Launch the daemon that was held, and return its leader.  Raises Degraded if it has to be held on.

    Nobody waits until the daemon is well: the checks of the monitors do so.
    """
    context = ours.context
    held = wanted(context)
    if held:
        say(context, held)
        # The cluster is asked every few seconds only.
        from . import watch

        context.sleep(watch.seconds(context, "degraded"))
        notes.last_monitor(context).write("degraded\n")
        raise errors.Degraded(held.reason)
    # From now on, nobody may take this node for one without a nova-compute.
    end(context)
    context.log.info("no longer held")
    notes.held(context).forget()
    from . import start

    start.prepare(ours)
    ours.launch()
    return process.present(ours)


def misfit(ours: Daemon) -> str:
    """What is wrong with a host that holds; "" if nothing is.

    Nothing may start instances at boot, because they may run elsewhere by then.
    """
    for program in ("crm_attribute", "stonith_admin"):
        if ours.context.host.programs.find(f"/usr/sbin/{program}") is None:
            return f"{program} is missing, so the cluster cannot be asked: install Pacemaker's command line tools"
    option = "resume_guests_state_on_host_boot"
    if ours.settings.option("DEFAULT", option).lower() in TRUE:
        return f"{option} would start instances that run elsewhere: set it to false in {ours.context.config}"
    files = ours.context.host.files
    for name in files.names(_AUTOSTART):
        instance = name.removesuffix(".xml")
        return f"libvirt would start {instance} at boot: virsh autostart --disable {instance}"
    # A shell reads these files.
    boots = "".join(f"\n{files.read(path) or ''}" for path in _LIBVIRT_GUESTS).replace('"', "").replace("'", "")
    if "\nON_BOOT=ignore" not in boots and systemd.enabled(ours.context, ["libvirt-guests.service"]):
        return f"libvirt-guests would start instances at boot: set ON_BOOT=ignore in {_LIBVIRT_GUESTS[0]}"
    return ""


def _node(context: Context) -> str:
    """The name of this node in the cluster; "" if Pacemaker did not pass it."""
    return context.given.get("CRM_meta_on_node", "")


def _guests(context: Context) -> str:
    """The pids of the instances that run on this host."""
    processes = context.host.processes
    seen = {pid: processes.stat(pid) for pid in processes.pids()}
    found = [pid for pid, stat in seen.items() if stat and stat[0] != "Z" and stat[4].startswith(_GUESTS)]
    return " ".join(str(pid) for pid in found[:10])
