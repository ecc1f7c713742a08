"""The other actions of the evacuator: start, stop, status, reload-agent, validate-all and meta-data."""

from __future__ import annotations

from .. import codes, errors, log_file, notes, state
from ..cloud import credentials
from ..cluster import cib
from ..context import Context
from ..notes import Note
from . import choice, memory, proof

REASONS = (
    (
        "fencing is off (stonith-enabled=false): ...",
        "Degraded. Configure fencing. Without it, nothing can prove that a node is dead, and nothing is evacuated.",
    ),
    ("the monitoring credentials are incomplete: ...", "Degraded. Complete them. Nothing is evacuated without them."),
    ("it was not started here", "Pacemaker starts it again. Nothing is lost."),
)
NO_FENCING = "fencing is off (stonith-enabled=false): nothing can prove that a node is dead"

_ABOUT = """\
Evacuates the instances of a compute node that is dead, and lets no instance run twice.

Run one instance of this resource in the cluster, on the nodes that are no compute nodes. A recurring monitor is one\
 pass: it asks the cluster which compute nodes were fenced, and Nova what became of their instances, and does the next\
 step. It evacuates nothing without a proof that the node is dead: the cluster has fenced it by its power, and its\
 nova-compute is silent while others report. It gives no second order while one is in flight. When the node is back,\
 its nova-compute is enabled again.

If monitor cannot go on, it reports degraded, with a reason that says what it waits for. A pass may be killed at any\
 moment, and the next one goes on, on whatever node."""


def start(context: Context) -> codes.ExitCode:
    """Note that the evacuator runs here.  It needs neither Nova nor Keystone: monitor says what is wrong with them."""
    _alone(context)
    memory.forget_all(context)
    notes.unsettle(context)
    trouble = _note(context).write("started\n")
    if trouble:
        raise errors.AgentError(f"cannot keep a note: {trouble}")
    return codes.SUCCESS


def stop(context: Context) -> codes.ExitCode:
    """Remove all notes.  Nothing runs between two passes, so there is nothing to end."""
    _note(context).forget()
    memory.forget_all(context)
    notes.unsettle(context)
    state.remove(context)
    return codes.SUCCESS


def status(context: Context) -> codes.ExitCode:
    """Does the evacuator run here?"""
    return codes.SUCCESS if _note(context).read() else codes.NOT_RUNNING


def reload_agent(context: Context) -> codes.ExitCode:
    """Use new parameters.  Raises AgentError if the evacuator does not run here."""
    if status(context) is not codes.SUCCESS:
        raise errors.AgentError("cannot reload the parameters: it was not started here")
    notes.unsettle(context)
    notes.token(context).forget()
    notes.failed_login(context).forget()
    return codes.SUCCESS


def validate_all(context: Context) -> codes.ExitCode:
    """Check the parameters.  At level 10, ask this cluster and this cloud, too."""
    _alone(context)
    mistake = context.mistake()
    if mistake:
        raise errors.BadParameter(mistake)
    try:
        check(context)
    except errors.Degraded as problem:
        raise errors.BadParameter(str(problem)) from None
    log_file.check_trace(context)
    if context.depth >= 10:
        from .api import Api
        from .nova import Nova

        try:
            found = cib.read(context)
            if not found.fencing_is_on:
                raise errors.WrongHere(NO_FENCING)
            flaw = proof.flaw(context, found, Nova(Api(context)).services())
        except errors.Degraded as problem:
            raise errors.WrongHere(str(problem)) from None
        if flaw:
            raise errors.WrongHere(flaw)
    return codes.SUCCESS


def check(context: Context) -> None:
    """Raise Degraded if the parameters do not fit together."""
    lacking = credentials.missing(context)
    if lacking:
        raise errors.Degraded(f"the monitoring credentials are incomplete: {lacking}")
    choice.check(context)
    proof.check(context)


def metadata(context: Context) -> str:
    """The meta-data."""
    # Imported here: it loads every check of the other agents.
    from ..acts import metadata as document

    return document.xml(context.program, context.name, _ABOUT)


def _alone(context: Context) -> None:
    """Raise BadParameter if the resource is a clone: two evacuators would give every order twice."""
    copies = context.given.get("CRM_meta_clone_max", "1")
    if copies != "1":
        raise errors.BadParameter("it must not be a clone: one instance serves the whole cluster")


def _note(context: Context) -> Note:
    return Note(context, "evacuates")
