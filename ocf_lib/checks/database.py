"""Whose fault it is: is the database well that the daemon's configuration names?

The agent asks this only after a check has failed: if the database is the cause,
a restart of the daemon cures nothing.  So this module may import dear modules.
"""

from __future__ import annotations

import sys

from .. import errors, patience
from ..database_url import Url, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..context import Context
    from ..daemon import Daemon

REASONS = (
    (
        "database ... refuses connections, does not answer, ...",
        "Degraded. Look at the database. Pacemaker restarts nothing.",
    ),
)
# MariaDB greets every client at once.  It blocks a host of which 100 clients in a row end without an answer
# (max_connect_errors), and then nobody of that host gets a connection any more.  So the agent answers: as a user without
# a name and a password, who may not sign in.  MySQL's protocol, HandshakeResponse41: length and number of the packet,
# what the client can do, its longest packet, character set, 23 zeros, name, password.
_ANSWER = b"\x22\0\0\x01\0\x82\0\0\0\0\0\x01\x21" + bytes(23) + b"\0\0"
# The request to which a server sends its first bytes.  PostgreSQL answers an SSLRequest with one byte (PostgreSQL's
# protocol, section "Message Formats").
_GREETINGS = {"mysql": _ANSWER, "mariadb": _ANSWER, "postgresql": b"\0\0\0\x08\x04\xd2\x16\x2f"}

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


def away(daemon: Daemon, seconds: float) -> str:
    """Which database server of the file is away, for a reason; "" if none is.  The daemon itself may not use it."""
    sections = daemon.service.databases or ("database",)
    for section in sections:
        text = _named(daemon, section)
        url = read(daemon.context, text) if text else None
        found = _greeting(daemon.context, url, seconds / len(sections)) if url else ""
        if found:
            return found
    return ""


def trouble(daemon: Daemon, seconds: float) -> str:
    """What is wrong with the daemon's databases, for a reason; "" if they are well or nobody can tell.

    This finds a lock neither on one table nor on a Galera cluster, since SELECT 1
    needs none.  Then the daemon gets the blame: such a lock lasts for seconds, or
    comes from a change of the schema, before which an operator stops the service.
    """
    sections = daemon.service.databases
    for section in sections:
        text = _named(daemon, section)
        found = _trouble(daemon, text, seconds / len(sections)) if text else ""
        if found:
            return found
    return ""


def _named(daemon: Daemon, place: str) -> str:
    """The URL of one database, which stands in the option connection of a section, or in another option of it."""
    section, _, option = place.partition("/")
    return daemon.settings.option(section, option or "connection")


def _trouble(daemon: Daemon, text: str, seconds: float) -> str:
    """What is wrong with one database.

    The first step is a connection to the server: this is cheap, and finds a
    server that refuses or is frozen.  The second step is one query, as the
    service would make it.  This finds a wrong account, a Galera node that is
    not ready, or a bad SQLite file.
    """
    context = daemon.context
    until = context.now() + seconds
    url = read(context, text)
    if url is None:
        context.log.debug("the agent cannot read the database URL of the configuration, so it asks no database")
        return ""
    found = _greeting(context, url, seconds / 2)
    if found != "":
        return found or ""
    return _query(daemon, text, url.what, until - context.now())


def _greeting(context: Context, url: Url, seconds: float) -> str | None:
    """What is wrong with a server that does not greet; "" if it does or has no address, None if nobody can tell."""
    if not url.server:
        return ""
    given = min(seconds, patience.GREETING_LONGEST)
    try:
        context.host.network.ask_greeting((url.server, url.port), _GREETINGS[url.backend], given)
    except TimeoutError as problem:
        return errors.unreachable(url.what, problem) if given >= patience.GREETING_EVIDENCE else None
    except OSError as problem:
        return errors.unreachable(url.what, problem)
    return ""


def _query(daemon: Daemon, url: str, what: str, seconds: float) -> str:
    """What is wrong with the database *what*, according to one query."""
    context, user = daemon.context, daemon.context.get("user")
    if context.account() is None:
        return ""
    answers = seconds * patience.ANSWER_SHARE
    argv = [sys.executable, "-I", "-c", _SELECT, f"{max(answers, 0.1):.1f}"]
    try:
        done = context.host.programs.run_as(user, argv, url + "\n", seconds)
    except OSError as problem:
        # The system has no room for a further process, for example.
        context.log.warn(f"{what} was not asked: {problem.strerror or problem}")
        return ""
    if done is None:
        # The machine is too busy, or too little time is left.  The child has not asked the database.
        context.log.debug(f"{what} was not asked: there was no time to load SQLAlchemy")
        return ""
    code, text = done
    if code == _SILENT:
        if answers >= patience.QUERY_EVIDENCE:
            return f"{what} does not answer a query"
        context.log.debug(f"{what} does not answer a query in {answers:.1f} s, which proves nothing")
        return ""
    if code == 3:
        context.log.debug("SQLAlchemy or its driver is not installed for this Python: the database was not queried")
        return ""
    return f"{what}: {context.log.masked(text)}" if code == 4 else ""
