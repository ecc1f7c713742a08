"""The type Param: one parameter of an agent, and how its value is read.

The declaration of a parameter serves four purposes: the agent checks the value;
the meta-data and the manual page describe it; Pacemaker knows whether a change
restarts the daemon; and no text shows the value of a secret.
"""

from __future__ import annotations

from . import errors
from .record import Record

# The spellings of Pacemaker and of the shell library, in upper or lower case.
TRUE = ("1", "true", "yes", "y", "on", "t", "ja")
FALSE = ("0", "false", "no", "n", "off", "f", "nein")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Union

    Value = Union[str, int, bool]
else:
    Value = object

_DIGITS = 9  # no number of a parameter needs more digits


class Param(Record):
    """One instance parameter (``OCF_RESKEY_<name>``)."""

    name: str
    summary: str  # the shortdesc: one line, without a full stop
    text: str  # the longdesc, without the default
    kind: str = "string"  # string, integer or boolean: all tools know these types
    default: str = ""  # "" means: no default; the text then says what happens
    required: bool = False  # without a value the agent cannot start anything
    secret: bool = False
    monitoring: bool = False  # concerns only monitoring: a change restarts nothing
    unique: bool = False  # two resources of this agent must not have the same value
    argument: str = ""  # option of the daemon that gets the value; "" if there is none

    def parse(self, given: str) -> Value:
        """Return the value that *given* (or, if empty, the default) stands for.

        Raises BadParameter.
        """
        text = given or self.default
        if self.kind == "integer":
            # isdecimal() and int() also accept digits of other scripts; no operator means those.
            if text and not (text.isdecimal() and text.isascii() and len(text) <= _DIGITS):
                raise errors.BadParameter(f"{self.name}: {self.shown(text)} is not a whole number")
            return int(text or "0")
        if self.kind == "boolean":
            if text.lower() in TRUE:
                return True
            if text.lower() not in FALSE:
                raise errors.BadParameter(f"{self.name}: {self.shown(text)} is neither yes nor no")
            return False
        return text

    @property
    def description(self) -> str:
        """The longdesc.  It says the default in words, because pcs 0.11.5 shows the default nowhere else."""
        return f"{self.text} Default: {self.default}." if self.default else self.text

    def shown(self, text: str) -> str:
        """*text* as a reason or log line may show it."""
        return "the value" if self.secret else repr(text)
