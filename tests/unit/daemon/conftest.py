"""A systemd that answers."""

import pytest

from ..double import OK
from ..worlds import UWSGI


@pytest.fixture
def systemd(machine):
    """A systemd that knows keystone.service."""
    machine.files["/run/systemd/system/a"] = ""
    state = {"LoadState": "loaded", "ActiveState": "inactive", "MainPID": "0", "ControlGroup": ""}
    calls = []

    def ask(argv, seconds):
        assert argv[0] == "/usr/bin/systemctl"
        calls.append(argv[1])
        if argv[1] == "start":
            machine.process(42, UWSGI)
            machine.files["/sys/fs/cgroup/system.slice/keystone.service/cgroup.procs"] = "42\n"
            state.update(ActiveState="active", MainPID="42", ControlGroup="/system.slice/keystone.service")
        if argv[1] == "stop" and 42 in machine.processes:
            machine.kill(42)
            machine.files["/sys/fs/cgroup/system.slice/keystone.service/cgroup.procs"] = ""
            state.update(ActiveState="inactive", MainPID="0", ControlGroup="")
        return 0, "".join(f"{name}={value}\n" for name, value in state.items())

    machine.programs.ask = ask
    machine.answers("/v3", OK)
    return state, calls
