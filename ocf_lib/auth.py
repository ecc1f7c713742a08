"""The authenticated question: a token in hand, kept from one monitor to the next.

One login costs Keystone a quarter of a second of processor time and us more
than all else together, so a token is kept until shortly before it expires (in
a file only root may read, on a file system that a reboot empties).  With a
token in hand neither keystoneauth1 nor requests is imported.
"""

from __future__ import annotations

from . import api, daemon, errors, params
from .context import Context
from .host import Host

_USED_SHARE = 0.9
"""Part of its life for which a token is used: Keystone's clock and ours may differ."""


def wanted(context: Context) -> bool:
    """Did the operator give credentials?"""
    names = ("os_username", "os_application_credential_id", "os_cloud")
    return any(context.given.get(name) for name in names)


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
    missing = [name for name in needs if not context.get(name)]
    return f"{' and '.join(missing)} must be set with them" if missing else None


def check(context: Context, host: Host, seconds: float) -> None:
    """Ask this instance something that needs a token and its database.

    A token that is refused is replaced once, then judged.  Raises Degraded
    where our credentials are at fault, Silence and AgentError as
    ``api.get`` does, and AgentError for a 5xx.
    """
    until = host.now() + seconds
    lacking = trouble(context)
    if lacking:
        raise errors.Degraded(f"{context.service.name}: the monitoring credentials are incomplete: {lacking}")
    where = daemon.address(context, host).at(context.service.api.question)
    password = _password(context, host)
    fingerprint = _fingerprint(context, host, where, password)
    token = _kept(context, host, fingerprint)
    fresh = not token
    if fresh:
        token = _sign_in(context, host, where, password, fingerprint, until)
    answer = api.get(context, host, where, max(until - host.now(), 0.1), token)
    if answer.status in (401, 404) and not fresh:
        # Revoked, or of a Keystone that has since lost its keys or database.
        context.log.debug("the token we kept is refused; signing in again")
        token = _sign_in(context, host, where, password, fingerprint, until)
        answer = api.get(context, host, where, max(until - host.now(), 0.1), token)
    if 200 <= answer.status < 400:
        return
    if answer.status >= 500:
        raise errors.AgentError(f"{context.service.name}: {where} answers {answer.status} when signed in")
    host.remove(_file(context))
    raise errors.Degraded(f"{context.service.name}: {where} answers {answer.status} to {_who(context)}")


def forget(context: Context, host: Host) -> None:
    """Drop the token in hand."""
    host.remove(_file(context))


def _sign_in(context: Context, host: Host, where, password: str, fingerprint: str, until: float) -> str:
    """Log in, keep the token for the monitors to come, and return it."""
    # keystoneauth1 and requests: half a second of processor time, about once an hour.
    from . import login

    base = where.at("/v3")
    seconds = max(until - host.now(), 0.1)
    try:
        with host.limit(seconds):
            token, expires = login.token(context, host, base, password, seconds)
    except TimeoutError:
        raise errors.Silence(
            f"{context.service.name}: {base} does not let {_who(context)} sign in within {seconds:.0f} s"
        ) from None
    except login.Refused as problem:
        raise errors.Degraded(f"{context.service.name}: {base} refuses {_who(context)}: {problem}") from None
    except login.Failed as problem:
        raise errors.AgentError(
            f"{context.service.name}: {_who(context)} cannot sign in at {base}: {problem}"
        ) from None
    context.log.hide(token)
    context.log.debug(f"signed in at {base} as {_who(context)}")
    good_until = host.date() + (expires - host.date()) * _USED_SHARE
    try:
        host.write(_file(context), f"{fingerprint}\n{good_until:.0f}\n{token}\n", 0o600)
    except OSError as problem:
        # Without a kept token each monitor signs in: dear, but no verdict on the service.
        context.log.warn(f"cannot keep the token in {_file(context)}: {problem.strerror}")
    return token


def _kept(context: Context, host: Host, fingerprint: str) -> str:
    """The token of an earlier monitor, if it is for these credentials and still good; else ""."""
    try:
        lines = (host.read(_file(context)) or "").splitlines()
    except OSError as problem:
        context.log.debug(f"{_file(context)}: {problem.strerror}")
        return ""
    if len(lines) != 3 or lines[0] != fingerprint or not lines[1].isdecimal():
        return ""
    token = lines[2]
    if not token.isascii() or not token.isprintable() or " " in token:
        return ""
    context.log.hide(token)
    return token if host.date() < int(lines[1]) else ""


def _file(context: Context) -> str:
    return context.own_file("token")


def _password(context: Context, host: Host) -> str:
    """The password, from its parameter or its file.  Raises Degraded if the file cannot be read."""
    path = context.get("os_password_file")
    if not path:
        return context.get("os_password")
    try:
        text = host.read(path)
    except OSError as problem:
        raise errors.Degraded(f"os_password_file: {path}: {problem.strerror}") from None
    if text is None:
        raise errors.Degraded(f"os_password_file: there is no {path}")
    password = text.partition("\n")[0].rstrip("\r")
    context.log.hide(password)
    return password


def _fingerprint(context: Context, host: Host, where, password: str) -> str:
    """A text that changes with anything a token depends on, and tells nothing of it."""
    # What hashlib.blake2b is; hashlib itself loads all of OpenSSL, for 4 ms of processor time.
    from _blake2 import blake2b

    names = sorted(name for name in context.given if name.startswith("os_") or name == "insecure")
    parts = [f"{name}={context.given[name]}" for name in names] + [str(where), password]
    if context.get("os_cloud"):
        parts += [host.version_of(path) for path in params.CLOUDS]
    return blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=32).hexdigest()


def _who(context: Context) -> str:
    """Whom we sign in as, for a reason."""
    if context.get("os_cloud"):
        return f"cloud {context.get('os_cloud')}"
    if context.get("os_application_credential_id"):
        return f"application credential {context.get('os_application_credential_id')}"
    return f"user {context.get('os_username')}"
