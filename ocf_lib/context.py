"""One invocation of an agent: action, parameters, host, time left, and the log.

A Context is read once.  Source: OCF resource agent API 1.1.  For what Pacemaker
really passes, see ``add_action_env_vars`` in its ``services_linux.c``.
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
RUN_DIRECTORY = "/run/resource-agents"  # the old agents keep their pid files there, too

_SECONDS = 20  # the timeout if neither Pacemaker nor the agent gives one: Pacemaker's own default


class Context:
    """What Pacemaker asks for, with which parameters, and on which host."""

    def __init__(self, program: Program, argv: list[str], environ: dict[str, str], host: Host) -> None:
        self.program = program
        self._service: Service | None = None
        self.declared = program.params
        self._declared = {declared.name: declared for declared in self.declared}
        self.host = host
        self.argv = argv
        self.environ = environ
        self.name = argv[0].rpartition("/")[2] if argv else program.name
        """The file name by which the agent was called; an old name is a link to the agent."""
        self.action = argv[1] if len(argv) > 1 else ""
        self.given = {name[len(RESKEY) :]: value for name, value in environ.items() if name.startswith(RESKEY)}

        instance = environ.get("OCF_RESOURCE_INSTANCE") or program.name
        # All copies of an anonymous clone are one resource: a number of a copy means nothing on this host.
        if self.given.get("CRM_meta_globally_unique", "false") != "true":
            instance = instance.partition(":")[0]
        self.instance = instance
        self.log = Log(host, environ, self.name, instance)
        for name, declared in self._declared.items():
            if declared.secret:
                self.log.hide(self.given.get(name, ""))
            if declared.stands_for and not self.given.get(declared.stands_for):
                self.given[declared.stands_for] = self.given.get(name, "")

        self.timeout = _milliseconds(self.given.get("CRM_meta_timeout")) or self._advised()
        """Seconds after which Pacemaker kills the agent."""
        self.deadline = self.now() + self.timeout * patience.OWN_SHARE
        """When the action must have ended, on the clock of ``now``."""
        self.guarded = self.now() + self.timeout * patience.GUARD_SHARE
        """When the agent ends, whatever the action waits for."""
        self.interval = _milliseconds(self.given.get("CRM_meta_interval"))
        """Seconds between two runs of a recurring monitor; 0 for a probe."""

        level = environ.get("OCF_CHECK_LEVEL") or self.given.get("OCF_CHECK_LEVEL") or ""
        depth = int(level) if _is_number(level) else 0
        self.depth = 20 if depth >= 20 else 10 if depth >= 10 else 0
        """What monitor checks: 0 everything that the parameters enable, 10 no credentials, 20 with credentials."""

        self._account: list[tuple[int, int, str] | None] = []
        self.run_directory = environ.get("HA_RSCTMP") or RUN_DIRECTORY

    def now(self) -> float:
        """Seconds on a clock that never goes backwards.  The deadline is on the same clock."""
        return self.host.itself.now()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.host.itself.sleep(seconds)

    def _advised(self) -> float:
        """The timeout that the meta-data advertises for this action."""
        return next((action.timeout for action in self.program.actions if action.name == self.action), _SECONDS)

    def left(self) -> float:
        """Seconds until the deadline; 0 once it has passed."""
        return max(self.deadline - self.now(), 0.0)

    @property
    def is_probe(self) -> bool:
        """Is this monitor a probe?  A probe runs once, and asks whether the resource already runs on this host."""
        return self.interval == 0

    def has(self, name: str) -> bool:
        """Does this service have the parameter?"""
        return name in self._declared

    def get(self, name: str) -> str:
        """The text of a parameter, or its default.

        Raises Degraded if the value is bad and concerns only monitoring, and
        KeyError if the service does not have the parameter.
        """
        return str(self._parse(name))

    def number(self, name: str) -> int:
        """A whole number, or seconds.  Raises as ``get`` does."""
        return int(self._parse(name))

    def flag(self, name: str) -> bool:
        """A yes or no.  Raises as ``get`` does."""
        return bool(self._parse(name))

    def usable(self, name: str) -> Value:
        """The value of a parameter, or its default if the value is bad: for what cannot be done without a value."""
        declared = self._declared[name]
        try:
            return declared.parse(self.given.get(name, ""))
        except errors.BadParameter:
            return declared.parse("")

    def mistake(self) -> str:
        """The first bad value of a parameter that concerns only monitoring, for a reason; "" if there is none."""
        for declared in self.declared:
            try:
                if declared.monitoring:
                    declared.parse(self.given.get(declared.name, ""))
            except errors.BadParameter as problem:
                return str(problem)
        return ""

    def _parse(self, name: str) -> Value:
        declared, given = self._declared[name], self.given.get(name, "")
        try:
            return declared.parse(given)
        except errors.BadParameter as problem:
            # A mistake in monitoring never stops a service.
            if declared.monitoring:
                raise errors.Degraded(str(problem)) from None
            # A stop has to get by with any text.  start and validate-all judge it.
            if declared.type == "string":
                return given
            raise

    def own_file(self, suffix: str) -> str:
        """The path of a file of this resource in the run directory, which a reboot empties."""
        return f"{self.run_directory}/{self.instance.replace('/', '_')}.{suffix}"

    @property
    def service(self) -> Service:
        """The facts about the daemon, worked out once.  Raises TypeError if the agent runs no daemon."""
        program = self.program
        if self._service is None and isinstance(program, Service):
            self._service = program
            # The meta-data are the same whatever the parameters say.
            if program.described and self.action != "meta-data":
                from . import described

                self._service = described.by(self, program)
        if self._service is None:
            raise TypeError(f"{program.name} runs no daemon")
        return self._service

    @property
    def which(self) -> str:
        """The name in the parameter ``daemon``; "" if the service has only one daemon."""
        return self.get("daemon") if self.service.daemons else ""

    def account(self) -> tuple[int, int, str] | None:
        """(uid, gid, home) of the daemon's account; None if it is missing, or if nobody knows: asked once."""
        if not self._account:
            try:
                seconds = min(patience.ACCOUNT_KNOWN, self.left() / 4)
                self._account = [self.host.processes.account(self.get("user"), seconds)]
            except TimeoutError as problem:
                self.log.warn(str(problem.strerror))
                self._account = [None]
        return self._account[0]

    @property
    def config(self) -> str:
        """The service's configuration file."""
        return self.get("config") or dict(self.service.daemons).get(self.which, "")

    @property
    def binary(self) -> str:
        """The program to run; "" if that depends on the distribution."""
        return self.get("binary") or self.service.program_of.format(daemon=self.which)

    @property
    def pid_file(self) -> str:
        """The pid file; by default the one of the old agents."""
        return self.get("pid") or self.own_file("pid")


def _milliseconds(text: str | None) -> float:
    """The seconds of a text in milliseconds, at most thirty years (a clock takes no more); 0 if it is no number."""
    return min(int(text), 10**12) / 1000 if text and _is_number(text) else 0


def _is_number(text: str) -> bool:
    """Is this a number that a cluster may mean?  One with hundreds of digits is none."""
    return text.isdecimal() and text.isascii() and len(text) < 100
