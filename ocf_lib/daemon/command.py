"""How the agent runs a program as the daemon: command line, environment, log files, socket.

The parameters decide.  Everything else is as in the distribution's own unit
and service script (Debian's openstack-pkg-tools).
"""

from __future__ import annotations

from .. import errors, process_params
from ..address import Address
from ..context import Context
from ..host import DAEMON_PATH, MARK
from ..settings import Settings
from . import launched, listening
from .ini import Ini
from .looks import is_uwsgi_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .script import Script
    from .surroundings import Surroundings

LOG_DIRECTORY = "/var/log/openstack-resource-agents"
# Debian's script prefers this certificate, if a deployment tool has put it there.
_PUPPET_CERTIFICATE = "/usr/local/share/ca-certificates/puppet_openstack.crt"


class Command:
    """The command that launches the daemon, and what follows from that command."""

    def __init__(self, context: Context, settings: Settings) -> None:
        self._context = context
        self._service = context.service
        self._settings = settings
        self._ini = Ini(context)
        self._surroundings: Surroundings | None = None
        ini, binary = self._service.uwsgi.ini, context.binary
        self.is_uwsgi = ini != "" and (is_uwsgi_program(binary) if binary else context.host.files.is_file(ini))
        """Is the program a uwsgi, which reads the service's ini?  Any other program reads ``config``."""

    def argv(self) -> list[str]:
        """The command line.  Raises NotInstalled if the program does not exist, BadParameter for bad arguments."""
        context, service = self._context, self._service
        wanted = context.binary or (process_params.UWSGI if self.is_uwsgi else service.binary)
        binary = context.host.programs.find(wanted)
        if binary is None:
            raise errors.NotInstalled(f"binary: {wanted} is not an executable file of this host")
        more = more_words(context)
        if service.positional:
            return [binary, context.config, *more]
        if not context.config:
            return [binary, *more]
        # What Debian's files say is meant for Debian's program.
        given = self._given.script if wanted in (service.binary, process_params.UWSGI) else None
        more = [*(given.arguments if given else ()), *more]
        if self.is_uwsgi:
            return [binary, *self._uwsgi_socket(), "--ini", service.uwsgi.ini, *self._pyargv(), *more]
        own = service.arguments if wanted == service.binary else ()
        return [binary, *self._config_arguments(), *own, *self._log_arguments(given), *more]

    def files(self) -> dict[str, str]:
        """Every file that the daemon's account has to be able to read, as {name: path}."""
        found = {"config": self._context.config} if self._context.config else {}
        found.update({name: path for name, path in self._settings.arguments() if name == "--config-file"})
        if self.is_uwsgi:
            found["uwsgi ini"] = self._service.uwsgi.ini
        return found

    @property
    def _given(self) -> Surroundings:
        """What the distribution's unit gives.  systemd is asked once, and only if the daemon may be launched."""
        if self._surroundings is None:
            from . import surroundings

            self._surroundings = surroundings.of_unit(self._context)
        return self._surroundings

    def environment(self, home: str) -> dict[str, str]:
        """The daemon's whole environment: the agent's, then the unit's, then what the parameters say."""
        context = self._context
        values = {"PATH": DAEMON_PATH, "HOME": home, "LANG": "C.UTF-8", **self._given.environment}
        variable = self._service.uwsgi.variable
        if variable and self.is_uwsgi and context.config != self._service.config:
            values[variable] = context.config.rpartition("/")[0] if variable.endswith("_DIR") else context.config
        return {**values, **more_variables(context), MARK: launched.mark(context)}

    def limits(self) -> dict[str, tuple[int, int]]:
        """The daemon's resource limits, as {name in systemd, without "Limit": (soft, hard)}."""
        return self._given.limits

    def make_directories(self) -> None:
        """Make what the distribution's unit would make below /run.  Few daemons need it, so a launch goes on without."""
        account = self._context.account()
        for path, mode in self._given.directories:
            try:
                self._context.host.files.make_directory(path, mode, account[:2] if account else None)
            except OSError as problem:
                self._context.log.warn(f"{path}: {problem.strerror}")

    def log_file(self) -> str:
        """The file that gets the daemon's standard output and standard error."""
        return f"{LOG_DIRECTORY}/{self._service.name}-{self._context.instance.replace('/', '_')}.log"

    def logs(self) -> list[str]:
        """Every file that may hold the daemon's last words; the most likely one is the last."""
        if self.is_uwsgi:
            return [self.log_file(), *self._ini.values("logto")]
        return [self._service.log_file, self.log_file()]

    def listens(self) -> Address:
        """The socket that the daemon will open; a server of "" means every address.  Raises BadParameter."""
        if not self.is_uwsgi:
            return listening.as_configured(self._context, self._settings, self._service.api.program_port)
        declared = self._ini.sockets()
        if declared:
            return declared[0]
        return Address(scheme="https" if self._tls_pair() else "http", server="", port=self._service.api.port)

    def _uwsgi_socket(self) -> list[str]:
        """The arguments that say where uwsgi listens; none if its ini says so.  Debian's ini does not."""
        if self._ini.sockets():
            return []
        port, pair = self._service.api.port, self._tls_pair()
        return ["--https-socket", f":{port},{pair[0]},{pair[1]}"] if pair else ["--http-socket", f":{port}"]

    def _pyargv(self) -> list[str]:
        """The --pyargv arguments, with which an application gets configuration files other than its usual one."""
        service = self._service
        if service.uwsgi.variable or (self._context.config == service.config and not service.more_config):
            return []
        return ["--pyargv", " ".join(self._config_arguments())]

    def _config_arguments(self) -> list[str]:
        """Every configuration file and directory, as --config-file and --config-dir of oslo.config."""
        words = []
        files, config = self._context.host.files, self._context.config
        for path in (*self._settings.distributed(), config, *self._service.more_config):
            if path == config or files.is_file(path):
                words.append(f"--config-file={path}")
            elif files.is_directory(path):
                words.append(f"--config-dir={path}")
        return words + [f"{name}={value}" for name, value in self._settings.arguments()]

    def _log_arguments(self, given: Script | None) -> list[str]:
        """--log-file and --use-syslog, as in the distribution's script; no file if its directory is missing."""
        path, found = self._service.log_file, ["--use-syslog"] if given and given.to_syslog else []
        if (given is None or given.to_file) and self._context.host.files.is_directory(path.rpartition("/")[0]):
            found.append(f"--log-file={path}")
        return found

    def _tls_pair(self) -> tuple[str, str] | None:
        """The certificate and the key with which the distribution's script would serve https, or None."""
        files, directory = self._context.host.files, f"/etc/{self._service.project}/ssl"
        keys = [name for name in files.names(f"{directory}/private") if name.lower().endswith(".pem")]
        if not keys:
            return None
        key = f"{directory}/private/{keys[0]}"
        if files.is_file(_PUPPET_CERTIFICATE):
            return _PUPPET_CERTIFICATE, key
        certificates = [name for name in files.names(f"{directory}/public") if name.lower().endswith(".crt")]
        return (f"{directory}/public/{certificates[0]}", key) if certificates else None


def more_words(context: Context) -> list[str]:
    """The operator's own arguments for the daemon.  Raises BadParameter."""
    return _words(context, "additional_parameters")


def more_variables(context: Context) -> dict[str, str]:
    """The operator's own environment variables for the daemon.  Raises BadParameter."""
    from .assignments import is_name

    found = {}
    for word in _words(context, "environment"):
        name, equals, value = word.partition("=")
        if not equals or not is_name(name):
            raise errors.BadParameter(f"environment: {word!r} is not NAME=value")
        if name == MARK:
            raise errors.BadParameter(f"environment: the agent itself sets {name}")
        found[name] = value
    return found


def _words(context: Context, parameter: str) -> list[str]:
    """The words of a parameter, split as a shell does.  Raises BadParameter."""
    import shlex

    try:
        return shlex.split(context.get(parameter)) if context.has(parameter) else []
    except ValueError as problem:
        raise errors.BadParameter(f"{parameter}: {problem}") from None
