"""What the kernel says about sockets by netlink, read from bytes that a real kernel gave (Linux 6.18, x86_64)."""

import socket
import sys

import pytest

from ocf_lib.host import kernel, tcp

pytestmark = pytest.mark.skipif(sys.byteorder != "little", reason="the bytes are of a little-endian machine")

# The same as ss(8) of iproute2 sends for "dport = 45026".
REQUEST = "5c0000001400010301000000000000000206000002000000" + 48 * "00" + "14000100040814000000e2af05080c000000e2af"
IPV4 = (
    "7c00000014000200010000004848000002010000b046e2af7f0000010000000000000000000000007f0000010000000000000000000000000000"
    "00001f100000000000000000000000000000000000000000000087134b00050008000000000008000f00000000000c0015000100000000000000"
    "0600160052000000"
)
MAPPED = (
    "7c0000001400020001000000484800000a010000b054e2af00000000000000000000ffff7f00000100000000000000000000ffff7f0000010000"
    "000020100000000000000000000000000000000000000000000088134b00050008000000000008000f00000000000c0015000100000000000000"
    "0600160012000000"
)
DONE = "1400000003000200010000004848000000000000"
REFUSED = "70000000020000000100000048480000eaffffff" + REQUEST


def test_a_request_selects_by_state_and_port():
    """
    The filter is two comparisons with the port of the other side, which older kernels know, too.
    """
    assert tcp.request(socket.AF_INET, tcp.ESTABLISHED, tcp.TO, 0xAFE2).hex() == REQUEST


@pytest.mark.parametrize(("message", "inode"), [(IPV4, "4920199"), (MAPPED, "4920200")])
def test_a_message_holds_the_inode_and_the_other_side(message, inode):
    """
    An IPv4 address in an IPv6 socket is the IPv4 address.
    """
    found, is_last = tcp.rows(bytes.fromhex(message))

    assert not is_last
    assert [tcp.inode(one) for one in found] == [inode]
    assert found[0][tcp.INODE] == tcp.inode_bytes(inode)
    assert kernel.ip(tcp.remote(found[0])) == kernel.ip(tcp.local(found[0])) == "127.0.0.1"


def test_an_answer_has_several_messages_and_an_end():
    """
    The kernel sends as many messages in one piece as fit.
    """
    found, is_last = tcp.rows(bytes.fromhex(IPV4 + MAPPED + DONE))

    assert ([tcp.inode(one) for one in found], is_last) == (["4920199", "4920200"], True)
    assert tcp.rows(bytes.fromhex(DONE)) == ([], True)


@pytest.mark.parametrize("answer", [REFUSED, "10000000140002000100000048480000", "00000000140002000100000048480000"])
def test_a_refusal_or_nonsense_is_an_error(answer):
    """
    The kernel knows no such protocol, or something else answers in its place.
    """
    with pytest.raises(OSError, match=r"Invalid argument|makes no sense"):
        tcp.rows(bytes.fromhex(answer))
