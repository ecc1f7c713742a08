"""The options in the service's own configuration files; each file is read once.

The code reads the files by itself, as oslo.config and Swift do.  configparser
would cost three times as much as the rest of a monitor.
"""

from __future__ import annotations

from . import substitution
from .context import Context


class Settings:
    """The configuration of one service on this host."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._texts: list[str] | None = None

    def option(self, section: str, name: str, default: str = "") -> str:
        """The value of an option, with every ``$name`` in it resolved; the last file that sets it counts.

        *default* counts if no file that can be read sets it.
        """
        return self._resolved(self._written(section, name) or default, section)

    def every(self, section: str, name: str) -> list[str]:
        """All values of an option that may be set more than once (MultiOpt of oslo.config), each as ``option`` gives it."""
        values = [value for text in self._read_once() for value in _all(text, section, name)]
        return [self._resolved(value, section) for value in values if value]

    def files(self) -> list[str]:
        """Every configuration file of the daemon, in the order in which the daemon reads them."""
        context = self._context
        own = [*self.distributed(), context.config, f"{context.config}.d"] if context.config else []
        found = [*own, *context.service.more_config]
        found += [value for _, value in self.arguments("--config-file")] + self._added()
        files: list[str] = []
        for path in found:
            names = context.host.files.names(path)
            files += [f"{path}/{name}" for name in names if name.endswith(".conf")] or [path]
        return files

    def _added(self) -> list[str]:
        """The files and directories that the operator's own arguments for the daemon name."""
        if not self._context.has("additional_parameters"):
            return []
        # A start splits these words as a shell does.  The module for that would cost a monitor half as much again.
        text = self._context.get("additional_parameters").replace("=", " ")
        words = [word.strip("\"'") for word in text.split()]
        return [path for option, path in zip(words, words[1:]) if option in ("--config-file", "--config-dir")]

    def distributed(self) -> list[str]:
        """The files and directories with the distribution's own settings: RDO keeps them apart from the operator's."""
        files = self._context.host.files
        directory, _, name = self._context.config.rpartition("/")
        path = f"/usr/share/{directory.rpartition('/')[2]}/{name.removesuffix('.conf')}-dist.conf"
        more = [path for path in self._context.service.shipped_config if files.is_directory(path)]
        return [*([path] if files.is_file(path) else []), *more]

    def arguments(self, wanted: str = "") -> list[tuple[str, str]]:
        """(option, value) of every parameter that the daemon gets as an argument.  *wanted* selects one option."""
        return [
            (param.argument, self._context.get(param.name))
            for param in self._context.declared
            if param.argument and self._context.get(param.name) and wanted in ("", param.argument)
        ]

    def _written(self, section: str, name: str) -> str:
        """The value of an option, as it stands in the files."""
        value = ""
        for text in self._read_once():
            value = ([""] + _all(text, section, name))[-1] or value
        return value

    def _resolved(self, value: str, section: str) -> str:
        """A *value*, with every ``$name`` in it resolved."""
        return substitution.resolve(value, section, self._referred) if "$" in value else value

    def _read_once(self) -> list[str]:
        """The text of each file, in the order in which the daemon reads them."""
        if self._texts is None:
            self._texts = [self._read(path) for path in self.files()]
        return self._texts

    def _referred(self, section: str, name: str) -> str | None:
        """The value of an option to which another one refers; its default if no file sets it, or None."""
        value = self._written(section, name)
        if value or section != "DEFAULT":
            return value or None
        # The defaults of the options to which the other options of the services refer.
        itself = self._context.host.itself
        if name == "my_ip":
            return itself.address()
        if name == "host":
            return itself.name()
        return f"/var/lib/{self._context.service.project}" if name == "state_path" else None

    def _read(self, path: str) -> str:
        try:
            return self._context.host.files.read(path) or ""
        except OSError as problem:
            self._context.log.debug(f"{path} cannot be read: {problem.strerror}")
            return ""


def _all(text: str, section: str, name: str) -> list[str]:
    """The values of *name* in *section* of one file, in their order."""
    if name not in text:
        return []
    values: list[str] = []
    here = False
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("["):
            here = line.strip() == f"[{section}]"
        elif here and line.startswith(name):
            # "name = value" or "name: value", as oslo.config and configparser take them.
            sign = ":" if ":" in line.partition("=")[0] else "="
            key, separator, rest = line.partition(sign)
            if separator and key.strip() == name:
                values.append(rest.strip().strip("\"'") + _continued(lines[number:]))
    return values


def _continued(lines: list[str]) -> str:
    """How a value goes on in the lines after it: those that begin with a blank, as oslo.config and configparser read them.

    The readers of lists and URLs ignore the end of a line.  For configparser, which reads Swift's files, a comment may
    begin with blanks.
    """
    found = ""
    for line in lines:
        text = line.strip()
        if not line.startswith((" ", "\t")) or not text:
            break
        found += "" if text.startswith(("#", ";")) else text
    return found
