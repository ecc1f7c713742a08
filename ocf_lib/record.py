"""The base class Record: a type with named, read-only fields, like a frozen dataclass.

With an import of ``dataclasses``, a monitor that looks only at processes would
cost more than twice as much.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers read this name as true
if TYPE_CHECKING:
    from typing import TypeVar

    from typing_extensions import dataclass_transform

    R = TypeVar("R", bound="Record")
else:

    def dataclass_transform(**_):
        return lambda cls: cls


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """A subclass declares its fields as annotations.  Their values are given as keywords, and never change."""

    _fields: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        cls._fields = (*cls._fields, *cls.__dict__.get("__annotations__", ()))

    def __init__(self, **given: object) -> None:
        cls = type(self)
        for name in cls._fields:
            if name not in given and not hasattr(cls, name):
                raise TypeError(f"{cls.__name__} needs {name}=")
        for name in given:
            if name not in cls._fields:
                raise TypeError(f"{cls.__name__} has no {name}=")
        vars(self).update(given)

    def changed(self: R, **given: object) -> R:
        """A record with the same values, except those *given*."""
        return type(self)(**{**vars(self), **given})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} is read-only")

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({fields})"
