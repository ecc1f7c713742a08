"""Files of the host, in a directory of the test."""

import errno
import os
import posix
import pwd

import pytest

from ocf_lib.host import Host


def test_a_full_disk_leaves_no_half_file_behind(tmp_path, monkeypatch):
    """
    Each monitor left a part of a token in a full /run. The old file stays as it was.
    """
    (tmp_path / "token").write_text("old")

    def full(descriptor, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(posix, "write", full)
    for _ in range(3):
        with pytest.raises(OSError, match="No space left"):
            Host().files.write(str(tmp_path / "token"), "new", 0o600)

    assert [path.name for path in tmp_path.iterdir()] == ["token"]
    assert (tmp_path / "token").read_text() == "old"


def test_a_short_write_is_continued(tmp_path, monkeypatch):
    """
    A file system that is nearly full takes a part, and half a token was renamed into place.
    """
    really = posix.write
    monkeypatch.setattr(posix, "write", lambda descriptor, data: really(descriptor, data[:3]))

    Host().files.write(str(tmp_path / "token"), "ten letters", 0o600)

    assert (tmp_path / "token").read_text() == "ten letters"


def test_a_kind_is_that_of_the_path_itself(tmp_path):
    """
    A link is a link, wherever it leads.
    """
    (tmp_path / "file").write_text("")
    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "fifo")
    kinds = {path.name: Host().files.kind(str(path)) for path in tmp_path.iterdir()}

    assert kinds == {"file": "file", "directory": "directory", "link": "link", "dangling": "link", "fifo": "FIFO"}
    assert Host().files.kind("/dev/null") == "device"
    assert Host().files.kind(str(tmp_path / "none")) == Host().files.kind("a\0b") == ""


def test_a_killed_look_at_a_file_is_a_plain_reason(tmp_path, monkeypatch):
    """
    The OOM killer may have ended the process. That says nothing of the file.
    """
    monkeypatch.setattr("posix.open", lambda *_: os.kill(os.getpid(), 9))

    with pytest.raises(ChildProcessError, match="something killed the process that opens it"):
        Host().files.refusal(str(tmp_path), pwd.getpwuid(os.geteuid()).pw_name, 20)


@pytest.fixture
def given(monkeypatch):
    """What make_directory gives away, as (path, uid, gid)."""
    found = []
    monkeypatch.setattr(
        posix, "fchown", lambda fd, uid, gid: found.append((os.readlink(f"/proc/self/fd/{fd}"), uid, gid))
    )
    return found


def owned_by(monkeypatch, uid):
    """Every directory of the test belongs to this account."""
    for name in ("stat", "fstat"):
        really = getattr(posix, name)
        monkeypatch.setattr(posix, name, lambda which, really=really: _Seen(really(which), uid))


class _Seen:
    def __init__(self, seen, uid):
        self._seen, self.st_uid = seen, uid

    def __getattr__(self, name):
        return getattr(self._seen, name)


@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize(
    ("owner", "wanted", "gets"), [(0, (64, 65), True), (0, (0, 0), False), (64, (0, 0), False), (63, (64, 65), False)]
)
def test_a_directory_of_root_gets_the_owner(tmp_path, monkeypatch, given, is_there, owner, wanted, gets):
    """
    A daemon that runs as root may have made it first. What another account owns, and the parents, stay as they are.
    """
    path = tmp_path / "lock" / "octavia"
    if is_there:
        path.mkdir(parents=True)
    owned_by(monkeypatch, owner)
    Host().files.make_directory(str(path), 0o750, wanted)

    assert given == ([(str(path), *wanted)] if gets else [])
    assert path.stat().st_mode & 0o777 == (0o755 if is_there else 0o750)


@pytest.mark.parametrize("below", ["", "/inner"])
def test_nothing_is_given_away_through_a_link(tmp_path, monkeypatch, given, below):
    """
    Everybody may make a link in /run/lock.
    """
    (tmp_path / "etc" / "inner").mkdir(parents=True)
    (tmp_path / "lock").symlink_to("etc")
    owned_by(monkeypatch, 0)

    with pytest.raises(OSError, match="a link leads there, so its owner stays"):
        Host().files.make_directory(f"{tmp_path}/lock{below}", 0o755, (64, 65))
    assert given == []
