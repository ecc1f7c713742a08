"""A daemon that the agent launches itself, as a program: find, launch, adopt, end."""

from __future__ import annotations

from .. import errors, patience
from ..context import Context
from . import identity
from .process import Found, Process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..address import Address
    from ..settings import Settings
    from .child import Child
    from .command import Command


class Program:
    """The daemon as a program.  ``ocf_lib/daemon/__init__.py`` describes the members."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.service = context.service
        self.leader: Process | None = None
        self._settings: Settings | None = None
        self._command: Command | None = None

    # The next two are made when they are first used.  A look at processes does not need them.

    @property
    def settings(self) -> Settings:
        """The service's own configuration."""
        if self._settings is None:
            from ..settings import Settings

            self._settings = Settings(self.context)
        return self._settings

    @property
    def _run(self) -> Command:
        if self._command is None:
            from .command import Command

            self._command = Command(self.context, self.settings)
        return self._command

    @property
    def listens(self) -> Address:
        """The socket that the daemon opens; a server of "" means every address.  Raises BadParameter."""
        return self._run.listens()

    @property
    def address(self) -> Address:
        """Where the checks ask this instance.  Raises BadParameter."""
        from . import listening

        return listening.asked_at(self.context, self.listens)

    @property
    def boot_names(self) -> list[str]:
        """The units with which systemd may start the service at boot."""
        from . import systemd

        return systemd.names(self.context)

    def find(self) -> Found:
        """The daemon, as cheaply as possible.  If its record or pid file names it, its other processes are left out."""
        found = identity.find(self.context)
        self.leader = found.leader
        return found

    def find_all(self) -> Found:
        """The daemon and all its processes."""
        return identity.find_all(self.context)

    def family(self) -> list[int]:
        """The leader that was found last, and all its descendants."""
        return self.context.host.processes.family(self.leader.pid) if self.leader else []

    def fits(self) -> None:
        """Raise NotInstalled, NotPermitted or WrongHere if the daemon cannot run on this host.

        If an application cannot read its configuration, its uwsgi does not end:
        it answers 500 for ever.  So the agent looks before the launch.
        """
        from .pid_file import PidFile

        user = self.context.get("user")
        self._home()
        self._run.argv()
        trouble = PidFile(self.context).refusal()
        if trouble:
            raise errors.WrongHere(trouble)
        files = self.context.host.files
        for name, path in self._run.files().items():
            if not files.is_file(path):
                raise errors.NotInstalled(f"{name}: there is no file {path} on this host")
            try:
                why = files.refusal(path, user, min(patience.DISK_ANSWERS, self.context.left() / 4))
            except OSError as problem:
                raise errors.AgentError(f"{name}: {path}: {problem.strerror}") from None
            if why:
                raise errors.NotPermitted(f"{name}: {path}: {why} to user {user}")

    def second(self) -> str:
        """Who else does the work of the daemon, for a reason; "" if nobody does."""
        from . import others

        return others.second(self.context, self.find_all())

    def launch(self) -> Child:
        """Launch the program in a scope of its own, and write record and pid file.  Raises AgentError."""
        from . import memory
        from .child import Child

        context, user, argv = self.context, self.context.get("user"), self._run.argv()
        home = self._home()
        logs = [(path, context.host.files.size(path)) for path in self._run.logs()]
        # The distribution's units start the daemon in the home of its account.
        directory = home if context.host.files.names(home) else "/"
        self._run.make_directories()
        try:
            born = context.host.programs.launch(
                argv, user, self._run.environment(home), directory, self._run.log_file()
            )
            born.limit(self._run.limits())
            # The record is there before the program begins.  If this agent is killed now, the daemon never begins.
            memory.born(context, born.pid)
            born.go(context.left())
        except OSError as problem:
            raise errors.AgentError(f"cannot execute {argv[0]}: {problem.strerror}") from None
        context.log.info(f"{self.service.name} started as pid {born.pid} of {user}")
        context.log.debug(f"command line: {context.log.masked(' '.join(argv))}")
        return Child(context, born.pid, logs)

    def adopt(self) -> None:
        """Write down which process was found last."""
        if self.leader:
            from . import memory

            memory.adopted(self.context, self.leader)

    def end(self, found: Found, seconds: float) -> None:
        """Ask the daemon to end, and wait for that at most *seconds*."""
        context, leader = self.context, found.leader
        self._systemd_forgets()
        if leader is None or self._systemd_stops(leader, seconds):
            return
        processes = context.host.processes
        context.log.debug(f"SIGTERM to pid {leader.pid}")
        processes.signal(leader.pid, leader.start, "SIGTERM")
        # A stopped process (state T) gets SIGTERM only after SIGCONT.
        for process in found.all:
            if process.state == "T":
                context.log.debug(f"SIGCONT to pid {process.pid}")
                processes.signal(process.pid, process.start, "SIGCONT")
        if not processes.wait([leader.key], seconds):
            context.log.warn(f"pid {leader.pid} does not end within {seconds:.0f} s of SIGTERM")

    def forget(self) -> None:
        """Remove the pid file and the launch record, because the daemon is down."""
        from . import memory

        memory.forget(self.context)

    def _systemd_forgets(self) -> None:
        """Stop a unit of the distribution that is between two attempts to start the daemon (Restart=)."""
        from . import systemd
        from .looks import Looks

        if Looks(self.context).is_usual:
            systemd.end_attempts(self.context, self.boot_names)

    def _systemd_stops(self, leader: Process, seconds: float) -> bool:
        """Let systemd stop the daemon, if systemd had started it.  Returns False if that is not so, or fails.

        If the agent itself signalled such a daemon, systemd would start it again (Restart=).
        """
        from . import systemd

        try:
            name = systemd.owner(self.context, leader.pid)
            if name:
                systemd.stop(self.context, name, seconds)
            return bool(name)
        except errors.AgentError as problem:
            self.context.log.warn(f"{problem}; the agent ends the processes itself")
            return False

    def _home(self) -> str:
        """The home of the account that the daemon runs as.  Raises as ``home.of`` does."""
        from . import home

        return home.of(self.context)
