"""The kinds of check, in the order in which a monitor makes them; each has a file of its own, with its words.

Such a file has

* ``ABOUT``, a function of the service: what is well if the check passes, in a sentence
* ``REASONS``: what an operator may read, and what to do about it
* ``check(daemon, seconds)``: raises NotYet if time may cure what is wrong, Degraded if no restart can, and any other
  AgentError if a restart may
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
        """What a file of a check offers."""

        REASONS: tuple[tuple[str, str], ...]

        @staticmethod
        def ABOUT(service: Service) -> str: ...  # noqa: D102, N802

        @staticmethod
        def check(daemon: Daemon, seconds: float) -> None: ...  # noqa: D102


class Kind(Record):
    """One kind of check: its file, and the services that it is for."""

    name: str
    applies: Callable[[Service], bool]
    needs_credentials: bool = False
    share: float = patience.API_SHARE  # of the time left, that its answer may take

    def load(self) -> Check:
        """Its file; a monitor loads those that it needs."""
        module: Check = __import__(f"{__name__}.{self.name}", fromlist=["check"])  # type: ignore[assignment]
        return module


KINDS = (
    Kind(name="api", applies=lambda service: service.api.port > 0),
    Kind(name="listener", applies=lambda service: service.api.own_listener),
    Kind(name="unix_socket", applies=lambda service: service.socket[0] != ""),
    Kind(name="broker", applies=lambda service: service.broker),
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
    """Is there anything that credentials are good for?"""
    return any(kind.needs_credentials for kind in of(service))


def about(service: Service) -> list[str]:
    """What is well if monitor returns 0, beyond the process: the README, the meta-data and the manual page say it."""
    found = [kind.load().ABOUT(service) for kind in of(service)]
    if not found:
        found.append("Monitor looks at its process only.")
    elif service.api.port and not can_sign_in(service):
        found.append("No question to it needs credentials.")
    return [*found, *([service.remark] if service.remark else [])]
