"""What the kernel's texts say, read from texts that real kernels gave (``proc/``; Linux 6.18, x86_64)."""

import sys
from pathlib import Path

import pytest

from ocf_lib.host import kernel

PROC = Path(__file__).with_name("proc")
LITTLE_ENDIAN = pytest.mark.skipif(sys.byteorder != "little", reason="the texts are of a little-endian machine")


def text(name: str) -> str:
    return (PROC / name).read_text()


def test_a_command_name_with_parentheses_hides_no_field():
    """
    The process called itself "a) R 7 (b". The agent still reads its parent, session, start and name.
    """
    assert kernel.stat(text("stat.name-with-parentheses")) == ("R", 30565, 1131, 131673, "a) R 7 (b")


def test_an_empty_stat_is_no_process():
    """
    The file of a process that has just ended is empty.
    """
    assert kernel.stat("") is None


@pytest.mark.parametrize(
    ("name", "group"),
    [("cgroup.hybrid", "/system.slice/dbus.service"), ("cgroup.unified", "/system.slice/keystone.service")],
)
def test_the_control_group_is_systemds(name, group):
    """
    A hybrid host has two hierarchies, and systemd's counts. A unified host has one.
    """
    assert kernel.control_group(text(name)) == group
    assert kernel.control_group("") == ""


def test_the_mark_is_a_whole_name():
    """
    A variable whose name only begins alike is another one.
    """
    environ = "PATH=/bin\0OPENSTACK_RESOURCE_X=a\0OPENSTACK_RESOURCE=keystone/p_keystone\0"

    assert kernel.setting(environ, "OPENSTACK_RESOURCE") == "keystone/p_keystone"
    assert kernel.setting(environ, "HOME") == ""


@LITTLE_ENDIAN
@pytest.mark.parametrize(
    ("name", "connections"),
    [
        ("tcp.txt", [("161376", "127.0.0.1")]),
        ("tcp6.txt", [("161380", "127.0.0.1"), ("161379", "::1")]),
    ],
)
def test_only_established_connections_to_the_port_are_found(name, connections):
    """
    Each comes with the address of the other side. An IPv4 address in an IPv6 socket is the IPv4 address.
    """
    lines = [kernel.tcp(line) for line in text(name).splitlines() if kernel.established(5672) in line]

    assert [(inode, kernel.address(remote)) for _, remote, inode in lines] == connections


@pytest.mark.parametrize(("name", "inode"), [("tcp.txt", "161375"), ("tcp6.txt", "161378")])
def test_only_a_listener_on_the_port_is_found(name, inode):
    """
    The text also has connections to this port, and a listener on another one.
    """
    lines = [kernel.tcp(line) for line in text(name).splitlines() if kernel.LISTENS in line]

    assert [found for local, _, found in lines if kernel.is_at(local, 5672)] == [inode]


@pytest.mark.parametrize(
    ("target", "inode"),
    [("socket:[161375]", "161375"), ("pipe:[7]", ""), ("/dev/null", ""), ("anon_inode:[eventpoll]", "")],
)
def test_only_a_socket_has_the_inode_of_a_socket(target, inode):
    """
    A pipe, a file and a poller have none.
    """
    assert kernel.socket(target) == inode
