"""What the cluster's information base (CIB) says: nodes, markers, and how the cluster fences."""

from __future__ import annotations

from ..context import Context
from ..param import FALSE
from ..record import Record
from . import program
from .marker import ATTRIBUTE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


class Node(Record):
    """One node of the cluster."""

    name: str
    is_remote: bool  # it runs pacemaker_remote
    is_online: bool
    fenced: int = 0  # of a remote node: when it was fenced, until it returns; 0 if it was not
    marker: str = ""  # text of the marker; "" if there is none
    attributes: tuple[tuple[str, str], ...] = ()  # permanent ones


class Level(Record):
    """One level of the fencing topology: the devices that have to succeed together."""

    index: int
    devices: tuple[str, ...]
    target: str = ""  # name of a node, or else one of the next two
    pattern: str = ""
    attribute: tuple[str, str] = ("", "")  # a permanent attribute of the node, and its value


class Device(Record):
    """One fencing device."""

    name: str
    agent: str
    hosts: tuple[str, ...] = ()  # all nodes that it can fence; () if it is asked for them, or fences any node


class Cib(Record):
    """What concerns fencing and evacuation."""

    nodes: tuple[Node, ...]
    fencing_is_on: bool
    levels: tuple[Level, ...] = ()
    devices: tuple[Device, ...] = ()

    def node(self, name: str) -> Node | None:
        """The node with this name, whatever its case; None if there is none."""
        return next((node for node in self.nodes if node.name.casefold() == name.casefold()), None)


def read(context: Context) -> Cib:
    """The CIB as it is now.  Raises Degraded if it cannot be had."""
    root = program.ask_xml(context, "cib", "cibadmin", "--query")
    given = _given(root.findall("configuration/crm_config/cluster_property_set"))
    return Cib(
        nodes=tuple(_nodes(root)),
        fencing_is_on=given.get("fencing-enabled", given.get("stonith-enabled", "true")).lower() not in FALSE,
        levels=tuple(_level(level) for level in root.iter("fencing-level")),
        devices=tuple(_devices(root)),
    )


def _nodes(root: Element) -> list[Node]:
    """All nodes of which the configuration or the status knows.

    A remote node is in the configuration only if it has a permanent attribute.
    """
    configured = {one.get("uname", ""): one for one in root.iterfind("configuration/nodes/node")}
    states = {one.get("uname", ""): one for one in root.iterfind("status/node_state")}
    found = []
    for name in dict.fromkeys((*configured, *states)):
        node, state = configured.get(name), states.get(name)
        attributes = _given(node.findall("instance_attributes")) if node is not None else {}
        fenced = state.get("node_fenced", "") if state is not None else ""
        found.append(
            Node(
                name=name,
                is_remote=_is_remote(node, state),
                is_online=state is not None and _is_online(state),
                fenced=int(fenced) if fenced.isdecimal() else 0,
                marker=attributes.get(ATTRIBUTE, ""),
                attributes=tuple(attributes.items()),
            )
        )
    return found


def _is_remote(node: Element | None, state: Element | None) -> bool:
    return (node is not None and node.get("type") == "remote") or (
        state is not None and state.get("remote_node") == "true"
    )


def _is_online(state: Element) -> bool:
    """Since Pacemaker 2.1.7, the time of the change stands for "true" and "online", and 0 for the opposite."""
    is_member = state.get("in_ccm", "false") not in ("false", "0")
    if state.get("remote_node") == "true":
        return is_member
    return is_member and state.get("crmd", "offline") not in ("offline", "0") and state.get("join") == "member"


def _level(level: Element) -> Level:
    return Level(
        index=int(level.get("index", "0")),
        devices=tuple(name.strip() for name in level.get("devices", "").split(",") if name.strip()),
        target=level.get("target", ""),
        pattern=level.get("target-pattern", ""),
        attribute=(level.get("target-attribute", ""), level.get("target-value", "")),
    )


def _devices(root: Element) -> list[Device]:
    templates = {one.get("id", ""): one for one in root.iterfind("configuration/resources//template")}
    found = []
    for primitive in root.iterfind("configuration/resources//primitive"):
        template = templates.get(primitive.get("template", ""))
        sources = [primitive] if template is None else [template, primitive]
        if sources[0].get("class") == "stonith":
            given = _given([one for source in sources for one in source.findall("instance_attributes")])
            found.append(Device(name=primitive.get("id", ""), agent=sources[0].get("type", ""), hosts=_hosts(given)))
    return found


def _hosts(given: dict[str, str]) -> tuple[str, ...]:
    """The nodes in ``pcmk_host_list`` and ``pcmk_host_map``; none if the fencer does not go by these."""
    if given.get("pcmk_host_check", "static-list") != "static-list":
        return ()
    listed = given.get("pcmk_host_list", "").replace(",", " ").replace(";", " ").split()
    pairs = given.get("pcmk_host_map", "").replace(";", " ").replace("=", ":").split()
    return (*listed, *(pair.partition(":")[0] for pair in pairs))


def _given(sets: list[Element]) -> dict[str, str]:
    """{name: value} of all pairs in these sets."""
    return {pair.get("name", ""): pair.get("value", "") for one in sets for pair in one.iterfind("nvpair")}
