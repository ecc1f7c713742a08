"""Who runs the daemon: the agent itself, as a program, or systemd, as a unit.

Both have one face, and are worked out once per invocation.

* ``settings``        what the service's configuration says
* ``address``         where this instance is asked
* ``listens``         the socket that the daemon opens
* ``find()``          the daemon, as cheaply as can be; ``leader`` and ``family()`` are of what was found last
* ``find_all()``      the daemon and all its processes
* ``fits()``          raises an AgentError if this host cannot run it
* ``launch()``        starts it, and returns the child to wait for, if it is ours
* ``adopt()``         keeps in mind the one that was found
* ``end(seconds)``    has it end in its own way
* ``forget()``        removes what was kept in mind, after its end
* ``boot_names``      names by which systemd may start it at boot
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
