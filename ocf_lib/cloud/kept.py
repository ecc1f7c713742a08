"""The token that one monitor keeps for the next, in a file that only root can read and that a reboot removes."""

from __future__ import annotations

from .. import errors, notes, patience
from ..context import Context
from .credentials import Token

_LINES = 7  # lines in a token's file


def make_room(context: Context) -> None:
    """Raise Degraded if no token can be kept: every monitor of every resource would sign in, and Keystone would drown."""
    note = notes.token(context)
    # The old token is worth nothing, but it says which Keystone clouds.yaml names.
    trouble = note.write(note.read() or "none yet\n")
    if trouble:
        raise errors.Degraded(f"no token can be kept: {trouble}")


def keep(context: Context, fingerprint: str, token: Token) -> None:
    """Store the token for later monitors."""
    now = context.host.itself.date()
    # If the clock of this host is far ahead, each new token seems to be over.  A token that really is costs one 401.
    good_until = now + max((token.expires - now) * patience.TOKEN_SHARE, patience.LOGIN_AGAIN)
    lines = (fingerprint, f"{good_until:.0f}", token.text, token.project, token.endpoint, token.lacks, token.keystone)
    # Only blanks of any kind end a line.  One in a URL of Keystone would make a file that no monitor can read.
    notes.token(context).write("".join(f"{' '.join(line.split())}\n" for line in lines))


def token(context: Context, fingerprint: str) -> Token | None:
    """The stored token, if it is for these credentials and still good."""
    lines = notes.token(context).read().splitlines()
    if len(lines) != _LINES or lines[0] != fingerprint or not lines[1].isdecimal():
        return None
    _, expires, text, project, endpoint, lacks, keystone = lines
    if not text.isascii() or not text.isprintable() or " " in text:
        return None
    context.log.hide(text)
    found = Token(text=text, expires=int(expires), project=project, endpoint=endpoint, keystone=keystone, lacks=lacks)
    return found if context.host.itself.date() < found.expires else None


def keystone_url(context: Context, fingerprint: str) -> str:
    """The URL of the Keystone that gave the stored token, if clouds.yaml names it; "" if it is of other credentials."""
    lines = notes.token(context).read().splitlines()
    return lines[-1] if len(lines) == _LINES and lines[0] == fingerprint else ""
