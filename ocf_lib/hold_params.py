"""The parameter that holds nova-compute until its node is evacuated, and those of the old agents for the same end."""

from __future__ import annotations

from .param import Param
from .params import no_effect

HOLD = Param(
    name="hold",
    summary="Wait for the evacuation",
    text=(
        "After the cluster has fenced this node, NovaEvacuate moves its instances to other nodes. A nova-compute that"
        " starts before the end of that destroys disks. With hold, a start launches nothing until then: it succeeds at"
        " once, monitor says degraded, and the monitor that finds the evacuation finished launches nova-compute. If the"
        " cluster cannot be asked, the evacuation counts as not finished. Needs a NovaEvacuate in the cluster."
    ),
    kind="boolean",
    default="false",
    monitoring=True,
)
OLD = no_effect(
    auth_url="Keystone URL",
    username="User",
    password="Password",
    tenant_name="Project",
    domain="Domain of the node",
    endpoint_type="Type of endpoint",
    region_name="Nova region",
    no_shared_storage="Kind of storage",
    evacuation_delay="Delay",
)
"""What NovaCompute and nova-compute-wait needed to sign in.  They ask the cluster now, and no longer Nova."""
