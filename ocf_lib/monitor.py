"""monitor and status: what is there, and does it do its work?"""

from __future__ import annotations

from . import codes, errors
from .context import Context
from .finder import finder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    Question = Callable[[Context, float], None]

# Shares of the time left, so that each question leaves time for the next.
_API_SHARE = 0.5
_SIGNED_IN_SHARE = 0.6
_DATABASE_SHARE = 0.6
_PATIENCE = 10.0
"""Seconds after which a question that is not answered makes us look at the database."""

_SETTLING = 0.3
"""Seconds that workers get to follow a daemon that died under our eyes (measured for uwsgi: 0.05)."""
_WATCH_SHARE = 0.8
_DEGRADED_WATCH = 5.0
"""Longest watch, in seconds, while the service is degraded: its recovery is to be seen soon."""
_SECOND_LOOK = 1.0
"""Seconds until a second look confirms a failure."""
_GRACE = 60.0
"""Seconds that a daemon has to find back to its broker, and to be up in its API's list again.

Every one of them was, 10 to 38 s after the broker came back (measured).
"""
_PAUSE = 10.0
"""Seconds beyond two intervals after which a recurring monitor has been interrupted."""


def monitor(context: Context) -> codes.ExitCode:
    """Running and doing its work, running and not, or stopped.

    NOT_RUNNING only when nothing is left of it: on that, Pacemaker starts
    without stopping first.  A probe looks at processes alone: it must be
    quick, and needs no API, credentials, program or configuration.
    """
    if context.is_probe:
        unsettle(context)
    main = present(context)
    if main is None:
        return _gone(context)
    if context.is_probe and context.depth == 0:
        context.log.debug("no interval, so this is a probe: only processes were looked at")
        return codes.SUCCESS
    degraded: errors.Degraded | None = None
    try:
        main = _check_twice(context, main)
        if main is None:
            return _gone(context)
        _forget(context, _since(context))
    except errors.NotYet as problem:
        degraded = _within_grace(context, problem)
    except errors.Degraded as problem:
        degraded = problem
    if not context.is_probe and _dies(context, main, "degraded" if degraded else "well"):
        context.log.debug(f"pid {main.pid} ended while it was watched")
        until = context.now() + _SETTLING
        while finder(context).look(context).all and context.now() < until:
            context.sleep(0.01)
        if present(context) is None:
            return _gone(context)
    if degraded:
        raise degraded
    return codes.SUCCESS


def status(context: Context) -> codes.ExitCode:
    """What the processes say."""
    return codes.NOT_RUNNING if present(context) is None else codes.SUCCESS


def present(context: Context):
    """The daemon's main process, or None if nothing is left of it.

    Raises AgentError where there is something, and it is not well.
    """
    found = finder(context).look(context)
    name = context.service.name
    if found.main is None:
        if not found.parts:
            context.log.debug(f"{name} is not running")
            return None
        pids = " ".join(str(part.pid) for part in found.parts[:10])
        raise errors.AgentError(f"{name}: the main process is gone, but of its processes these live: {pids}")
    if found.main.state == "T":
        raise errors.AgentError(f"{name}: pid {found.main.pid} is stopped by a signal (state T)")
    context.log.debug(f"{name} is pid {found.main.pid}")
    return found.main


def _check_twice(context: Context, main):
    """``check``, and once more before the verdict is a restart; returns the daemon as it then was.

    One bad answer is no bad daemon: a worker that dies under a request, or a
    deadlock in the database, is over at the next one.
    """
    try:
        check(context, main, blame=False)
        return main
    except (errors.Degraded, errors.Silence, errors.BadParameter):
        raise
    except errors.NotYet as problem:
        context.log.debug(str(problem))
    except errors.AgentError as problem:
        context.log.warn(f"{problem}; looking once more")
        context.sleep(_SECOND_LOOK)
    main = present(context)
    if main is not None:
        check(context, main)
    return main


def check(context: Context, main, blame: bool = True) -> None:
    """Does the daemon do its work, at the depth asked for?

    Raises Degraded where no restart can cure what is wrong, NotYet where time
    may, and any other AgentError where a restart may.  Without *blame* nobody
    looks whether an error that is answered is the database's or the broker's.
    """
    # A probe does without them.
    from . import api, auth

    service = context.service
    signed_in = context.depth == 20 or (context.depth == 0 and auth.wanted(context))
    try:
        if service.api.port:
            _ask(context, api.check, _API_SHARE)
        if service.broker or service.socket[0] or not service.api.media:
            from . import connections

            connections.check(context, main, context.left() * _API_SHARE)
        if signed_in and auth.can_ask(context):
            _ask(context, _question(context), _SIGNED_IN_SHARE)
    except (errors.Degraded, errors.BadParameter):
        raise
    except errors.AgentError as problem:
        # Nothing answers where a frozen database holds every worker, either.
        if blame or isinstance(problem, errors.Silence):
            _blame(context, problem)
        raise


