"""What the service's own configuration files say.

Read by hand, as oslo.config and Swift do: configparser would cost a monitor
three times its other work.
"""

from __future__ import annotations

from .context import Context


def files(context: Context) -> list[str]:
    """Every configuration file the daemon reads, in its order: what a later one says counts."""
    found = distributed(context)
    for path in (context.config, f"{context.config}.d", *context.service.also):
        found += [f"{path}/{name}" for name in context.host.files.names(path) if name.endswith(".conf")] or [path]
    return [*found, *(value for _, value in arguments(context, "--config-file"))]


def distributed(context: Context) -> list[str]:
    """The distribution's own settings, which RDO keeps beside the administrator's."""
    directory, _, name = context.config.rpartition("/")
    path = f"/usr/share/{directory.rpartition('/')[2]}/{name.removesuffix('.conf')}-dist.conf"
    return [path] if context.host.files.is_file(path) else []


def arguments(context: Context, wanted: str = "") -> list[tuple[str, str]]:
    """(option, value) of every parameter that is an argument of the daemon's, of one option or of all."""
    return [
        (param.argument, context.get(param.name))
        for param in context.service.params
        if param.argument and context.get(param.name) and wanted in ("", param.argument)
    ]


def option(context: Context, section: str, name: str) -> str:
    """The value of an option, "" if nobody sets it or a file cannot be read."""
    value = ""
    for path in files(context):
        try:
            text = context.host.files.read(path) or ""
        except OSError as problem:
            context.log.debug(f"{path} cannot be read: {problem.strerror}")
            continue
        if name in text:
            value = _last(text, section, name) or value
    return value


def _last(text: str, section: str, name: str) -> str:
    """The last value of *name* in *section* of one file."""
    value, here = "", False
    for line in text.splitlines():
        if line.startswith("["):
            here = line.strip() == f"[{section}]"
        elif here and line.startswith(name):
            key, equals, rest = line.partition("=")
            if equals and key.strip() == name:
                value = rest.strip().strip("\"'")
    return value
