"""The next step of the evacuation of one node, as far as it concerns nova-compute and not the instances.

idle, pending (its marker stands, and nova-compute is not forced down yet),
forced (the marker has the uuid of nova-compute's row), done, returning, idle.
"""

from __future__ import annotations

from ..cluster.marker import Marker
from . import pace, proof, records
from .host import Host
from .nova import Nova
from .records import Service
from .silence import Silence

REASONS = (
    (
        "... is back, and nothing says that its nova-compute is held",
        "Degraded. The cluster starts nova-compute with hold=true there; then the evacuation goes on. Without hold, it ends"
        " when nova-compute reports, and the instances that are left stay there.",
    ),
    (
        "nova-compute on ... reports, though ... was fenced: does the fencing device cut another machine?",
        "Degraded. Nothing more is evacuated. Look which machine the fencing device has cut. If it was the right one, fence"
        " the node again.",
    ),
    ("nova-compute on ... cannot be changed: ...", "Degraded. Look at Nova's API. The agent tries again."),
    (
        "... was back since it was fenced: nothing proves that it is dead",
        "Degraded. Its instances may run again. If the node is dead, fence it again or confirm it.",
    ),
    (
        "somebody has lifted forced_down of nova-compute on ...",
        "Degraded. Nothing more is evacuated. To go on, force it down again, or fence the node again.",
    ),
    (
        "Nova does not list nova-compute of ... any more",
        "Degraded. If somebody has deleted the service, remove the permanent attribute openstack-evacuation of the node, too.",
    ),
    ("the cell of ... does not answer", "Degraded. Look at the database of that cell. The evacuation waits."),
    (
        "waits until nova-compute on ... reports",
        "Degraded. The node has returned. Its nova-compute is enabled when it reports.",
    ),
    (
        "restart nova-compute on ...: it has to complete the records of its evacuations",
        "Degraded. It was started before the evacuation was finished. Restart it; then the agent enables it.",
    ),
)


def advance(host: Host, nova: Nova, services: tuple[Service, ...]) -> None:
    """Do the next step, as far as it concerns nova-compute and not the instances."""
    mark = host.mark
    row, unclear = proof.row(host.context, host.node, services)
    if mark is None or row is None:
        _unknown(host, unclear)
        return
    host.row = row
    if row.status == "UNKNOWN":
        host.say(f"the cell of {row.host} does not answer")
        return
    _watch(host, row, services)
    if host.node.is_online and not host.memory.part("round").get("online"):
        # Its nova-compute may have started since the last look, and not reported yet.
        host.silence.begin_again()
    host.memory.part("round")["online"] = host.node.is_online
    if mark.state == "done":
        _rest(host, nova, row)
    elif not mark.service:
        _force(host, nova, mark, row)
    else:
        _prove(host, mark, row)
    host.memory.save()


def watch(host: Host, services: tuple[Service, ...]) -> None:
    """Look at the reports of its nova-compute once more, in the middle of a round."""
    row, _ = proof.row(host.context, host.node, services)
    if row and row.status != "UNKNOWN":
        host.silence = Silence(host.memory, host.context.now())
        _watch(host, row, services)


def _watch(host: Host, row: Service, services: tuple[Service, ...]) -> None:
    # One that an operator has disabled reports, too.  Our own changes of a row are no reports.
    others = tuple(one for one in services if one.is_up and not one.is_ours and one.binary == row.binary)
    host.silence.look(row, others)


def _unknown(host: Host, unclear: str) -> None:
    name = host.node.name
    if unclear:
        host.say(unclear)
    elif host.mark and (host.mark.service or host.memory.part("round").get("listed")):
        host.say(f"Nova does not list nova-compute of {name} any more")
    elif proof.is_declared(host.context, host.node) or (host.node.is_remote and not host.node.is_online):
        host.say(f"{name} is no host of Nova")
    elif host.mark:
        host.context.log.info(f"Nova does not know {name}: there is nothing to evacuate")
        host.close()


