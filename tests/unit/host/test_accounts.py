"""Who an account is, and in which groups: from files at once, and from elsewhere only for a while."""

import os
import pwd
import time

import pytest

from ocf_lib.host import Host, accounts, aside

ME = pwd.getpwuid(os.geteuid())


@pytest.fixture(autouse=True)
def _nothing_is_known(monkeypatch):
    monkeypatch.setattr(accounts, "_accounts", {})
    monkeypatch.setattr(accounts, "_groups", {})


def test_a_local_account_is_found_without_the_c_library(monkeypatch):
    """
    It asks nobody who may hang.
    """
    monkeypatch.setattr(aside, "Aside", None)

    assert Host().processes.account(ME.pw_name, 5) == (ME.pw_uid, ME.pw_gid, ME.pw_dir)


def test_an_account_from_elsewhere_is_found_too(monkeypatch):
    """
    The C library knows it, but the file does not.
    """
    monkeypatch.setattr(accounts, "local", lambda name, path: None)

    assert Host().processes.account(ME.pw_name, 20) == (ME.pw_uid, ME.pw_gid, ME.pw_dir)
    assert Host().processes.account("nobody-of-this-name", 20) is None


def test_the_groups_are_those_of_the_c_library():
    """
    A directory may give further groups to a local account.
    """
    assert sorted(accounts.groups(ME.pw_name, ME.pw_gid, 20)) == sorted(os.getgrouplist(ME.pw_name, ME.pw_gid))


def test_a_silent_directory_is_abandoned(monkeypatch):
    """
    A look-up in a dead LDAP would take minutes.
    """
    monkeypatch.setattr(accounts, "_elsewhere", lambda name: time.sleep(600))

    with pytest.raises(TimeoutError, match="nobody says within 0 s who user nobody-of-this-name is"):
        Host().processes.account("nobody-of-this-name", 0.3)


@pytest.mark.parametrize("ask", ["accounts.identity", "programs.run_as", "files.refusal"])
def test_a_silent_directory_of_groups_takes_no_more_time_than_is_given(tmp_path, monkeypatch, ask):
    """
    The account is in /etc/passwd, but LDAP may have further groups for it. Nobody waits longer for it than asked for.
    """
    monkeypatch.setattr("posix.geteuid", lambda: 0)
    monkeypatch.setattr("posix.getgrouplist", lambda name, gid: time.sleep(600))
    name, began = ME.pw_name, time.monotonic()

    if ask == "programs.run_as":
        assert Host().programs.run_as(name, ["/bin/true"], "", 0.3) is None
    elif ask == "files.refusal":
        with pytest.raises(TimeoutError, match=f"nobody says within 0 s who user {name} is"):
            Host().files.refusal(str(tmp_path), name, 0.3)
    else:
        with pytest.raises(TimeoutError):
            accounts.identity(name, 0.3)
    assert time.monotonic() - began < 4


def test_a_system_without_room_for_a_process_says_nothing(monkeypatch):
    """
    A stop needs the account only to find the daemon, and never fails for the lack of it.
    """

    def full():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("posix.fork", full)

    with pytest.raises(TimeoutError):
        Host().processes.account("nobody-of-this-name", 0.3)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("nova:x:64060:64061:Nova,,:/var/lib/nova:/bin/sh", (64060, 64061, "/var/lib/nova")),
        ("nova-x:x:1:1::/:/bin/sh", None),
        ("nova:x::", None),
        ("nova", None),
        ("+", None),
    ],
)
def test_a_line_of_passwd_is_read_exactly(tmp_path, line, found):
    """
    A broken line is no account: the C library decides then.
    """
    (tmp_path / "passwd").write_text(f"root:x:0:0:root:/root:/bin/sh\n{line}\n")

    assert accounts.local("nova", str(tmp_path / "passwd")) == found
