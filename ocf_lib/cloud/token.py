"""A token in hand, kept from one monitor to the next.

One login costs Keystone a quarter of a second of processor time and us more
than all else together, so a token is kept until shortly before it expires (in
a file that only root can read, on a file system that a reboot empties).  With
a token in hand neither keystoneauth1 nor requests is imported.
"""

from __future__ import annotations

from .. import errors, notes, patience
from ..address import Address, parse_url
from ..context import Context
from ..record import Record
from . import credentials, http

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    Ask = Callable[["Token"], http.Answer]

REASONS = (
    ("... refuses user ...: 401", "Degraded. The monitoring user, password, project or domain is wrong."),
    (
        "... does not let user ... sign in, user ... cannot sign in at ...",
        "Degraded. Look at Keystone and at the credentials. If it is the Keystone that is monitored, Pacemaker restarts it.",
    ),
    ("the monitoring credentials are incomplete: ...", "Degraded. Complete or remove them."),
)
_LINES = 5  # of a token's file


class Token(Record):
    """What signing in has brought."""

    text: str
    expires: float  # seconds since 1970
    project: str  # id of the project
    endpoint: str  # of the API that was looked for in the catalogue; "" if it has none


class Login(Record):
    """Where to sign in, and what for."""

    keystone: Address | None  # None is the one that clouds.yaml names
    is_ours: bool  # it is the instance that the monitor judges: if nobody can sign in, that is its fault
    catalogue: tuple[str, ...]  # types of the API whose endpoint is wanted


def use(
    context: Context, ask: Ask, until: float, ours: Address | None = None, catalogue: tuple[str, ...] = ()
) -> http.Answer:
    """What *ask* gets with the token in hand; one that is refused is replaced once.

    Keystone's own agent signs in to *ours*.  Raises Degraded if the
    credentials are incomplete or refused, or if another's Keystone is away;
    Silence and AgentError if *ours* is.
    """
    lacking = credentials.missing(context)
    if lacking:
        raise errors.Degraded(f"the monitoring credentials are incomplete: {lacking}")
    password = credentials.password(context)
    wanted = Login(keystone=ours or credentials.keystone(context), is_ours=ours is not None, catalogue=catalogue)
    fingerprint = credentials.fingerprint(context, wanted.keystone, password)
    kept = _kept(context, fingerprint)
    if kept:
        answer = ask(kept)
        if answer.status not in (401, 404):
            return answer
        # Revoked, or of a Keystone that has since lost its keys or database.
        context.log.debug("the token we kept is refused; signing in again")
    token = _sign_in(context, wanted, password, until)
    _keep(context, fingerprint, token)
    return ask(token)


def ask_cloud(
    context: Context, catalogue: tuple[str, ...], path: str, headers: tuple[str, ...], until: float
) -> http.Answer:
    """What the cloud's API of one of the types *catalogue* answers at *path*, with 200.

    Raises Degraded if it cannot be asked: that is no fault of this daemon.
    """
    asked: list[Address] = []

    def ask(token: Token) -> http.Answer:
        if not token.endpoint:
            raise errors.Degraded(f"the catalogue has no API of type {' or '.join(catalogue)}")
        root = parse_url("the catalogue's endpoint", token.endpoint)
        where = root.at(root.path.rstrip("/") + path)
        asked.append(where)
        request = http.Request(where=where, headers=(http.token_header(token.text), *headers), whole=True)
        return http.send(context, request, max(until - context.now(), 0.1))

    try:
        answer = use(context, ask, until, catalogue=catalogue)
    except errors.Degraded:
        raise
    except errors.AgentError as problem:
        raise errors.Degraded(str(problem)) from None
    if answer.status != 200:
        raise errors.Degraded(f"{asked[-1]} answers {answer.status} to {credentials.who(context)}")
    return answer


def _sign_in(context: Context, wanted: Login, password: str, until: float) -> Token:
    """Log in.  Keystone's own agent judges its instance by it; of any other a Keystone that is away says nothing."""
    # keystoneauth1 and requests: half a second of processor time, about once an hour.
    from . import login

    at, who = wanted.keystone or "Keystone", credentials.who(context)
    seconds = max(until - context.now(), 0.1)
    try:
        with context.host.itself.limit(seconds):
            token = login.sign_in(context, wanted, password, seconds)
    except TimeoutError:
        silence = errors.Silence if wanted.is_ours else errors.Degraded
        raise silence(f"{at} does not let {who} sign in within {seconds:.0f} s") from None
    except login.Refused as problem:
        raise errors.Degraded(f"{at} refuses {who}: {problem}") from None
    except login.Failed as problem:
        fault = errors.AgentError if wanted.is_ours else errors.Degraded
        raise fault(f"{who} cannot sign in at {at}: {problem}") from None
    context.log.hide(token.text)
    context.log.debug(f"signed in at {at} as {who}")
    return token


def _keep(context: Context, fingerprint: str, token: Token) -> None:
    """Keep the token for the monitors to come; without it each signs in: dear, but no verdict on the service."""
    now = context.host.itself.date()
    good_until = now + (token.expires - now) * patience.TOKEN_SHARE
    lines = (fingerprint, f"{good_until:.0f}", token.text, token.project, token.endpoint)
    notes.token(context).write("".join(f"{line}\n" for line in lines))


def _kept(context: Context, fingerprint: str) -> Token | None:
    """The token of an earlier monitor, if it is for these credentials and still good."""
    lines = notes.token(context).read().splitlines()
    if len(lines) != _LINES or lines[0] != fingerprint or not lines[1].isdecimal():
        return None
    _, expires, text, project, endpoint = lines
    if not text.isascii() or not text.isprintable() or " " in text:
        return None
    context.log.hide(text)
    token = Token(text=text, expires=int(expires), project=project, endpoint=endpoint)
    return token if context.host.itself.date() < token.expires else None
