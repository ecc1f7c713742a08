"""The parameters of the evacuator: those of the old agent, those for signing in, and its own."""

from __future__ import annotations

from . import credential_params, params
from .param import Param
from .service import Service

_TEXTS = {
    "os_username": "User that monitor signs in as. The user needs the role admin.",
}


def _sign_in() -> tuple[Param, ...]:
    """The parameters that every agent has for signing in, with what they mean here."""
    asks_nova = Service(name="", title="", user="", config="", listed_by="nova")
    return tuple(
        param.changed(text=_TEXTS.get(param.name, param.text)) for param in credential_params.sign_in(asks_nova)
    )


def _old(name: str, summary: str, stands_for: str, secret: bool = False) -> Param:
    return Param(
        name=name,
        summary=f"{summary} (old)",
        text=f"The old name of {stands_for}; if both are given, {stands_for} counts.",
        secret=secret,
        monitoring=True,
        stands_for=stands_for,
    )


def _own(name: str, summary: str, text: str, kind: str = "string", default: str = "") -> Param:
    return Param(name=name, summary=summary, text=text, kind=kind, default=default, monitoring=True)


PARAMS = (
    _old("auth_url", "URL of Keystone", "os_auth_url"),
    _old("username", "User", "os_username"),
    _old("password", "Password", "os_password", secret=True),
    _old("tenant_name", "Project", "os_tenant_name"),
    _old("user_domain", "Domain of the user", "os_user_domain_name"),
    _old("project_domain", "Domain of the project", "os_project_domain_name"),
    _old("region_name", "Region", "os_region_name"),
    _own(
        "endpoint_type",
        "Kind of endpoint",
        "With publicURL, monitor asks the public endpoint of Nova. With another value or none, it asks the internal one.",
    ),
    *_sign_in(),
    _own(
        "domain",
        "DNS domain of compute nodes",
        "If two hosts of Nova have the short name of a node, the one in this domain is meant.",
    ),
    _own(
        "host_map",
        "Nodes and hosts of Nova",
        "Pairs node=host, with blanks between them, for nodes whose name in the cluster is another one than their host in"
        " Nova. Without a pair, the two names are equal, or their first labels are.",
    ),
    _own(
        "compute_nodes",
        "Compute nodes",
        "Names of the nodes that are compute nodes, with blanks between them. Nothing is evacuated from another node."
        " Without a value, every node of the cluster counts that Nova knows.",
    ),
    _own(
        "no_shared_storage",
        "Disks are not shared",
        "With false, Nova evacuates an instance only if its new host sees the disk of the instance. So an NFS"
        " that is not mounted loses no disk. With true, Nova makes a new disk from the image if the host does not see it."
        " An instance that boots from a volume keeps its volume either way.",
        "boolean",
        "false",
    ),
    _own(
        "evacuate_delay",
        "Delay in seconds",
        "Seconds without a report of the dead nova-compute before the first instance is evacuated. A storage may need them"
        " until it gives up the locks of the dead host. They are never less than 25.",
        "seconds",
        "0",
    ),
    _own(
        "evacuable",
        "Which instances",
        "all: every instance. tagged: those whose flavor has the extra spec evacuable=true, or whose image has the property"
        " evacuable=true. auto: those that are tagged, and every instance if no flavor and no image is tagged. An"
        " instance with the metadata evacuable=false or HA_Enabled=false stays, whatever the value.",
        default="auto",
    ),
    _own(
        "exclude",
        "Instances that stay",
        "Patterns for names of instances, such as amphora-*, and ids of projects, with blanks between them.",
    ),
    _own(
        "max_in_flight",
        "Instances at a time",
        "Nova evacuates at most so many instances at the same time, and at most twice as many as there are compute nodes.",
        "integer",
        "10",
    ),
    _own(
        "retries",
        "Tries",
        "After so many failures, monitor says that the instance cannot be evacuated. It tries again every ten minutes.",
        "integer",
        "3",
    ),
    _own(
        "reset_states",
        "Evacuate in other states",
        "Evacuate an instance that is paused, suspended, rescued, shelved or resized, too. Its state is set to ERROR"
        " before. Without it, such an instance waits for its host.",
        "boolean",
        "false",
    ),
    _own(
        "reenable",
        "Enable returned hosts",
        "Enable nova-compute when its host has returned, if this agent has disabled it.",
        "boolean",
        "true",
    ),
    *params.no_effect(verbose="Verbose log"),
    *params.TRACE,
)
"""In the order of the meta-data."""
