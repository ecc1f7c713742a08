"""A machine made of dicts: no kernel, clock or network is touched.

Stands in for ``ocf_lib.host.Host``, room by room; a test compares the faces.
A room holds what is there (``machine.files["/etc/x"] = "..."``), offers the
verbs of the real one, and keeps what was done for the test to look at.  Worlds
that cannot be are refused.
"""

from __future__ import annotations

import types

from ocf_lib import main as door

from .files import Files
from .groups import Groups
from .itself import Itself
from .network import Network
from .processes import Processes
from .programs import Programs

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}"


class Machine:
    """The double of a host; its verbs put a world in place, and are the tests' alone."""

    def __init__(self) -> None:
        self.files = Files(self)
        self.itself = Itself(self)
        self.processes = Processes(self)
        self.groups = Groups(self)
        self.programs = Programs(self)
        self.network = Network(self)
        # The library is there, or the door would take the package for removed.
        self.files[door.__file__] = ""

    def process(
        self,
        pid=42,
        command="/usr/bin/sleep\x00600\0",
        parent=1,
        session=None,
        state="S",
        owner=64,
        mark="",
        here=True,
        name=None,
    ) -> int:
        """Put a process in place."""
        assert pid > 1, "no daemon of ours is init"
        assert pid not in self.processes, f"pid {pid} is taken"
        assert parent == 1 or parent in self.processes, f"nobody is the parent {parent}"
        self.processes[pid] = types.SimpleNamespace(
            state=state, parent=parent, session=pid if session is None else session, start=pid * 10,
            command="" if state == "Z" else command, owner=owner, mark=mark, here=here, works=0.0, waits=0.0,
            name=command.replace("\0", " ").split(" ")[0].rpartition("/")[2][:15] if name is None else name,
        )  # fmt: skip
        return pid

    def kill(self, pid: int) -> None:
        """End a process as the kernel does."""
        self.processes._end(pid)

    def answers(self, path: str, answer: object = OK, port: int = 5000) -> None:
        """What the web server of this machine answers: bytes, an exception, or a function of the request."""
        self.network.web[port, path] = answer

    def connects(self, pid: int, address: str, port: int) -> None:
        """An established connection of a process."""
        inode = str(1000 + len(self.network.connections))
        self.network.held.setdefault(pid, set()).add(inode)
        self.network.connections.append((inode, address, port))

    def holds(self, pid: int, place: str) -> None:
        """A UDP port to which a process is bound, or the path of a UNIX socket on which it listens."""
        inode = f"{pid}:{place}"
        self.network.held.setdefault(pid, set()).add(inode)
        self.network.sockets_bound.setdefault(place, set()).add(inode)
        if not place.isdecimal():
            self.files.kinds[place] = "socket"

    def now(self) -> float:
        return self.itself.now()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.itself.sleep(seconds)
