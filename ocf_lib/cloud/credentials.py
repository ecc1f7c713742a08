"""What the os_* parameters say: as whom the agent signs in, at which Keystone, and what that brings."""

from __future__ import annotations

from .. import credential_params, errors
from ..address import Address, parse_url
from ..context import Context
from ..record import Record
from ..service import Service

# keystone_get_token_url has a default, so it comes last.
_KEYSTONE = ("os_auth_url", "keystone_url", "keystone_get_token_url")
_SIGN_IN_TOO = ("insecure", "endpoint_type", *_KEYSTONE)


class Token(Record):
    """A token, with what Keystone says about it."""

    text: str
    expires: float  # seconds since 1970
    project: str  # id of the project
    endpoint: str  # URL of the wanted API in the catalogue; "" if the catalogue does not give exactly one
    keystone: str = ""  # URL of the Keystone that clouds.yaml names; "" if the parameters name it
    lacks: str = ""  # why there is no endpoint, for a reason


class Login(Record):
    """Where the agent signs in, and for which API."""

    keystone: Address | None  # None if clouds.yaml names it
    is_ours: bool  # the monitor judges this very Keystone: if it does not let the agent sign in, it is at fault
    catalogue: tuple[str, ...]  # types under which the catalogue may have the wanted API


def is_keystone(context: Context) -> bool:
    """Does the agent run Keystone itself?  A program that runs no daemon does not."""
    return isinstance(context.program, Service) and context.program.is_keystone


def are_given(context: Context) -> bool:
    """Did the operator give credentials, in any form?"""
    names = ("os_username", "os_application_credential_id", "os_cloud")
    return any(context.given.get(name) for name in names)


def missing(context: Context) -> str:
    """What the given credentials lack, for a reason; "" if they are complete."""
    if context.get("os_cloud"):
        return ""
    if context.get("os_application_credential_id"):
        needs = ["os_application_credential_secret"]
    elif context.get("os_username"):
        needs = [] if context.get("os_password_file") else ["os_password"]
        if not (context.get("os_tenant_name") or context.get("os_project_name")):
            needs.append("os_project_name")
    else:
        return "no os_username, os_application_credential_id or os_cloud"
    if not (is_keystone(context) or _keystone_parameter(context)):
        needs.append("os_auth_url")
    lacking = [name for name in needs if not context.get(name)]
    return f"{' and '.join(lacking)} must be set with them" if lacking else ""


def keystone(context: Context) -> Address | None:
    """The Keystone that the parameters name, or None if clouds.yaml names it.  Raises BadParameter."""
    if context.get("os_cloud"):
        return None
    name = _keystone_parameter(context)
    return version_3(parse_url(name, context.get(name) if name else ""))


def version_3(given: Address) -> Address:
    """Where version 3 of the Keystone at *given* answers."""
    # Old configurations name version 2.0, which Keystone no longer has.  Their server is still right.
    prefix = given.path.rstrip("/") if given.prefix is None else given.prefix
    return given.at(f"{prefix}/v3")


def _keystone_parameter(context: Context) -> str:
    """The parameter that names Keystone, "" if none is given."""
    for name in _KEYSTONE:
        if context.has(name) and context.get(name):
            return name
    return ""


def password(context: Context) -> str:
    """The password, from its parameter or its file.  Raises Degraded if the file cannot be read.

    With os_cloud, the password is in clouds.yaml, and no file of a parameter is read.
    """
    path = "" if context.get("os_cloud") else context.get("os_password_file")
    if not path:
        return context.get("os_password")
    try:
        text = context.host.files.read(path)
    except OSError as problem:
        raise errors.Degraded(f"os_password_file: {path}: {problem.strerror}") from None
    if text is None:
        raise errors.Degraded(f"os_password_file: there is no {path}")
    found = text.partition("\n")[0].rstrip("\r")
    context.log.hide(found)
    return found


def fingerprint(context: Context, base: Address | None, secret: str) -> str:
    """A hash of everything that a token of the Keystone at *base* depends on; nobody can read a secret from it."""
    # hashlib.blake2b is the same function, but hashlib loads all of OpenSSL: 4 ms of processor time.
    from _blake2 import blake2b

    names = [name for name in context.given if name.startswith("os_") or name in _SIGN_IN_TOO]
    parts = [f"{name}={context.given[name]}" for name in sorted(names)] + [secret, str(base)]
    if context.get("os_cloud"):
        parts += [context.host.files.version_of(path) for path in credential_params.CLOUDS]
    return blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=32).hexdigest()


def who(context: Context) -> str:
    """As whom the agent signs in, for a reason."""
    if context.get("os_cloud"):
        return f"cloud {context.get('os_cloud')}"
    if context.get("os_application_credential_id"):
        return f"application credential {context.get('os_application_credential_id')}"
    return f"user {context.get('os_username')}"
