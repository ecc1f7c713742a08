"""One request to an API of the cloud, at the endpoint in Keystone's catalogue."""

from __future__ import annotations

from .. import errors
from ..address import Address, parse_url
from ..context import Context
from ..record import Record
from . import http, token
from .credentials import Token

GONE = 410
"""Status of an answer that there is no such thing; an API answers 404 then, and some also to a bad token."""


class Question(Record):
    """What the agent asks an API of the cloud."""

    path: str  # with the version of the API; it may hold {project}
    method: str = "GET"
    headers: tuple[str, ...] = ()
    body: bytes = b""


def wanted(
    context: Context, catalogue: tuple[str, ...], path: str, headers: tuple[str, ...], until: float
) -> tuple[http.Answer, Address]:
    """The answer (200) of an API of the cloud at *path*, and the address that was asked.

    Raises Degraded if there is no such answer: that is not the fault of this
    daemon.  It is SharedFault if that API is not well.
    """
    answer, where = answered(context, catalogue, Question(path=path, headers=headers), until)
    if answer.status != 200:
        refusal = token.refused(context, where, answer.status)
        raise errors.SharedFault(str(refusal)) if answer.status >= 500 else refusal
    return answer, where


def answered(
    context: Context, catalogue: tuple[str, ...], question: Question, until: float
) -> tuple[http.Answer, Address]:
    """What an API of the cloud answers, whatever the status, and the address that was asked.

    *catalogue* holds the types that the API may have.  Raises Degraded if nobody
    can sign in, and SharedFault if there is no answer.
    """
    asked: list[Address] = []

    def ask(held: Token) -> http.Answer:
        if not held.endpoint:
            raise errors.Degraded(held.lacks)
        root = parse_url("the catalogue's endpoint", held.endpoint)
        # Operators register one API with and without its version and the project.
        prefix = root.path.rstrip("/") if root.prefix is None else root.prefix
        where = root.at(prefix + question.path.format(project=held.project))
        asked.append(where)
        answer = http.send(
            context,
            http.Request(
                where=where,
                method=question.method,
                headers=(http.token_header(held.text), *question.headers),
                body=question.body,
                whole=True,
            ),
            max(until - context.now(), 0.1),
        )
        # To a good token, Nova says what it did not find.
        return answer.changed(status=GONE) if answer.status == 404 and "itemNotFound" in answer.text else answer

    try:
        answer = token.use(context, ask, until, catalogue=catalogue)
    except errors.Degraded:
        raise
    except errors.AgentError as problem:
        raise errors.SharedFault(str(problem)) from None
    return answer, asked[-1]
