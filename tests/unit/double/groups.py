"""Control groups of the double: {pid: group}, for those that do not live in Pacemaker's."""

from __future__ import annotations


class Groups(dict):
    def __init__(self, machine) -> None:
        self._machine = machine

    def of(self, pid: int) -> str:
        return self.get(pid, "/system.slice/pacemaker.service")

    def members(self, group: str) -> list[int]:
        return [pid for pid in sorted(self._machine.processes) if group and f"{self.of(pid)}/".startswith(f"{group}/")]

    def below(self, group: str) -> list[str]:
        found = {self.of(pid) for pid in self._machine.processes}
        return sorted({f"{group}/{one[len(group) + 1 :].partition('/')[0]}" for one in found if one.startswith(group)})
