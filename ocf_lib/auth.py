"""The authenticated question: a token in hand, kept from one monitor to the next.

One login costs Keystone a quarter of a second of processor time and us more
than all else together, so a token is kept until shortly before it expires (in
a file only root may read, on a file system that a reboot empties).  With a
token in hand neither keystoneauth1 nor requests is imported.
"""

from __future__ import annotations

from . import api, daemon, errors, notes, params, patience
from .address import Address, parse_url
from .context import Context
from .record import Record

_LINES = 5  # of a token's file
_SIGN_IN_TOO = ("insecure", "keystone_get_token_url")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    Ask = Callable[["Pass"], tuple[api.Answer, str, Address]]


class Pass(Record):
    """What signing in has brought."""

    token: str
    project: str  # id of the project
    endpoint: str  # of the API that was looked for in the catalogue; "" if it has none


def wanted(context: Context) -> bool:
    """Did the operator give credentials, and is there something to ask with them?"""
    names = ("os_username", "os_application_credential_id", "os_cloud")
    return can_ask(context) and any(context.given.get(name) for name in names)


def can_ask(context: Context) -> bool:
    """Is there a question that needs credentials?"""
    service = context.service
    return service.roster != "" or service.api.question != ""


def trouble(context: Context) -> str | None:
    """What the given credentials lack, or None."""
    if context.get("os_cloud"):
        return None
    if context.get("os_application_credential_id"):
        needs = ["os_application_credential_secret"]
    elif context.get("os_username"):
        needs = [] if context.get("os_password_file") else ["os_password"]
        if not (context.get("os_tenant_name") or context.get("os_project_name")):
            needs.append("os_project_name")
    else:
        return "no os_username, os_application_credential_id or os_cloud"
    if not (context.service.signs_in or _keystone_parameter(context)):
        needs.append("os_auth_url")
    missing = [name for name in needs if not context.get(name)]
    return f"{' and '.join(missing)} must be set with them" if missing else None


def check(context: Context, seconds: float) -> None:
    """Ask this instance something that needs a token and its database.

    A token that is refused is replaced once, then judged.  Raises Degraded
    where our credentials, Keystone or whom the daemon passes the question on
    to are at fault, Silence and AgentError as ``api.get`` does, and AgentError
    for a 5xx.
    """
    until = context.now() + seconds
    name, own = context.service.name, context.service.api
    base = daemon.address(context)

    def ask(held: Pass) -> tuple[api.Answer, str, Address]:
        where = base.at(own.question.format(project=held.project))
        return api.get(context, where, max(until - context.now(), 0.1), held.token), "", where

    try:
        answer, _, where = _with_pass(context, (), until, ask)
        if answer.status >= 500:
            raise errors.AgentError(f"{name}: {where} answers {answer.status} when signed in")
    except errors.Degraded:
        raise
    except errors.AgentError as problem:
        if own.relays:
            raise errors.Degraded(f"{problem}; that is for {own.relays} to answer") from None
        _blame_keystone(context, problem)
        raise
    if not 200 <= answer.status < 400:
        notes.token(context).forget()
        raise errors.Degraded(f"{name}: {where} answers {answer.status} to {_who(context)}")


def _blame_keystone(context: Context, problem: errors.AgentError) -> None:
    """Raise Degraded if Keystone, which every API asks what a token is worth, explains *problem*."""
    keystone = _keystone(context)
    if context.service.signs_in or keystone is None:
        return
    symptom = str(problem).partition(": ")[2]
    try:
        answer, _ = api.fetch(context, keystone, patience.KEYSTONE_ANSWERS)
    except errors.AgentError as trouble:
        raise errors.Degraded(f"{trouble} ({symptom})") from None
    if answer.status >= 500:
        raise errors.Degraded(f"{context.service.name}: {keystone} answers {answer.status} ({symptom})")


def ask_cloud(
    context: Context, catalogue: tuple[str, ...], path: str, until: float, headers: str
) -> tuple[str, Address]:
    """What the cloud's API of one of the types *catalogue* answers at *path*, and where.

    Raises Degraded if it cannot be asked: that is no fault of this daemon.
    """
    name = context.service.name

    def ask(held: Pass) -> tuple[api.Answer, str, Address]:
        if not held.endpoint:
            raise errors.Degraded(f"{name}: the catalogue has no API of type {' or '.join(catalogue)}")
        root = parse_url("the catalogue's endpoint", held.endpoint)
        where = root.at(root.path.rstrip("/") + path)
        return *api.fetch(
            context, where, max(until - context.now(), 0.1), f"X-Auth-Token: {held.token}\r\n{headers}"
        ), where

    try:
        answer, text, where = _with_pass(context, catalogue, until, ask)
    except errors.Degraded:
        raise
    except errors.AgentError as problem:
        raise errors.Degraded(str(problem)) from None
    if answer.status != 200:
        raise errors.Degraded(f"{name}: {where} answers {answer.status} to {_who(context)}")
    return text, where


