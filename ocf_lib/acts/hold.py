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
from ..param import TRUE

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
_AUTOSTART = "/etc/libvirt/qemu/autostart"
_HELD = "held: "
_GUESTS = ("qemu-system", "qemu-kvm", "libvirt_lxc")
"""How the names of processes begin that run an instance."""


def wanted(context: Context) -> str:
    """Why nova-compute must not start yet; "" if it may, or if the parameter ``hold`` says no."""
    try:
        holds = context.flag("hold")
    except errors.Degraded:
        # A mistake in the parameter must not let nova-compute start too early.
        holds = True
    return why(context) if holds else ""


def why(context: Context) -> str:
    """Why nova-compute must not start yet; "" if it may."""
    found = pending.of(context, _node(context))
    if found is None:
        return ""
    guests = _guests(context)
    if guests and not found.has_begun:
        # An old fencing that nobody has evacuated: the node has been back since, and in use.
        context.log.warn(f"{found.why}, but instances run here, so nothing is held: pid {guests}")
        return ""
    return f"held, but instances run here (pid {guests}): {found.why}" if guests else f"{_HELD}{found.why}"


def say(context: Context, reason: str) -> None:
    """Let the node say whether it is held and no instance runs on it.  The evacuator believes nothing else.

    A cluster that does not take that is logged: the next monitor says it again.
    """
    try:
        if reason.startswith(_HELD) and _node(context):
            transient.tell(context, transient.HELD, _node(context), transient.YES)
        else:
            end(context)
    except errors.Degraded as problem:
        context.log.warn(str(problem))


def end(context: Context) -> None:
    """Let the node no longer say that it is held.  Raises Degraded if the cluster does not take that."""
    if _node(context):
        transient.remove(context, transient.HELD, _node(context))


def forget(context: Context) -> None:
    """Forget that the daemon is held, and let the node no longer say so."""
    say(context, "")
    notes.held(context).forget()


def begin(context: Context, reason: str) -> None:
    """Note that the daemon is held.  Raises AgentError if that is impossible: the monitors would not know it."""
    problem = notes.held(context).write(f"{reason}\n")
    if problem:
        raise errors.AgentError(f"{reason}; and there can be no note of it: {problem}")
    context.log.warn(reason)
    state.show(context, reason)
    say(context, reason)


def released(ours: Daemon) -> Process | None:
    """Launch the daemon that was held, and return its leader.  Raises Degraded if it has to be held on.

    Nobody waits until the daemon is well: the checks of the monitors do so.
    """
    context = ours.context
    reason = wanted(context)
    if reason:
        say(context, reason)
        # The cluster is asked every few seconds only.
        from . import watch

        context.sleep(watch.seconds(context, "degraded"))
        notes.last_monitor(context).write("degraded\n")
        raise errors.Degraded(reason)
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
    for name in ours.context.host.files.names(_AUTOSTART):
        instance = name.removesuffix(".xml")
        return f"libvirt would start {instance} at boot: virsh autostart --disable {instance}"
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
