"""nova-compute-wait: a start that waits until no evacuation of its node is pending.  nova-compute starts after it.

While it waits, Pacemaker begins no new transition, so it fences no other node.
The parameter ``hold`` of nova-compute does the same without this price.
"""

from __future__ import annotations

from .. import codes, errors, patience, state
from ..context import Context
from . import hold, marked

REASONS = (
    *hold.REASONS,
    (
        "held: ...; it does not wait for longer",
        "A start took all of its time. Pacemaker starts nova-compute not here until you run pcs resource cleanup, or until"
        " the failure-timeout of the resource is over. Meanwhile NovaEvacuate gives no order for this node.",
    ),
)

_ABOUT = """\
Waits at its start until no evacuation of its node is pending.

Let a resource for nova-compute start after this one, on the same node, for example systemd:openstack-nova-compute.\
 After the cluster has fenced a node, NovaEvacuate moves its instances. If nova-compute starts before the end of that,\
 it destroys disks.

While a start waits, Pacemaker fences no other node. So the agents nova-compute and NovaCompute are better: with the\
 parameter hold, they let the cluster go on. The old agent's parameters are accepted, and have no effect: this agent\
 asks the cluster, and signs in nowhere."""


def start(context: Context) -> codes.ExitCode:
    """Wait until no evacuation of this node is pending.  Raises AgentError if the time of the start is over."""
    held = _held(context)
    if held:
        context.log.warn(held.reason)
        state.show(context, held.reason)
    while held:
        hold.say(context, held)
        # The questions, too, take time.
        if context.left() < 2 * patience.GATE_PAUSE:
            raise errors.AgentError(f"{held.reason}; it does not wait for longer")
        context.sleep(patience.GATE_PAUSE)
        held = _held(context)
    state.show(context, state.WELL)
    return marked.start(context)


def _held(context: Context) -> hold.Held | None:
    """Why nova-compute must not start yet; None if it may, and the node no longer says that it is held."""
    return hold.why(context) or hold.unsaid(context)


def stop(context: Context) -> codes.ExitCode:
    """Let the node no longer say that it is held: a start may have waited for too long.  It cannot fail."""
    still = hold.unsaid(context)
    if still:
        context.log.warn(still.reason)
    return marked.stop(context)


def metadata(context: Context) -> str:
    """The meta-data."""
    # Imported here: it loads the checks of all other agents.
    from . import metadata as document

    return document.xml(context.program, context.name, _ABOUT)
