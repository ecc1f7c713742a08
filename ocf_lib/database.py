"""Is the database well that the daemon's configuration names?

Asked only after a check has failed, to tell a fault that a restart can cure
from one that it cannot; so it may import what it likes and take its time.
"""

from __future__ import annotations

import sys

from . import settings
from .context import Context

# Ways a SQLAlchemy URL names the servers that speak first: they greet whoever connects.
_GREETING = ("mysql", "mariadb")
_PORTS = {"mysql": 3306, "mariadb": 3306, "postgresql": 5432}

# Run as the service's own account, with the libraries the service uses, so
# that what fails for the service fails here.  The URL comes on standard input.
_SELECT = """\
import sys
try:
    from sqlalchemy import create_engine, exc, text
except ImportError:
    sys.exit(3)
try:
    with create_engine(sys.stdin.readline().strip()).connect() as connection:
        connection.execute(text("SELECT 1"))
except exc.DBAPIError as problem:
    print(" ".join(str(problem.orig).split()))
    sys.exit(4)
except ImportError:
    sys.exit(3)
"""


def trouble(context: Context, seconds: float) -> str | None:
    """What is wrong with the daemon's databases, for a reason; None if they are well or nobody can tell."""
    for section in context.service.databases:
        url = settings.option(context, section, "connection")
        found = _trouble(context, url, seconds / len(context.service.databases)) if url else None
        if found:
            return found
    return None


def _trouble(context: Context, url: str, seconds: float) -> str | None:
    """What is wrong with one database.

    First a connection to the server, which tells a refusing or a frozen one
    cheaply; then, if that is well, one query as the service would make it
    (accounts, a Galera node that is not ready, a SQLite file).
    """
    from urllib.parse import urlsplit

    until = context.now() + seconds
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "the database URL in its configuration makes no sense"
    backend = parts.scheme.partition("+")[0]
    context.log.hide(parts.password or "")
    if parts.hostname and backend in _PORTS:
        port = port or _PORTS[backend]
        what = f"database {parts.hostname}:{port}"
        try:
            # Only some speak first; for others a connection is all that can be had for nothing.
            if backend in _GREETING:
                context.host.network.ask_greeting((parts.hostname, port), b"", seconds / 2)
            else:
                # PostgreSQL: SSLRequest, answered by one byte (its protocol, section "Message Formats").
                context.host.network.ask_greeting((parts.hostname, port), b"\0\0\0\x08\x04\xd2\x16\x2f", seconds / 2)
        except TimeoutError:
            return f"{what} does not answer"
        except ConnectionRefusedError:
            return f"{what} refuses connections"
        except OSError as problem:
            return f"{what}: {problem.strerror or problem}"
    else:
        what = f"database {parts.path[1:]}"
    if context.host.processes.account(context.get("user")) is None:
        return None
    command = [sys.executable, "-I", "-c", _SELECT]
    done = context.host.programs.run_as(context.get("user"), command, url + "\n", until - context.now())
    if done is None:
        return f"{what} does not answer a query"
    code, text = done
    if code == 3:
        context.log.debug("SQLAlchemy or its driver is not installed for this Python: the database was not queried")
        return None
    return f"{what}: {text.strip()}" if code == 4 else None
