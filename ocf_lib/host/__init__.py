"""The operating system, as the agents see it: five rooms, and no other module touches the system.

(Signing in, which is keystoneauth1's own business, apart.)  Their verbs are
those of the agents, not of ``os``, so that the tests' double stays small.
What an import would cost a monitor is imported by the one method that needs
it; the room that few need is opened when it is first asked.
"""

from __future__ import annotations

from .files import Files
from .itself import Itself
from .processes import MARK, Processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .network import Network
    from .programs import Programs

__all__ = ["MARK", "Host"]


class Host:
    """The machine we run on."""

    def __init__(self) -> None:
        self.files = Files()
        self.itself = Itself()
        self.processes = Processes()

    @property
    def programs(self) -> Programs:
        """Nothing is started by a monitor that is content."""
        from .programs import Programs

        return Programs()

    @property
    def network(self) -> Network:
        """A probe does without it."""
        from .network import Network

        return Network()
