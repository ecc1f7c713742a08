"""One HTTP request and the answer to it."""

import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocf_lib.address import Address
from ocf_lib.cloud import http
from ocf_lib.context import Context
from ocf_lib.host import Host

from ..conftest import SERVICE

BODY = '{"forced_down": "jä"}'.encode()


@given(st.binary() | st.binary().map(lambda rest: b"HTTP/1.1 200 " + rest))
def test_any_head_is_an_answer_or_none(head):
    """
    Whatever a server sends is an HTTP answer with a status, or none.
    """
    answer = http.parse(head)

    assert answer is None or 100 <= answer.status < 600


@pytest.fixture
def server():
    """A real server on loopback: it keeps the one request that it gets, and answers head and body apart."""
    seen = []

    def serve():
        listener.settimeout(30)
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(30)
            while BODY not in b"".join(seen) and (piece := connection.recv(65536)):
                seen.append(piece)
            connection.sendall(b"HTTP/1.0 202 Accepted\r\nContent-Type: Application/JSON; x=y\r\n\r\n")
            if b" HTTP/1.1\r\n" in b"".join(seen):
                # Who asks so wants the head alone, and closes.
                connection.recv(1)
            else:
                time.sleep(0.2)
                connection.sendall(BODY)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield Address(scheme="http", server="127.0.0.1", port=listener.getsockname()[1], path="/os-services/1"), seen
        thread.join()


def test_a_request_has_its_method_and_the_length_of_its_body():
    """
    The length counts bytes, and the body follows the empty line.
    """
    where = Address(scheme="http", server="::1", port=8774, path="/os-services/1")
    request = http.Request(where=where, method="PUT", headers=("Content-Type: application/json",), body=BODY)

    head, _, body = request.encoded().partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")

    assert lines[:2] == ["PUT /os-services/1 HTTP/1.1", "Host: [::1]:8774"]
    assert "Content-Type: application/json" in lines
    assert f"Content-Length: {len(BODY)}" in lines
    assert body == BODY


def test_a_question_without_a_body_has_no_content_length():
    """
    A GET announces nothing to read, and ends with the empty line.
    """
    sent = http.Request(where=Address(scheme="http", server="h", port=80)).encoded()

    assert sent.startswith(b"GET / HTTP/1.1\r\n")
    assert sent.endswith(b"\r\n\r\n")
    assert b"Content-Length" not in sent


@pytest.mark.parametrize("whole", [True, False])
def test_a_body_reaches_a_real_server_and_its_answer_comes_back(server, whole):
    """
    The server gets method and body over a real socket. A request for the whole answer gets the body of it.
    """
    where, seen = server
    context = Context(SERVICE, ["keystone", "monitor"], {"PCMK_LOGFACILITY": "daemon"}, Host())

    answer = http.send(context, http.Request(where=where, method="POST", body=BODY, whole=whole), 10)

    request = b"".join(seen)
    assert request.startswith(b"POST /os-services/1 HTTP/1.")
    assert request.partition(b"\r\n\r\n")[2] == BODY
    assert (answer.status, answer.media) == (202, "application/json")
    assert answer.text == (BODY.decode() if whole else "")
