"""Check: does this instance answer a request that needs a token and the service's database?"""

from __future__ import annotations

from .. import errors, patience

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..address import Address
    from ..cloud import credentials, http
    from ..daemon import Daemon
    from ..service import Service

REASONS = (
    errors.UNTRUSTED,
    ("os_cacert: /...: ...", "Degraded. Correct os_cacert, or write that file."),
    (
        "http://... answers 500 when signed in",
        "The database may be at fault. If the database is well, Pacemaker restarts the daemon.",
    ),
    (
        "... answers 503 when signed in; the answer has to come from ...",
        "Degraded. The daemon passes this request on. Look at the service that the reason names.",
    ),
)


def ABOUT(service: Service) -> str:  # noqa: N802  a word of the check, like REASONS
    """What is checked."""
    return f"With credentials, {service.api.asks}."


def check(daemon: Daemon, seconds: float) -> None:
    """Ask this instance something that needs a token and its database.

    If the instance refuses a stored token, the agent signs in once more.
    Raises Degraded if the fault lies with the monitoring credentials or with
    Keystone, and SharedFault if it lies with a service to which the daemon passes the request on.
    Raises Silence and AgentError as ``http.send`` does, and AgentError for a 5xx.

    A request that is passed on occupies a worker until its answer comes.  So it
    gets less time, and after a silence it is not repeated for a while.
    """
    # The words of a check are read without what it asks with.
    from .. import notes
    from ..cloud import http, token

    context, own = daemon.context, daemon.service.api
    until = context.now() + seconds
    longest = patience.RELAYED_ANSWERS if own.answered_by else seconds
    before = hangs(daemon, patience.RELAYED_AGAIN)
    if before:
        raise errors.SharedFault(before)
    base = daemon.address
    prefix = base.prefix or ""
    asked: list[Address] = []

    def ask(held: credentials.Token) -> http.Answer:
        where = base.at(prefix + own.question.format(project=held.project))
        asked.append(where)
        request = http.Request(
            where=where,
            headers=(http.token_header(held.text), *own.headers),
            certificate=http.certificate_name(context, where) if where.scheme == "https" else "",
        )
        left = min(max(until - context.now(), 0.1), longest)
        try:
            return http.send(context, request, left)
        except errors.Silence as silence:
            if left < patience.ANSWER_EVIDENCE:
                # The login has taken the rest of the time.
                raise errors.Busy(str(silence)) from None
            raise

    is_keystone = daemon.service.is_keystone
    try:
        answer = token.use(context, ask, until, ours=base.at(f"{prefix}/v3") if is_keystone else None)
        if answer.status >= 500:
            raise errors.AgentError(f"{asked[-1]} answers {answer.status} when signed in")
    except errors.Degraded:
        raise
    except errors.AgentError as problem:
        if own.answered_by:
            words = f"{problem}; the answer has to come from {own.answered_by}"
            if isinstance(problem, errors.Silence):
                notes.relayed(context).write(words)
            raise errors.SharedFault(words) from None
        # After a silence, others are looked at first, as Keystone itself may wait for a database.
        guilty = "" if is_keystone or isinstance(problem, errors.Silence) else trouble(daemon)
        if guilty:
            raise errors.Degraded(f"{guilty} ({problem})") from None
        raise
    if not 200 <= answer.status < 400:
        raise token.refused(context, asked[-1], answer.status)


def hangs(daemon: Daemon, seconds: float) -> str:
    """The reason of a request that was passed on, and had no answer in the last *seconds*; "" if there is none.

    A worker of the daemon may still wait for the answer.
    """
    from .. import notes

    if not daemon.service.api.answered_by:
        return ""
    note = notes.relayed(daemon.context)
    age = note.age()
    return note.read().strip() if age is not None and age < seconds else ""


def trouble(daemon: Daemon) -> str:
    """What is wrong with Keystone, for a reason; "" if it answers: every API asks Keystone whether a token is valid."""
    from ..cloud import failures, token

    keystone = token.keystone(daemon.context)
    return failures.trouble(daemon.context, keystone) if keystone else ""
