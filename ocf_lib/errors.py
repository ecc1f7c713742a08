"""All errors with which an action can fail, and the exit status of each.

* AgentError           ERR_GENERIC        a restart may help
  - Silence            ERR_GENERIC        no answer came in time: the daemon hangs, or its database does
  - NotYet             ERR_GENERIC        the fault may pass by itself; until the grace is over, a monitor says degraded
    - NotUp            ERR_GENERIC        like NotYet, but a start does not wait for its end until the deadline
    - Busy             ERR_GENERIC        like NotYet: a silence that proves nothing yet
  - Died               ERR_GENERIC        the daemon ended while start waited for it; start launches it again
    - CannotRun        ERR_GENERIC        it will end each time, because of a wrong option or configuration
  - Degraded           DEGRADED           a restart cannot help: the fault lies elsewhere
    - NotListed        DEGRADED           the list of workers lacks this one; a start waits a while for it
      - NotAtPort      DEGRADED           the daemon listens elsewhere; a start waits for it, too
    - SharedFault      DEGRADED           other services are not well, either: what they all use may be guilty
  - Gone               NOT_RUNNING        a recurring monitor finds nothing left of the daemon
  - BadParameter       ERR_CONFIGURED     the value is wrong on every node
  - WrongHere          ERR_ARGS           the value does not fit this node
  - NotPermitted       ERR_PERM           this node does not let the service read what it must
  - NotInstalled       ERR_INSTALLED      this node lacks something
  - Unimplemented      ERR_UNIMPLEMENTED  there is no such action

The message is what an operator reads, on one line: which component, and what is wrong with it.
"""

from __future__ import annotations

from . import codes, patience

UNRESOLVED = (
    "the name ... cannot be resolved",
    "Degraded. Look at /etc/hosts, and at the servers for names in /etc/resolv.conf. Pacemaker restarts nothing.",
)
"""The exit reason of every check that needs the address of a server, and what an operator can do."""
UNTRUSTED = (
    "the certificate of https://... is not accepted: ...",
    "Degraded. Look at the certificate, at os_cacert, and at the name in url or os_auth_url.",
)
"""The exit reason of every request that carries a secret."""
HUNG = (
    "the disk of /... does not answer",
    "Degraded. Look at the file system of that file, for example at its NFS server. A start, a stop or a probe fails.",
)
"""The exit reason of every action that waits for a file until its timeout."""


NO_TRANSPORT_URL = (
    "broker: ... names no transport_url",
    "Degraded. Correct config or broker of the openstack-daemon, or set amqp_server_port. Pacemaker restarts nothing.",
)
"""The exit reason of the check for a broker, if the operator says that there is one, and no configuration does."""


class AgentError(Exception):
    """The action fails with the exit status ``code``, and the operator reads the message."""

    code = codes.ERR_GENERIC


class Silence(AgentError):
    """No answer came in time.  Of all failures, only this one may come from a frozen database."""


class NotYet(AgentError):
    """A fault that is normal for a while after a start, and after an outage of the broker or the database."""

    grace = patience.GRACE


class NotUp(NotYet):
    """The worker runs and is connected, but its API does not list it as up, or not yet.

    *grace* are the seconds within which it reports anew if it is well.
    """

    def __init__(self, message: str, grace: float) -> None:
        super().__init__(message)
        self.grace = grace


class Busy(NotYet):
    """A silence that does not prove that the daemon hangs: it uses the processor, or had next to no time."""


class Died(AgentError):
    """The daemon ended while start waited for it.  It is useless to wait longer for this one."""

    was_well = False
    """Had it passed its checks before?"""


class CannotRun(Died):
    """The daemon ended because of a mistake in its command line or configuration.  It is useless to launch it again."""


class Degraded(AgentError):
    code = codes.DEGRADED


class NotListed(Degraded):
    """The API does not list the worker, or not yet.  No restart can cure a list of another region or cell."""


class NotAtPort(NotListed):
    """The daemon listens on other ports than the operator's, or not yet on that one."""


class SharedFault(Degraded):
    """Another service is not well, and a check needs it.  Both use the same database, broker, memcached and Keystone."""


class Gone(AgentError):
    code = codes.NOT_RUNNING


class BadParameter(AgentError):
    code = codes.ERR_CONFIGURED


class WrongHere(AgentError):
    code = codes.ERR_ARGS


class NotPermitted(AgentError):
    code = codes.ERR_PERM


class NotInstalled(AgentError):
    code = codes.ERR_INSTALLED


class Unimplemented(AgentError):
    code = codes.ERR_UNIMPLEMENTED


def unresolved(name: str) -> Degraded:
    """The error for a server whose *name* cannot be resolved."""
    return Degraded(f"the name {name} cannot be resolved")


def hangs(path: str) -> str:
    """What is wrong with a disk, for a reason."""
    return f"the disk of {path} does not answer"


def unreachable(what: str, problem: OSError) -> str:
    """Why *what* cannot be reached, for a reason."""
    if isinstance(problem, TimeoutError):
        return f"{what} does not answer"
    if isinstance(problem, ConnectionRefusedError):
        return f"{what} refuses connections"
    return f"{what}: {problem.strerror or problem}"
