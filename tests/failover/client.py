"""A client that asks for a validated token at a steady pace, each time over a new connection.

    client.py ADDRESS PORT TOKEN FILE

Asks every PERIOD seconds, whether or not earlier requests have been answered.  Writes a line for each request when it
is over: when it began and ended (seconds since 1970) and what came of it, which is the HTTP status or one word.  Ends
with its standard input, after the last request is over.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import sys
import time

PERIOD = 0.02
PATIENCE = 5.0
"""Seconds until a request is given up."""
_WORDS = {errno.ECONNREFUSED: "refused", errno.ECONNRESET: "reset", errno.EHOSTUNREACH: "unreachable"}


class Request:
    """One question and its answer."""

    def __init__(self, place: tuple[str, int], question: bytes) -> None:
        """Begin to connect to *place*."""
        self.began = time.time()
        self._unsent = question
        self._answer = b""
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex(place)

    def writable(self) -> str:
        """Send what is left of the question.  Returns "" or how the request ended."""
        problem = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if problem:
            return _word(problem)
        try:
            self._unsent = self._unsent[self.socket.send(self._unsent) :]
        except OSError as failure:
            return _word(failure.errno)
        return ""

    @property
    def is_sent(self) -> bool:
        return not self._unsent

    def readable(self) -> str:
        """Read a part of the answer.  Returns "" or how the request ended."""
        try:
            part = self.socket.recv(65536)
        except OSError as failure:
            return _word(failure.errno)
        self._answer += part
        if b"\r\n\r\n" in self._answer:
            return self._answer.split(None, 2)[1].decode()
        return "" if part else "closed"


def _word(number: int | None) -> str:
    return _WORDS.get(number or 0) or os.strerror(number or 0).replace(" ", "-")


def ask_for_ever(place: tuple[str, int], question: bytes, file) -> None:
    """Ask until standard input ends."""
    waiting = selectors.DefaultSelector()
    waiting.register(0, selectors.EVENT_READ)
    under_way: set[Request] = set()
    is_over = False
    due = time.monotonic()

    def end(request: Request, outcome: str) -> None:
        waiting.unregister(request.socket)
        request.socket.close()
        under_way.discard(request)
        file.write(f"{request.began:.4f} {time.time():.4f} {outcome}\n")
        file.flush()

    while not is_over or under_way:
        for key, _ in waiting.select(max(0.0, due - time.monotonic())):
            request = key.data
            if request is None:
                is_over = True
                waiting.unregister(0)
                continue
            outcome = request.readable() if request.is_sent else request.writable()
            if outcome:
                end(request, outcome)
            elif request.is_sent:
                waiting.modify(request.socket, selectors.EVENT_READ, request)
        if time.monotonic() < due:
            continue
        due += PERIOD
        for request in [one for one in under_way if time.time() - one.began > PATIENCE]:
            end(request, "timeout")
        if not is_over:
            request = Request(place, question)
            under_way.add(request)
            waiting.register(request.socket, selectors.EVENT_WRITE, request)


def main() -> None:
    _, address, port, token, path = sys.argv
    question = (
        f"HEAD /v3/auth/tokens HTTP/1.1\r\nHost: {address}:{port}\r\nConnection: close\r\n"
        f"X-Auth-Token: {token}\r\nX-Subject-Token: {token}\r\n\r\n"
    )
    with open(path, "w") as file:
        ask_for_ever((address, int(port)), question.encode(), file)


if __name__ == "__main__":
    main()
