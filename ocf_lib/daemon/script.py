"""What Debian's service script reads from /etc/default: variables that these files export, and three settings.

Each unit of openstack-pkg-tools (Debian, Ubuntu) runs such a script, as in
``ExecStart=/etc/init.d/nova-compute systemd-start``.  The script reads
/etc/default/openstack and /etc/default/<service> as a shell, as the daemon's
account, and then becomes the daemon.
"""

from __future__ import annotations

from .. import patience
from ..context import Context
from ..record import Record

PLACE = "/etc/init.d/"
_DEFAULTS = "/etc/default/"
# $0 is the name of the script, as NAME in the script itself.  The shell prints all variables before and after.
SHELL = r"""
NAME=$0
env -0
printf '\0'
for file; do
    [ -r "$file" ] && . "$file"
done > /dev/null 2>&1
printf '%s\0' "$USE_SYSLOG" "$USE_LOGFILE" "$DAEMON_ARGS"
env -0
"""
_OF_THE_SHELL = ("_", "OLDPWD", "PWD", "SHLVL")


class Script(Record):
    """What the service script takes from /etc/default."""

    environment: dict[str, str]
    arguments: tuple[str, ...] = ()  # DAEMON_ARGS
    to_syslog: bool = False  # USE_SYSLOG=yes
    to_file: bool = True  # not USE_LOGFILE=no


NOTHING = Script(environment={})


def read(context: Context, name: str) -> Script:
    """What the service script *name* takes from /etc/default."""
    paths = [f"{_DEFAULTS}{file}" for file in ("openstack", name) if context.host.files.is_file(f"{_DEFAULTS}{file}")]
    if not paths:
        return NOTHING
    argv = ["/bin/sh", "-c", SHELL, name, *paths]
    try:
        done = context.host.programs.run_as(context.get("user"), argv, "", min(patience.DEFAULTS_READ, context.left()))
    except OSError as problem:
        done = (1, str(problem))
    found = parse(done[1]) if done and done[0] == 0 else None
    if found is None:
        context.log.warn(f"{' and '.join(paths)}: a shell cannot read this, so the daemon gets nothing of it")
        return NOTHING
    context.log.debug(f"{' and '.join(paths)} export: {', '.join(sorted(found.environment)) or 'nothing'}")
    return found


def parse(text: str) -> Script | None:
    """What SHELL printed; None if the shell did not come to its end."""
    before, _, after = text.partition("\0\0")
    words = after.split("\0")
    if len(words) < 4:
        return None
    old = set(before.split("\0"))
    new = [word.partition("=")[::2] for word in words[3:] if word and word not in old]
    return Script(
        environment={name: value for name, value in new if name not in _OF_THE_SHELL},
        arguments=tuple(words[2].split()),
        to_syslog=words[0] == "yes",
        to_file=words[1] != "no",
    )
