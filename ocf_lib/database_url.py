"""Where the database is that a SQLAlchemy URL of a service's configuration names."""

from __future__ import annotations

from .record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .context import Context

# How SQLAlchemy 1.4 and 2 read a URL: _parse_url of sqlalchemy/engine/url.py.  urlsplit() of Python would take a "#",
# "/" or "[" in a password for the begin of something else.
_URL = r"""(?x)
    (?P<name>[\w\+]+)://
    (?: (?P<user>[^:/]*) (?: :(?P<password>[^@]*) )? @ )?
    (?: \[(?P<ipv6>[^/\?]+)\] | (?P<host>[^/:\?]+) )?
    (?: :(?P<port>[^/\?]*) )?
    (?: /(?P<database>[^\?]*) )?
    (?: \?(?P<query>.*) )?
"""
# The usual port of each kind of server; the names are those of a SQLAlchemy URL.
_PORTS = {"mysql": 3306, "mariadb": 3306, "postgresql": 5432}
_ELSEWHERE = ("unix_socket", "host", "read_default_file", "service")  # of a URL's query: these name the server
_SECRETS = ("password", "passwd", "sslpassword")


class Url(Record):
    """Where a database is, as far as its URL tells.  Nothing in it is secret."""

    what: str  # the database, for a reason
    backend: str
    server: str  # "" if there is none, or if only the driver knows it
    port: int


def read(context: Context, text: str) -> Url | None:
    """Where the database of a SQLAlchemy URL is, or None if nobody can tell.

    No part of a password gets into the result.  If a password holds an "@" that
    is not quoted, SQLAlchemy takes the rest for the server; the agent does not.
    """
    import re
    from urllib.parse import parse_qsl, unquote

    match = re.match(_URL, text)
    if match is None:
        return None
    found = {name: value or "" for name, value in match.groupdict().items()}
    query = parse_qsl(found["query"])
    for secret in (found["password"], *(value for name, value in query if name in _SECRETS)):
        context.log.hide(secret)
        context.log.hide(unquote(secret))
    backend = found["name"].partition("+")[0]
    if backend not in _PORTS:
        return Url(what=f"database {found['database']}", backend=backend, server="", port=0)
    if "@" in found["host"] + found["ipv6"] + found["port"] + found["database"]:
        return None
    server, port = found["ipv6"] or found["host"], found["port"] or str(_PORTS[backend])
    if not port.isdecimal():
        return None
    # The driver finds the server itself: by a UNIX socket, a file, or among several.
    if not server or "," in server or any(name in _ELSEWHERE for name, _ in query):
        return Url(what=f"database {found['database']}", backend=backend, server="", port=0)
    return Url(what=f"database {server}:{port}", backend=backend, server=server, port=int(port))
