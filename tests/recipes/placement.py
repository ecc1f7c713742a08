"""What Pacemaker would do with a recipe, asked of crm_simulate on one host: no node of the recipe has to exist."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import NamedTuple

from tests.box.machine import Host

from .book import NUMBERS, Fault, Recipe

# The fencing and the defaults of tests.box.cluster.form.
_BASE = {
    "crm_config": '<cluster_property_set id="options"><nvpair id="stonith" name="stonith-enabled" value="true"/>'
    "</cluster_property_set>",
    "resources": '<primitive id="power" class="stonith" type="fence_box"><operations>'
    '<op id="power-monitor" name="monitor" interval="60s"/></operations></primitive>',
    "rsc_defaults": '<meta_attributes id="build-resource-defaults">'
    '<nvpair id="stickiness" name="resource-stickiness" value="1"/></meta_attributes>',
}
PROMOTED = " (promoted)"
ROUNDS = 10
"""Transitions until nothing is left to do; each recipe needs two or three."""


class Step(NamedTuple):
    """What runs where after something has happened."""

    title: str
    where: dict[str, list[str]]
    """{resource: its nodes}; "(promoted)" stands behind the node of a promoted copy"""
    before: dict[str, list[str]]
    """the same before it happened; {} if nothing ran"""
    fenced: list[str]

    def came_from(self, name: str) -> list[str]:
        """The nodes that this resource, or its promoted copy, has left for others; [] if it has only lost or gained copies."""
        then, now = self.before.get(name, []), self.where[name]
        if any(node.endswith(PROMOTED) for node in then):
            then, now = ([node for node in nodes if node.endswith(PROMOTED)] for nodes in (then, now))
        gone = [node.partition(" ")[0] for node in then if node not in now]
        return gone if any(node not in then for node in now) else []


class Cluster(NamedTuple):
    """A cluster that exists only in a file of a host."""

    host: Host
    recipe: Recipe

    @property
    def place(self) -> str:
        """The directory of the host in which an administrator types this recipe."""
        return f"/root/recipes/{self.recipe.name}"

    def written(self, tool: str) -> str:
        """The CIB after an administrator has typed the recipe with pcs or crm."""
        self.host.run("mkdir", "-p", self.place)
        self.host.put(f"{self.place}/recipe.xml", self._base())
        for name, path in self.recipe.scripts:
            self.host.put(path, (self.recipe.folder / name).read_text(), 0o755)
        if tool == "pcs":
            lines = [line for line in self.recipe.commands() if not line.startswith("pcs cluster ")]
            self.host.run("sh", "-ec", "\n".join([f"cd {self.place}", *lines]), timeout=1200)
        else:
            self.host.put(f"{self.place}/crm.txt", (self.recipe.folder / "crm.txt").read_text())
            done = self.host.run(
                "crm",
                "configure",
                "load",
                "update",
                f"{self.place}/crm.txt",
                env={"CIB_file": f"{self.place}/recipe.xml"},
            )
            assert "ERROR" not in done.stderr, done.stderr
        return self.host.read(f"{self.place}/recipe.xml")

    def steps(self, cib: str) -> list[Step]:
        """All nodes up, then each fault and its end; every fault begins with all nodes up."""
        up, first = self._settle(cib, self.recipe.stands, "all nodes are up", {})
        return [first, *(step for fault in self.recipe.faults for step in self._fault(up, first.where, fault))]

    def _fault(self, up: str, where: dict[str, list[str]], fault: Fault) -> Iterator[Step]:
        after, step = self._settle(up, fault.begins, fault.title, where)
        yield step
        if fault.over:
            yield self._settle(after, fault.ends, fault.over, step.where)[1]

    def _base(self) -> str:
        """The CIB of a cluster of the recipe's nodes that has been formed, and has only its fencing to run."""
        cib = ET.fromstring(self.host.run("cibadmin", "--empty").stdout)
        cib.set("have-quorum", "1")
        configuration = cib.find("configuration")
        for section, given in _BASE.items():
            found = configuration.find(section)
            if found is None:
                found = ET.SubElement(configuration, section)
            found.append(ET.fromstring(given))
        for number, name in enumerate(self.recipe.names, 1):
            ET.SubElement(configuration.find("nodes"), "node", id=str(number), uname=name)
        up = tuple(f"--node-up={name}" for name in self.recipe.names)
        return self._settle(ET.tostring(cib, "unicode"), up, "formed", {})[0]

    def _settle(self, cib: str, options: tuple[str, ...], title: str, before: dict[str, list[str]]) -> tuple[str, Step]:
        """The CIB once Pacemaker has nothing left to do, and what it did."""
        fenced: list[str] = []
        for _ in range(ROUNDS):
            self.host.put(f"{self.place}/before.xml", scored(cib))
            said = self.host.run(
                "crm_simulate", "--simulate", f"--xml-file={self.place}/before.xml", f"--save-output={self.place}/after.xml",
                *options,
            ).stdout  # fmt: skip
            cib, options = self.host.read(f"{self.place}/after.xml"), ()
            fenced += re.findall(r"^  \* Fencing (\S+) ", said, re.MULTILINE)
            if "  * " not in said.partition("Transition Summary:")[2].partition("\n\n")[0]:
                break
        else:
            raise AssertionError(f"{self.recipe.name}: {title}: Pacemaker still moves resources:\n{said}")
        shown = self.host.run("crm_mon", "--output-as=xml", "--inactive", env={"CIB_file": f"{self.place}/after.xml"})
        return cib, Step(title, runs(ET.fromstring(shown.stdout)), before, sorted(fenced, key=_in_order))


