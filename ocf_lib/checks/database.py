"""Is the database well that the daemon's configuration names?

Asked only after a check has failed, to tell a fault that a restart can cure
from one that it cannot; so it may import what it likes and take its time.
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
        "Degraded. Look at the database. Nothing is restarted.",
    ),
)
# By the names that a SQLAlchemy URL gives the servers.
_PORTS = {"mysql": 3306, "mariadb": 3306, "postgresql": 5432}
# What makes a server say its first bytes.  MariaDB greets whoever connects; PostgreSQL answers an SSLRequest with one
# byte (its protocol, section "Message Formats").
_GREETINGS = {"mysql": b"", "mariadb": b"", "postgresql": b"\0\0\0\x08\x04\xd2\x16\x2f"}

_SILENT = -14  # the exit status of a process that SIGALRM ended

# Run as the service's own account, with the libraries the service uses, so
# that what fails for the service fails here.  The URL comes on standard input.
# SIGALRM ends it if the database is silent.  Its clock starts when all is
# loaded: on a busy machine loading alone may take longer than we can wait.
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

    First a connection to the server, which tells a refusing or a frozen one
    cheaply; then, if that is well, one query as the service would make it
    (accounts, a Galera node that is not ready, a SQLite file).
    """
    from urllib.parse import urlsplit

    context = daemon.context
    until = context.now() + seconds
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "the database URL in its configuration makes no sense"
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
    """What is wrong with one query to the database *what*."""
    context, user = daemon.context, daemon.context.get("user")
    if context.host.processes.account(user) is None:
        return ""
    argv = [sys.executable, "-I", "-c", _SELECT, f"{seconds * patience.ANSWER_SHARE:.1f}"]
    done = context.host.programs.run_as(user, argv, url + "\n", seconds)
    if done is None:
        # The machine is too busy, or there is too little time: nobody has asked the database.
        context.log.debug(f"{what} was not asked: there was no time to load SQLAlchemy")
        return ""
    code, text = done
    if code == _SILENT:
        return f"{what} does not answer a query"
    if code == 3:
        context.log.debug("SQLAlchemy or its driver is not installed for this Python: the database was not queried")
        return ""
    return f"{what}: {context.log.masked(text)}" if code == 4 else ""
