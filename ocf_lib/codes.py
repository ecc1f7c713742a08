"""The exit statuses an agent may return, and what the cluster does with each."""

from __future__ import annotations


class ExitCode(int):
    """An OCF exit status that prints its own name.

    An ``enum.IntEnum`` would read the same and cost every monitor five
    milliseconds of imports.
    """

    name: str

    def __new__(cls, value: int, name: str) -> ExitCode:
        code = super().__new__(cls, value)
        code.name = name
        return code

    def __repr__(self) -> str:
        return f"<{self.name} {int(self)}>"


# Value and name are those of OCF 1.1, section "Exit Status Codes"; the comment
# says what Pacemaker's scheduler does when it did not expect the status.
SUCCESS = ExitCode(0, "SUCCESS")  # nothing; a probe that returns it found the resource active
ERR_GENERIC = ExitCode(1, "ERR_GENERIC")  # soft: restart here, or move; a failed stop fences
ERR_ARGS = ExitCode(2, "ERR_ARGS")  # hard: never again on this node
ERR_UNIMPLEMENTED = ExitCode(3, "ERR_UNIMPLEMENTED")  # hard
ERR_PERM = ExitCode(4, "ERR_PERM")  # hard: never again on this node
ERR_INSTALLED = ExitCode(5, "ERR_INSTALLED")  # hard: never again on this node
ERR_CONFIGURED = ExitCode(6, "ERR_CONFIGURED")  # fatal: never again on any node
NOT_RUNNING = ExitCode(7, "NOT_RUNNING")  # start without a stop; only when nothing is left of it
DEGRADED = ExitCode(190, "DEGRADED")  # shown with its reason, and left running
