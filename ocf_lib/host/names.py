"""The IP addresses of host names: each name is looked up once in a run of the agent, and never for too long."""

from __future__ import annotations

from .aside import Aside


class Unresolved(OSError):
    """The name of a server cannot be resolved, or not in time.  That is never the fault of a daemon."""

    def __init__(self, name: str) -> None:
        super().__init__(-2, f"the name {name} cannot be resolved")  # EAI_NONAME


class Names:
    """What is known of the names that this run has asked for."""

    def __init__(self) -> None:
        self._known: dict[str, list[str]] = {}

    def addresses(self, names: list[str], seconds: float) -> dict[str, list[str]]:
        """{name: its IP addresses, the best one first}; none if *seconds* are over, or nobody knows the name.

        All names are looked up at the same time: if the first of two servers
        for names is silent, each lookup takes 5 s.  No name is looked up twice,
        whatever came of it.
        """
        pending = {}
        for name in names:
            if name not in self._known:
                self._known[name] = []
                try:
                    pending[name] = Aside(lambda name=name: _resolve(name), seconds)  # type: ignore[misc]
                except OSError:
                    # The system has no room for a further process.
                    continue
        for name, lookup in pending.items():
            try:
                self._known[name] = lookup.answer().decode().split()
            except OSError:
                continue
        return {name: self._known[name] for name in names}


def _resolve(name: str) -> bytes:
    """The addresses of *name*; none if there is no such name."""
    import _socket

    try:
        found = _socket.getaddrinfo(name.encode("ascii", "replace"), None, 0, _socket.SOCK_STREAM)
    except OSError:
        return b""
    return " ".join(dict.fromkeys(str(place[0]) for *_, place in found)).encode()
