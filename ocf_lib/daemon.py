"""How a service's daemon is run on this host: command line, environment, address.

The parameters decide; what they leave open is as the distribution's own
service script has it (Debian's openstack-pkg-tools).
"""

from __future__ import annotations

from . import errors, params
from .address import EVERY_ADDRESS, Address, parse_url
from .context import Context
from .host import DAEMON_PATH, MARK

LOG_DIRECTORY = "/var/log/openstack-resource-agents"
# Debian's script prefers this certificate when a deployment tool has put it there.
_PUPPET_CERTIFICATE = "/usr/local/share/ca-certificates/puppet_openstack.crt"


def is_uwsgi(context: Context) -> bool:
    """Is the daemon a uwsgi that reads the service's ini, rather than a program that reads config?"""
    uwsgi = context.service.uwsgi
    if context.binary:
        return uwsgi.ini != "" and is_uwsgi_program(context.binary)
    return uwsgi.ini != "" and context.host.files.is_file(uwsgi.ini)


def is_uwsgi_program(path: str) -> bool:
    """uwsgi, uwsgi-core, uwsgi_python3, uwsgi_python311: links to one program."""
    return path.rpartition("/")[2].startswith("uwsgi")


def argv(context: Context) -> list[str]:
    """The command line.  Raises NotInstalled if there is no such program."""
    service = context.service
    as_uwsgi = is_uwsgi(context)
    wanted = context.binary or (params.UWSGI if as_uwsgi else service.binary)
    binary = context.host.programs.find(wanted)
    if binary is None:
        raise errors.NotInstalled(f"binary: {wanted} is not an executable file of this host")
    more = more_words(context)
    if service.positional:
        return [binary, context.config, *more]
    if as_uwsgi:
        return [binary, *_uwsgi_socket(context), "--ini", service.uwsgi.ini, *_pyargv(context), *more]
    own = service.arguments if wanted == service.binary else ()
    return [binary, *_config_arguments(context), *own, *_log_argument(context), *more]


def more_words(context: Context) -> list[str]:
    """The operator's own arguments for the daemon.  Raises BadParameter."""
    import shlex

    try:
        return shlex.split(context.get("additional_parameters"))
    except ValueError as problem:
        raise errors.BadParameter(f"additional_parameters: {problem}") from None


def _uwsgi_socket(context: Context) -> list[str]:
    """Where uwsgi is to listen, unless its ini says so itself (Debian's leaves it to the command line)."""
    if _sockets(context):
        return []
    port = context.service.api.port
    pair = _tls_pair(context)
    return ["--https-socket", f":{port},{pair[0]},{pair[1]}"] if pair else ["--http-socket", f":{port}"]


def _pyargv(context: Context) -> list[str]:
    """The arguments for an application that takes its files from there, where it needs to be told."""
    service = context.service
    if service.uwsgi.variable or (context.config == service.config and not service.also):
        return []
    return ["--pyargv", " ".join(_config_arguments(context))]


def _config_arguments(context: Context) -> list[str]:
    """Every configuration file and directory, as oslo.config's options."""
    from . import settings

    words = [f"--config-file={path}" for path in (*settings.distributed(context), context.config)]
    for path in context.service.also:
        if context.host.files.is_file(path):
            words.append(f"--config-file={path}")
        elif context.host.files.is_directory(path):
            words.append(f"--config-dir={path}")
    return words + [f"{name}={value}" for name, value in settings.arguments(context)]


def _log_argument(context: Context) -> list[str]:
    """The file that the distribution's script makes the daemon log to, if it has a directory for it."""
    path = service_log(context)
    return [f"--log-file={path}"] if context.host.files.is_directory(path.rpartition("/")[0]) else []


def service_log(context: Context) -> str:
    """Where the distribution has the service log to."""
    return f"/var/log/{context.service.project}/{context.service.name}.log"


