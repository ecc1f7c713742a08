"""What one parameter is, and how its value is read.

The same declaration checks the value, documents it in the meta-data and the
manual page, decides whether a change of it restarts the daemon, and keeps a
secret out of every text.
"""

from __future__ import annotations

from . import errors
from .record import Record

# Pacemaker's and the shell library's spellings together, in any case.
TRUE = ("1", "true", "yes", "y", "on", "t", "ja")
FALSE = ("0", "false", "no", "n", "off", "f", "nein")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Union

    Value = Union[str, int, bool]
else:
    Value = object

_DIGITS = 9  # of the longest number that makes sense


class Param(Record):
    """One instance parameter (``OCF_RESKEY_<name>``)."""

    name: str
    summary: str  # one line, no full stop: the shortdesc
    text: str  # all there is to say, except the default
    kind: str = "string"  # string, integer or boolean: the types every consumer knows
    default: str = ""  # "" is: no default, the text says what happens then
    required: bool = False  # without it there is nothing to start
    secret: bool = False
    monitoring: bool = False  # concerns only monitoring: a change of it restarts nothing
    unique: bool = False  # no two resources of this agent may share the value
    argument: str = ""  # option with which the daemon is given the value, if there is one

    def parse(self, given: str) -> Value:
        """Return the value that *given* (or, if empty, the default) stands for.

        Raises BadParameter.
        """
        text = given or self.default
        if self.kind == "integer":
            # isdecimal() also knows other scripts' digits, which int() takes but no admin means
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
        """The longdesc.  It says the default in words, as pcs 0.11.5 shows it nowhere else."""
        return f"{self.text} Default: {self.default}." if self.default else self.text

    def shown(self, text: str) -> str:
        """*text* as a reason or log line may show it."""
        return "the value" if self.secret else repr(text)