def _with_pass(context: Context, catalogue: tuple[str, ...], until: float, ask: Ask):
    """What *ask* gets with the token in hand; one that is refused is replaced once."""
    lacking = trouble(context)
    if lacking:
        raise errors.Degraded(f"{context.service.name}: the monitoring credentials are incomplete: {lacking}")
    password = _password(context)
    fingerprint = _fingerprint(context, password)
    kept = _kept(context, fingerprint)
    if kept:
        answer = ask(kept)
        if answer[0].status not in (401, 404):
            return answer
        # Revoked, or of a Keystone that has since lost its keys or database.
        context.log.debug("the token we kept is refused; signing in again")
    return ask(_sign_in(context, catalogue, password, fingerprint, until))


def _sign_in(context: Context, catalogue: tuple[str, ...], password: str, fingerprint: str, until: float) -> Pass:
    """Log in, and keep what that brought for the monitors to come.

    Keystone's own agent judges its instance by it; of any other a Keystone
    that is away says nothing.
    """
    # keystoneauth1 and requests: half a second of processor time, about once an hour.
    from . import login

    name, base = context.service.name, _keystone(context)
    fault = errors.AgentError if context.service.signs_in else errors.Degraded
    seconds = max(until - context.now(), 0.1)
    at = base or "Keystone"
    try:
        with context.host.itself.limit(seconds):
            token, expires, project, endpoint = login.sign_in(context, base, password, seconds, catalogue)
    except TimeoutError:
        silence = errors.Silence if context.service.signs_in else errors.Degraded
        raise silence(f"{name}: {at} does not let {_who(context)} sign in within {seconds:.0f} s") from None
    except login.Refused as problem:
        raise errors.Degraded(f"{name}: {at} refuses {_who(context)}: {problem}") from None
    except login.Failed as problem:
        raise fault(f"{name}: {_who(context)} cannot sign in at {at}: {problem}") from None
    context.log.hide(token)
    context.log.debug(f"signed in at {at} as {_who(context)}")
    good_until = context.host.itself.date() + (expires - context.host.itself.date()) * patience.TOKEN_SHARE
    lines = (fingerprint, f"{good_until:.0f}", token, project, endpoint)
    # Without a kept token each monitor signs in: dear, but no verdict on the service.
    notes.token(context).write("".join(f"{line}\n" for line in lines))
    return Pass(token=token, project=project, endpoint=endpoint)


def _keystone(context: Context) -> Address | None:
    """Where to sign in; None is what clouds.yaml says."""
    if context.service.signs_in:
        return daemon.address(context).at("/v3")
    if context.get("os_cloud"):
        return None
    name = _keystone_parameter(context)
    given = parse_url(name, context.get(name) if name else "")
    # As in every old configuration: the server is right, the version is long gone.
    path = given.path.rstrip("/").removesuffix("/tokens")
    for version in ("/v2.0", "/v3"):
        path = path.removesuffix(version)
    return given.at(f"{path}/v3")


def _kept(context: Context, fingerprint: str) -> Pass | None:
    """The token of an earlier monitor, if it is for these credentials and still good."""
    lines = notes.token(context).read().splitlines()
    if len(lines) != _LINES or lines[0] != fingerprint or not lines[1].isdecimal():
        return None
    _, expires, token, project, endpoint = lines
    if not token.isascii() or not token.isprintable() or " " in token:
        return None
    context.log.hide(token)
    return Pass(token=token, project=project, endpoint=endpoint) if context.host.itself.date() < int(expires) else None


def _keystone_parameter(context: Context) -> str:
    """The parameter that names Keystone, "" if none is given."""
    for name in ("os_auth_url", "keystone_get_token_url"):
        if context.has(name) and context.get(name):
            return name
    return ""


def _password(context: Context) -> str:
    """The password, from its parameter or its file.  Raises Degraded if the file cannot be read."""
    path = context.get("os_password_file")
    if not path:
        return context.get("os_password")
    try:
        text = context.host.files.read(path)
    except OSError as problem:
        raise errors.Degraded(f"os_password_file: {path}: {problem.strerror}") from None
    if text is None:
        raise errors.Degraded(f"os_password_file: there is no {path}")
    password = text.partition("\n")[0].rstrip("\r")
    context.log.hide(password)
    return password


def _fingerprint(context: Context, password: str) -> str:
    """A text that changes with anything a token depends on, and tells nothing of it."""
    # What hashlib.blake2b is; hashlib itself loads all of OpenSSL, for 4 ms of processor time.
    from _blake2 import blake2b

    names = [name for name in context.given if name.startswith("os_") or name in _SIGN_IN_TOO]
    parts = [f"{name}={context.given[name]}" for name in sorted(names)] + [password]
    if context.service.signs_in:
        parts.append(str(daemon.address(context)))
    if context.get("os_cloud"):
        parts += [context.host.files.version_of(path) for path in params.CLOUDS]
    return blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=32).hexdigest()


def _who(context: Context) -> str:
    """Whom we sign in as, for a reason."""
    if context.get("os_cloud"):
        return f"cloud {context.get('os_cloud')}"
    if context.get("os_application_credential_id"):
        return f"application credential {context.get('os_application_credential_id')}"
    return f"user {context.get('os_username')}"
