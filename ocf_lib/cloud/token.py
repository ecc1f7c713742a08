"""The token with which the agent asks APIs: where it comes from, and how one monitor keeps it for the next.

One login costs Keystone a quarter of a second of processor time, and the agent
more than everything else together.  So the agent stores the token until shortly
before its end, in a file that only root can read and that a reboot removes.
With a stored token, a monitor imports neither keystoneauth1 nor requests.
"""

from __future__ import annotations

from .. import errors, patience
from ..address import Address, parse_url
from ..context import Context
from . import credentials, failures, http, kept
from .credentials import Login, Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    Ask = Callable[[Token], http.Answer]

REASONS = (
    ("... refuses user ...: 401", "Degraded. The monitoring user, password, project or domain is wrong."),
    (
        "... does not let user ... sign in, user ... cannot sign in at ...",
        "Degraded. Look at Keystone and at the credentials. If that Keystone is the monitored resource, Pacemaker restarts"
        " it.",
    ),
    errors.UNTRUSTED,
    ("a new token for user ... is refused", "Degraded. The cloud forgets its tokens. Look at Keystone."),
    ("... answers 403 to user ...", "Degraded. The monitoring user lacks a role."),
    ("the monitoring credentials are incomplete: ...", "Degraded. Complete or remove them."),
    (
        "set os_region_name: the catalogue has API ... in the regions ...",
        "Degraded. Nobody can tell which of these regions this node belongs to.",
    ),
    ("the catalogue has no API ...", "Degraded. Look at os_region_name and at the endpoints in Keystone."),
    (
        "something killed the process with which user ... signs in",
        "Degraded. Look for the OOM killer in the kernel's log.",
    ),
    (
        "other resources of this node still sign in at ...",
        "Degraded. All tokens of the node were lost at once. If this lasts, Keystone is slow, or the node has too much to do.",
    ),
    (
        "no token can be kept: ...",
        "Degraded. Make room in that file system. Without a file for the token, every monitor would sign in.",
    ),
    errors.UNRESOLVED,
)
_REFUSED = (401, 404)  # answers to a token that is worth nothing


def use(
    context: Context, ask: Ask, until: float, ours: Address | None = None, catalogue: tuple[str, ...] = ()
) -> http.Answer:
    """The answer that *ask* gets with the stored token, or with a new one if that is missing or refused.

    Keystone's own agent signs in to *ours*, its own instance.  Raises Degraded
    if the credentials are incomplete or refused, or if a Keystone other than
    *ours* is away.  Raises Silence or AgentError if *ours* is away.
    """
    lacking = credentials.missing(context)
    if lacking:
        raise errors.Degraded(f"the monitoring credentials are incomplete: {lacking}")
    password = credentials.password(context)
    wanted = Login(keystone=ours or credentials.keystone(context), is_ours=ours is not None, catalogue=catalogue)
    fingerprint = credentials.fingerprint(context, wanted.keystone, password)
    stored = kept.token(context, fingerprint)
    answer = ask(stored) if stored else None
    if answer and answer.status not in _REFUSED:
        return answer
    # Somebody revoked the token, or Keystone has lost its keys or its database.
    reason = failures.recent(context, fingerprint, wanted.keystone or keystone(context))
    new_one = f"a new token for {credentials.who(context)} is refused"
    if answer and reason == new_one:
        return answer
    if reason:
        raise errors.Degraded(reason)
    kept.make_room(context)
    token = _sign_in(context, wanted, password, fingerprint, until)
    kept.keep(context, fingerprint, token)
    answer = ask(token)
    if answer.status in _REFUSED:
        failures.remembered(context, fingerprint, new_one)
    return answer


def refused(context: Context, where: Address, status: int) -> errors.Degraded:
    """The error of an API that answers with this status.  Some refuse every token if they cannot ask Keystone."""
    said = f"{where} answers {status} to {credentials.who(context)}"
    # Keystone itself asks nobody, and its own agent may not have os_auth_url.
    asks = keystone(context) if status in _REFUSED and not credentials.is_keystone(context) else None
    trouble = failures.trouble(context, asks) if asks else ""
    return errors.Degraded(f"{trouble} ({said})" if trouble else said)


def keystone(context: Context) -> Address | None:
    """The Keystone that the parameters name, or that gave the stored token of this cloud; None if nobody knows it.

    Raises BadParameter for the parameters.
    """
    named = credentials.keystone(context)
    if named:
        return named
    url = kept.keystone_url(context, credentials.fingerprint(context, None, credentials.password(context)))
    try:
        return credentials.version_3(parse_url("auth_url of clouds.yaml", url)) if url else None
    except errors.BadParameter as problem:
        context.log.debug(str(problem))
        return None


def _sign_in(context: Context, wanted: Login, password: str, fingerprint: str, until: float) -> Token:
    """Sign in.  Raises Silence or AgentError if the agent's own Keystone fails, Degraded for every other fault."""
    # login imports keystoneauth1 and requests, about once an hour: half a second of processor time, and 30 MiB.  A
    # child process does that.  So the memory is free while the agent waits, and a child can be abandoned, whatever
    # hangs in it.
    from . import login, turn

    at, who = wanted.keystone or keystone(context) or "Keystone", credentials.who(context)
    if wanted.keystone:
        server = wanted.keystone.server
        if not context.host.network.addresses([server], max(until - context.now(), 0.1))[server]:
            raise errors.unresolved(server)
    seconds = max(until - context.now(), 0.1)
    late = f"{at} does not let {who} sign in within {seconds:.0f} s"
    try:
        with turn.Turn(context, wanted.keystone, seconds * patience.TURN_SHARE):
            left = max(until - context.now(), 0.1)
            token = context.host.itself.apart(lambda: login.sign_in(context, wanted, password, left), left)
    except turn.Missed:
        raise errors.Degraded(
            f"other resources of this node still sign in at {at}, and {who} waits for its turn"
        ) from None
    except TimeoutError:
        if wanted.is_ours:
            raise (errors.Silence if seconds >= patience.LOGIN_EVIDENCE else errors.Busy)(late) from None
        raise failures.remembered(context, fingerprint, late, is_away=True) from None
    except ChildProcessError:
        raise errors.Degraded(f"something killed the process with which {who} signs in") from None
    except login.Refused as problem:
        raise failures.remembered(context, fingerprint, str(problem)) from None
    except login.Failed as problem:
        if wanted.is_ours:
            raise errors.AgentError(str(problem)) from None
        raise failures.remembered(context, fingerprint, str(problem), isinstance(problem, login.Away)) from None
    context.log.hide(token.text)
    context.log.debug(f"signed in at {at} as {who}")
    return token