def _question(context: Context) -> Question:
    """What to ask with credentials: this instance, or the API that keeps a list of such workers."""
    from . import auth, roster

    return roster.check if context.service.roster else auth.check


def _ask(context: Context, question: Question, share: float) -> None:
    """Ask for *share* of the time left; but look at the database before that gets long.

    A Keystone whose database refuses connections answers after minutes, its
    database at once.
    """
    if context.left() * share > _PATIENCE:
        try:
            return question(context, _PATIENCE)
        except errors.Silence as problem:
            _blame(context, problem)
    return question(context, context.left() * share)


def _blame(context: Context, problem: errors.AgentError) -> None:
    """Raise Degraded if the daemon's database or broker explains *problem*."""
    # Only a failed check comes here.
    from . import connections, database, settings

    trouble = database.trouble(context, context.left() * _DATABASE_SHARE)
    if not trouble and settings.option(context, "DEFAULT", "transport_url"):
        trouble = connections.broker_trouble(context, context.left() * _DATABASE_SHARE)
    if trouble:
        # What it comes from first: Pacemaker cuts an exit reason after 127 characters.
        symptom = str(problem).partition(": ")[2]
        raise errors.Degraded(f"{context.service.name}: {trouble} ({symptom})") from None


def _since(context: Context) -> str:
    """Where it is kept since when the daemon has not been quite up."""
    return context.own_file("not-yet")


def _within_grace(context: Context, problem: errors.NotYet) -> errors.Degraded:
    """*problem* as a degradation, while it is young; raises it when it has lasted.

    The note says since when, and its own age whether monitors have looked
    without a pause: what was so before a maintenance counts for nothing after it.
    """
    file = _since(context)
    now = round(context.host.itself.date())
    began = now
    try:
        age = context.host.files.age(file)
        text = (context.host.files.read(file) or "").strip()
        if age is not None and age < context.interval + context.timeout + _PAUSE and text.isdecimal():
            began = int(text[:12])
        context.host.files.write(file, f"{began}\n", 0o600)
    except OSError as refused:
        context.log.warn(f"{file}: {refused.strerror}")
    lasted = now - began
    if lasted > _GRACE:
        raise problem
    return errors.Degraded(f"{problem}, for {lasted} s so far")


def _gone(context: Context) -> codes.ExitCode:
    """Nothing is left of it: what a probe may expect, and what a recurring monitor was to warn of."""
    if context.is_probe:
        return codes.NOT_RUNNING
    raise errors.Gone(f"{context.service.name}: the daemon has ended, and nothing is left of it")


def _dies(context: Context, main, seen: str) -> bool:
    """Watch the daemon for ``watch_time`` seconds; return at once, and True, if it dies.

    Only where the last recurring monitor of this interval ended a moment ago
    and saw the same: the first one after a start, a reload, a probe or a pause
    is part of a transition of the cluster, which would wait for us; and a
    service newly degraded, or newly well, is reported first.
    """
    file = context.own_file(f"monitor-{context.interval * 1000:.0f}")
    age = context.host.files.age(file)
    before = (context.host.files.read(file) or "").strip()
    dies = False
    if before == "degraded" and seen == "well":
        context.log.info(f"{context.service.name} is well again")
    if age is not None and age < 2 * context.interval + _PAUSE and before == seen:
        seconds = min(context.number("watch_time"), context.left() * _WATCH_SHARE)
        if seen == "degraded":
            seconds = min(seconds, _DEGRADED_WATCH)
        if seconds > 0:
            context.log.debug(f"watching pid {main.pid} for {seconds:.0f} s")
            dies = context.host.processes.wait([main.key], seconds)
    try:
        context.host.files.write(file, seen + "\n", 0o600)
    except OSError as problem:
        # Without the note the next monitor does not watch; that is all.
        context.log.warn(f"{file}: {problem.strerror}")
    return dies


def unsettle(context: Context) -> None:
    """Let the next recurring monitor return at once, as it is part of a transition."""
    directory, _, prefix = context.own_file("monitor-").rpartition("/")
    for name in context.host.files.names(directory):
        if name.startswith(prefix):
            _forget(context, f"{directory}/{name}")
    _forget(context, _since(context))


def _forget(context: Context, file: str) -> None:
    """Remove a note of ours; a disk that does not let us is no verdict on the service."""
    try:
        context.host.files.remove(file)
    except OSError as problem:
        context.log.warn(f"{file}: {problem.strerror}")
