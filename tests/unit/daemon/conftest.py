"""A systemd that answers."""

import pytest

from ..double import OK
from ..worlds import UWSGI

KEYSTONE = "/system.slice/keystone.service"


@pytest.fixture
def systemd(machine):
    """A systemd that knows keystone.service, and makes scopes; what it is asked is noted."""
    machine.files["/run/systemd/system/a"] = ""
    machine.files["/lib/systemd/system/keystone.service"] = ""
    state = {"LoadState": "loaded", "ActiveState": "inactive", "MainPID": "0", "ControlGroup": ""}
    calls = []

    def ask(argv, seconds):
        if argv[0] == "/usr/bin/busctl":
            calls.append("scope")
            pid = int(argv[argv.index("PIDs") + 3])
            machine.groups[pid] = f"/system.slice/{argv[argv.index('ssa(sv)a(sa(sv))') + 1]}"
            return 0, ""
        if argv[0] == "/usr/bin/journalctl":
            return 0, state.get("journal", "")
        assert argv[0] == "/usr/bin/systemctl"
        calls.append(argv[1])
        if argv[1] == "start":
            machine.groups[machine.process(42, UWSGI)] = KEYSTONE
            state.update(ActiveState="active", MainPID="42", ControlGroup=KEYSTONE)
        if argv[1] == "stop":
            if 42 in machine.processes:
                machine.kill(42)
            state.update(ActiveState="inactive", MainPID="0", ControlGroup="")
        return 0, "".join(f"{name}={value}\n" for name, value in state.items())

    machine.programs.ask = ask
    machine.answers("/v3", OK)
    return state, calls