def _force(host: Host, nova: Nova, mark: Marker, row: Service) -> None:
    """Force nova-compute down, and disable it, in one request; otherwise Nova would ask the dead one."""
    name = host.node.name
    if host.serves:
        if host.silence.lives:
            host.context.log.warn(f"nova-compute on {row.host} reports: its instances stay")
            ours = row.forced_down or row.is_ours
            host.write(mark.changed(state="done", service=row.uuid if ours else "", partial=False))
        else:
            host.say(f"{name} is back, and nothing says that its nova-compute is held")
    elif not host.is_away:
        if not host.is_refused:
            host.say(f"{name} was back since it was fenced: nothing proves that it is dead")
    elif row.forced_down and row.status == "disabled":
        # From now on, a change of the row is a report.
        host.write(mark.changed(service=f"{row.uuid}@{row.updated}"))
    else:
        why = {} if row.status == "disabled" else {"status": "disabled", "disabled_reason": _reason(mark)}
        _change(host, nova, row, forced_down=True, **why)


def _prove(host: Host, mark: Marker, row: Service) -> None:
    """Is nova-compute silent since it was forced down?"""
    uuid, _, stamp = mark.service.partition("@")
    moved = row.updated != stamp
    if not host.is_burnt and (host.silence.lives or row.uuid != uuid or (moved and not host.silence.watched(stamp))):
        host.context.log.error(f"nova-compute on {row.host} reports: nothing more is evacuated")
        host.write(mark.changed(service=row.uuid, partial=True))
    host.is_read = True
    if host.is_burnt:
        _loud(host, row)
    elif not row.forced_down:
        host.is_read = False
        host.say(f"somebody has lifted forced_down of nova-compute on {row.host}")
    elif host.serves:
        host.say(f"{host.node.name} is back, and nothing says that its nova-compute is held")
    elif not host.is_away and not host.is_refused:
        host.say(f"{host.node.name} was back since it was fenced: nothing proves that it is dead")
    else:
        host.is_dead = host.is_away and host.silence.lasts(host.node.is_held) >= pace.SILENCE
        if host.is_dead and moved:
            # One change was an operator's.
            host.write(mark.changed(service=f"{row.uuid}@{row.updated}"))


def _loud(host: Host, row: Service) -> None:
    host.say(
        f"nova-compute on {row.host} reports, though {host.node.name} was fenced: does the fencing device cut another"
        " machine?"
    )


def _rest(host: Host, nova: Nova, row: Service) -> None:
    """The evacuation is done: wait for the return of the node, and let nova-compute serve again."""
    if not host.node.is_online:
        _rest_away(host, row)
    elif not host.silence.reports:
        host.say(f"waits until nova-compute on {row.host} reports")
    elif row.forced_down:
        _change(host, nova, row, forced_down=False)
    elif not (row.is_ours and host.context.flag("reenable")):
        host.close()
    elif row.is_up:
        _change(host, nova, row, status="enabled")
    else:
        host.say(f"waits until nova-compute on {row.host} reports")


def _rest_away(host: Host, row: Service) -> None:
    """The evacuation is done, and the node is away: try again what could not be evacuated."""
    if host.silence.lives or not (host.mark and "@" in host.mark.service):
        _loud(host, row)
    elif row.forced_down:
        uuid, _, stamp = host.mark.service.partition("@")
        known = uuid == row.uuid and (stamp == row.updated or host.silence.watched(stamp))
        host.is_dead = known and host.is_away and host.silence.lasts() >= pace.SILENCE
        host.is_read = host.mark.partial
        if host.is_dead and stamp != row.updated:
            host.write(host.mark.changed(service=f"{row.uuid}@{row.updated}"))


def _change(host: Host, nova: Nova, row: Service, **wanted: object) -> bool:
    """Change nova-compute's row.  Returns false, with a reason, if that failed, or if nobody knows."""
    host.silence.we_change()
    host.memory.save()
    status, said = nova.change(row.uuid, **wanted)
    if status == 400 and wanted == {"forced_down": False}:
        host.say(f"restart nova-compute on {row.host}: it has to complete the records of its evacuations")
    elif status != 200:
        host.say(f"nova-compute on {row.host} cannot be changed: {said or status}")
    return status == 200


def _reason(mark: Marker) -> str:
    """Why nova-compute is disabled."""
    return f"{records.OURS} {mark.fencing}"
