"""Which instances the operator wants to be evacuated."""

from __future__ import annotations

from .. import errors
from ..context import Context
from ..param import FALSE, TRUE
from .nova import Nova
from .records import Instance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, TypeVar

    Found = TypeVar("Found")

REASONS = (
    ("evacuable: ... is none of all, tagged, auto", "Degraded. Correct the parameter. Nothing is evacuated before."),
)
_MODES = ("all", "tagged", "auto")


class Choice:
    """The parameters ``evacuable`` and ``exclude``.  A pass asks once which flavors and images are tagged."""

    def __init__(self, context: Context, nova: Nova) -> None:
        self._nova = nova
        self._mode = context.get("evacuable").strip().lower()
        self._patterns = context.get("exclude").replace(",", " ").split()
        self._found: dict[str, Any] = {}

    def wants(self, one: Instance) -> bool:
        """Is the instance to be evacuated?  Raises Degraded if nobody can tell."""
        import fnmatch

        metadata = {name.lower(): value.strip().lower() for name, value in one.metadata}
        if metadata.get("evacuable") in FALSE or metadata.get("ha_enabled") in FALSE:
            return False
        if any(one.project == word or fnmatch.fnmatchcase(one.name, word) for word in self._patterns):
            return False
        return self._mode == "all" or self._is_tagged(one)

    def _is_tagged(self, one: Instance) -> bool:
        if _is_yes(dict(one.specs).get("evacuable", "")) or (one.image and one.image in self._tagged_images()):
            return True
        return self._mode == "auto" and not (self._once(self._nova.has_tagged_flavor) or self._tagged_images())

    def _tagged_images(self) -> set[str]:
        return self._once(self._nova.tagged_images)

    def _once(self, ask: Callable[[Callable[[str], bool]], Found]) -> Found:
        """What Nova answers.  It is asked once in a pass, and not for every instance, also if it has no answer."""
        name = ask.__name__
        if name not in self._found:
            try:
                self._found[name] = ask(_is_yes)
            except errors.Degraded as problem:
                self._found[name] = problem
        if isinstance(self._found[name], errors.Degraded):
            raise self._found[name]
        found: Found = self._found[name]
        return found


def check(context: Context) -> None:
    """Raise Degraded if nobody can tell which instances are wanted."""
    if context.get("evacuable").strip().lower() not in _MODES:
        raise errors.Degraded(f"evacuable: {context.get('evacuable')!r} is none of {', '.join(_MODES)}")


def _is_yes(text: str) -> bool:
    return text.strip().lower() in TRUE
