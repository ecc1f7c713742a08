"""A lock between processes."""

import os
import signal

from ocf_lib.host import Host


def test_a_lock_ends_with_the_process_that_holds_it(tmp_path):
    """
    Whatever ends the process. Nobody waits for the lock of a process that has gone.
    """
    take, path = Host().itself.lock, str(tmp_path / "run" / "lock")
    holder = os.fork()
    if holder == 0:
        take(path)
        os.kill(os.getpid(), signal.SIGSTOP)
    os.waitpid(holder, os.WUNTRACED)
    assert take(path) is None

    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)
    lock = take(path)
    assert lock is not None
    assert take(path) is None
    lock.release()
    again = take(path)
    assert again is not None
    assert os.stat(path).st_mode & 0o777 == 0o600
    again.release()
