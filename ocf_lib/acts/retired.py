"""neutron-ha-tool: an agent whose work Neutron does itself.  It does nothing, and says what to do in its place."""

from __future__ import annotations

from .. import codes, errors, state
from ..context import Context
from . import marked

_INSTEAD = (
    "it does nothing: Neutron moves the routers of a dead agent itself, with allow_automatic_l3agent_failover=true in"
    " neutron.conf"
)
REASONS = (
    (
        _INSTEAD,
        "Degraded. Set the option on every node with neutron-server, or use routers with l3_ha=true. Then delete the"
        " resource.",
    ),
)

_ABOUT = """\
Does nothing. It accepts the parameters of the old agent, so that an old configuration of the cluster stays valid.

The old agent ran a script that moved routers away from dead L3 agents. Neutron does that itself, with\
 allow_automatic_l3agent_failover=true in neutron.conf, and it moves DHCP networks by default. Routers with l3_ha=true\
 need no move, nor do routers of OVN. A recurring monitor reports degraded, and says so."""


def monitor(context: Context) -> codes.ExitCode:
    """Is it started?  A recurring monitor raises Degraded: it says what replaces this agent."""
    code = marked.status(context)
    if code == codes.SUCCESS and not context.is_probe:
        state.show(context, _INSTEAD)
        raise errors.Degraded(_INSTEAD)
    return code


def metadata(context: Context) -> str:
    """The meta-data."""
    # Imported here: it loads the checks of all other agents.
    from . import metadata as document

    return document.xml(context.program, context.name, _ABOUT)
