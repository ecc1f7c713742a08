"""A cluster on the double: what Pacemaker's programs print, and what they change."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

EMPTY = (
    '<pacemaker-result api-version="2.25" request="stonith_admin"><status code="0" message="OK"/></pacemaker-result>\n'
)


class Pacemaker:
    """A cluster of one controller and remote nodes, as Pacemaker 3 describes them."""

    def __init__(self, machine) -> None:
        self._machine = machine
        self.online = {"ctl1": True, "cmp1": True, "cmp2": True}
        """{name: is it online}; the ones that begin with cmp run pacemaker_remote"""
        self.markers: dict[str, str] = {}
        self.unclean: set[str] = set()
        self.fenced: dict[str, int] = {}
        self.transient: dict[str, dict[str, str]] = {}
        """{attribute: {node: its value}}, of the attribute manager"""
        self.events: list[str] = []
        """the history of fencing: elements fence_event"""
        self.fencing = "true"
        self.resources = ""
        self.topology = ""
        self.trouble: dict[str, object] = {}
        """{program: an exception, or (exit status, text)}"""
        self.asked: list[str] = []
        """the names of the programs that were run"""
        self.changes: list[list[str]] = []
        """the words of crm_attribute and attrd_updater"""
        machine.programs.ask = self.ask
        machine.programs.update(f"/usr/sbin/{name}" for name in ("crm_attribute", "stonith_admin"))

    def fence(self, target, completed="2023-11-14 22:13:20Z", status="success", action="reboot", by="ctl1") -> None:
        """An entry of the history.  The usual time is second 1,700,000,000 of the epoch."""
        done = "" if status == "pending" else f' completed="{completed}"'
        delegate = f' delegate="{by}"' if by else ""
        self.events.insert(
            0,
            f'<fence_event action="{action}" target="{target}" client="pacemaker-controld.7" origin="ctl1"'
            f' status="{status}"{delegate}{done}/>',
        )

    def ask(self, argv, seconds):
        assert argv[0].startswith("/usr/sbin/")
        name = argv[0].removeprefix("/usr/sbin/")
        self.asked.append(name)
        found = self.trouble.get(name)
        if isinstance(found, TimeoutError):
            self._machine.sleep(seconds)
        if isinstance(found, Exception):
            raise found
        if found:
            return found
        return getattr(self, f"_{name}")(argv[1:])

    def _stonith_admin(self, words):
        assert words == ["--history=*", "--verbose", "--output-as=xml"], "without --verbose it prints only the last one"
        events = f'<fence_history status="0">{"".join(self.events)}</fence_history>' if self.events else ""
        return 0, EMPTY.replace("<status", f"{events}<status")

    def _cibadmin(self, words):
        assert words == ["--query"]
        return 0, self.cib()

    def _crm_mon(self, words):
        assert words == ["--one-shot", "--output-as=xml"]
        nodes = "".join(
            f'<node name="{name}" id="{name}" online="{str(up).lower()}" unclean="{str(name in self.unclean).lower()}"'
            f' type="{"remote" if name.startswith("cmp") else "member"}"/>'
            for name, up in self.online.items()
        )
        return 0, f"<pacemaker-result><nodes>{nodes}</nodes></pacemaker-result>\n"

    def _crm_attribute(self, words):
        kind, node, name, change = words[:4]
        if change == "--query":
            assert words[4:] == ["--quiet", "--default=none"]
            return 0, self.markers.get(node.removeprefix("--node="), "none") + "\n"
        self.changes.append(words)
        assert (kind, name) == ("--type=nodes", "--name=openstack-evacuation")
        self.markers[node.removeprefix("--node=")] = change.removeprefix("--update=")
        return 0, ""

    def _attrd_updater(self, words):
        name, where, change = words
        name = name.removeprefix("--name=")
        values = self.transient.setdefault(name, {})
        if where == "--query":
            lines = [f'name="{name}" host="{node}" value="{value}"\n' for node, value in values.items()]
            return (0, "".join(lines)) if lines else (78, f"Could not query value of {name}: attribute does not exist")
        self.changes.append(words)
        assert where != "--node=", "without a name, the tool would take the node that it runs on"
        if change == "--delete":
            values.pop(where.removeprefix("--node="), None)
        else:
            values[where.removeprefix("--node=")] = change.removeprefix("--update=")
        return 0, ""

    def cib(self) -> str:
        """The whole CIB."""
        nodes = "".join(
            f'<node id="{name}" uname="{name}"{_remote(name, " type=")}>{_attribute(name, self.markers.get(name))}</node>'
            for name in self.online
            if name in self.markers or not name.startswith("cmp")
        )
        states = "".join(
            f'<node_state id="{name}" uname="{name}" in_ccm="0" node_fenced="{self.fenced.get(name, 0)}"'
            f"{_remote(name, ' remote_node=')}></node_state>"
            for name in self.online
        ).replace('remote_node="remote"', 'remote_node="true"')
        options = f'<nvpair id="o" name="stonith-enabled" value="{self.fencing}"/>' if self.fencing != "unset" else ""
        return (
            '<cib crm_feature_set="3.16.2" validate-with="pacemaker-3.9"><configuration><crm_config>'
            f'<cluster_property_set id="cib-bootstrap-options">{options}</cluster_property_set></crm_config>'
            f"<nodes>{nodes}</nodes><resources>{self.resources}</resources><constraints/>"
            f"<fencing-topology>{self.topology}</fencing-topology></configuration>"
            f"<status>{states}</status></cib>\n"
        )

    def device(self, name, agent, **attributes) -> None:
        """A fencing device."""
        pairs = "".join(
            f'<nvpair id="{name}-{key}" name="{key}" value={quoteattr(value)}/>' for key, value in attributes.items()
        )
        self.resources += (
            f'<primitive id="{name}" class="stonith" type="{agent}">'
            f'<instance_attributes id="{name}-a">{pairs}</instance_attributes></primitive>'
        )

    def level(self, index, devices, **where) -> None:
        """A level of the topology; keywords are target, target_pattern, or target_attribute and target_value."""
        words = " ".join(f'{name.replace("_", "-")}="{value}"' for name, value in where.items())
        self.topology += f'<fencing-level id="l{len(self.topology)}" index="{index}" devices="{devices}" {words}/>'


def _remote(name: str, word: str) -> str:
    return f'{word}"remote"' if name.startswith("cmp") else ""


def _attribute(node: str, marker: str | None) -> str:
    if marker is None:
        return ""
    return (
        f'<instance_attributes id="nodes-{node}"><nvpair id="nodes-{node}-openstack-evacuation"'
        f' name="openstack-evacuation" value={quoteattr(marker)}/></instance_attributes>'
    )
