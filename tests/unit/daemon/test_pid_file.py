"""The pid file, and what stands at its path and is none."""

import pytest

from ocf_lib.codes import ERR_ARGS, ERR_CONFIGURED, SUCCESS

from ..worlds import run_keystone


@pytest.mark.parametrize(
    ("path", "kind", "content", "reason"),
    [
        ("/dev/null", "device", None, "pid: /dev/null is a device"),
        ("/etc/keystone", "directory", None, "pid: /etc/keystone is a directory"),
        ("/bin/sleep", "file", "\x7fELF", "pid: /bin/sleep is no pid file"),
        ("/etc/passwd", "file", "root:x:0:0::/root:/bin/sh\n", "pid: /etc/passwd is no pid file"),
        ("/etc/motd", "link", None, "pid: /etc/motd is a link"),
        ("/etc/lots", "file", "1" * 5000, "pid: /etc/lots is no pid file"),
    ],
)
def test_what_is_no_pid_file_is_refused_and_stays(cluster, healthy, path, kind, content, reason):
    """
    A stop with pid=/dev/null deleted the device of the host, and a start put a number in its place.
    """
    if content is not None:
        healthy.files[path] = content
    healthy.files.kinds[path] = kind

    for action in ("start", "validate-all"):
        seen = cluster(action, pid=path)
        assert (seen.code, seen.reason) == (ERR_ARGS, f"keystone: {reason}")
    assert healthy.programs.launched == []
    run_keystone(healthy)
    assert cluster("monitor", pid=path).code == SUCCESS
    assert cluster("monitor", pid=path, interval=1, watch_time="0").code == SUCCESS
    assert cluster("stop", pid=path).code == SUCCESS
    assert healthy.processes == {}
    assert healthy.files.get(path) == content


def test_a_relative_path_is_refused_and_nothing_is_removed(cluster, healthy):
    """
    The directory of an agent is Pacemaker's business.
    """
    healthy.files["keystone.pid"] = "42\n"

    assert cluster("validate-all", pid="keystone.pid").code == ERR_CONFIGURED
    assert cluster("start", pid="keystone.pid").code == ERR_ARGS
    assert cluster("stop", pid="keystone.pid").code == SUCCESS
    assert healthy.files["keystone.pid"] == "42\n"


def test_a_full_run_directory_bans_nothing(cluster, healthy):
    """
    The launch succeeds without record and pid file, with a warning, and the daemon is found by a search.
    """
    for name in ("p_keystone.pid", "p_keystone.launched", "p_keystone.monitor-1000", "p_keystone.not-yet-1000"):
        healthy.files.broken[f"/run/resource-agents/{name}"] = "No space left on device"

    assert cluster("start").code == SUCCESS
    assert cluster("monitor").code == SUCCESS
    assert cluster("monitor", interval=1, watch_time="0").code == SUCCESS
    assert cluster("reload-agent").code == SUCCESS
    assert cluster("stop").code == SUCCESS
    assert healthy.processes == {}
    said = [text for level, text in healthy.itself.logged if level == "warning"]
    assert any("p_keystone.launched: No space left on device" in text for text in said)
