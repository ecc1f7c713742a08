"""A broker, and a crowd of TCP sockets beside it; runs in a host of the box.

    crowd.py SOCKETS READY

Of the SOCKETS, 600 belong to connections to the broker, as on a controller.
The file READY says that all are there.
"""

import resource
import socket
import sys
import time

AMQP = 5672
TO_THE_BROKER = 600


def main():
    sockets, ready = int(sys.argv[1]), sys.argv[2]
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    broker, other = (socket.create_server(("127.0.0.1", port)) for port in (AMQP, 0))
    held = []
    while len(held) < sockets:
        listener = broker if len(held) < TO_THE_BROKER else other
        held.append(socket.create_connection(listener.getsockname()))
        held.append(listener.accept()[0])
    open(ready, "w").close()
    # The worker that connects next stays in the queue of the broker.
    time.sleep(3600)


if __name__ == "__main__":
    main()
