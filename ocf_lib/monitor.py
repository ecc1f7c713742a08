"""monitor and status: what is there, and does it do its work?"""

from __future__ import annotations

from . import codes, errors, notes, patience
from .context import Context
from .finder import finder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    Question = Callable[[Context, float], None]


def monitor(context: Context) -> codes.ExitCode:
    """Running and doing its work, running and not, or stopped.

    NOT_RUNNING only when nothing is left of it: on that, Pacemaker starts
    without stopping first.  A probe looks at processes alone: it must be
    quick, and needs no API, credentials, program or configuration.
    """
    if context.is_probe:
        notes.unsettle(context)
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
        notes.not_yet(context).forget()
    except errors.NotYet as problem:
        degraded = _within_grace(context, problem)
    except errors.Degraded as problem:
        degraded = problem
    if not context.is_probe and _dies(context, main, "degraded" if degraded else "well"):
        context.log.debug(f"pid {main.pid} ended while it was watched")
        until = context.now() + patience.WORKERS_FOLLOW
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
        context.sleep(patience.SECOND_LOOK)
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
            _ask(context, api.check, patience.API_SHARE)
        if service.broker or service.socket[0] or not service.api.media:
            from . import connections

            connections.check(context, main, context.left() * patience.API_SHARE)
        if signed_in and auth.can_ask(context):
            _ask(context, _question(context), patience.QUESTION_SHARE)
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
    if context.left() * share > patience.DOUBT_AFTER:
        try:
            return question(context, patience.DOUBT_AFTER)
        except errors.Silence as problem:
            _blame(context, problem)
    return question(context, context.left() * share)


def _blame(context: Context, problem: errors.AgentError) -> None:
    """Raise Degraded if the daemon's database or broker explains *problem*."""
    # Only a failed check comes here.
    from . import connections, database, settings

    trouble = database.trouble(context, context.left() * patience.BLAME_SHARE)
    if not trouble and settings.option(context, "DEFAULT", "transport_url"):
        trouble = connections.broker_trouble(context, context.left() * patience.BLAME_SHARE)
    if trouble:
        # What it comes from first: Pacemaker cuts an exit reason after 127 characters.
        symptom = str(problem).partition(": ")[2]
        raise errors.Degraded(f"{context.service.name}: {trouble} ({symptom})") from None


def _within_grace(context: Context, problem: errors.NotYet) -> errors.Degraded:
    """*problem* as a degradation, while it is young; raises it when it has lasted.

    The note says since when, and its own age whether monitors have looked
    without a pause: what was so before a maintenance counts for nothing after it.
    """
    note = notes.not_yet(context)
    now = round(context.host.itself.date())
    began = now
    age, text = note.age(), note.read().strip()
    if age is not None and age < context.interval + context.timeout + patience.INTERRUPTED and text.isdecimal():
        began = int(text[:12])
    note.write(f"{began}\n")
    lasted = now - began
    if lasted > patience.GRACE:
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
    note = notes.last_monitor(context)
    age, before = note.age(), note.read().strip()
    dies = False
    if before == "degraded" and seen == "well":
        context.log.info(f"{context.service.name} is well again")
    if age is not None and age < 2 * context.interval + patience.INTERRUPTED and before == seen:
        seconds = min(context.number("watch_time"), context.left() * patience.WATCH_SHARE)
        if seen == "degraded":
            seconds = min(seconds, patience.DEGRADED_WATCH)
        if seconds > 0:
            context.log.debug(f"watching pid {main.pid} for {seconds:.0f} s")
            dies = context.host.processes.wait([main.key], seconds)
    note.write(seen + "\n")
    return dies
