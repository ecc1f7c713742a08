"""How Nova's API is asked: versions, pages, orders, and what an answer means that is not as expected."""

from __future__ import annotations

from .. import errors
from ..cloud import ask, token
from ..cloud.lists import quoted
from ..context import Context
from . import pace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, TypeVar

    from ..address import Address
    from ..cloud.http import Answer

    Read = TypeVar("Read")

REASONS = (
    (
        "... has version ... of the API, and an evacuation needs 2.53",
        "Degraded. This Nova is older than Pike, and does not say enough of an evacuation.",
    ),
    (
        "... does not answer as an API of Nova does",
        "Degraded. Look at Nova's API, and at what stands before it. Nothing is lost: the evacuation waits.",
    ),
)
UNKNOWN = 0
"""Status of an order that has no answer: nobody knows whether it was taken."""
_BASES = ("2.73", "2.61", "2.53")  # versions of the API that the calls use; the first one that the cloud has
_PAGES = 500
_NONSENSE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


class Api:
    """Nova's API.  A question raises Degraded if it has no answer: then nothing is known, and nothing may be done."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._version = self._newest = ""

    def one(self, path: str, read: Callable[[Any], Read], version: str = "") -> Read | None:
        """What *read* finds in the answer; None if there is no such thing."""
        answer, where = self._get(path, version or self._base())
        return None if answer.status == ask.GONE else self._read(answer, where, read)

    def all(
        self,
        path: str,
        key: str,
        read: Callable[[dict[str, Any]], Read],
        version: str = "",
        look: Callable[[], None] = lambda: None,
    ) -> tuple[Read, ...]:
        """Everything in a list that comes in pages; *look* is called after each."""

        def page(said: dict[str, Any]) -> tuple[list[Read], str]:
            rows, links = said[key], said.get(f"{key}_links", [])
            follows = rows != [] and any(link["rel"] == "next" for link in links)
            return [read(row) for row in rows], str(rows[-1].get("uuid") or rows[-1]["id"]) if follows else ""

        found: list[Read] = []
        after = ""
        for _ in range(_PAGES):
            answer, where = self._get(path + after, version or self._base())
            rows, last = self._read(answer, where, page)
            found += rows
            look()
            if not last:
                return tuple(found)
            after = f"{'&' if '?' in path else '?'}marker={quoted(last)}"
        raise self._strange(where)

    def order(self, path: str, wanted: dict[str, Any], version: str = "", method: str = "POST") -> tuple[int, str]:
        """Let the API do something: (status, what it says).  The status is UNKNOWN if it may have been taken."""
        import json

        headers = (*_headers(version or self._base()), "Content-Type: application/json")
        try:
            answer, _ = self._send(path, method, json.dumps(wanted).encode(), headers)
        except errors.SharedFault as problem:
            return UNKNOWN, str(problem)
        return answer.status, self.context.log.masked(_message(answer.text))

    def _base(self) -> str:
        """The version of the API that the calls use.  Raises Degraded if the cloud is too old."""
        if not self._version:
            answer, where = self._get("", "")
            newest = self._read(answer, where, lambda said: str(said["version"]["version"] or "2.1"))
            fits = [base for base in _BASES if _number(newest) >= _number(base)]
            if not fits:
                raise errors.Degraded(f"{where} has version {newest} of the API, and an evacuation needs 2.53")
            self._version, self._newest = fits[0], newest
        return self._version

    def offers(self, version: str) -> bool:
        """Does the cloud have this version of the API?"""
        self._base()
        return _number(self._newest) >= _number(version)

    def _get(self, path: str, version: str) -> tuple[Answer, Address]:
        """The answer to a question, with the status 200 or ask.GONE."""
        answer, where = self._send(path, "GET", b"", _headers(version))
        if answer.status not in (200, ask.GONE):
            raise token.refused(self.context, where, answer.status)
        return answer, where

    def _send(self, path: str, method: str, body: bytes, headers: tuple[str, ...]) -> tuple[Answer, Address]:
        until = self.context.now() + min(pace.NOVA_ANSWERS, self.context.left() / 2)
        question = ask.Question(path=f"/v2.1/{path}", method=method, headers=headers, body=body)
        return ask.answered(self.context, ("compute",), question, until)

    def _read(self, answer: Answer, where: Address, read: Callable[[Any], Read]) -> Read:
        import json

        try:
            return read(json.loads(answer.text))
        except _NONSENSE:
            self.context.log.debug(f"{where} answers {self.context.log.masked(answer.text)[:200]!r}")
        raise self._strange(where)

    def _strange(self, where: Address) -> errors.Degraded:
        return errors.Degraded(f"{where} does not answer as an API of Nova does")


def _headers(version: str) -> tuple[str, ...]:
    if not version:
        return ()
    return (f"OpenStack-API-Version: compute {version}", f"X-OpenStack-Nova-API-Version: {version}")


def _number(version: str) -> int:
    """73 of 2.73."""
    return int(version.partition(".")[2] or 0)


def _message(text: str) -> str:
    """What an error of Nova says; "" if it is no error, or not of Nova."""
    import json

    try:
        return " ".join(str(one["message"]) for one in json.loads(text).values())
    except _NONSENSE:
        return ""
