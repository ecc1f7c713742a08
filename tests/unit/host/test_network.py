"""The host's network, on the system that runs the tests."""

import contextlib
import os
import socket
import threading
import time

import pytest

from ocf_lib.host import Host, names, tcp


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


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_udp_port_is_found(family):
    """
    A socket that is bound to the port is found, and a TCP socket with the same number is not.
    """
    with socket.socket(family, socket.SOCK_DGRAM) as bound, socket.socket() as other:
        bound.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        port = bound.getsockname()[1]
        other.bind(("127.0.0.1", port))
        other.listen()
        assert Host().network.bound(str(port)) == {inode(bound)}
    assert Host().network.bound(str(port)) == set()


def test_a_unix_socket_is_found_while_it_listens(tmp_path):
    """
    Its connections and other sockets have other inodes, and nobody connects.
    """
    path = str(tmp_path / "with a blank.sock")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        assert Host().network.bound(path) == set()
        server.listen()
        client.connect(path)
        with server.accept()[0]:
            assert Host().network.bound(path) == {inode(server)}
        assert Host().network.bound(path[:-1]) == set()
    assert Host().network.bound(path) == set()


def test_a_process_that_is_gone_holds_no_socket():
    """
    The agent asks about processes that may end at any moment.
    """
    assert Host().network.sockets(4_194_304) == {}  # above the kernel's highest process id


def test_the_sockets_of_a_port_are_the_same_without_netlink(server, monkeypatch):
    """
    A container may lack sock_diag. Then the agent reads the list of all sockets.
    """
    network = Host().network
    address, port = server.getsockname()[:2]
    with socket.create_connection((address, port)) as connection:
        seen = network.listening(port), network.connected(port, {inode(connection)})
        asked = []

        def refuse(*wanted):
            asked.append(wanted)
            raise FileNotFoundError(2, "no such protocol")

        monkeypatch.setattr(tcp, "ask", refuse)
        assert (network.listening(port), network.connected(port, {inode(connection)})) == seen
        assert seen == ({inode(server)}, {inode(connection): address})
        assert len(asked) == 2


def test_an_unknown_host_has_no_address():
    """
    A name that nobody knows is no error.
    """
    wanted = ["no-such-host.invalid", "localhost", "192.0.2.1", "fd00:0::1"]
    found = Host().network.addresses(wanted, 20)

    assert found["no-such-host.invalid"] == []
    assert "127.0.0.1" in found["localhost"]
    assert (found["192.0.2.1"], found["fd00:0::1"]) == (["192.0.2.1"], ["fd00::1"])


def test_a_numeric_address_is_not_looked_up(monkeypatch):
    """
    No child process is made for it.
    """
    monkeypatch.setattr(names, "Aside", None)

    assert Host().network.addresses(["127.0.0.1", "::1"], 1) == {"127.0.0.1": ["127.0.0.1"], "::1": ["::1"]}


def test_names_are_looked_up_once_and_at_the_same_time(monkeypatch):
    """
    Three silent names cost the time of one, and are not asked for again. Nobody is left behind.
    """
    asked = []

    class Noted(names.Aside):
        def __init__(self, work, seconds):
            asked.append(seconds)
            super().__init__(work, seconds)

    monkeypatch.setattr(names, "Aside", Noted)
    monkeypatch.setattr(names, "_resolve", lambda name: time.sleep(600))
    network = Host().network
    began = time.monotonic()
    for _ in range(2):
        assert network.addresses(["a", "b", "c"], 0.5) == {"a": [], "b": [], "c": []}
    with pytest.raises(OSError, match="the name a cannot be resolved"):
        network.ask_greeting(("a", 1), b"", 60)

    assert len(asked) == 3
    assert time.monotonic() - began < 60
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_the_time_left_is_divided_between_the_addresses_of_a_server(monkeypatch):
    """
    Three addresses of one name are silent, or two, and the third one answers.
    """
    network = Host().network
    with socket.socket() as server, contextlib.ExitStack() as stack:
        server.bind(("127.0.0.1", 0))
        server.listen(1)
        port = server.getsockname()[1]
        silent = []
        for address in ("127.0.0.2", "127.0.0.3", "127.0.0.4"):
            # The queue of this socket is full, so the kernel drops what comes.
            one = stack.enter_context(socket.socket())
            one.bind((address, port))
            one.listen(0)
            stack.enter_context(socket.create_connection((address, port)))
            silent.append(address)
        found = {"three": silent, "two": [*silent[:2], "127.0.0.1"]}
        monkeypatch.setattr(network, "addresses", lambda wanted, seconds: {wanted[0]: found[wanted[0]]})

        began = time.monotonic()
        with pytest.raises(TimeoutError):
            network.ask_greeting(("three", port), b"", 0.9)
        assert 0.8 < time.monotonic() - began < 2.5

        stack.enter_context(greeter(server))
        assert network.ask_greeting(("two", port), b"", 6) == b"hello"


@contextlib.contextmanager
def greeter(server):
    """Greets one client."""

    def greet():
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"hello")

    thread = threading.Thread(target=greet, daemon=True)
    thread.start()
    yield
    thread.join(10)
