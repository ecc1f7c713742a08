"""What every agent declares: name, title, parameters and actions."""

from __future__ import annotations

from .param import Param
from .record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Union

    from . import codes
    from .context import Context
    from .service import Service

    Run = Callable[[Context], Union[codes.ExitCode, str]]
    Program = Union["Agent", Service]


class Action(Record):
    """One action, and the function that performs it.

    The function takes the context.  It returns an exit status, or a text that
    main.py prints.
    """

    name: str
    run: str  # "module:function"; the module is imported only if the action is called
    timeout: int  # seconds that the meta-data advertises
    interval: int = 0  # seconds between two runs of a recurring action

    def load(self) -> Run:
        """The function that performs the action."""
        module, _, function = self.run.partition(":")
        run: Run = getattr(__import__(module, fromlist=[function]), function)
        return run


class Agent(Record):
    """An agent with actions of its own.  An agent that runs a daemon of OpenStack declares a Service instead."""

    name: str
    title: str
    params: tuple[Param, ...]
    actions: tuple[Action, ...]
