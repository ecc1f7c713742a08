"""One round: read all facts anew, and do the next step for each node."""

from __future__ import annotations

from .. import errors
from ..cluster import cib, fencing, request
from ..context import Context
from . import compute, life, pace, proof
from .choice import Choice
from .host import Host
from .nova import Nova
from .work import Work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

REASONS = (
    (
        "... is held, but compute_nodes does not have it",
        "Degraded. Add the node to compute_nodes. It is held until then.",
    ),
    (
        "... may be the host of two nodes",
        "Degraded. Correct the names of the nodes, or host_map. Nothing is evacuated before.",
    ),
)


class Round:
    """What one round has found."""

    def __init__(self, context: Context, nova: Nova, choice: Choice) -> None:
        self._context, self._nova, self._choice = context, nova, choice
        self.said: list[str] = []
        """The reasons."""
        self.works = False
        """Is there something to do, so that the next round should follow soon?"""
        self.soonest = pace.ROUND_LONGEST
        """Seconds until more may be due, as far as it knows; 0 after orders."""
        self._off = ""
        """Why no order may be given at all; "" if one may."""

    def run(self, until: float) -> None:
        """Do it.  No order is given after *until*.  Raises Degraded if the cluster or Nova cannot be asked."""
        context = self._context
        found, history = cib.read(context), fencing.history(context)
        self._off = "" if found.fencing_is_on else life.NO_FENCING
        self.said += [self._off] if self._off else []
        hosts = [Host(context, node) for node in found.nodes if proof.is_declared(context, node) is not False]
        for host in hosts:
            self._carefully(host, host.meet, history)
            host.is_refused = self._off != ""
            if not self._off:
                self._carefully(host, host.accept, found, history)
        for node in found.nodes:
            if node.is_held and proof.is_declared(context, node) is False:
                self.said.append(f"{node.name} is held, but compute_nodes does not have it")
        self._mirror(hosts)
        active = [host for host in hosts if host.is_active]
        try:
            if active:
                self._advance(hosts, active, until)
        finally:
            # The reasons until Nova became silent are worth telling.
            self.said += [said for host in hosts for said in host.said]
        self.works = any(host.is_pending for host in hosts)

    def _advance(self, hosts: list[Host], active: list[Host], until: float) -> None:
        services = self._nova.services()
        rows = [proof.row(self._context, host.node, services)[0] for host in hosts]
        for host in active:
            row, _ = proof.row(self._context, host.node, services)
            if row and rows.count(row) > 1:
                host.say(f"{row.host} may be the host of two nodes")
            else:
                self._carefully(host, compute.advance, host, self._nova, services)
        if any(host.is_read for host in active):
            work = Work(self._context, self._nova, self._choice, services, self._off)
            self.soonest = work.do(active, until)
        for host in active:
            host.memory.save()

    def _carefully(self, host: Host, deed: Callable[..., None], *words: object) -> None:
        """What goes wrong at one node holds up no other."""
        try:
            deed(*words)
        except errors.Degraded as problem:
            host.say(str(problem))

    def _mirror(self, hosts: list[Host]) -> None:
        """The old attribute: let it say what the markers say, and say what it asks for without a proof."""
        try:
            wanted = request.values(self._context)
        except errors.Degraded as problem:
            self._context.log.warn(str(problem))
            return
        for host in hosts:
            name, value = host.node.name, wanted.get(host.node.name, "no")
            if host.is_active:
                host.mirror(value)
            elif value == "yes" and not host.said:
                host.say(f"{name} is evacuated only after it was fenced: evacuate=yes alone proves nothing")
