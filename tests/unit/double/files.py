"""Files of the double: {path: text}."""

from __future__ import annotations


class Files(dict):
    def __init__(self, machine) -> None:
        self._machine = machine
        self.broken: dict[str, str] = {}
        """{path: what the system says when it is read, written or removed}"""
        self.refused: dict[str, str] = {}
        """{path: why the service's account cannot read it}"""
        self.kinds: dict[str, str] = {}
        """{path: what stands there, if it is no file}"""
        self.modes: dict[str, int] = {}
        self.owners: dict[str, tuple[int, int]] = {}
        self.tails: dict[str, str] = {}
        self.reads: list[str] = []

    def _touch(self, path: str) -> None:
        if path in self.broken:
            raise PermissionError(13, self.broken[path])

    def read(self, path: str) -> str | None:
        self.reads.append(path)
        self._touch(path)
        return self.get(path)

    def write(self, path: str, text: str, mode: int) -> None:
        self._touch(path)
        self[path] = text
        self.modes[path] = mode

    def append(self, path: str, text: str) -> None:
        self._touch(path)
        self[path] = self.get(path, "") + text

    def make_directory(self, path: str, mode: int, owner: tuple[int, int] | None = None) -> None:
        self.modes[path] = mode
        if owner:
            self.owners[path] = owner

    def remove(self, path: str) -> None:
        self._touch(path)
        self.pop(path, None)

    def names(self, directory: str) -> list[str]:
        below = [path[len(directory) + 1 :] for path in self if path.startswith(f"{directory}/")]
        return sorted({name.partition("/")[0] for name in below})

    def directories(self, directory: str) -> list[str]:
        return [name for name in self.names(directory) if f"{directory}/{name}" not in self]

    def version_of(self, path: str) -> str:
        return self.get(path, "none")

    def size(self, path: str) -> int:
        return len(self.get(path, ""))

    def tail(self, path: str, start: int) -> str:
        return self.tails.get(path, "")

    def kind(self, path: str) -> str:
        return self.kinds.get(path) or ("file" if path in self else "directory" if self.names(path) else "")

    def is_file(self, path: str) -> bool:
        return path in self

    def is_directory(self, path: str) -> bool:
        return bool(self.names(path))

    def refusal(self, path: str, user: str, seconds: float) -> str | None:
        assert path in self, "only an existing file can be refused"
        return self.refused.get(path)
