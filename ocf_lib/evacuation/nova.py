"""The calls to Nova's API that an evacuation needs."""

from __future__ import annotations

from .. import errors
from ..cloud import credentials
from ..cloud.lists import quoted
from . import records
from .api import Api
from .records import Group, Instance, Migration, Service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

REASONS = (
    (
        "Nova hides where its instances are: ... lacks the role admin",
        "Degraded. Give the user the role admin. Nothing is evacuated before.",
    ),
    (
        "the cell of the instance ... does not answer",
        "Degraded. Look at the database of that cell. The evacuation waits.",
    ),
)
_GUARD = "2.13"  # the last version in which a host refuses an instance whose disk it does not see
_STOPPED = "2.95"  # from this version on, no evacuated instance is started
_PAGE = 200
_POWER = (
    "create",
    "start",
    "stop",
    "reboot",
    "rebuild",
    "suspend",
    "resume",
    "pause",
    "unpause",
    "shelve",
    "unshelve",
    "restore",
)


class Nova:
    """Nova, as the evacuator asks it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._groups: tuple[Group, ...] | None = None

    # -- questions

    def services(self) -> tuple[Service, ...]:
        """All services."""
        return self._api.all("os-services", "services", records.service)

    def instances(self, host: str, look: Callable[[], None]) -> tuple[Instance, ...]:
        """The instances on *host*; *look* is called after each page."""
        path = f"servers/detail?all_tenants=1&host={quoted(host)}&limit={_PAGE}"
        # To a user without the role, Nova ignores the filter, and lists instances of other hosts.
        return tuple(one for one in self._api.all(path, "servers", self._placed, look=look) if one.host == host)

    def instance(self, uuid: str) -> Instance | None:
        """One instance as it is now; None if there is none."""
        return self._api.one(f"servers/{uuid}", lambda said: self._placed(said["server"]))

    def _placed(self, row: dict[str, Any]) -> Instance:
        """An instance.  Raises Degraded if Nova does not say where it is."""
        if row.get("status") == "UNKNOWN":
            raise errors.Degraded(f"the cell of the instance {row['id']} does not answer")
        if "OS-EXT-SRV-ATTR:host" not in row:
            who = credentials.who(self._api.context)
            raise errors.Degraded(f"Nova hides where its instances are: {who} lacks the role admin")
        return records.instance(row)

    def evacuations(self, host: str) -> tuple[Migration, ...]:
        """All records of evacuations away from *host*."""
        path = f"os-migrations?source_compute={quoted(host)}&migration_type=evacuation"
        found = self._api.all(path, "migrations", records.migration)
        return tuple(record for record in found if record.is_evacuation and record.source == host)

    def migrations(self, uuid: str) -> tuple[Migration, ...]:
        """All records of migrations of one instance, of any kind."""
        found = self._api.all(f"os-migrations?instance_uuid={uuid}", "migrations", records.migration)
        return tuple(record for record in found if record.instance == uuid)

    def groups(self) -> tuple[Group, ...]:
        """All server groups.  Nova is asked once, and page by page: nothing joins a group on a dead host."""
        found: dict[str, Group] = {}
        while self._groups is None:
            # Without a limit, Nova lists a thousand, and does not say that there are more.
            path = f"os-server-groups?all_projects=True&limit={_PAGE}&offset={len(found)}"
            page = {one.uuid: one for one in self._api.all(path, "server_groups", records.group)}
            if page.keys() <= found.keys():
                self._groups = tuple(found.values())
            found.update(page)
        return self._groups

    def tagged_images(self, is_yes: Callable[[str], bool]) -> set[str]:
        """The ids of the images that have a yes for the property ``evacuable``."""

        def read(row: dict[str, Any]) -> tuple[str, bool]:
            return str(row["id"]), is_yes(str(row["metadata"].get("evacuable", "")))

        # Nova passes this question on to Glance, up to version 2.35.
        found = self._api.all("images/detail?limit=1000", "images", read, version="2.1")
        return {uuid for uuid, is_tagged in found if is_tagged}

    def has_tagged_flavor(self, is_yes: Callable[[str], bool]) -> bool:
        """Has any flavor a yes for the extra spec ``evacuable``?"""

        def read(row: dict[str, Any]) -> tuple[str, Any]:
            return str(row["id"]), row.get("extra_specs")

        for key, specs in self._api.all("flavors/detail?is_public=None", "flavors", read):
            if specs is None:
                # Before version 2.61, the list has none.
                specs = self._api.one(f"flavors/{quoted(key)}/os-extra_specs", lambda said: said["extra_specs"])
            if is_yes(str((specs or {}).get("evacuable", ""))):
                return True
        return False

    def last_deed(self, uuid: str) -> str:
        """The last thing that was done to the power of an instance, apart from evacuations: "stop", "start", ..."""

        def read(said: dict[str, Any]) -> str:
            return next((str(one["action"]) for one in said["instanceActions"] if one["action"] in _POWER), "")

        return self._api.one(f"servers/{uuid}/os-instance-actions", read) or ""

    # -- orders: (status, what the answer says); the status is api.UNKNOWN if nobody knows whether it was taken

    def change(self, service: str, **wanted: object) -> tuple[int, str]:
        """Change a service: forced_down, status, disabled_reason."""
        return self._api.order(f"os-services/{service}", wanted, method="PUT")

    def evacuate(self, instance: str, guarded: bool, stopped: bool) -> tuple[int, str]:
        """Evacuate an instance to a host that the scheduler chooses.

        If it is *guarded*, that host refuses if it does not see the disk of the instance.  If it is *stopped*, a new
        Nova does not start it there; an old one starts it, and stops it again.
        """
        path = f"servers/{instance}/action"
        if guarded:
            return self._api.order(path, {"evacuate": {"onSharedStorage": True}}, version=_GUARD)
        if stopped and self._api.offers(_STOPPED):
            status, said = self._api.order(path, {"evacuate": {}}, version=_STOPPED)
            # It refuses as long as one compute is too old for it.
            if status != 400 or "still in use" in said:
                return status, said
        return self._api.order(path, {"evacuate": {}})

    def reset(self, instance: str) -> tuple[int, str]:
        """Give an instance the state ERROR, and no task."""
        return self._api.order(f"servers/{instance}/action", {"os-resetState": {"state": "error"}})

    def stop(self, instance: str) -> tuple[int, str]:
        """Stop an instance."""
        return self._api.order(f"servers/{instance}/action", {"os-stop": None})
