"""A stand-in for a Keystone that behaves badly: one process, one port, one vice.

    stand_in.py --config-file CONFIG VICE

CONFIG gets the port it listens on.  No real daemon can be made to do these
things on request; everything a real one can do is tested with a real one.
"""

import socket
import sys
import threading
import time

TOKEN = (
    b'{"token": {"methods": ["password"], "user": {"id": "u", "name": "u", "domain": {"id": "d", "name": "D"}},'
    b' "expires_at": "2099-01-01T00:00:00.000000Z", "issued_at": "2020-01-01T00:00:00.000000Z", "audit_ids": ["a"]}}'
)


def answer(body, status="200 OK", *headers):
    head = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


WELL = answer(b"{}")
SIGNED_IN = answer(TOKEN, "201 Created", "X-Subject-Token: stand-in-token")


def drip(connection, data):
    """A byte a second: never silent, never done."""
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(1)


def redirect(connection, _data):
    connection.sendall(answer(b"", "302 Found", "Location: /v3/auth/tokens?again"))


def html(connection, _data):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>")


def close(_connection, _data):
    """Nothing is said; the caller closes."""


def hang(_connection, _data):
    time.sleep(600)


def endless_header(connection, _data):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Filler: " + b"x" * 1000 + b"\r\n")


def garbage(connection, _data):
    connection.sendall(bytes(range(256)) * 4)


def bad_json(connection, _data):
    connection.sendall(answer(b'["no token"]', "201 Created", "X-Subject-Token: t"))


def no_token(connection, _data):
    connection.sendall(answer(TOKEN, "201 Created"))


def refuse(connection, _data):
    connection.sendall(answer(b'{"error": {"message": "no", "code": 401}}', "401 Unauthorized"))


def forbid(connection, _data):
    connection.sendall(answer(b'{"error": {"message": "no", "code": 403}}', "403 Forbidden"))


def well(connection, data):
    connection.sendall(data)


def serve(connection, vice, stage):
    with connection:
        request = connection.recv(65536)
        if request.startswith(b"POST"):
            current, good = "login", SIGNED_IN
        elif b"X-Auth-Token" in request:
            current, good = "question", WELL
        else:
            current, good = "health", WELL
        try:
            (vice if current == stage else well)(connection, good)
        except OSError:
            return


def main():
    _, config, stage, name = sys.argv[1:]
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with open(config, "w") as file:
            file.write(f"{listener.getsockname()[1]}\n")
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection, globals()[name], stage), daemon=True).start()


if __name__ == "__main__":
    main()
