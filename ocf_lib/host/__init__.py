"""The operating system, as the agents see it; no module outside this folder touches the system.

There is one exception: keystoneauth1 opens its own connections to sign in.
The methods are what the agents need, not what ``os`` offers.  So the tests'
double of a host stays small.  A method that needs a dear module imports it
itself.  ``Host`` loads the rooms that few need when they are first used.
"""

from __future__ import annotations

from .files import Files
from .itself import Itself
from .processes import DAEMON_PATH, MARK, Processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .groups import Groups
    from .network import Network
    from .programs import Programs

__all__ = ["DAEMON_PATH", "MARK", "Host"]


class Host:
    """The machine that the agent runs on."""

    def __init__(self) -> None:
        self.files = Files()
        self.itself = Itself()
        self.processes = Processes()
        self._network: Network | None = None

    @property
    def groups(self) -> Groups:
        """A monitor that finds the daemon by its launch record asks for no group."""
        from .groups import Groups

        return Groups()

    @property
    def programs(self) -> Programs:
        """Nothing is started by a monitor that is content."""
        from .programs import Programs

        return Programs()

    @property
    def network(self) -> Network:
        """The network; loaded here, because a probe does not need it."""
        if self._network is None:
            from .network import Network

            self._network = Network()
        return self._network
