"""What a command line tells: does a process run the service's program, with the service's configuration?

Looks serve only to adopt what others have started: old agents, units, people.
The forms are those of Debian, Ubuntu and RDO.
"""

from __future__ import annotations

from ..context import Context
from .process import Process

_SEPARATORS = str.maketrans(dict.fromkeys("\0()[]=", " "))
_OPTIONS_WITH_A_WORD = ("-W", "-X")  # of the Python interpreter
_ONCE = ("once", "--once", "-o")  # a run of a Swift daemon from cron or a shell, which ends by itself
_HELPERS = ("privsep-helper", "neutron-rootwrap-daemon")


def is_uwsgi_program(path: str) -> bool:
    """Is the program a uwsgi?  uwsgi, uwsgi-core, uwsgi_python3 and uwsgi_python311 are links to one program."""
    return path.rpartition("/")[2].startswith("uwsgi")


class Looks:
    """How the daemon of one resource looks."""

    def __init__(self, context: Context) -> None:
        service = context.service
        self._processes = context.host.processes
        self.account = context.account()
        """(uid, gid, home) of the daemon's account, or None if it is missing on this host, or nobody knows it."""
        self._name = (context.binary or service.binary).rpartition("/")[2]
        self._own = service.arguments if self._name == service.binary else ()
        if service.described:
            # Only its arguments tell a daemon from others of the same program.
            self._own = tuple(word.strip("\"'") for word in _words(context.get("additional_parameters")))
        self._ini = "" if context.binary and not is_uwsgi_program(context.binary) else service.uwsgi.ini
        self._config = context.config
        self._positional = service.positional
        self.is_usual = context.config == (dict(service.daemons).get(context.which, "") or service.config)
        """Is the configuration the one that the program reads if nobody names another?"""

    def fits(self, process: Process, whole: bool = True) -> bool:
        """Does *process* run the program as the daemon's account or root, on this host itself?

        If *whole* is true, it also has to run it with the configuration of this
        resource.  The owner is looked at before the command line: the kernel
        does not answer for the command line of a process whose memory is stuck.
        """
        pid, owner = process.pid, self._processes.owner(process.pid)
        if self.account is not None and owner not in (self.account[0], 0):
            return False
        if owner == 0 and (self.account is None or self.account[0] != 0) and not self._may_be(process.name):
            return False
        words = _words(self._processes.command(pid))
        if not words or not (self._is_uwsgi(words) or self._is_program(words, whole)):
            return False
        return self._processes.is_here(pid)

    def is_the_agents(self, process: Process) -> bool:
        """Is a process in a network agent's own group a worker or a root helper, and none of the tenants'?"""
        return self.is_helper(process.pid) or self.fits(process, whole=False)

    def is_helper(self, pid: int) -> bool:
        """Is a process with another title one that the daemon keeps for itself, as root?"""
        words = _words(self._processes.command(pid))
        return any(word.rpartition("/")[2] in _HELPERS for word in words)

    def _may_be(self, name: str) -> bool:
        """May a process of this name in /proc/pid/stat run the program?"""
        return name.startswith(("python", "uwsgi", self._name[:14] or "uwsgi"))

    def _is_uwsgi(self, words: list[str]) -> bool:
        """Is the command a uwsgi with the service's ini?  The ini file itself may be gone."""
        return self._ini != "" and is_uwsgi_program(words[0]) and self._ini in words

    def _is_program(self, words: list[str], whole: bool) -> bool:
        """Does the command run the program, itself or through a Python interpreter?"""
        if not self._name or any(word not in words for word in self._own):
            return False
        if self._positional and any(word in words for word in _ONCE):
            return False
        if words[0].rpartition("/")[2].startswith("python"):
            words = _script(words)
        # A child process of cotyledon calls itself "nova-scheduler: ServiceWrapper worker(0)".
        directory, _, name = words[0].rpartition("/") if words else ("", "", "")
        # An agent has the name of its daemon, and looks like it but for its directory.
        if name.removesuffix(":") != self._name or "/resource.d/" in f"{directory}/":
            return False
        named = self._positional or "--config-file" in words or is_uwsgi_program(self._name)
        return not whole or not self._config or self._config in words or (self.is_usual and not named)


def _script(words: list[str]) -> list[str]:
    """The command line of a Python interpreter, from the script on: RDO's scripts begin "#!/usr/bin/python3 -s"."""
    at = 1
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in _OPTIONS_WITH_A_WORD else 1
    return words[at:]


def _words(text: str) -> list[str]:
    """The words of a command line, without the title that some daemons write before it.

    Two such titles, with the command line in brackets and blanks instead of NUL between the words:
    "neutron-server: rpc worker (/usr/bin/python3 /usr/bin/neutron-rpc-server --config-file=...)"
    "ceilometer-polling: master process [/usr/bin/ceilometer-polling --config-file=...]"
    """
    for bracket in (" (", " ["):
        title, opened, inside = text.partition(bracket)
        if opened and "\0" not in title:
            return inside.translate(_SEPARATORS).split()
    return text.translate(_SEPARATORS).split()
