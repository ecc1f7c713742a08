"""One node of the cluster in one round: its marker, what is remembered of it, and what is said of it."""

from __future__ import annotations

from .. import errors, patience
from ..cluster import marker, request
from ..cluster.cib import Cib, Node
from ..cluster.fencing import Fencing
from ..cluster.marker import Marker
from ..context import Context
from . import proof
from .memory import Memory
from .records import Service
from .silence import Silence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Host:
    """One node in one round."""

    def __init__(self, context: Context, node: Node) -> None:
        self.context, self.node = context, node
        self.mark: Marker | None = marker.parse(node.marker)
        self.memory = Memory(context, node.name)
        self.silence = Silence(self.memory, context.now())
        self.row: Service | None = None
        self.said: list[str] = []
        self.is_refused = False
        """Is something wrong with its last fencing?"""
        self.is_dead = False
        """Is it proven now that nothing runs there, and that nothing begins to run there?"""
        self.is_read = False
        """Are its instances to be looked at?"""

    @property
    def is_active(self) -> bool:
        """Does Nova have to be asked?"""
        return self.mark is not None and (self.mark.state == "pending" or self.mark.service != "")

    @property
    def is_pending(self) -> bool:
        return self.mark is not None and self.mark.state == "pending"

    @property
    def is_void(self) -> bool:
        """Is its fencing no proof any more?  Then the marker is pending and partial: nothing more is ordered."""
        return self.mark is not None and self.mark.state == "pending" and self.mark.partial

    @property
    def is_burnt(self) -> bool:
        """Has nova-compute reported since it was forced down?  Then the marker has lost the time of that."""
        return self.is_void and self.mark is not None and self.mark.service != "" and "@" not in self.mark.service

    @property
    def is_away(self) -> bool:
        """Does the cluster say that nothing has begun to run there since it was fenced?"""
        node = self.node
        if node.is_online:
            return node.is_held
        return not self.is_refused and (node.fenced > 0 or not node.is_remote) and not self.is_void

    @property
    def serves(self) -> bool:
        """Is the node back, and may its nova-compute start at any moment?"""
        return self.node.is_online and not self.node.is_held

    def say(self, text: str) -> None:
        """Give a reason."""
        self.said.append(text)

    def write(self, mark: Marker) -> None:
        """Write the marker.  Raises Degraded."""
        marker.write(self.context, self.node.name, mark)
        self.mark = mark
        self.mirror("")

    def mirror(self, seen: str) -> None:
        """Let the old attribute say the same as the marker."""
        value = "yes" if self.is_pending else "no"
        try:
            if self.mark and value != seen:
                request.tell(self.context, self.node.name, value)
        except errors.Degraded as problem:
            self.context.log.warn(str(problem))

    def finish(self, partial: bool) -> None:
        """The evacuation is finished: nova-compute may start."""
        if self.mark:
            self.write(self.mark.changed(state="done", partial=partial))

    def resume(self) -> None:
        """Begin again with what could not be evacuated: nova-compute is held once more."""
        if self.mark:
            self.memory.part("round")["ours"] = True
            self.memory.save()
            self.write(self.mark.changed(state="pending", partial=False))

    def meet(self, history: tuple[Fencing, ...]) -> None:
        """Note the fencing of a full member at the first look: nobody knows whether the node was back since.

        The number in the marker does not tell it: the fencer of another controller has another clock.
        """
        first = self._first()
        if self.node.is_remote or "old" in first:
            return
        number = proof.number_of(history, self.node)
        date = self.context.host.itself.date()
        is_new = self.mark and proof.is_fresh(self.mark, number, date)
        first["old"] = 0 if is_new else number
        self.memory.save()

    def accept(self, cib: Cib, history: tuple[Fencing, ...]) -> None:
        """Write the marker if the node was fenced.  Nova is not asked before."""
        first = self._first()
        found = proof.look(cib, history, self.node, first.get("old", 0))
        if found.refusal:
            self.is_refused = True
            self.say(found.refusal)
            if self.serves:
                first["old"] = proof.number_of(history, self.node)
                self.memory.save()
        if not found.fencing:
            self._note_return(found.refusal)
            return
        if self.mark and self.mark.state == "pending":
            self.write(Marker(state="pending", fencing=found.fencing))
            return
        self.memory.forget()
        self.silence = Silence(self.memory, self.context.now())
        self.memory.part("round")["ours"] = True
        self.memory.save()
        self.context.log.info(f"{self.node.name} was fenced by {found.by}")
        self.write(Marker(state="pending", fencing=found.fencing))

    def _note_return(self, refusal: str) -> None:
        """A full member of the cluster: nothing else tells later that it was there.

        Its first marker says that it was seen while it was well.
        """
        node, mark = self.node, self.mark
        if mark and mark.state == "done" and node.is_held and node.waits_for > mark.fencing + patience.SAME_FENCING:
            # The clock of the fencer that it asks is ahead.
            self.write(mark.changed(fencing=node.waits_for))
        if node.is_remote or refusal:
            return
        if mark is None and node.is_online:
            marker.write(self.context, node.name, Marker(state="done", fencing=self._first().get("old", 0)))
        elif mark and self.is_pending and not self.is_burnt and node.is_online and mark.partial is node.is_held:
            self.write(mark.changed(partial=not node.is_held))

    def _first(self) -> dict[str, Any]:
        """What the first look at the node has found."""
        return self.memory.part("first")

    def close(self) -> None:
        """Nothing is left to do until the node is fenced again."""
        if self.mark:
            self.write(self.mark.changed(state="done", service="", partial=False))
        self.memory.forget()
