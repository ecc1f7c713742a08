"""Read-only named fields: a frozen dataclass without the price of ``dataclasses``.

Importing ``dataclasses`` would make a process-only monitor more than twice as
dear.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers read this name as true
if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_):
        return lambda cls: cls


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """Fields are declared as annotations, given as keywords, and never assigned again."""

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

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} is read-only")

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({fields})"
