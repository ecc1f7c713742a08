"""References in the values of a configuration file: ``$name``, ``${name}`` and ``${group.name}``.

Source: oslo.config, "Option Value Interpolation".  oslo.config uses
string.Template.  That module needs re, which costs a monitor more than the
rest of its work.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    ValueOf = Callable[[str, str], "str | None"]
    """The value of an option, by section and name; None if there is no such option."""

_DEPTH = 8  # references behind references; two options that refer to each other would have no end
_FIRST = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
_LETTERS = f"{_FIRST}0123456789."


def resolve(text: str, section: str, value_of: ValueOf, depth: int = _DEPTH) -> str:
    """*text*, which stands in *section*, with every reference replaced.

    "$$" and "\\$" stand for "$".  A reference to an unknown option stays as it is.
    """
    before, *rest = text.replace("\\$", "$$").split("$")
    found = [before]
    while rest:
        piece = rest.pop(0)
        if not piece and rest:
            # Two in a row: one that is meant.
            found.append("$" + rest.pop(0))
            continue
        name, written = _name(piece)
        value = _value(name, section, value_of) if name else None
        if value is None:
            found.append("$" + piece)
            continue
        if "$" in value and depth:
            value = resolve(value, section, value_of, depth - 1)
        found.append(value + piece[written:])
    return "".join(found)


def _name(piece: str) -> tuple[str, int]:
    """The name at the begin of what follows a "$", and how many characters it takes there; "" if there is none."""
    braced = piece.startswith("{")
    name = piece[1:].partition("}")[0] if braced and "}" in piece else piece
    if not braced:
        name = name[: len(name) - len(name.lstrip(_LETTERS))]
    if not name or name[0] not in _FIRST or name.strip(_LETTERS):
        return "", 0
    return name, len(name) + (2 if braced else 0)


def _value(name: str, section: str, value_of: ValueOf) -> str | None:
    """The value of the option *name*: one of its own section comes first, then one of DEFAULT."""
    group, dot, option = name.partition(".")
    if dot:
        return value_of(group, option)
    value = value_of(section, name)
    return value if value is not None else value_of("DEFAULT", name)
