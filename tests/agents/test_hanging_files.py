"""A FIFO where a file should be: nobody writes to it, so whoever opens it would wait for ever."""

import os
import pwd
import subprocess
import time
from types import SimpleNamespace

import pytest

TIMEOUT = 20


@pytest.fixture
def worker(installed, tmp_path):
    """A nova-scheduler that runs, with a function that calls its agent as Pacemaker does."""
    program = tmp_path / "worker"
    program.write_text("#!/usr/bin/python3\nimport time\ntime.sleep(600)\n")
    program.chmod(0o755)
    config = tmp_path / "nova.conf"
    config.write_text("[DEFAULT]\n")
    run = tmp_path / "run"
    run.mkdir()
    params = {
        "user": pwd.getpwuid(os.geteuid()).pw_name,
        "binary": str(program),
        "config": str(config),
        "zeromq": "true",
        "watch_time": "0",
        "CRM_meta_timeout": str(TIMEOUT * 1000),
        "CRM_meta_interval": "1000",
    }

    def call(action, environ=None, **more):
        """(exit status, exit reason, seconds)"""
        given = {f"OCF_RESKEY_{name}": value for name, value in {**params, **more}.items()}
        env = {"OCF_RESOURCE_INSTANCE": "p", "HA_RSCTMP": str(run), **given, **(environ or {})}
        agent = installed / "usr/lib/ocf/resource.d/openstack/nova-scheduler"
        began = time.monotonic()
        done = subprocess.run([agent, action], env=env, capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stderr.partition("ocf-exit-reason:")[2].strip(), time.monotonic() - began

    with subprocess.Popen([program, f"--config-file={config}"]) as process:
        (run / "p.pid").write_text(f"{process.pid}\n")
        fifo = tmp_path / "fifo"
        os.mkfifo(fifo)
        yield SimpleNamespace(call=call, run=run, config=config, fifo=str(fifo))
        process.kill()


SIGN_IN = {"os_username": "admin", "os_project_name": "admin", "os_auth_url": "http://127.0.0.1:1/v3"}


@pytest.mark.parametrize(
    ("params", "environ", "code", "reason"),
    [
        ({"trace_ra": "1", "trace_file": "FIFO"}, {}, 0, ""),
        ({"pid": "FIFO"}, {}, 0, ""),
        ({"os_password_file": "FIFO", **SIGN_IN}, {}, 190, "os_password_file: FIFO: Not a regular file"),
        ({}, {"HA_LOGFILE": "FIFO", "HA_debug": "1"}, 0, ""),
    ],
)
def test_a_fifo_of_the_operator_holds_up_no_monitor(worker, params, environ, code, reason):
    """
    Nothing is read or written there, and a reason names it if the monitor needs it.
    """
    named = {name: worker.fifo if value == "FIFO" else value for name, value in params.items()}
    seen = worker.call("monitor", {k: worker.fifo if v == "FIFO" else v for k, v in environ.items()}, **named)

    assert seen[0] == code, seen
    assert reason.replace("FIFO", worker.fifo) in seen[1]
    assert seen[2] < TIMEOUT


@pytest.mark.parametrize(("action", "code"), [("monitor", 190), ("stop", 0), ("validate-all", 5)])
def test_a_fifo_in_place_of_the_configuration_holds_up_no_action(worker, action, code):
    """
    The daemon runs, and somebody has replaced its file. So nobody can tell which broker the daemon needs.
    """
    worker.config.unlink()
    os.mkfifo(worker.config)
    seen = worker.call(action, OCF_CHECK_LEVEL="10", zeromq="false")

    assert seen[0] == code, seen
    assert seen[2] < TIMEOUT


@pytest.mark.parametrize("name", ["launched", "token", "monitor-1000", "shown"])
def test_a_fifo_among_the_notes_holds_up_no_monitor(worker, name):
    """
    A note helps, but never decides.
    """
    os.mkfifo(worker.run / f"p.{name}")
    code, reason, seconds = worker.call("monitor", os_password="x", **SIGN_IN)

    assert code == 190, reason
    assert seconds < TIMEOUT
