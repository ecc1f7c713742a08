"""The verdict on a daemon: every check, a second look, and whose fault it is."""

from __future__ import annotations

from .. import errors, patience
from . import Kind, of, process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon
    from ..daemon.process import Process


def judge(daemon: Daemon, leader: Process) -> Process | None:
    """Does the daemon do its work?  Returns its leader as it was last seen, or None if it has ended meanwhile.

    One bad answer is no bad daemon: a worker that dies under a request, or a
    deadlock in the database, is over at the next one.  So a failure counts
    the second time, and then the guilty is named.  Raises as ``look`` does.
    """
    try:
        look(daemon)
        return leader
    except (errors.Degraded, errors.Silence, errors.BadParameter):
        raise
    except errors.NotYet as problem:
        daemon.context.log.debug(str(problem))
    except errors.AgentError as problem:
        daemon.context.log.warn(f"{problem}; looking once more")
        daemon.context.sleep(patience.SECOND_LOOK)
    again = process.present(daemon)
    if again is not None:
        try:
            look(daemon)
        except (errors.Degraded, errors.BadParameter):
            raise
        except errors.AgentError as problem:
            name_the_guilty(daemon, problem)
            raise
    return again


def look(daemon: Daemon) -> None:
    """Make every check that the service has, at the depth asked for.

    Raises Degraded if no restart can cure what is wrong, NotYet if time may,
    and any other AgentError if a restart may.
    """
    for kind in of(daemon.service):
        if not kind.needs_credentials or _signs_in(daemon):
            _ask(daemon, kind)


def name_the_guilty(daemon: Daemon, symptom: errors.AgentError) -> None:
    """Raise Degraded if the daemon's database or broker explains the *symptom*."""
    # Only a failed check comes here.
    from . import broker, database

    for other in (database, broker):
        trouble = other.trouble(daemon, daemon.context.left() * patience.BLAME_SHARE)
        if trouble:
            # Cause before symptom: Pacemaker cuts an exit reason after 127 characters.
            raise errors.Degraded(f"{trouble} ({symptom})") from None


def _signs_in(daemon: Daemon) -> bool:
    """Is it to be asked with credentials?"""
    from ..cloud import credentials

    depth = daemon.context.depth
    return depth == 20 or (depth == 0 and credentials.are_given(daemon.context))


def _ask(daemon: Daemon, kind: Kind) -> None:
    """Make one check in its share of the time left; but look at the database before that gets long.

    A Keystone whose database refuses connections answers after minutes, its
    database at once.  And nothing answers if a frozen database holds every
    worker: so whoever is silent is asked whose fault it is.
    """
    check, context = kind.load().check, daemon.context
    if context.left() * kind.share > patience.DOUBT_AFTER:
        try:
            return check(daemon, patience.DOUBT_AFTER)
        except errors.Silence as silence:
            name_the_guilty(daemon, silence)
    try:
        return check(daemon, context.left() * kind.share)
    except errors.Silence as silence:
        name_the_guilty(daemon, silence)
        raise
