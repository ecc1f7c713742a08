"""The launch of a daemon, with real processes of the account that runs the tests."""

import contextlib
import os
import pwd
import signal
import subprocess
import time
from pathlib import Path

import pytest

from ocf_lib.host import Host
from ocf_lib.host.launch import Launch

USER = pwd.getpwuid(os.geteuid()).pw_name


@pytest.fixture
def launch(tmp_path):
    """Launch a shell; whatever still runs is ended."""
    made = []

    def perform(*argv, log="log", **environment) -> Launch:
        made.append(Launch(list(argv), USER, environment, str(tmp_path), str(tmp_path / log)))
        return made[-1]

    yield perform
    for one in made:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(one.pid, signal.SIGKILL)
            os.waitpid(one.pid, 0)


def wait(pid) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_nothing_runs_before_the_word(launch, tmp_path):
    """
    The agent puts the child into its control group first, so no daemon runs that nobody knows.
    """
    child = launch("/bin/sh", "-c", "echo began")
    time.sleep(0.2)
    assert (tmp_path / "log").read_text() == ""
    assert Host().processes.stat(child.pid)[2] == child.pid

    child.go(60)
    assert wait(child.pid) == 0
    assert (tmp_path / "log").read_text() == "began\n"


def test_a_child_whose_agent_dies_does_nothing(tmp_path):
    """
    Pacemaker kills an agent at its timeout, perhaps just between the fork and the word.
    """
    code = (
        "import os, sys; sys.path.insert(0, '.'); from ocf_lib.host.launch import Launch;"
        f"print(Launch(['/bin/sh', '-c', 'echo began'], {USER!r}, {{}}, '/', {str(tmp_path / 'log')!r}).pid, flush=True);"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(["/usr/bin/python3", "-c", code], stdout=subprocess.PIPE, text=True, check=False, timeout=60)
    assert done.returncode == -9
    until = time.monotonic() + 30
    while Path(f"/proc/{int(done.stdout)}").exists() and time.monotonic() < until:
        time.sleep(0.05)

    assert not Path(f"/proc/{int(done.stdout)}").exists()
    assert (tmp_path / "log").read_text() == ""


def test_a_daemon_inherits_nothing_of_the_agent(launch, tmp_path):
    """
    It has its own environment, directory, umask and session, an empty input, and no open file of Pacemaker.
    """
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    child = launch("/bin/sh", "-c", "pwd; umask; env | grep -v ^PWD; ls /proc/$$/fd; cat; kill -PIPE $$", A="1")
    child.go(60)
    assert wait(child.pid) == -signal.SIGPIPE
    os.close(reading)
    os.close(writing)

    assert (tmp_path / "log").read_text().split() == [str(tmp_path), "0022", "A=1", "0", "1", "2"]
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o640


def test_a_program_that_cannot_be_executed_is_an_error_of_the_launch(launch, tmp_path):
    """
    The agent hears which error it was, and no child is left.
    """
    (tmp_path / "text").write_text("")
    for path, number in (("/nowhere", 2), (str(tmp_path / "text"), 13)):
        child = launch(path)
        with pytest.raises(OSError, match=r"\w") as caught:
            child.go(60)
        assert caught.value.errno == number
        assert Host().processes.stat(child.pid) is None


@pytest.mark.parametrize("kind", ["fifo", "link", "directory"])
def test_the_output_goes_to_a_file_alone(launch, tmp_path, kind):
    """
    A FIFO that nobody reads would hold up the agent.
    """
    make = {"fifo": os.mkfifo, "link": lambda path: path.symlink_to("elsewhere"), "directory": os.mkdir}[kind]
    make(tmp_path / "log")

    with pytest.raises(OSError, match=r"\w"):
        launch("/bin/true")
    assert not (tmp_path / "elsewhere").exists()


def test_limits_are_set_as_far_as_the_host_allows(launch, tmp_path):
    """
    A limit that is too high for this host becomes the highest that it has.
    """
    child = launch("/bin/sh", "-c", "ulimit -n; ulimit -c")
    child.limit({"NOFILE": (64, 128), "CORE": (0, 0)})
    child.limit({"NOFILE": (1 << 40, 1 << 40)} if os.geteuid() else {})
    child.go(60)
    wait(child.pid)

    assert (tmp_path / "log").read_text().split() == (["128", "0"] if os.geteuid() else ["64", "0"])