def environment(context: Context, home: str) -> dict[str, str]:
    """All that the daemon finds in its environment."""
    values = {"PATH": DAEMON_PATH, "HOME": home, "LANG": "C.UTF-8", MARK: mark(context)}
    if is_uwsgi(context) and context.config != context.service.config:
        variable = context.service.uwsgi.variable
        if variable:
            values[variable] = context.config.rpartition("/")[0] if variable.endswith("_DIR") else context.config
    return values


def mark(context: Context) -> str:
    """How a process of this resource is marked."""
    return f"{context.service.name}/{context.instance}"


def log_file(context: Context) -> str:
    """Where the daemon's own output goes."""
    return f"{LOG_DIRECTORY}/{context.service.name}-{context.instance.replace('/', '_')}.log"


def logs(context: Context) -> list[str]:
    """Every file in which a daemon may have left its last words, the likeliest last."""
    files = [log_file(context)]
    if is_uwsgi(context):
        return files + _ini(context, "logto")
    return [service_log(context), *files]


def listens(context: Context) -> Address:
    """The socket that the daemon will open; host "" is every address."""
    api = context.service.api
    if is_uwsgi(context) and not context.get("unit"):
        declared = _sockets(context)
        if declared:
            return declared[0]
        return Address(scheme="https" if _tls_pair(context) else "http", server="", port=api.port)
    if context.get("url"):
        # Of a program or unit that is not the distribution's own we know what we are told.
        given = parse_url("url", context.get("url"))
        return Address(scheme=given.scheme, server="", port=given.port)
    # What only looks at processes does without.
    from . import settings

    bound, port = "", context.number(api.port_parameter) if api.port_parameter else 0
    section, address_option, port_option = api.bind
    if section:
        bound = settings.option(context, section, address_option)
        text = settings.option(context, section, port_option)
        port = port or (int(text) if text.isdecimal() and len(text) < 6 else 0)
    return Address(scheme="http", server=bound, port=port or api.port)


def address(context: Context) -> Address:
    """Where this instance is asked: the ``url`` parameter, else what its own configuration says.

    Raises BadParameter.
    """
    given = context.get("url")
    if given:
        return parse_url("url", given)
    bound = listens(context)
    at = bound.server if bound.server not in EVERY_ADDRESS else "::1" if bound.server == "::" else "127.0.0.1"
    return Address(scheme=bound.scheme, server=at, port=bound.port, path=context.service.api.paths[0])


def _sockets(context: Context) -> list[Address]:
    """The HTTP sockets that the uwsgi ini declares itself (Debian's leaves them to the command line)."""
    found = []
    for option, scheme in (("http-socket", "http"), ("https-socket", "https"), ("http", "http"), ("https", "https")):
        for value in _ini(context, option):
            # addr:port, or addr:port,certificate,key
            name, _, port = value.partition(",")[0].rpartition(":")
            if port.isdecimal():
                found.append(Address(scheme=scheme, server=name.strip("[]"), port=int(port)))
    return found


def _ini(context: Context, option: str) -> list[str]:
    """Every value of *option* in the uwsgi ini; none if that cannot be read."""
    try:
        text = context.host.files.read(context.service.uwsgi.ini) or ""
    except OSError as problem:
        context.log.debug(f"{context.service.uwsgi.ini}: {problem.strerror}")
        return []
    values = []
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and name.strip() == option:
            values.append(value.strip())
    return values


def _tls_pair(context: Context) -> tuple[str, str] | None:
    """The certificate and key with which the distribution's script would serve https, or None."""
    directory = f"/etc/{context.service.project}/ssl"
    keys = [name for name in context.host.files.names(f"{directory}/private") if name.lower().endswith(".pem")]
    if not keys:
        return None
    key = f"{directory}/private/{keys[0]}"
    if context.host.files.is_file(_PUPPET_CERTIFICATE):
        return _PUPPET_CERTIFICATE, key
    certificates = [name for name in context.host.files.names(f"{directory}/public") if name.lower().endswith(".crt")]
    return (f"{directory}/public/{certificates[0]}", key) if certificates else None
