"""The host's processes, on the system that runs the tests."""

import os
import subprocess
import sys
import time

from ocf_lib.host import Host


def test_a_family_is_all_descendants_and_nobody_else():
    """
    Children of children belong to the family; those of others do not.
    """
    with subprocess.Popen(["sh", "-c", "sleep 60 & echo $!; wait"], stdout=subprocess.PIPE, text=True) as child:
        grandchild = int(child.stdout.readline())
        try:
            assert {os.getpid(), child.pid, grandchild} <= set(Host().processes.family(os.getpid()))
            assert Host().processes.family(child.pid) == [child.pid, grandchild]
        finally:
            os.kill(grandchild, 9)


def test_a_process_that_is_gone_has_no_family():
    """
    The family of a process that is gone is this process alone.
    """
    gone = 4_194_304  # above the kernel's highest process id
    assert Host().processes.family(gone) == [gone]


def test_a_process_waits_while_others_have_its_processor():
    """
    Two programs want the same processor, so each of them waits. One that sleeps waits for nothing.
    """
    processes, processor = Host().processes, min(os.sched_getaffinity(0))
    spins = [sys.executable, "-c", f"import os; os.sched_setaffinity(0, [{processor}])\nwhile True: pass"]
    with subprocess.Popen(spins) as one, subprocess.Popen(spins) as other, subprocess.Popen(["sleep", "60"]) as idle:
        try:
            time.sleep(0.3)
            before = [processes.waited(child.pid) for child in (one, idle)]
            time.sleep(1)
            waited = [processes.waited(child.pid) - was for child, was in zip((one, idle), before)]
            assert waited[0] > 0.2
            assert waited[1] < 0.05
        finally:
            for child in (one, other, idle):
                child.kill()
    assert processes.waited(one.pid) == 0


def test_a_signal_reaches_the_very_process_or_nobody():
    """
    A process that has ended is no error. One that got its number later has another start.
    """
    processes = Host().processes
    with subprocess.Popen(["sleep", "60"]) as child:
        start = processes.stat(child.pid)[3]
        processes.signal(child.pid, start + 1, "SIGKILL")
        assert child.poll() is None
        assert processes.wait([(child.pid, start + 1)], 60)
        assert not processes.wait([(child.pid, start)], 0.1)
        processes.signal(child.pid, start, "SIGKILL")
        assert child.wait(60) == -9
    processes.signal(child.pid, start, "SIGTERM")
    assert processes.wait([(child.pid, start)], 60)