def scored(cib: str) -> str:
    """The CIB with the scores that the agents of promotable clones set: 10 for a promoted copy, otherwise 5.

    A simulation runs no agent, and without a score nothing is promoted.
    """
    tree = ET.fromstring(cib)
    names = [
        clone.find("primitive").get("id")
        for clone in tree.iter("clone")
        if clone.find("./meta_attributes/nvpair[@name='promotable'][@value='true']") is not None
    ]
    for state in tree.iterfind("status/node_state"):
        for old in state.findall("transient_attributes"):
            state.remove(old)
        if not names or state.get("crmd") != "online":
            continue
        number = state.get("id")
        attributes = ET.SubElement(state, "transient_attributes", id=number)
        section = ET.SubElement(attributes, "instance_attributes", id=f"status-{number}")
        for name in names:
            promoted = state.find(f".//lrm_resource[@id='{name}']/lrm_rsc_op[@operation='promote']") is not None
            score, identity = "10" if promoted else "5", f"status-{number}-master-{name}"
            ET.SubElement(section, "nvpair", id=identity, name=f"master-{name}", value=score)
    return ET.tostring(tree, "unicode")


def runs(status: ET.Element) -> dict[str, list[str]]:
    """{resource: its nodes} in what crm_mon shows, without those that are stopped or have failed."""
    found: dict[str, list[str]] = {}
    for resource in status.iter("resource"):
        nodes = found.setdefault(resource.get("id"), [])
        if resource.get("active") == "true" and resource.get("failed") == "false":
            role = PROMOTED if resource.get("role") == "Promoted" else ""
            nodes += [f"{node.get('name')}{role}" for node in resource.iterfind("node")]
    return {name: sorted(nodes, key=_in_order) for name, nodes in sorted(found.items())}


def _in_order(node: str) -> tuple[int, str]:
    name = node.partition(" ")[0]
    return NUMBERS.index(name) if name in NUMBERS else len(NUMBERS), name


# pcs enters each action that an agent advertises, and crm these.
_ACTIONS = ("start", "stop", "monitor", "promote", "demote")


def configured(cib: str) -> dict[str, dict[str, object]]:
    """What a file has configured: each resource, the options of the cluster, its constraints, and what nodes have room for.

    {resource: its agent, parameters, options, parts and operations}, and {section: what is in it}.
    """
    configuration = ET.fromstring(cib).find("configuration")
    found: dict[str, dict[str, object]] = {}
    for section in ("crm_config", "rsc_defaults", "op_defaults"):
        found[section] = {
            pair.get("name", ""): pair.get("value") for pair in configuration.iterfind(f"{section}//nvpair")
        }
    found["constraints"] = {"all": sorted(_without_names(one) for one in configuration.iterfind("constraints/*"))}
    found["nodes"] = {
        f"{node.get('uname')} {pair.get('name')}": pair.get("value")
        for node in configuration.iterfind("nodes/node")
        for pair in node.iterfind("utilization/nvpair")
    }
    for one in configuration.find("resources").iter():
        if one.tag in ("primitive", "group", "clone"):
            found[one.get("id")] = {
                "agent": [one.get(key) for key in ("class", "provider", "type")],
                "of": [part.get("id") for part in one if part.tag in ("primitive", "group")],
                **{
                    kind: {pair.get("name"): pair.get("value") for pair in one.iterfind(f"{kind}/nvpair")}
                    for kind in ("instance_attributes", "meta_attributes", "utilization")
                },
                "operations": sorted(
                    [action.get("name"), action.get("interval", "0").removesuffix("s"), *_further(action)]
                    for action in one.iterfind("operations/op")
                    if action.get("name") in _ACTIONS
                ),
            }
    return found


# What one of the tools writes, and the other leaves to Pacemaker.
_MEANT_ANYWAY = (("kind", "Mandatory"), ("rsc-role", "Started"), ("boolean-op", "and"), ("first-action", "start"))


def _without_names(constraint: ET.Element) -> str:
    """A constraint as text, without the names that pcs and crm give to it and to its parts."""
    said = set(constraint.attrib.items()) - set(_MEANT_ANYWAY)
    if constraint.tag != "resource_ref":
        said.discard(("id", constraint.get("id")))
    if constraint.get("first-action", "start") == "start":
        # Without it, the second action is the same as the first one.
        said.discard(("then-action", "start"))
    words = sorted(f"{key}={text}" for key, text in said)
    return " ".join([constraint.tag, *words, *sorted(f"({_without_names(part)})" for part in constraint)])


def _further(action: ET.Element) -> list[str]:
    """What an operation says beside its name and interval; a timeout is always in seconds."""
    said = {key: text for key, text in action.attrib.items() if key not in ("id", "name", "interval")}
    return [f"{key}={text.removesuffix('s')}" for key, text in sorted(said.items())]


def text(steps: list[Step]) -> str:
    """What a reviewer reads: a line for each resource, which says where it came from if it moved."""
    lines = []
    for step in steps:
        fenced = f"; Pacemaker fences {' and '.join(step.fenced)}" if step.fenced else ""
        lines.append(f"{step.title}{fenced}")
        for name, nodes in step.where.items():
            line = f"    {name:30} {' '.join(nodes) or '-'}"
            left = step.came_from(name)
            lines.append(f"{line:60} from {' '.join(left)}" if left else line)
        lines.append("")
    return "\n".join(lines)
