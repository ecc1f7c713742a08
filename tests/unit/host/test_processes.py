"""The host's processes, on the system that runs the tests."""

import os
import subprocess

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
