#!/usr/bin/python3
"""A stand-in for a service that no release has any more: its processes, sockets and ports, and nothing behind them.

Installed under the name of what it stands in for, and run by its agent as that
was: NAME --config-file=FILE [...].  The HTTP servers are a parent with a worker
that outlives it, as eventlet's are; the workers hold a connection to the broker
of transport_url and make it anew when it is lost.
"""

import configparser
import os
import signal
import socket
import sys
import time

HTTP = {"glance-registry": 9191, "nova-objectstore": 3333, "quantum-server": 9696}
WITH_SOCKET = {"quantum-metadata-agent": "/var/lib/quantum/metadata_proxy"}


def serve(port: int) -> None:
    """Answer every request; 401 to one for images without a token."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", port))
    server.listen()
    worker = os.fork()
    if worker:
        signal.signal(signal.SIGTERM, lambda *_: (os.kill(worker, signal.SIGTERM), sys.exit(0)))
        os.waitpid(worker, 0)
        return
    while True:
        connection, _ = server.accept()
        with connection:
            connection.settimeout(5)
            try:
                request = connection.recv(65536)
                known = b"X-Auth-Token" in request or b"GET / " in request and port != HTTP["glance-registry"]
                status = b"200 OK" if known else b"401 Unauthorized"
                connection.sendall(b"HTTP/1.1 %s\r\nContent-Type: application/json\r\n\r\n{}" % status)
            except OSError as problem:
                print(problem, file=sys.stderr, flush=True)


def work(url: str) -> None:
    """Be connected to the broker, for ever."""
    from kombu import Connection

    while True:
        try:
            with Connection(url, heartbeat=30, connect_timeout=5) as connection:
                connection.connect()
                while True:
                    try:
                        connection.drain_events(timeout=1)
                    except socket.timeout:
                        connection.heartbeat_check()
        except (OSError, *connection.connection_errors) as problem:
            print(f"{type(problem).__name__}: {problem}", file=sys.stderr, flush=True)
            time.sleep(1)


def main() -> None:
    name = os.path.basename(sys.argv[0])
    config = configparser.ConfigParser(strict=False, interpolation=None)
    files = [word.partition("=")[2] for word in sys.argv[1:] if word.startswith("--config-file=")]
    if config.read(files) != files:
        sys.exit(f"{name}: cannot read {files}")
    if name in WITH_SOCKET:
        path = WITH_SOCKET[name]
        if os.path.exists(path):
            os.unlink(path)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(100)
    if name in HTTP:
        serve(HTTP[name])
    else:
        work(config["DEFAULT"]["transport_url"].replace("rabbit://", "amqp://"))


if __name__ == "__main__":
    main()
