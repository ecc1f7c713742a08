"""One round: read all facts anew, and do the next step for each node."""

from __future__ import annotations

from .. import errors
from ..cluster import cib, fencing, request
from ..context import Context
from . import compute, life, proof
from .choice import Choice
from .host import Host
from .nova import Nova
from .work import Work


class Round:
    """What one round has found."""

    def __init__(self, context: Context, nova: Nova, choice: Choice) -> None:
        self._context, self._nova, self._choice = context, nova, choice
        self.said: list[str] = []
        """The reasons."""
        self.works = False
        """Is there something to do, so that the next round should follow soon?"""

    def run(self, until: float) -> None:
        """Do it.  No order is given after *until*.  Raises Degraded if the cluster or Nova cannot be asked."""
        context = self._context
        found, history = cib.read(context), fencing.history(context)
        if not found.fencing_is_on:
            self.said.append(life.NO_FENCING)
        hosts = [Host(context, node) for node in found.nodes if proof.is_declared(context, node) is not False]
        for host in hosts:
            host.accept(found, history)
        self._mirror(hosts)
        active = [host for host in hosts if host.is_active]
        try:
            if active:
                self._advance(active, until)
        finally:
            # What was found out before Nova became silent is worth telling.
            self.said += [said for host in hosts for said in host.said]
        self.works = any(host.is_pending or (host.is_active and host.node.is_online) for host in hosts)

    def _advance(self, active: list[Host], until: float) -> None:
        services = self._nova.services()
        for host in active:
            compute.advance(host, self._nova, services)
        if any(host.is_read for host in active):
            Work(self._context, self._nova, self._choice).do(active, services, until)
        for host in active:
            host.memory.save()

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
