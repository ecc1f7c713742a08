"""The home of the account that a daemon runs as."""

from __future__ import annotations

from .. import errors, patience
from ..context import Context


def of(context: Context) -> str:
    """The home of the daemon's account.  Raises NotInstalled if there is no such account.

    A directory of accounts (LDAP, SSSD) that does not answer may be back soon.  After NotInstalled, Pacemaker would
    ban the service from this node.  So the agent asks again, as long as there is time, and then raises AgentError.
    """
    user = context.get("user")
    while True:
        try:
            found = context.host.processes.account(user, min(patience.ACCOUNT_KNOWN, context.left() / 2))
            break
        except TimeoutError as problem:
            if context.left() < 2 * patience.ACCOUNT_KNOWN:
                raise errors.AgentError(str(problem.strerror)) from None
    if found is None:
        raise errors.NotInstalled(f"user: there is no account {user} on this host")
    return found[2]
