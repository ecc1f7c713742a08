"""What the cluster knows: its nodes, the markers, and how it fences.

The configuration and the attributes stand in the information base (CIB).
Whether a node is online does not: Pacemaker works it out (``crm_mon``).
"""

from __future__ import annotations

from .. import errors
from ..context import Context
from ..param import FALSE
from ..record import Record
from . import program, transient
from .marker import ATTRIBUTE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


class Node(Record):
    """One node of the cluster."""

    name: str
    is_remote: bool  # it runs pacemaker_remote
    is_online: bool
    is_unclean: bool = False  # it is lost, and the cluster has not fenced it yet
    fenced: int = 0  # of a remote node: when it was fenced, until it returns; 0 if it was not
    marker: str = ""  # text of the marker; "" if there is none
    is_held: bool = False  # an agent there says that nova-compute does not run yet, nor any instance
    waits_for: int = 0  # the number that this agent has for the fencing; 0 if it has none
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
    """All this as it is now.  Raises Degraded if it cannot be had."""
    root = program.ask_xml(context, "cib", "cibadmin", "--query")
    given = _given(root.findall("configuration/crm_config/cluster_property_set"))
    return Cib(
        nodes=tuple(_nodes(root, _seen(context), _held(context))),
        fencing_is_on=given.get("fencing-enabled", given.get("stonith-enabled", "true")).lower() not in FALSE,
        levels=tuple(_level(level) for level in root.iter("fencing-level")),
        devices=tuple(_devices(root)),
    )


def _seen(context: Context) -> dict[str, Element]:
    """What Pacemaker makes of each node."""
    root = program.ask_xml(context, "pacemaker-result", "crm_mon", "--one-shot", "--output-as=xml")
    return {one.get("name", ""): one for one in root.iterfind("nodes/node")}


def _held(context: Context) -> dict[str, str]:
    """What each node says of its nova-compute.  If that cannot be had, no node counts as held."""
    try:
        return transient.values(context, transient.HELD)
    except errors.Degraded as problem:
        context.log.warn(str(problem))
        return {}


def _nodes(root: Element, seen: dict[str, Element], held: dict[str, str]) -> list[Node]:
    """All nodes.  A remote node is in the configuration only if it has a permanent attribute."""
    configured = {one.get("uname", ""): one for one in root.iterfind("configuration/nodes/node")}
    states = {one.get("uname", ""): one for one in root.iterfind("status/node_state")}
    found = []
    for name in dict.fromkeys((*configured, *states)):
        node, state, view = (where[name].attrib if name in where else {} for where in (configured, states, seen))
        attributes = _given(configured[name].findall("instance_attributes")) if name in configured else {}
        fenced = _number(state.get("node_fenced", ""))
        found.append(
            Node(
                name=name,
                is_remote="remote" in (node.get("type"), view.get("type")) or state.get("remote_node") == "true",
                # Pacemaker calls a remote node online while it still tries to connect.
                is_online=view.get("online") == "true" and not fenced,
                is_unclean=view.get("unclean") == "true",
                fenced=fenced,
                marker=attributes.get(ATTRIBUTE, ""),
                is_held=held.get(name, "").isdecimal(),
                waits_for=_number(held.get(name, "")),
                attributes=tuple(attributes.items()),
            )
        )
    return found


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


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
