"""The daemon: the agent runs it as a program, or systemd runs it as a unit.

Each of the two is a class with the same members:

* ``settings``        the service's own configuration
* ``address``         where the checks ask this instance
* ``listens``         the socket that the daemon opens
* ``find()``          finds the daemon as cheaply as possible, and keeps its leader (its main process)
* ``leader``          the leader that ``find()`` found last
* ``family()``        the pids of that leader and of all its descendants
* ``find_all()``      finds the daemon with all its processes
* ``fits()``          raises an AgentError if this host cannot run the daemon
* ``second()``        says who else does the work of a worker
* ``launch()``        starts the daemon; returns the Child to wait for if the agent is its parent
* ``adopt()``         makes a daemon that already runs the agent's own
* ``end()``           asks the daemon to end, and waits for that
* ``forget()``        removes what ``launch()`` and ``adopt()`` wrote, after the daemon's end
* ``boot_names``      the units with which systemd may start the service at boot
"""

from __future__ import annotations

from ..context import Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Union

    from .program import Program
    from .unit import Unit

    Daemon = Union[Program, Unit]


def of(context: Context) -> Daemon:
    """The daemon that this invocation is about."""
    if context.get("unit"):
        from .unit import Unit

        return Unit(context)
    from .program import Program

    return Program(context)
