"""Every way an action can fail, each with the exit status it maps to.

* AgentError           ERR_GENERIC        a restart may help
  - Silence            ERR_GENERIC        no answer came in time: the daemon hangs, or what it waits for does
  - NotYet             ERR_GENERIC        a daemon gets over it by itself, given time; degraded until it had that
    - NotUp            ERR_GENERIC        the same, and a start does not wait for it for ever
  - Died               ERR_GENERIC        the daemon ended while start waited for it
  - Degraded           DEGRADED           a restart cannot help: the fault lies elsewhere
  - Gone               NOT_RUNNING        a recurring monitor finds nothing left of the daemon
  - BadParameter       ERR_CONFIGURED     the value is wrong on every node
  - WrongHere          ERR_ARGS           the value does not fit this node
  - NotPermitted       ERR_PERM           this node does not let the service read what it must
  - NotInstalled       ERR_INSTALLED      this node lacks something
  - Unimplemented      ERR_UNIMPLEMENTED  there is no such action

The message is what an operator reads: who, what, what happened, on one line.
"""

from __future__ import annotations

from . import codes


class AgentError(Exception):
    """Fail the action with ``code`` and show the message to the operator."""

    code = codes.ERR_GENERIC


class Silence(AgentError):
    """The one failure whose cause may be a frozen database."""


class NotYet(AgentError):
    """What follows every start and every outage of what the daemon depends on, for a while."""


class NotUp(NotYet):
    """Running and connected, but not (yet) up in the list that its API keeps."""


class Died(AgentError):
    """The daemon ended while start waited for it: waiting longer is in vain."""


class Degraded(AgentError):
    code = codes.DEGRADED


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


def unreachable(what: str, problem: OSError) -> str:
    """Why *what* cannot be reached, for a reason."""
    if isinstance(problem, TimeoutError):
        return f"{what} does not answer"
    if isinstance(problem, ConnectionRefusedError):
        return f"{what} refuses connections"
    return f"{what}: {problem.strerror or problem}"
