"""The network of the double: what servers answer, and who holds which socket."""

from __future__ import annotations

from ocf_lib.host.names import Unresolved


class Network:
    def __init__(self, machine) -> None:
        self._machine = machine
        self.web: dict[tuple[int, str], object] = {}
        self.servers_here: list[tuple[int, str]] = []
        self.held: dict[int, set[str]] = {}
        self.connections: list[tuple[str, str, int]] = []
        self.listeners: dict[int, set[str]] = {}
        self.names_of: dict[str, set[str]] = {}
        """{name: its addresses}; every other name is its own address"""
        self.silent_names: set[str] = set()
        self.lookups: list[str] = []
        self.sockets_bound: dict[str, set[str]] = {}
        self.requests: list[bytes] = []

    def ask_greeting(self, server: tuple[str, int], request: bytes, seconds: float, tls=None) -> bytes:
        return self._answer(server, request, seconds, "tls" if tls else "")

    def ask_head(self, server: tuple[str, int], request: bytes, seconds: float, tls=None) -> bytes:
        return self._answer(server, request, seconds)

    def ask_all(self, server: tuple[str, int], request: bytes, seconds: float, tls=None) -> bytes:
        return self._answer(server, request, seconds)

    def _answer(self, server, request: bytes, seconds: float, greeting: str = "") -> bytes:
        assert seconds > 0, "no question without time for an answer"
        if server[0] in self.silent_names and not self.addresses([server[0]], seconds)[server[0]]:
            raise Unresolved(server[0])
        self.requests.append(request)
        path = request.split(b" ")[1].decode() if b" HTTP/1." in request else greeting
        answer = self.web.get((server[1], path), ConnectionRefusedError(111, "Connection refused"))
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, TimeoutError):
            self._machine.sleep(seconds)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def addresses(self, names: list[str], seconds: float) -> dict[str, list[str]]:
        new = [name for name in names if name not in self.lookups and not name.replace(".", "").isdecimal()]
        self.lookups += new
        if self.silent_names.intersection(new):
            self._machine.sleep(seconds)
        return {name: [] if name in self.silent_names else sorted(self.names_of.get(name, {name})) for name in names}

    def sockets(self, pid: int) -> dict[str, int]:
        held = self.held.get(pid, set()) if pid in self._machine.processes else set()
        return {inode: descriptor for descriptor, inode in enumerate(sorted(held), 3)}

    def socket(self, pid: int, descriptor: int) -> str:
        return next((inode for inode, at in self.sockets(pid).items() if at == descriptor), "")

    def connected(self, port: int, inodes: set[str]) -> dict[str, str]:
        return {inode: address for inode, address, to in self.connections if to == port and inode in inodes}

    def listening(self, port: int) -> set[str]:
        return self.listeners.get(port, set())

    def bound(self, place: str) -> set[str]:
        return self.sockets_bound.get(place, set())

    def tls(self, cafile: str, name: str, verify: bool):
        return None, name

    def servers(self, port: int):
        return self.servers_here
