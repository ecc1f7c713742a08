"""Which instances the operator wants to be evacuated."""

from __future__ import annotations

from .. import errors
from ..context import Context
from ..param import FALSE, TRUE
from .nova import Nova
from .records import Instance

REASONS = (
    ("evacuable: ... is none of all, tagged, auto", "Degraded. Correct the parameter. Nothing is evacuated before."),
)
_MODES = ("all", "tagged", "auto")


class Choice:
    """The parameters ``evacuable`` and ``exclude``.  What is tagged is asked once in a pass."""

    def __init__(self, context: Context, nova: Nova) -> None:
        self._nova = nova
        self._mode = context.get("evacuable").strip().lower()
        self._patterns = context.get("exclude").replace(",", " ").split()
        self._asked: tuple[set[str], bool] | None = None

    def wants(self, one: Instance) -> bool:
        """Is the instance to be evacuated?"""
        import fnmatch

        metadata = {name.lower(): value.strip().lower() for name, value in one.metadata}
        if metadata.get("evacuable") in FALSE or metadata.get("ha_enabled") in FALSE:
            return False
        if any(one.project == word or fnmatch.fnmatchcase(one.name, word) for word in self._patterns):
            return False
        return self._mode == "all" or self._is_tagged(one)

    def _is_tagged(self, one: Instance) -> bool:
        images, flavors = self._tags()
        if self._mode == "auto" and not (images or flavors):
            return True
        return one.image in images or _is_yes(dict(one.specs).get("evacuable", ""))

    def _tags(self) -> tuple[set[str], bool]:
        """The tagged images, and whether any flavor is tagged."""
        if self._asked is None:
            self._asked = self._nova.tagged_images(_is_yes), self._nova.has_tagged_flavor(_is_yes)
        return self._asked


def check(context: Context) -> None:
    """Raise Degraded if nobody can tell which instances are wanted."""
    if context.get("evacuable").strip().lower() not in _MODES:
        raise errors.Degraded(f"evacuable: {context.get('evacuable')!r} is none of {', '.join(_MODES)}")


def _is_yes(text: str) -> bool:
    return text.strip().lower() in TRUE
