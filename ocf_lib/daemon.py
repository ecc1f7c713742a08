"""How a service's daemon is run on this host: command line, environment, address.

The parameters decide; what they leave open is as the distribution's own
service script has it (Debian's openstack-pkg-tools).
"""

from __future__ import annotations

from . import errors
from .context import Context
from .host import DAEMON_PATH, MARK, Host
from .record import Record

EVERY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104  how a socket says so; nothing is bound here
LOG_DIRECTORY = "/var/log/openstack-resource-agents"
# Debian's script prefers this certificate when a deployment tool has put it there.
_PUPPET_CERTIFICATE = "/usr/local/share/ca-certificates/puppet_openstack.crt"


class Address(Record):
    """Where an instance answers."""

    scheme: str
    host: str
    port: int
    path: str = "/"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"

    def at(self, path: str) -> Address:
        """The same server, another path."""
        return Address(scheme=self.scheme, host=self.host, port=self.port, path=path)


def is_uwsgi(context: Context) -> bool:
    """Is the daemon a uwsgi that reads the service's ini, rather than a program with --config-file?"""
    return context.get("binary").rpartition("/")[2].startswith("uwsgi")


def marker(context: Context) -> str:
    """The file whose name in its command line tells this daemon from others of the same program."""
    return context.service.uwsgi.ini if is_uwsgi(context) else context.get("config")


def argv(context: Context, host: Host) -> list[str]:
    """The command line.  Raises NotInstalled if there is no such program."""
    import shlex

    binary = host.find_program(context.get("binary"))
    if binary is None:
        raise errors.NotInstalled(f"binary: {context.get('binary')} is not an executable file of this host")
    try:
        more = shlex.split(context.get("additional_parameters"))
    except ValueError as problem:
        raise errors.BadParameter(f"additional_parameters: {problem}") from None
    if not is_uwsgi(context):
        return [binary, "--config-file", context.get("config"), *more]
    socket = []
    if not _sockets(context, host):
        port = context.service.api.port
        pair = _tls_pair(context, host)
        socket = ["--https-socket", f":{port},{pair[0]},{pair[1]}"] if pair else ["--http-socket", f":{port}"]
    return [binary, *socket, "--ini", context.service.uwsgi.ini, *more]


def environment(context, home: str) -> dict[str, str]:
    """All that the daemon finds in its environment."""
    settings = {"PATH": DAEMON_PATH, "HOME": home, "LANG": "C.UTF-8", MARK: mark(context)}
    if is_uwsgi(context) and context.get("config") != context.service.config:
        settings[context.service.uwsgi.config_variable] = context.get("config")
    return settings


def mark(context: Context) -> str:
    """How a process of this resource is marked."""
    return f"{context.service.name}/{context.instance}"


def log_file(context: Context) -> str:
    """Where the daemon's own output goes."""
    return f"{LOG_DIRECTORY}/{context.service.name}-{context.instance.replace('/', '_')}.log"


def logs(context: Context, host: Host) -> list[str]:
    """Every file in which a daemon may have left its last words, the likeliest last."""
    files = [log_file(context)]
    if is_uwsgi(context):
        files += _ini(context, host, "logto")
    return files


def listens(context: Context, host: Host) -> Address:
    """The socket that the daemon will open; host "" is every address."""
    if is_uwsgi(context) and not context.get("unit"):
        declared = _sockets(context, host)
        if declared:
            return declared[0]
        scheme = "https" if _tls_pair(context, host) else "http"
        return Address(scheme=scheme, host="", port=context.service.api.port)
    # Of a program or unit that is not the distribution's own we know what we are told.
    given = parse_url("url", context.get("url")) if context.get("url") else None
    return Address(
        scheme=given.scheme if given else "http", host="", port=given.port if given else context.service.api.port
    )


def address(context: Context, host: Host) -> Address:
    """Where this instance is asked: the ``url`` parameter, else what its own configuration says.

    Raises BadParameter.
    """
    given = context.get("url")
    if given:
        return parse_url("url", given)
    bound = listens(context, host)
    at = bound.host if bound.host not in EVERY_ADDRESS else "::1" if bound.host == "::" else "127.0.0.1"
    return Address(scheme=bound.scheme, host=at, port=bound.port, path=context.service.api.path)


def parse_url(name: str, text: str) -> Address:
    """Read an http or https URL.  Raises BadParameter naming the parameter *name*.

    By hand: urllib.parse would double what a monitor's check costs.
    """
    scheme, separator, rest = text.partition("://")
    server, slash, path = rest.partition("/")
    if server.startswith("["):
        host, _, port = server[1:].partition("]")
        port = port.removeprefix(":")
    else:
        host, colon, port = server.partition(":")
        port = port or ("none" if colon else "")
    if not port:
        port = "443" if scheme == "https" else "80"
    fine = scheme in ("http", "https") and separator and host and port.isdecimal() and port.isascii()
    if not fine or not 0 < int(port) < 65536 or "@" in server or not text.isprintable() or " " in text:
        # A URL with a password in it is refused above; do not show it either.
        shown = "the value" if "@" in text else repr(text)
        raise errors.BadParameter(f"{name}: {shown} is not a URL such as http://127.0.0.1:5000/v3")
    return Address(scheme=scheme, host=host, port=int(port), path=slash + path or "/")


def _sockets(context: Context, host: Host) -> list[Address]:
    """The HTTP sockets that the uwsgi ini declares itself (Debian's leaves them to the command line)."""
    found = []
    for option, scheme in (("http-socket", "http"), ("https-socket", "https"), ("http", "http"), ("https", "https")):
        for value in _ini(context, host, option):
            # addr:port, or addr:port,certificate,key
            name, _, port = value.partition(",")[0].rpartition(":")
            if port.isdecimal():
                found.append(Address(scheme=scheme, host=name.strip("[]"), port=int(port)))
    return found


def _ini(context: Context, host: Host, option: str) -> list[str]:
    """Every value of *option* in the uwsgi ini; none if that cannot be read."""
    try:
        text = host.read(context.service.uwsgi.ini) or ""
    except OSError as problem:
        context.log.debug(f"{context.service.uwsgi.ini}: {problem.strerror}")
        return []
    values = []
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and name.strip() == option:
            values.append(value.strip())
    return values


def _tls_pair(context: Context, host: Host) -> tuple[str, str] | None:
    """The certificate and key with which the distribution's script would serve https, or None."""
    directory = context.service.uwsgi.tls
    keys = [name for name in host.names(f"{directory}/private") if name.lower().endswith(".pem")]
    if not keys:
        return None
    key = f"{directory}/private/{keys[0]}"
    if host.is_file(_PUPPET_CERTIFICATE):
        return _PUPPET_CERTIFICATE, key
    certificates = [name for name in host.names(f"{directory}/public") if name.lower().endswith(".crt")]
    return (f"{directory}/public/{certificates[0]}", key) if certificates else None
