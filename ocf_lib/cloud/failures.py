"""What the agent remembers of a login that failed, so that it does not sign in at every monitor.

A monitor runs every few seconds, for each resource on each node.  Keystone
needs a quarter of a second for a login, and the agent half a second.  And an
account may be locked after a few wrong passwords.
"""

from __future__ import annotations

from .. import errors, notes, patience
from ..address import Address
from ..context import Context
from . import http

_AWAY, _ANSWERED = "away", "answered"


def remembered(context: Context, fingerprint: str, reason: str, is_away: bool = False) -> errors.Degraded:
    """Note why a login with these credentials failed, and whether Keystone was away or silent.  Returns the error."""
    notes.failed_login(context).write(f"{fingerprint}\n{_AWAY if is_away else _ANSWERED}\n{reason}\n")
    return errors.Degraded(reason)


def recent(context: Context, fingerprint: str, keystone: Address | None) -> str:
    """Why a login with these credentials failed a moment ago, for a reason; "" if it is time to try again.

    If Keystone was away or silent, one request without credentials tells
    whether it is back.  That costs a hundredth of a login.
    """
    note = notes.failed_login(context)
    age, lines = note.age(), note.read().splitlines()
    if age is None or age >= patience.LOGIN_AGAIN or len(lines) != 3 or lines[0] != fingerprint:
        return ""
    if lines[1] == _AWAY and keystone and not trouble(context, keystone):
        return ""
    return lines[2]


def trouble(context: Context, keystone: Address) -> str:
    """What is wrong with Keystone, for a reason; "" if it answers, or if there is no time to tell."""
    seconds = min(patience.KEYSTONE_ANSWERS, context.left() * patience.BLAME_SHARE)
    try:
        answer = http.send(context, http.Request(where=keystone), seconds)
    except errors.AgentError as problem:
        return "" if isinstance(problem, errors.Silence) and seconds < patience.GREETING_EVIDENCE else str(problem)
    return f"{keystone} answers {answer.status}" if answer.status >= 500 else ""
