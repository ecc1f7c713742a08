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
    The process called itself "a) R 7 (b"; its parent, session and start are read all the same.
    """
    assert kernel.stat(text("stat.name-with-parentheses")) == ("R", 30565, 1131, 131673)


def test_no_stat_is_no_process():
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
    Of the two hierarchies of a hybrid host it is the one that systemd uses, and the only one of a unified host.
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
def test_connections_to_a_port(name, connections):
    """
    Those whose other side has the port, established, with the address of that side; IPv4 in IPv6 is IPv4.
    """
    lines = [kernel.tcp(line) for line in text(name).splitlines() if kernel.established(5672) in line]

    assert [(inode, kernel.address(remote)) for _, remote, inode in lines] == connections


@pytest.mark.parametrize(("name", "inode"), [("tcp.txt", "161375"), ("tcp6.txt", "161378")])
def test_listeners_on_a_port(name, inode):
    """
    Only a listening socket, and only on this port: 2024 listens there, too.
    """
    lines = [kernel.tcp(line) for line in text(name).splitlines() if kernel.LISTENS in line]

    assert [found for local, _, found in lines if kernel.is_at(local, 5672)] == [inode]


@pytest.mark.parametrize(
    ("target", "inode"),
    [("socket:[161375]", "161375"), ("pipe:[7]", ""), ("/dev/null", ""), ("anon_inode:[eventpoll]", "")],
)
def test_a_descriptor_that_is_a_socket(target, inode):
    """
    Pipes, files and pollers are none.
    """
    assert kernel.socket(target) == inode
