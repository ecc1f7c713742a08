"""Files to which the agent adds lines, and what it leaves alone."""

import pytest

from ocf_lib import log_file
from ocf_lib.codes import ERR_ARGS, SUCCESS

from .double import Machine
from .worlds import run_keystone


@pytest.mark.parametrize(
    ("path", "kind", "content", "trouble"),
    [
        ("/var/log/new", None, None, ""),
        ("/var/log/empty", "file", "", ""),
        ("/var/log/cluster.log", "file", "continued\nNov 24 17:00:59 one pacemakerd: notice\n", ""),
        ("/var/log/link", "link", "2026-11-24T17:00:59.1 x\n", ""),
        ("trace", "file", "", "is not an absolute path"),
        ("/dev/tty", "device", None, "is a device"),
        ("/run/fifo", "FIFO", None, "is a FIFO"),
        ("/etc", "directory", None, "is a directory"),
        ("/etc/dangling", "link", None, "is a link"),
        ("/proc/1/mem", "file", "", "is a file of the kernel"),
        (
            "/etc/passwd",
            "file",
            "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www:/:\n",
            "has other contents than a log",
        ),
        ("/bin/sleep", "file", "\x7fELF\0\0", "has other contents than a log"),
    ],
)
def test_lines_are_added_to_logs_alone(cluster, path, kind, content, trouble, machine):
    """
    validate-all refuses anything else as a trace. Other actions say so and go on: monitoring mistakes stop nothing.
    """
    if content is not None:
        machine.files[path] = machine.files.tails[path] = content
    if kind:
        machine.files.kinds[path] = kind
    run_keystone(machine)
    assert log_file.refusal(machine, path) == trouble

    for settings in ({"trace_ra": "1", "trace_file": path}, {"environ": {"HA_LOGFILE": path, "HA_debug": "1"}}):
        assert cluster("monitor", **settings).code == SUCCESS
        assert (machine.files.get(path) == content) == bool(trouble)
        assert machine.itself.said == ([f"nothing is logged to {path!r}: it {trouble}\n"] if trouble else [])
        machine.itself.said.clear()
    if trouble and path.startswith("/"):
        seen = cluster("validate-all", trace_ra="1", trace_file=path)
        assert (seen.code, seen.reason) == (ERR_ARGS, f"keystone: trace_file: {path} {trouble}")


def test_dev_null_is_a_log_that_nobody_reads():
    """
    An operator who wants no log names it, and hears nothing.
    """
    machine = Machine()
    machine.files.kinds["/dev/null"] = "device"
    log_file.LogFile(machine, "/dev/null").append("x")

    assert machine.itself.said == []
    assert "/dev/null" not in machine.files
