#!/usr/bin/python3
"""Strangers: processes that resemble a daemon, which no agent may ever signal.

    stranger.py LIST        start every stranger of a JSON file, and stay
    stranger.py -           be one

One stranger takes another command line, blocks every signal, and notes each
that arrives with its sender.  Its environment says what it is to be: STRANGER
(its name), TITLE (its command line, the words divided by newlines).
"""

import ctypes
import json
import os
import signal
import subprocess
import sys

HOME = "/var/lib/strangers"
OTHER_ROOT = f"{HOME}-root"
# The programs of the host below a root directory of their own.
_MAKE_ROOT = f"""
chmod 1777 {HOME}
mkdir -p {OTHER_ROOT}/usr {OTHER_ROOT}/proc {OTHER_ROOT}{HOME} {OTHER_ROOT}/old
mount --bind /usr {OTHER_ROOT}/usr
mount --bind /proc {OTHER_ROOT}/proc
mount --bind {HOME} {OTHER_ROOT}{HOME}
for name in bin lib lib64 sbin; do ln -sfn usr/$name {OTHER_ROOT}/$name; done
"""
_PIVOT = f"cd {OTHER_ROOT} && mount --rbind . . && cd {OTHER_ROOT} && pivot_root . old && umount -l /old"


def be() -> None:
    """Be one stranger, for ever."""
    every = set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}
    signal.pthread_sigmask(signal.SIG_BLOCK, every)
    with open(f"{HOME}/{os.environ['STRANGER']}", "a", buffering=1) as log:
        entitle(os.environ["TITLE"].split("\n"))
        log.write("ready\n")
        while True:
            seen = signal.sigwaitinfo(every)
            log.write(f"signal {seen.si_signo} from pid {seen.si_pid} of uid {seen.si_uid}\n")


def entitle(words: list) -> None:
    """Write another command line over this process's own, as daemons do that show a title."""
    with open("/proc/self/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    begin, end = int(fields[45]), int(fields[46])
    title = b"".join(word.encode() + b"\0" for word in words)
    ctypes.memset(begin, 0, end - begin)
    ctypes.memmove(begin, title[: end - begin - 1], min(len(title), end - begin - 1))
    with open("/proc/self/comm", "w") as name:
        name.write(words[0].rpartition("/")[2])


def begin(name: str, user: str, where: str, title: list) -> None:
    """Start one: *where* is "here", "pid" (a process namespace), "chroot" or "pivot" (another root directory)."""
    own = ["/usr/bin/python3", "-IS", f"{HOME}/stranger.py", "-"]
    room = sum(len(word) + 1 for word in title) - sum(len(word) + 1 for word in own)
    own.append("-" * max(room, 1))
    account = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    command = {
        "here": [*account, *own],
        "pid": ["unshare", "--pid", "--fork", *account, *own],
        "chroot": ["chroot", OTHER_ROOT, *own],
        "pivot": ["unshare", "--mount", "sh", "-ec", f'{_PIVOT}; exec "$@"', "sh", *own],
    }[where]
    if where in ("chroot", "pivot"):
        # That root has no list of accounts: the number will do.
        import pwd

        found = pwd.getpwnam(user)
        numbers = ["setpriv", f"--reuid={found.pw_uid}", f"--regid={found.pw_gid}", "--clear-groups"]
        command[-len(own) :] = [*numbers, *own]
    settings = {"PATH": os.environ["PATH"], "STRANGER": name, "TITLE": "\n".join(title)}
    subprocess.Popen(command, env=settings, cwd="/", start_new_session=True)


def main() -> None:
    if sys.argv[1] == "-":
        be()
    subprocess.run(["sh", "-ec", _MAKE_ROOT], check=True)
    with open(sys.argv[1]) as wanted:
        for one in json.load(wanted):
            begin(**one)
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
