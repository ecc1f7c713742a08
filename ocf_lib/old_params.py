"""The parameters of the old agents that started nova-compute after an evacuation."""

from __future__ import annotations

from .params import no_effect

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
