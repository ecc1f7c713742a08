"""monitor of the evacuator: one pass.  It makes rounds while there is work, and says what it waits for."""

from __future__ import annotations

from .. import codes, errors, notes, patience, state
from ..cluster import program
from ..context import Context
from . import api, choice, compute, life, load, memory, nova, orders, pace, proof, rounds, server, work
from .api import Api
from .choice import Choice
from .nova import Nova
from .rounds import Round

_SPEAK = (life, rounds, proof, compute, work, orders, load, server, api, nova, choice, memory, program)
REASONS = tuple(reason for module in _SPEAK for reason in module.REASONS)
"""All reasons of a pass; beside them, those of whoever signs in."""
_TOLD = 3  # reasons in one exit reason


def monitor(context: Context) -> codes.ExitCode:
    """Make one pass.  Raises Degraded with what it waits for, or with what is wrong.  A probe looks at the note only."""
    if context.is_probe:
        notes.unsettle(context)
        return life.status(context)
    if life.status(context) is not codes.SUCCESS:
        raise errors.Gone("it was not started here")
    try:
        said = _pass(context)
    except errors.AgentError as problem:
        state.show(context, str(problem))
        raise
    mistake = context.mistake()
    said += [mistake] if mistake else []
    state.show(context, _joined(said) or state.WELL)
    if said:
        raise errors.Degraded(_joined(said))
    return codes.SUCCESS


def _pass(context: Context) -> list[str]:
    """Make rounds.  Returns the reasons of the last one."""
    life.check(context)
    nova = Nova(Api(context))
    choice = Choice(context, nova)
    until = context.now() + context.timeout * pace.PASS_SHARE
    note = notes.last_monitor(context)
    age = note.age()
    # The first monitor after a start is a part of a transition of the cluster, which waits for it.
    stays = age is not None and age < 2 * context.interval + patience.INTERRUPTED
    shown, pause = "", pace.ROUND_PAUSE
    while True:
        began, turn = context.now(), Round(context, nova, choice)
        try:
            turn.run(until)
        except errors.Degraded as problem:
            raise errors.Degraded(_joined([*turn.said, str(problem)])) from None
        finally:
            note.write("passed\n")
        # If nothing has changed, it looks less often.
        pause = min(2 * pause, pace.ROUND_LONGEST) if _joined(turn.said) == shown else pace.ROUND_PAUSE
        if turn.soonest:
            # To read everything is work for Nova, which others need as well.
            rest = min(context.now() - began, pace.REST_LONGEST)
            pause = max(min(pause, turn.soonest), pace.ROUND_PAUSE, rest)
        took = context.now() - began
        if not (stays and turn.works) or context.now() + pause + max(pause, took) > until:
            return turn.said
        # Each change of the attribute lets Pacemaker compute a new transition.
        if _kind(_joined(turn.said)) != _kind(shown):
            state.show(context, _joined(turn.said) or state.WELL)
        shown = _joined(turn.said)
        context.sleep(pause)


def _kind(text: str) -> str:
    """*text* without its numbers."""
    return "".join(sign for sign in text if not sign.isdecimal())


def _joined(said: list[str]) -> str:
    more = len(said) - _TOLD
    return "; ".join([*said[:_TOLD], *([f"and {more} more"] if more > 0 else [])])
