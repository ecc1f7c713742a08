"""The verdict on a daemon: make all checks, look a second time after a failure, and find whose fault it is."""

from __future__ import annotations

from .. import errors, notes, patience
from . import Kind, can_sign_in, of, process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from ..daemon import Daemon
    from ..daemon.process import Process


def judge(daemon: Daemon, leader: Process, suspected: bool = False) -> Process | None:
    """Does the daemon do its work?  Returns the leader that was seen last, or None if the daemon has ended.

    *suspected*: a heartbeat has just failed, so the daemon has been silent once.

    One bad answer does not prove a bad daemon.  A child process may die during
    a request, or the database may have a deadlock; the next request succeeds.
    So only a second failure counts, and then the guilty component is named.  A
    silence counts at once: ``_ask`` has been patient, and has looked for the guilty.
    Raises as ``look`` does.
    """
    try:
        process.awake(daemon)
        look(daemon, suspected)
        return leader
    except (errors.Degraded, errors.Silence, errors.Busy, errors.BadParameter):
        raise
    except errors.NotYet as problem:
        daemon.context.log.debug(str(problem))
    except errors.AgentError as problem:
        daemon.context.log.warn(f"{problem}; looking once more")
        daemon.context.sleep(min(patience.SECOND_LOOK, daemon.context.left() / 4))
    again = process.present(daemon)
    if again is not None:
        try:
            look(daemon)
        except (errors.Degraded, errors.Silence, errors.BadParameter):
            raise
        except errors.AgentError as problem:
            name_the_guilty(daemon, problem)
            raise
    return again


def look(daemon: Daemon, suspected: bool = False) -> None:
    """Make every check that the service has, at the depth asked for.

    Raises Degraded if no restart can cure what is wrong, NotYet if time may,
    and any other AgentError if a restart may.
    """
    for kind in of(daemon.service):
        if not kind.needs_credentials or signs_in(daemon):
            try:
                _ask(daemon, kind, patience.SUSPECT_ANSWERS if suspected and kind.beats else patience.DOUBT_AFTER)
            except errors.SharedFault as problem:
                name_the_guilty(daemon, problem)
                raise


def name_the_guilty(daemon: Daemon, symptom: errors.AgentError) -> None:
    """Raise Degraded if the daemon's database, broker, OVN or memcached, or a silent Keystone, explains the *symptom*.

    The only worker of a small API may still wait for an answer that it asked
    for while that component was away.  So a silence stays explained for a while.
    """
    note, silent = notes.excused(daemon.context), isinstance(symptom, errors.Silence)
    trouble = _trouble(daemon, symptom)
    # A request that the daemon has passed on may wait for that component, too, and longer than its own silence counts.
    if trouble and (silent or daemon.service.api.answered_by):
        note.write(trouble)
    elif silent:
        age = note.age()
        trouble = note.read().strip() if age is not None and age < patience.EXCUSED else ""
        trouble = trouble and f"less than {patience.EXCUSED:.0f} s ago: {trouble}"
    if trouble:
        # Cause before symptom: Pacemaker cuts an exit reason after 127 characters.
        raise errors.Degraded(f"{trouble} ({symptom})") from None


def _trouble(daemon: Daemon, symptom: errors.AgentError) -> str:
    """What is wrong with another component and explains the *symptom*; "" if nothing does."""
    # Imported here, because only a failed check needs them.
    from . import broker, database, memcached, ovn, question

    shared = isinstance(symptom, errors.SharedFault)
    # A query is dear.  The monitor of the service that is not well makes one.
    others = [database.away if shared else database.trouble, broker.trouble, ovn.trouble]
    # Without its cache an API is slow, but it answers.  No other daemon has tokens to keep.
    if shared or (daemon.service.api.port and isinstance(symptom, (errors.Silence, errors.Died))):
        others.append(memcached.trouble)
    for asks in others:
        trouble = asks(daemon, daemon.context.left() * patience.BLAME_SHARE)
        if trouble:
            return trouble
    # The only worker of a small API may wait for Keystone, and then nobody answers a question without a token either.
    waits = shared or (isinstance(symptom, errors.Silence) and not daemon.service.is_keystone)
    return question.trouble(daemon) if waits and can_sign_in(daemon.service) and signs_in(daemon) else ""


def signs_in(daemon: Daemon) -> bool:
    """Does this invocation make the checks that need credentials?"""
    depth, given = daemon.context.depth, daemon.context.given
    if depth != 0 or not any(name.startswith("os_") for name in given):
        return depth == 20
    from ..cloud import credentials

    return credentials.are_given(daemon.context)


def _ask(daemon: Daemon, kind: Kind, doubt_after: float) -> None:
    """Make one check, in its share of the time left.  After a first silence, look whose fault it is.

    If a database refuses connections, its Keystone answers only after minutes,
    but the database itself refuses at once.  If a database is frozen, every
    child process of the daemon waits for it, and nobody answers.  So after
    each silence the agent looks whose fault it is.  A daemon that was silent to
    a heartbeat gets no third try, unless it uses the processor or waits for it: it is busy then.
    A daemon that is busy to the end gets the grace of a fault that may pass.
    """
    check, context, busy = kind.load().check, daemon.context, False
    if kind.name == "api" and daemon.service.api.answered_by:
        from . import question

        hanging = question.hangs(daemon, patience.RELAYED_HANGS)
        if hanging:
            return _may_wait(daemon, check, hanging)
    if context.left() * kind.share > doubt_after:
        before, began = process.worked(daemon), context.now()
        try:
            return check(daemon, doubt_after)
        except errors.Silence as silence:
            process.awake(daemon)
            name_the_guilty(daemon, silence)
            works = process.worked(daemon) - before > patience.WORKS * (context.now() - began)
            busy = works or process.is_starved(daemon)
            if doubt_after < patience.DOUBT_AFTER and not busy:
                raise
    seconds = context.left() * kind.share
    try:
        return check(daemon, seconds)
    except errors.Silence as silence:
        name_the_guilty(daemon, silence)
        if busy or seconds < patience.ANSWER_EVIDENCE:
            raise errors.Busy(str(silence)) from None
        raise


def _may_wait(daemon: Daemon, check: Callable[[Daemon, float], None], hanging: str) -> None:
    """Make the *check* of an API whose workers may all wait for another service; its silence is no fault of its own."""
    try:
        check(daemon, min(patience.RELAYED_ANSWERS, daemon.context.left() * patience.API_SHARE))
    except errors.Silence:
        process.awake(daemon)
        raise errors.SharedFault(hanging) from None
