"""The power switch of the box, and the one who turns off the light.

Listens on a socket that every host sees (its fence agent asks here to turn a
host off or on).  Its standard input comes from the runner: when that ends,
however the runner ended, the warden takes the whole box down, unless the
runner has asked to keep it.
"""

from __future__ import annotations

import os
import select
import socket

from . import BoxError
from .machine import STATE, Host, clear


def answer(line: str) -> str:
    """Do what one line (``off NAME``, ``on NAME``, ``status NAME``) asks and say what is now true."""
    command, _, name = line.strip().partition(" ")
    if name not in os.listdir(STATE / "hosts"):
        return "unknown"
    host = Host(name)
    try:
        if command == "off":
            host.off()
        elif command == "on":
            host.boot()
    except (BoxError, TimeoutError, OSError) as problem:
        # A switch that died of one host would leave the others without.
        print(f"{command} {name}: {problem}", flush=True)
    return "off" if host.pid is None else "on"


def serve() -> None:
    """Answer one question at a time until the runner is gone."""
    with socket.socket(socket.AF_UNIX) as switch:
        switch.bind(str(STATE / "switch"))
        switch.listen()
        waiting: list[object] = [0, switch]
        while True:
            ready, _, _ = select.select(waiting, [], [])
            if 0 in ready and not os.read(0, 1):
                if not (STATE / "keep").exists():
                    return
                waiting.remove(0)
            if switch in ready:
                connection, _ = switch.accept()
                with connection:
                    connection.settimeout(5)
                    try:
                        connection.sendall(f"{answer(connection.makefile().readline())}\n".encode())
                    except OSError:
                        # The one who asked was turned off while it waited.
                        continue


if __name__ == "__main__":
    serve()
    clear()
