"""The list of all kinds of check, in the order in which a monitor makes them.  Each kind has its own file, which holds

* ``ABOUT(service)``: a sentence that says what is well if the check passes
* ``REASONS``: pairs of an exit reason and what an operator can do
* ``beat(daemon)``, for some kinds: a function of the seconds that a heartbeat may take; raises AgentError
* ``check(daemon, seconds)``: raises NotYet if the fault may pass by itself, Degraded if no restart can cure it, and
  any other AgentError if a restart may cure it
"""

from __future__ import annotations

from .. import patience
from ..record import Record
from ..service import Service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Protocol

    from ..daemon import Daemon

    class Check(Protocol):
        """What the file of a check has to hold."""

        REASONS: tuple[tuple[str, str], ...]

        @staticmethod
        def ABOUT(service: Service) -> str: ...  # noqa: D102, N802

        @staticmethod
        def check(daemon: Daemon, seconds: float) -> None: ...  # noqa: D102

        @staticmethod
        def beat(daemon: Daemon) -> Callable[[float], None]: ...  # noqa: D102


class Kind(Record):
    """One kind of check: its file, and which services have it."""

    name: str
    applies: Callable[[Service], bool]
    needs_credentials: bool = False
    beats: bool = False  # a watching monitor repeats a cheap part of the check
    share: float = patience.API_SHARE  # part of the time left that the check may take

    def load(self) -> Check:
        """The module of the check.  A monitor loads only the modules that it needs."""
        module: Check = __import__(f"{__name__}.{self.name}", fromlist=["check"])  # type: ignore[assignment]
        return module


KINDS = (
    Kind(name="listener", applies=lambda service: service.described and service.api.port > 0),
    Kind(name="api", applies=lambda service: service.api.port > 0, beats=True),
    Kind(name="listener", applies=lambda service: service.api.own_listener),
    Kind(name="own_sockets", applies=lambda service: service.own_sockets != (), beats=True),
    Kind(name="broker", applies=lambda service: service.broker, beats=True),
    Kind(
        name="question",
        applies=lambda service: service.api.question != "",
        needs_credentials=True,
        share=patience.QUESTION_SHARE,
    ),
    Kind(
        name="roster",
        applies=lambda service: service.listed_by != "",
        needs_credentials=True,
        share=patience.QUESTION_SHARE,
    ),
)


def of(service: Service) -> list[Kind]:
    """The kinds of check that this service has."""
    return [kind for kind in KINDS if kind.applies(service)]


def can_sign_in(service: Service) -> bool:
    """Does this service have a check that needs credentials?"""
    return any(kind.needs_credentials for kind in of(service))


def about(service: Service) -> list[str]:
    """What monitor checks besides the process, in sentences for the README, the meta-data and the manual page."""
    found = [kind.load().ABOUT(service) for kind in of(service)]
    if not found and not service.described:
        found.append("Monitor looks only at the daemon's processes.")
    elif service.api.port and not can_sign_in(service):
        found.append("Monitor asks nothing that needs credentials.")
    return [*found, *([service.remark] if service.remark else [])]
