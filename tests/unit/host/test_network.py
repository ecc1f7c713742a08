"""The host's network, on the system that runs the tests."""

import os
import socket

import pytest

from ocf_lib.host import Host, listeners


@pytest.fixture(params=[socket.AF_INET, socket.AF_INET6], ids=["IPv4", "IPv6"])
def server(request):
    """A listening socket on loopback."""
    address = "127.0.0.1" if request.param == socket.AF_INET else "::1"
    with socket.socket(request.param) as made:
        try:
            made.bind((address, 0))
        except OSError as problem:
            pytest.skip(f"{address}: {problem}")
        made.listen()
        yield made


def inode(connection) -> str:
    return str(os.fstat(connection.fileno()).st_ino)


def test_sockets_of_a_process_are_found_by_port_and_address(server):
    """
    Both the listener and the connection belong to this process.
    """
    host = Host()
    address, port = server.getsockname()[:2]
    with socket.create_connection((address, port)) as connection:
        assert inode(server) in host.network.listening(port)
        held = host.network.sockets(os.getpid())
        assert held[inode(server)] == server.fileno()
        assert held[inode(connection)] == connection.fileno()
        assert host.network.socket(os.getpid(), connection.fileno()) == inode(connection)
        assert host.network.socket(os.getpid(), 0) == ""
        assert host.network.connected(port, set(held)) == {inode(connection): address}
        assert host.network.connected(port, {"1"}) == {}
        assert inode(connection) not in host.network.listening(port)
        assert host.network.servers(port) == [(os.getpid(), address)]
        assert host.network.connected(port + 1 if port < 65535 else port - 1, set(held)) == {}


def test_an_ipv4_connection_of_an_ipv6_socket_is_found():
    """
    A dual-stack connection goes to an IPv4 address, and is found by that.
    """
    with socket.socket() as server, socket.socket(socket.AF_INET6) as connection:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        connection.connect(("::ffff:127.0.0.1", port))
        assert Host().network.connected(port, {inode(connection)}) == {inode(connection): "127.0.0.1"}


def test_a_unix_socket_without_a_listener_is_refused(tmp_path):
    """
    The reasons of a socket that nobody listens on, and of none at all, differ.
    """
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        assert Host().network.refusal(path, 1) is None
    assert Host().network.refusal(path, 1) == "Connection refused"
    assert Host().network.refusal(f"{path}x", 1) == "No such file or directory"


def test_a_process_that_is_gone_holds_no_socket():
    """
    The agent asks about processes that may end at any moment.
    """
    assert Host().network.sockets(4_194_304) == {}  # above the kernel's highest process id


def test_an_unknown_host_has_no_address():
    """
    A name that nobody knows is no error.
    """
    assert Host().network.addresses("no-such-host.invalid") == set()


def test_the_kernel_names_listeners_with_and_without_netlink(server, monkeypatch):
    """
    Netlink and /proc/net/tcp say the same. A kernel without sock_diag, or a sandbox, refuses netlink.
    """
    network, port = Host().network, server.getsockname()[1]
    with socket.create_connection(server.getsockname()[:2]):
        assert listeners.on(port) == {inode(server)}

        def refused(*_):
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(listeners, "_request", refused)
        assert network.listening(port) == {inode(server)}


def test_an_error_of_netlink_is_an_error(server, monkeypatch):
    """
    The kernel answers a request for a family that it does not know with an error.
    """
    request = listeners._request(socket.AF_INET)
    monkeypatch.setattr(listeners, "_request", lambda family: request[:4] + b"\xff\x7f" + request[6:])

    with pytest.raises(OSError, match="Invalid argument"):
        listeners.on(server.getsockname()[1])
