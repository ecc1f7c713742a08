"""Lines for the system log, whether somebody reads them or not."""

import re
import socket
import time

import pytest

from ocf_lib.host import Host, system_log


@pytest.fixture
def journal(tmp_path, monkeypatch):
    """The socket of a journald that reads only if the test does."""
    monkeypatch.setattr(system_log, "PLACE", str(tmp_path / "log"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(tmp_path / "log"))
        yield made


def test_a_line_has_the_form_of_syslog_3(journal):
    """
    Priority and facility, date, tag and text: journald and rsyslog take it apart.
    """
    Host().itself.syslog("local3", "warning", "keystone(p)[7]", "WARNING: Größe")

    line = journal.recv(65536).decode()
    assert re.fullmatch(r"<156>[A-Z][a-z]{2} [ 123]\d \d\d:\d\d:\d\d keystone\(p\)\[7\]: WARNING: Größe", line), line


def test_a_journal_that_hangs_holds_up_nothing(journal):
    """
    syslog(3) would wait until somebody reads. What is lost is what nobody could read.
    """
    host, began = Host(), time.monotonic()
    for number in range(2000):
        host.itself.syslog("daemon", "info", "t", str(number))

    assert time.monotonic() - began < 10
    assert journal.recv(65536).endswith(b" t: 0")


def test_a_reader_of_streams_gets_its_lines(tmp_path, monkeypatch):
    """
    syslog-ng may open /dev/log so. syslog(3) then connects, and ends each line with a NUL.
    """
    monkeypatch.setattr(system_log, "PLACE", str(tmp_path / "log"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        made.bind(str(tmp_path / "log"))
        made.listen()
        made.settimeout(5)
        Host().itself.syslog("daemon", "info", "t", "text")

        with made.accept()[0] as connection:
            assert connection.recv(65536).endswith(b" t: text\0")


def test_a_host_without_a_system_log_fails_nothing(monkeypatch):
    """
    The agent has nobody else to tell.
    """
    monkeypatch.setattr(system_log, "PLACE", "/nowhere/log")

    Host().itself.syslog("daemon", "info", "t", "text")
