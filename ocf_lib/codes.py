"""The exit statuses that an agent may return, and what Pacemaker does after each."""

from __future__ import annotations


class ExitCode(int):
    """An OCF exit status that prints its own name.

    An ``enum.IntEnum`` would do the same, but its import would cost every
    monitor five milliseconds.
    """

    name: str

    def __new__(cls, value: int, name: str) -> ExitCode:
        code = super().__new__(cls, value)
        code.name = name
        return code

    def __repr__(self) -> str:
        return f"<{self.name} {int(self)}>"


# Values and names are those of OCF 1.1, section "Exit Status Codes".  Each
# comment says what Pacemaker does if it did not expect the status.
SUCCESS = ExitCode(0, "SUCCESS")  # nothing; after a probe: the resource is active on this node
ERR_GENERIC = ExitCode(1, "ERR_GENERIC")  # soft: restart here, or move; after a stop: fence the node
ERR_ARGS = ExitCode(2, "ERR_ARGS")  # hard: never again on this node
ERR_UNIMPLEMENTED = ExitCode(3, "ERR_UNIMPLEMENTED")  # hard
ERR_PERM = ExitCode(4, "ERR_PERM")  # hard: never again on this node
ERR_INSTALLED = ExitCode(5, "ERR_INSTALLED")  # hard: never again on this node
ERR_CONFIGURED = ExitCode(6, "ERR_CONFIGURED")  # fatal: never again on any node
NOT_RUNNING = ExitCode(7, "NOT_RUNNING")  # start without a stop; so only if no process is left
DEGRADED = ExitCode(190, "DEGRADED")  # show the reason, and let the resource run
