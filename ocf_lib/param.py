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

REASONS = (
    (
        "watch_time: ... is not a number of seconds, url: ... is not ..., insecure: ... is neither yes nor no",
        "Degraded. Correct the parameter that the reason names. Pacemaker restarts nothing.",
    ),
)
_DIGITS = 9  # no number of a parameter needs more digits
# The type of each kind of value in the meta-data: all tools know these three.
_TYPES = {"seconds": "integer", "port": "integer", "url": "string", "own_url": "string", "path": "string",
          "url_path": "string"}  # fmt: skip
# The units of Pacemaker's own durations, from the second upwards.
_UNITS = {"": 1, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hr": 3600}


class Param(Record):
    """One instance parameter (``OCF_RESKEY_<name>``)."""

    name: str
    summary: str  # the shortdesc: one line, without a full stop
    text: str  # the longdesc, without the default
    kind: str = "string"  # string, integer, boolean, seconds, port, url, own_url (it may hold {host}), url_path or path
    default: str = ""  # "" means: no default; the text then says what happens
    required: bool = False  # without a value the agent cannot start anything
    secret: bool = False
    monitoring: bool = False  # concerns only monitoring: a change restarts nothing
    unique: bool = False  # two resources of this agent must not have the same value
    argument: str = ""  # option of the daemon that gets the value; "" if there is none
    stands_for: str = ""  # an old name of this parameter, whose value counts first

    def parse(self, given: str) -> Value:
        """Return the value that *given* (or, if empty, the default) stands for.

        Raises BadParameter.
        """
        # A password may begin or end with a blank.
        text = (given if self.kind == "string" else given.strip()) or self.default
        if self.type == "integer":
            return self._number(text) if text else 0
        if self.kind == "boolean":
            if text.lower() in TRUE:
                return True
            if text.lower() not in FALSE:
                raise errors.BadParameter(f"{self.name}: {self.shown(text)} is neither yes nor no")
            return False
        if not text.isprintable():
            raise errors.BadParameter(f"{self.name}: holds characters that cannot be printed")
        if self.kind == "url_path" and (not text.isascii() or " " in text):
            raise errors.BadParameter(f"{self.name}: {self.shown(text)} is not the path of a URL")
        if self.kind in ("path", "url_path") and text and not text.startswith("/"):
            raise errors.BadParameter(f"{self.name}: {self.shown(text)} is not an absolute path")
        if self.kind in ("url", "own_url") and text:
            # A probe reads no URL.
            from .address import parse_url

            parse_url(self.name, text.replace("{host}", "host") if self.kind == "own_url" else text)
        return text

    def _number(self, text: str) -> int:
        """The number in *text*; a duration may have a unit of Pacemaker's (20s, 2min).  Raises BadParameter."""
        digits = text if self.kind != "seconds" else text.lower().rstrip("cehimnrs ")
        unit = text[len(digits) :].strip().lower()
        # isdecimal() and int() also accept digits of other scripts; no operator means those.
        if not (digits.isdecimal() and digits.isascii() and len(digits) <= _DIGITS and unit in _UNITS):
            wanted = "a number of seconds" if self.kind == "seconds" else "a whole number"
            raise errors.BadParameter(f"{self.name}: {self.shown(text)} is not {wanted}")
        number = int(digits) * _UNITS[unit]
        if self.kind == "port" and not 0 < number < 65536:
            raise errors.BadParameter(f"{self.name}: {self.shown(text)} is not a port")
        return number

    @property
    def type(self) -> str:
        """The type of the value in the meta-data: string, integer or boolean."""
        return _TYPES.get(self.kind, self.kind)

    @property
    def description(self) -> str:
        """The longdesc.  It says the default in words, because pcs 0.11.5 shows the default nowhere else."""
        return f"{self.text} Default: {self.default}." if self.default else self.text

    def shown(self, text: str) -> str:
        """*text* as a reason or log line may show it."""
        return "the value" if self.secret else repr(text)
