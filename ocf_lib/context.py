"""One invocation: what was asked, on which host, how much time is left, and the log.

Read once from the arguments and the environment.  Sources: OCF resource agent
API 1.1; what Pacemaker really passes is in its ``services_linux.c``
(``add_action_env_vars``).
"""

from __future__ import annotations

from . import errors, patience
from .host import Host
from .log import Log
from .param import Value
from .service import Service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .agent import Program

RESKEY = "OCF_RESKEY_"
RUN_DIRECTORY = "/run/resource-agents"  # where the shell agents keep their pid files, too

_SECONDS = 20
"""What an action may take if neither Pacemaker nor the agent says: Pacemaker's own default."""


class Context:
    """What the cluster asked for, with which settings, and on which host."""

    def __init__(self, program: Program, argv: list[str], environ: dict[str, str], host: Host) -> None:
        self.program = program
        self.declared = program.params
        self._declared = {declared.name: declared for declared in self.declared}
        self.host = host
        self.argv = argv
        self.environ = environ
        self.name = argv[0].rpartition("/")[2] if argv else program.name
        """What the agent is called by: an old name is a link."""
        self.action = argv[1] if len(argv) > 1 else ""
        self.given = {name[len(RESKEY) :]: value for name, value in environ.items() if name.startswith(RESKEY)}

        instance = environ.get("OCF_RESOURCE_INSTANCE") or program.name
        # An anonymous clone is one resource however many copies run; its
        # number, if it is passed at all, says nothing about this host.
        if self.given.get("CRM_meta_globally_unique", "false") != "true":
            instance = instance.partition(":")[0]
        self.instance = instance
        self.log = Log(host, environ, self.name, instance)
        for name, declared in self._declared.items():
            if declared.secret:
                self.log.hide(self.given.get(name, ""))

        self.timeout = _milliseconds(self.given.get("CRM_meta_timeout")) or self._advised()
        """Seconds until Pacemaker ends us."""
        self.deadline = self.now() + self.timeout * patience.OWN_SHARE
        """When we must have an answer, on the clock of ``now``."""
        self.interval = _milliseconds(self.given.get("CRM_meta_interval"))
        """Seconds between two runs of a recurring monitor; 0 for a probe."""

        level = environ.get("OCF_CHECK_LEVEL") or self.given.get("OCF_CHECK_LEVEL") or ""
        depth = int(level) if level.isdecimal() else 0
        self.depth = 20 if depth >= 20 else 10 if depth >= 10 else 0
        """How hard to look: 0 everything the parameters enable, 10 the API, 20 the API with credentials."""

        self.run_directory = environ.get("HA_RSCTMP") or RUN_DIRECTORY

    def now(self) -> float:
        """Seconds on a clock that never goes backwards: that of the deadline."""
        return self.host.itself.now()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.host.itself.sleep(seconds)

    def _advised(self) -> float:
        """The timeout that the meta-data advises for this action."""
        return next((action.timeout for action in self.program.actions if action.name == self.action), _SECONDS)

    def left(self) -> float:
        """Seconds until the deadline; 0 once it has passed."""
        return max(self.deadline - self.now(), 0.0)

    @property
    def is_probe(self) -> bool:
        """A one-off monitor: is the resource perhaps already here?"""
        return self.interval == 0

    def has(self, name: str) -> bool:
        """Does this service have the parameter?"""
        return name in self._declared

    def get(self, name: str) -> str:
        """The text of a parameter, or its default.  Raises KeyError if the service does not have it."""
        return str(self._parse(name))

    def number(self, name: str) -> int:
        """A whole number.  Raises BadParameter, and KeyError if the service does not have the parameter."""
        return int(self._parse(name))

    def flag(self, name: str) -> bool:
        """A yes or no.  Raises BadParameter, and KeyError if the service does not have the parameter."""
        return bool(self._parse(name))

    def _parse(self, name: str) -> Value:
        return self._declared[name].parse(self.given.get(name, ""))

    def own_file(self, suffix: str) -> str:
        """A file of this resource in the run directory, which a reboot empties."""
        return f"{self.run_directory}/{self.instance.replace('/', '_')}.{suffix}"

    @property
    def service(self) -> Service:
        """The daemon's facts, if the program runs one; TypeError if it has another life."""
        if isinstance(self.program, Service):
            return self.program
        raise TypeError(f"{self.program.name} runs no daemon")

    @property
    def which(self) -> str:
        """Which of the service's daemons is meant, "" if it has only one."""
        return self.get("daemon") if self.service.daemons else ""

    @property
    def config(self) -> str:
        """The service's configuration file."""
        return self.get("config") or dict(self.service.daemons).get(self.which, "")

    @property
    def binary(self) -> str:
        """The program to run, "" if that depends on the distribution."""
        return self.get("binary") or self.service.program_of.format(daemon=self.which)

    @property
    def pid_file(self) -> str:
        """Where the daemon's process id is kept; by default where the old agents kept it."""
        return self.get("pid") or self.own_file("pid")


def check_version(environ: dict[str, str]) -> None:
    """Refuse a cluster that speaks another major version of the OCF API."""
    version = environ.get("OCF_RA_VERSION_MAJOR", "1")
    if version != "1":
        raise errors.AgentError(f"the cluster speaks version {version} of the OCF API, this agent version 1")


def _milliseconds(text: str | None) -> float:
    """Seconds, or 0 for what is no number."""
    return int(text) / 1000 if text and text.isdecimal() else 0
