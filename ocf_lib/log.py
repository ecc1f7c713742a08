"""The agents' log and trace: where lines go, what they look like, and how secrets are masked.

Lines have the form of ``ocf_log`` of the shell library, and go to the same
places.  Their times have whole seconds.  The trace has microseconds, and some
texts hold durations.
"""

from __future__ import annotations

from . import codes, param
from .host import Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .log_file import LogFile

_PRIORITIES = {"ERROR": "err", "WARNING": "warning", "INFO": "info", "DEBUG": "debug"}
TRACE_DIRECTORY = "/var/lib/heartbeat/trace_ra"
_MASK = "****"


class Log:
    """The log of one invocation."""

    def __init__(self, host: Host, environ: dict[str, str], name: str, instance: str) -> None:
        self._host = host
        self._environ = environ
        self._name = name
        self._instance = instance
        self._tag = f"{name}({instance})[{host.itself.pid()}]"
        self._action = ""
        self._secrets: list[str] = []
        facility = environ.get("HA_LOGFACILITY") or environ.get("PCMK_LOGFACILITY") or "none"
        self._facility = "" if facility == "none" else facility
        self._file = environ.get("HA_LOGFILE") or environ.get("PCMK_LOGFILE") or ""
        debug_file = environ.get("HA_DEBUGLOG") or environ.get("PCMK_DEBUGLOG") or ""
        self._debug_file = "" if debug_file == self._file else debug_file
        self._log_files: dict[str, LogFile] = {}
        self._date_form = environ.get("HA_DATEFMT") or "%b %d %T "
        self._debugging = (environ.get("HA_debug") or environ.get("PCMK_debug") or "0") != "0"
        self._trace_file = ""

    def begin(self, action: str) -> None:
        """Note that *action* begins, and open its trace if the operator wants one."""
        self._action = action
        self._trace_file = self._choose_trace_file()
        if self._trace_file:
            self._open_trace()

    def hide(self, secret: str) -> None:
        """Never show *secret* (a token, a password read from a file) in any text."""
        if secret:
            # The longest is masked first, because one secret may be a part of another.
            self._secrets = sorted((*self._secrets, secret), key=len, reverse=True)

    def masked(self, text: str) -> str:
        """*text* that comes from outside, on one line and with every secret masked."""
        return _without(self._secrets, text)

    def ours(self, text: str) -> str:
        """*text* that the agent wrote itself, on one line and with secrets masked.

        Every part that came from outside has already gone through ``masked``.
        A secret that is a plain word or number is not masked here.  The agent's
        own words hold no secret, and a mask in place of one of these words would
        tell the secret.
        """
        return _without([secret for secret in self._secrets if not _may_be_ours(secret)], text)

    def explain(self, code: codes.ExitCode, reason: str) -> None:
        """Log the exit reason.  Without a log and a trace, do nothing: standard error gets the reason anyway."""
        if self._facility or self._file or self._trace_file:
            (self.warn if code in (codes.DEGRADED, codes.NOT_RUNNING) else self.error)(reason)

    def error(self, text: str) -> None:
        self._write("ERROR", text)

    def warn(self, text: str) -> None:
        self._write("WARNING", text)

    def info(self, text: str) -> None:
        self._write("INFO", text)

    def debug(self, text: str) -> None:
        """Write a line only if debugging is on in the cluster, or in a trace."""
        self._write("DEBUG", text)

    def _write(self, level: str, text: str) -> None:
        if level == "DEBUG" and not (self._debugging or self._trace_file):
            return
        text = self.ours(text)
        if self._trace_file:
            self._trace(f"{level}: {text}")
        if level == "DEBUG" and not self._debugging:
            return
        line = f"{level}: {text}"
        if self._host.itself.has_terminal() or not (self._facility or self._file):
            if self._trace_file == "/dev/stderr":
                return
            self._host.itself.say(f"{self._date()}{line}\n")
            return
        if self._facility:
            self._host.itself.syslog(self._facility, _PRIORITIES[level], self._tag, line)
        date = self._date()
        self._append(self._file, f"{date} {self._tag}:    {line}\n")
        self._append(self._debug_file, f"{self._tag}:\t{date}{line}\n")

    def _date(self) -> str:
        return self._host.itself.date_text(self._date_form, self._host.itself.date())

    def _append(self, path: str, text: str) -> None:
        if path:
            # Loaded here, because a monitor that is content writes no line.
            from .log_file import LogFile

            self._log_files.setdefault(path, LogFile(self._host, path)).append(text)

    def _trace(self, text: str) -> None:
        now = self._host.itself.date()
        stamp = self._host.itself.date_text("%Y-%m-%d %H:%M:%S", now)
        line = f"{stamp}.{int(now % 1 * 1e6):06} {self._tag} {self._action}: {text}\n"
        if self._trace_file == "/dev/stderr":
            self._host.itself.say(line)
        else:
            self._append(self._trace_file, line)

    def _choose_trace_file(self) -> str:
        """The path of the trace, or "" for no trace.  ``ocf_start_trace`` of the shell library chooses the same."""
        environ = self._environ
        given = (environ.get("OCF_RESKEY_trace_file") or "").strip()
        if (environ.get("OCF_TRACE_RA") or "").lower() in param.TRUE:
            # crm_resource sets OCF_TRACE_FILE even if nobody wants a trace.  So it counts only together with
            # OCF_TRACE_RA.  Otherwise pcs would show the trace of a validation as warnings.
            file = environ.get("OCF_TRACE_FILE") or given
        elif (environ.get("OCF_RESKEY_trace_ra") or "").strip().lower() in param.TRUE:
            file = given
        else:
            return ""
        if file:
            return f"/dev/fd/{file}" if file.isdecimal() and file.isascii() else file
        if self._host.itself.has_terminal():
            return "/dev/stderr"
        directory = environ.get("OCF_RESKEY_trace_dir") or TRACE_DIRECTORY
        stamp = self._host.itself.date_text("%Y-%m-%d.%H:%M:%S", self._host.itself.date())
        # The name of a resource has no slash; that of another caller must not lead out of the directory.
        return f"{directory}/{self._name}/{self._instance.replace('/', '_')}.{self._action}.{stamp}"

    def _open_trace(self) -> None:
        for name in sorted(self._environ):
            if name.startswith(("OCF_", "HA_", "PCMK_")):
                self._trace(self.masked(f"{name}={self._environ[name]}"))


def _without(secrets: list[str], text: str) -> str:
    """*text* on one line, without the *secrets*, and with "?" for what nobody can read.

    A server may send NUL bytes, and syslog(3) takes none of these.
    """
    for secret in secrets:
        text = text.replace(secret, _MASK)
    text = " ".join(text.split())
    return text if text.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in text)


def _may_be_ours(secret: str) -> bool:
    return secret.isascii() and (secret.isalpha() or secret.isdigit())
