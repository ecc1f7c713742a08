"""Whose fault it is: is the database well that the daemon's configuration names?

The agent asks this only after a check has failed: if the database is the cause,
a restart of the daemon cures nothing.  So this module may import dear modules.
"""

from __future__ import annotations

import sys

from .. import errors, patience

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon

REASONS = (
    (
        "database ... refuses connections, does not answer, ...",
        "Degraded. Look at the database. Pacemaker restarts nothing.",
    ),
)
# The usual port of each kind of server; the names are those of a SQLAlchemy URL.
_PORTS = {"mysql": 3306, "mariadb": 3306, "postgresql": 5432}
# The request to which a server sends its first bytes.  MariaDB greets every client at once.  PostgreSQL answers an
# SSLRequest with one byte (PostgreSQL's protocol, section "Message Formats").
_GREETINGS = {"mysql": b"", "mariadb": b"", "postgresql": b"\0\0\0\x08\x04\xd2\x16\x2f"}

_SILENT = -14  # the exit status of a process that SIGALRM ended

# A child process runs this, as the service's own account and with the
# libraries that the service uses.  So it fails if the service's own query
# would fail.  It reads the URL from standard input.  SIGALRM ends the process
# if the database is silent.  The clock starts only after the imports: on a
# busy machine these alone may take longer than the agent can wait.
_SELECT = """\
import signal, sys
try:
    from sqlalchemy import create_engine, exc, text
    engine = create_engine(sys.stdin.readline().strip())
except ImportError:
    sys.exit(3)
signal.setitimer(signal.ITIMER_REAL, float(sys.argv[1]))
try:
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
except exc.DBAPIError as problem:
    print(" ".join(str(problem.orig).split()))
    sys.exit(4)
except ImportError:
    sys.exit(3)
"""


def trouble(daemon: Daemon, seconds: float) -> str:
    """What is wrong with the daemon's databases, for a reason; "" if they are well or nobody can tell."""
    sections = daemon.service.databases
    for section in sections:
        url = daemon.settings.option(section, "connection")
        found = _trouble(daemon, url, seconds / len(sections)) if url else ""
        if found:
            return found
    return ""


def _trouble(daemon: Daemon, url: str, seconds: float) -> str:
    """What is wrong with one database.

    The first step is a connection to the server: this is cheap, and finds a
    server that refuses or is frozen.  The second step is one query, as the
    service would make it.  This finds a wrong account, a Galera node that is
    not ready, or a bad SQLite file.
    """
    from urllib.parse import urlsplit

    context = daemon.context
    until = context.now() + seconds
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "the database URL in the configuration is not valid"
    backend = parts.scheme.partition("+")[0]
    context.log.hide(parts.password or "")
    what = f"database {parts.path[1:]}"
    if parts.hostname and backend in _PORTS:
        port = port or _PORTS[backend]
        what = f"database {parts.hostname}:{port}"
        try:
            context.host.network.ask_greeting((parts.hostname, port), _GREETINGS[backend], seconds / 2)
        except OSError as problem:
            return errors.unreachable(what, problem)
    return _query(daemon, url, what, until - context.now())


def _query(daemon: Daemon, url: str, what: str, seconds: float) -> str:
    """What is wrong with the database *what*, according to one query."""
    context, user = daemon.context, daemon.context.get("user")
    if context.host.processes.account(user) is None:
        return ""
    argv = [sys.executable, "-I", "-c", _SELECT, f"{seconds * patience.ANSWER_SHARE:.1f}"]
    done = context.host.programs.run_as(user, argv, url + "\n", seconds)
    if done is None:
        # The machine is too busy, or too little time is left.  The child has not asked the database.
        context.log.debug(f"{what} was not asked: there was no time to load SQLAlchemy")
        return ""
    code, text = done
    if code == _SILENT:
        return f"{what} does not answer a query"
    if code == 3:
        context.log.debug("SQLAlchemy or its driver is not installed for this Python: the database was not queried")
        return ""
    return f"{what}: {context.log.masked(text)}" if code == 4 else ""
