"""What Nova's API says, as records: services, instances, migrations."""

from __future__ import annotations

from ..record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Row = dict[str, Any]

OURS = "openstack-ra evacuation"
"""Begin of the reason with which the evacuator disables a nova-compute.  An operator gives another reason."""
_IN_FLIGHT = ("accepted", "pre-migrating")
_FAILED = ("error", "failed")
_SUCCEEDED = ("done", "completed")
_ENDED = ("completed", "done", "error", "failed", "cancelled", "confirmed", "reverted")


class Service(Record):
    """One service of Nova, as its list has it."""

    uuid: str
    binary: str
    host: str
    zone: str
    state: str  # up or down
    status: str  # enabled, disabled, or UNKNOWN if its cell does not answer
    reason: str  # why it is disabled
    forced_down: bool
    updated: str  # when its row last changed: by a report, or by a request

    @property
    def is_up(self) -> bool:
        return self.state == "up"

    @property
    def is_ours(self) -> bool:
        """Has the evacuator disabled it?"""
        return self.status == "disabled" and self.reason.startswith(OURS)

    @property
    def takes_instances(self) -> bool:
        """May the scheduler choose it?"""
        return self.is_up and self.status == "enabled" and not self.forced_down


class Instance(Record):
    """One instance, which Nova's API calls a server."""

    uuid: str
    name: str
    project: str
    host: str
    vm_state: str
    task: str  # "" if nothing is being done to it
    power: int  # 4 is shut down
    launched: bool  # has it ever run?
    image: str  # "" if it boots from a volume
    metadata: tuple[tuple[str, str], ...]
    specs: tuple[tuple[str, str], ...]  # extra specs of its flavor
    memory: int  # of its flavor, in MiB
    fault: str = ""  # why its state is ERROR


class Migration(Record):
    """One record of a migration, or of an evacuation."""

    number: int
    kind: str  # evacuation, live-migration, migration or resize
    status: str
    instance: str
    source: str
    dest: str  # "" until a host has taken it
    created: str

    @property
    def is_evacuation(self) -> bool:
        return self.kind == "evacuation"

    @property
    def in_flight(self) -> bool:
        """Is it an evacuation that is not at its end?"""
        return self.is_evacuation and self.status in _IN_FLIGHT

    @property
    def has_failed(self) -> bool:
        return self.status in _FAILED

    @property
    def has_ended(self) -> bool:
        return self.status in _ENDED


class Group(Record):
    """A server group."""

    uuid: str
    policies: tuple[str, ...]  # "affinity": all members on one host; "anti-affinity": no two; "soft-...": if possible
    members: tuple[str, ...]


def is_open(record: Migration, one: Instance | None) -> bool:
    """Does a record in flight still mean something for its instance?

    It does not if the instance is gone, or on a third host.  A target that dies between its last two steps leaves a
    record that Nova never ends.
    """
    return one is not None and one.host in (record.source, record.dest)


def group(row: Row) -> Group:
    """A row of os-server-groups: from version 2.64 on, a group has one policy."""
    policies = (row.get("policy"), *(row.get("policies") or []))
    return Group(uuid=_text(row, "id"), policies=tuple(map(str, policies)), members=tuple(map(str, row["members"])))


def service(row: Row) -> Service:
    """A row of os-services."""
    return Service(
        uuid=_text(row, "id"),
        binary=_text(row, "binary"),
        host=_text(row, "host"),
        zone=_text(row, "zone"),
        state=_text(row, "state"),
        status=_text(row, "status"),
        reason=_text(row, "disabled_reason"),
        forced_down=row.get("forced_down") is True,
        updated=_text(row, "updated_at"),
    )


def instance(row: Row) -> Instance:
    """A row of servers/detail.  Raises KeyError if the API hides from us where it is: then the user is no admin."""
    image, flavor = row.get("image") or {}, row.get("flavor") or {}
    return Instance(
        uuid=_text(row, "id"),
        name=_text(row, "name"),
        project=_text(row, "tenant_id"),
        host=str(row["OS-EXT-SRV-ATTR:host"] or ""),
        vm_state=_text(row, "OS-EXT-STS:vm_state"),
        task=_text(row, "OS-EXT-STS:task_state"),
        power=int(row.get("OS-EXT-STS:power_state") or 0),
        launched=bool(row.get("OS-SRV-USG:launched_at")),
        image=_text(image, "id"),
        metadata=_pairs(row.get("metadata")),
        specs=_pairs(flavor.get("extra_specs")),
        memory=int(flavor.get("ram") or 0),
        fault=_text(row.get("fault") or {}, "message"),
    )


def migration(row: Row) -> Migration:
    """A row of os-migrations."""
    return Migration(
        number=int(row["id"]),
        kind=_text(row, "migration_type"),
        status=_text(row, "status"),
        instance=_text(row, "instance_uuid"),
        source=_text(row, "source_compute"),
        dest=_text(row, "dest_compute"),
        created=_text(row, "created_at"),
    )


def current(found: tuple[Migration, ...]) -> dict[str, tuple[Migration, ...]]:
    """{uuid of an instance: its evacuations from the last one that succeeded, the oldest first}."""
    mine: dict[str, tuple[Migration, ...]] = {}
    for record in sorted(found, key=lambda record: record.number):
        before = () if record.status in _SUCCEEDED else mine.get(record.instance, ())
        mine[record.instance] = (*before, record)
    return mine


def _text(row: Row, key: str) -> str:
    return str(row.get(key) or "")


def _pairs(given: object) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in given.items()) if isinstance(given, dict) else ()
