"""Whatever a server does to us: the right code, one line, no traceback, inside the deadline."""

import os
import pwd
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.box.machine import wait_for

from .test_promises import HEAVY, imported

STAND_IN = Path(__file__).with_name("stand_in.py")
GENERIC, DEGRADED, SUCCESS = 1, 190, 0
CREDENTIALS = {"os_username": "u", "os_password": "s3cr3t", "os_project_name": "p"}
CAN_SIGN_IN = (
    subprocess.run(["/usr/bin/python3", "-c", "import keystoneauth1"], capture_output=True, check=False).returncode == 0
)


@pytest.fixture
def monitor(installed, tmp_path):
    """Start a stand-in with a vice, and monitor it as an agent's daemon."""
    started = []

    def run(stage, vice, timeout=6, importtime=False, again=False, **params):
        config = tmp_path / "stand-in.conf"
        if not again:
            started.append(subprocess.Popen([sys.executable, STAND_IN, "--config-file", config, stage, vice]))
        port = wait_for(lambda: config.exists() and config.read_text().strip(), 10, "the stand-in to listen")
        (tmp_path / "p.pid").write_text(f"{started[-1].pid}\n")
        env = {
            "HA_RSCTMP": str(tmp_path),
            "OCF_RESOURCE_INSTANCE": "p",
            "OCF_RESKEY_CRM_meta_interval": "1000",
            "OCF_RESKEY_CRM_meta_timeout": str(timeout * 1000),
            "OCF_RESKEY_watch_time": "0",
            "OCF_RESKEY_binary": str(STAND_IN),
            "OCF_RESKEY_config": str(config),
            "OCF_RESKEY_user": pwd.getpwuid(os.getuid()).pw_name,
            "OCF_RESKEY_url": f"http://127.0.0.1:{port}/v3",
            # A proxy of the administrator's shell must not get to see any of it.
            "http_proxy": "http://127.0.0.1:9/",
            **{f"OCF_RESKEY_{name}": value for name, value in params.items()},
        }
        agent = installed / "usr/lib/ocf/resource.d/openstack/keystone"
        began = time.monotonic()
        command = ["/usr/bin/python3", "-ISX", "importtime"] if importtime else []
        done = subprocess.run(
            [*command, agent, "monitor"], env=env, capture_output=True, text=True, check=False, timeout=60
        )
        assert time.monotonic() - began < timeout
        assert "Traceback" not in done.stderr
        assert done.stderr.count("ocf-exit-reason:") == (done.returncode != SUCCESS)
        assert "s3cr3t" not in done.stderr
        assert done.stdout == ""
        if importtime:
            return done.returncode, imported(done.stderr)
        return done.returncode, done.stderr.strip().rpartition("ocf-exit-reason:")[2]

    yield run
    for process in started:
        process.kill()
        process.wait()


def test_asking_the_api_imports_nothing_heavy(monitor):
    """
    A check of the API imports nothing that costs more than the check itself.
    """
    code, modules = monitor("none", "well", importtime=True)

    assert code == SUCCESS
    assert modules & HEAVY == set()


@pytest.mark.skipif(
    not CAN_SIGN_IN, reason="LEFT OUT: /usr/bin/python3 has no keystoneauth1 (apt install python3-keystoneauth1)"
)
def test_a_monitor_with_a_token_imports_nothing_heavy(monitor):
    """
    The first monitor signs in. The next one uses its token, and imports neither keystoneauth1 nor another heavy module.
    """
    first, _ = monitor("none", "well", timeout=20, **CREDENTIALS)
    code, modules = monitor("none", "well", timeout=20, importtime=True, again=True, **CREDENTIALS)

    assert (first, code) == (SUCCESS, SUCCESS)
    assert modules & HEAVY == set()


@pytest.mark.parametrize(
    ("vice", "reason"),
    [
        ("drip", "does not answer in"),
        ("hang", "does not answer in"),
        ("html", "answers text/html instead of application/json"),
        ("close", "closes the connection without an answer"),
        ("garbage", "does not speak HTTP"),
        ("forbid", "answers 403"),
    ],
)
def test_a_bad_answer_without_credentials_is_the_daemons_fault(monitor, vice, reason):
    """
    Monitor returns 1 and says what the server did.
    """
    code, said = monitor("health", vice)

    assert code == GENERIC
    assert reason in said


def test_a_redirect_is_well_and_is_not_followed(monitor):
    """
    A redirect is an answer of a living API. The agent does not ask where it leads.
    """
    assert monitor("health", "redirect")[0] == SUCCESS


def test_a_header_without_end_is_cut_and_judged(monitor):
    """
    The agent reads 64 KiB of it, and judges what they say.
    """
    code, said = monitor("health", "endless_header")

    assert (code, "answers something instead of application/json" in said) == (GENERIC, True)


@pytest.mark.skipif(
    not CAN_SIGN_IN, reason="LEFT OUT: /usr/bin/python3 has no keystoneauth1 (apt install python3-keystoneauth1)"
)
@pytest.mark.parametrize(
    ("vice", "code", "reason"),
    [
        ("well", SUCCESS, ""),
        ("drip", GENERIC, "does not let user u sign in within"),
        ("hang", GENERIC, "does not let user u sign in within"),
        ("close", GENERIC, "user u cannot sign in at"),
        ("garbage", GENERIC, "user u cannot sign in at"),
        ("html", GENERIC, "the answer makes no sense"),
        ("bad_json", GENERIC, "the answer makes no sense"),
        ("no_token", GENERIC, "the answer makes no sense"),
        ("redirect", GENERIC, "the answer makes no sense"),
        ("refuse", DEGRADED, "refuses user u: 401"),
        ("forbid", DEGRADED, "refuses user u: 403"),
    ],
)
def test_a_refused_login_is_degraded_and_a_senseless_one_an_error(monitor, vice, code, reason):
    """
    If Keystone refuses our password, nobody is at fault. If it gives no sensible answer, the daemon is.
    """
    seen, said = monitor("login", vice, timeout=10, **CREDENTIALS)

    assert (seen, reason in said) == (code, True), said


@pytest.mark.skipif(
    not CAN_SIGN_IN, reason="LEFT OUT: /usr/bin/python3 has no keystoneauth1 (apt install python3-keystoneauth1)"
)
@pytest.mark.parametrize(
    ("vice", "code"),
    [("well", SUCCESS), ("drip", GENERIC), ("close", GENERIC), ("refuse", DEGRADED), ("forbid", DEGRADED)],
)
def test_a_signed_in_question_is_judged_as_declared(monitor, vice, code):
    """
    A refusal is degraded; silence and a closed connection are the daemon's fault.
    """
    assert monitor("question", vice, timeout=10, **CREDENTIALS)[0] == code
