"""Calls agents with cases, and looks what each call did: runs in a host of the box.

    driver.py '{"agents": directory, "place": directory, "workers": number, "is_host": true, "trees": [...]}' < blocks

Each line of standard input is a block: {"cases": [...]}.  The driver prints a
line for each finding, and at the end of the block a line {"done": ...}.  With
"is_host", it first makes things that only a throw-away host may have: devices
of its own, mounts, units, servers.  Nothing here imports the library of the
agents: what is right stands here a second time.

Each worker has a playground, ``place``/<number>: files that nobody may touch,
and files that look like what the agents write.  After each case it is made
as it was before.
"""

import ctypes
import hashlib
import json
import os
import re
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import traceback

ACTIONS = ("start", "stop", "monitor", "status", "reload-agent", "validate-all", "meta-data")
CODES = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 190}
PREFIX = "ocf-exit-reason:"
LATE = 2.0
"""Seconds after the timeout until a call is a finding: the machine may be busy."""
KILL = 6.0
"""Seconds after the timeout until the driver kills the call."""
LONGEST = 40.0
SHORTEST = 1.0
"""Seconds of timeout that an action can be held to."""
SHARED = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/bin/sleep", "/etc/passwd", "/proc/1/mem")
"""What all workers share.  A case that names one of these runs alone."""
WRITTEN = {
    "OCF_RESKEY_pid": "pid",
    "HA_LOGFILE": "log",
    "HA_DEBUGLOG": "log",
    "PCMK_LOGFILE": "log",
    "PCMK_DEBUGLOG": "log",
    "OCF_TRACE_FILE": "trace",
    "OCF_RESKEY_trace_file": "trace",
    "HA_RSCTMP": "run",
    "OCF_RESKEY_trace_dir": "traces",
}
"""The variables that say where the agents write, and what."""
DEVICES = {"null": 3, "zero": 5, "full": 7, "random": 8, "urandom": 9}
UNITS = {
    "fuzz-sleep.service": "ExecStart=/bin/sleep 300\nRestart=always",
    "fuzz-deaf.service": "ExecStart=/bin/sh -c \"trap '' TERM; sleep 300 & wait; sleep 300\"\nTimeoutStopSec=1",
    "fuzz-fails.service": "ExecStart=/bin/false",
    "fuzz-ends.service": "ExecStart=/bin/true",
    "fuzz-tmpl@.service": "ExecStart=/bin/sleep 300",
    "witness.service": "ExecStart=/bin/sleep 86400",
}
DAEMON = r'''#!/usr/bin/python3
"""A daemon for the agents: it serves HTTP and holds a connection if it is told so, and ends after a minute."""
import os, signal, socket, sys, time
said = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
if "die" in said:
    sys.exit(3)
if "deaf" in said:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork() == 0:
        os.setsid()
if "flood" in said:
    print("Traceback of a daemon\n" * 10000, flush=True)
signal.alarm(60)
if said.get("broker", "").isdigit():
    broker = socket.create_connection(("127.0.0.1", int(said["broker"])))
if said.get("port", "").isdigit():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", int(said["port"])))
    server.listen(50)
    while True:
        client, _ = server.accept()
        client.settimeout(2)
        try:
            client.recv(65536)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        except OSError:
            pass
        client.close()
time.sleep(60)
'''
HEALTHY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
GARBAGE = (
    b"HTTP/1.1 200 \x00\xff\r\nContent-Type: a\x00b\x1b[31m\r\n\xff: \r\n"
    b"Content-Length: 99999999999999999999\r\n\r\n\x00\xfe"
)


# -- what stands where


def state(path):
    """What stands at *path*, as one comparable text; None if nothing does."""
    try:
        seen = os.lstat(path)
    except OSError:
        return None
    text = f"{stat.filemode(seen.st_mode)} {seen.st_uid}:{seen.st_gid}"
    kind = stat.S_IFMT(seen.st_mode)
    if kind == stat.S_IFLNK:
        return f"{text} -> {os.readlink(path)}"
    if kind in (stat.S_IFCHR, stat.S_IFBLK):
        return f"{text} device {os.major(seen.st_rdev)},{os.minor(seen.st_rdev)}"
    if kind == stat.S_IFREG and not path.startswith("/proc/"):
        with open(path, "rb") as file:
            return f"{text} {seen.st_size} bytes, {hashlib.sha1(file.read(), usedforsecurity=False).hexdigest()[:10]}"
    return text


def tree(top):
    """{path: state} of *top* and all below it, on its own file system."""
    found = {top: state(top)}
    device = os.lstat(top).st_dev
    for folder, names, files in os.walk(top):
        for name in (*names, *files):
            path = os.path.join(folder, name)
            found[path] = state(path)
        names[:] = [name for name in names if _on(os.path.join(folder, name), device)]
    return found


def _on(path, device):
    try:
        return os.lstat(path).st_dev == device
    except OSError:
        return False


def changes(before, after):
    """[(path, what it was, what it is)] of two trees."""
    return [
        (path, before.get(path), after.get(path))
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    ]


def named(env, cwd="/"):
    """The paths that a case gives to the agents to write.

    "pid", "log" and "trace" are files.  The agents make files in the
    directories "run", and directories with traces in the directories "traces".
    """
    found = {"pid": [], "log": [], "trace": [], "run": [], "traces": []}
    for variable, kind in WRITTEN.items():
        if env.get(variable):
            found[kind].append(os.path.join(cwd, env[variable]))
    return found


def may(path, before, names, old):
    """May an agent have made *path*, or changed it?

    *names* is what ``named`` says.  *old* says which files there are of a kind
    that the agents may change: {"pid": path, ...}.
    """
    path = os.path.normpath(path)
    if before is not None:
        # A log may get a trace, too, and a trace the log.
        kinds = {"pid": ("pid",), "log": ("log", "trace"), "trace": ("log", "trace")}
        given = [text for kind in old if old[kind] == path for other in kinds[kind] for text in names[other]]
        return path in map(os.path.normpath, given)
    if is_half(path) and any(path.startswith(os.path.normpath(run) + "/") for run in names["run"]):
        return False
    for kind, depth in (("pid", 0), ("log", 0), ("trace", 0), ("run", 1), ("traces", 2)):
        for given in names[kind]:
            for top in (os.path.normpath(given), os.path.realpath(given)):
                below = os.path.relpath(path, top)
                # The directory of what is named is made, too.
                if (
                    top.startswith(path + "/")
                    or below == "."
                    or (below + "/")[:3] != "../"
                    and below.count("/") < depth
                ):
                    return True
    return False


def is_half(path):
    """Is this the name of a file that an agent was about to rename when it had written it?"""
    return re.search(r"\.[a-z0-9-]+\.\d+$", path) is not None


def verb(was, now):
    """What happened to a path, for a finding."""
    return "made" if was is None else "removed" if now is None else "changed"


def who(path, env):
    """The variables of a case that name *path*, for a finding."""
    found = [name for name, text in env.items() if text and path in _spelled(text)]
    found = [name for name in found if name in WRITTEN] or found
    return f" ({', '.join(sorted(found))})" if found else ""


def _spelled(text):
    return (os.path.normpath(os.path.join("/", text)), os.path.realpath(os.path.join("/", text)))


# -- the playground


def _file(path, text="precious\n", mode=0o644):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def _directory(path):
    os.mkdir(path, 0o750)
    _file(f"{path}/kept")


def _socket(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)


MAKERS = {
    "file": _file,
    "config": lambda path: _file(path, "[DEFAULT]\ntransport_url = rabbit://u:pw@127.0.0.1:7792/\n"),
    "secret": lambda path: _file(path, "Pa55-file-w0rd\n", 0o600),
    "pid": lambda path: _file(path, "99999999\n"),
    "log": lambda path: _file(path, "Nov 24 12:00:00 keystone(p)[1]:    INFO: kept\n", 0o640),
    "trace": lambda path: _file(path, "2026-11-24 12:00:00.000001 keystone(p)[1] start: INFO: kept\n", 0o640),
    "fifo": lambda path: os.mkfifo(path, 0o644),
    "socket": _socket,
    "directory": _directory,
    "passwd": lambda path: os.symlink("/etc/passwd", path),
    "dangling": lambda path: os.symlink("nowhere", path),
    "loop": lambda path: os.symlink("loop", path),
}
MOUNTS = ("full", "readonly")
OLD = ("pid", "log", "trace")


class Playground:
    """The files of one worker."""

    def __init__(self, path, is_host):
        self.path = path
        os.makedirs(path, exist_ok=True)
        if is_host:
            for name in MOUNTS:
                if not os.path.ismount(f"{path}/{name}"):
                    os.makedirs(f"{path}/{name}", exist_ok=True)
                    _mount("-t", "tmpfs", "-o", "size=4k,mode=755", name, f"{path}/{name}")
                    _file(f"{path}/{name}/file")
                    if name == "readonly":
                        _mount("-o", "remount,ro", f"{path}/{name}")
        self.old = {kind: f"{path}/{kind}" for kind in OLD}
        self.restore()
        self.whole = self.look()

    def look(self):
        found = tree(self.path)
        for name in MOUNTS:
            if os.path.isdir(f"{self.path}/{name}"):
                found.update(tree(f"{self.path}/{name}"))
        return found

    def restore(self):
        """Make it as it was in the beginning."""
        for name in os.listdir(self.path):
            if name == "full":
                for extra in os.listdir(f"{self.path}/full"):
                    if extra != "file":
                        remove(f"{self.path}/full/{extra}")
            elif name != "readonly":
                remove(f"{self.path}/{name}")
        for name, make in MAKERS.items():
            make(f"{self.path}/{name}")


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        for name in os.listdir(path):
            remove(os.path.join(path, name))
        os.rmdir(path)
    else:
        os.unlink(path)


# -- one case


def is_alone(case):
    """Does a case name what all workers share, so that it has to run alone?"""
    return any(path in text for path in (*SHARED, "passwd") for text in case["env"].values())


class Case:
    """One environment, and the actions performed in it."""

    def __init__(self, job, case, play):
        self.job = job
        self.play = play
        self.case = case
        self.found = []
        self.codes = []
        self.env = {name: text.replace("{play}", play.path) for name, text in case["env"].items()}

    def say(self, step, what, detail=""):
        self.found.append(
            {"case": self.case, "play": self.play.path, "step": step, "what": what, "detail": detail[:2000]}
        )

    def run(self):
        shared = _shared() if is_alone(self.case) and self.job["is_host"] else {}
        for number, (action, more) in enumerate(self.case["steps"]):
            env = {**self.env, **{name: text.replace("{play}", self.play.path) for name, text in more.items()}}
            code = self._call(number, action, env)
        self._end_children("processes outlive a stop that said 0" if action == "stop" and code == 0 else "")
        for path, (was, text) in shared.items():
            now = state(path)
            if now != was:
                self.say(-1, f"{verb(was, now)} {path}{who(path, self.env)}", f"was {was}, is {now}")
                _put_back(path, was, text)
        names = named(self.env)
        seen = changes(self.play.whole, self.play.look())
        for path, was, now in seen:
            if not may(path, was, names, self.play.old):
                place = path.replace(self.play.path, "{play}")
                self.say(-1, f"{verb(was, now)} {place}{who(path, self.env)}", f"was {was}, is {now}")
        for path in {*names["log"], *names["trace"]}:
            for what in judge_log(path):
                self.say(-1, f"{what} in a log or trace{who(path, self.env)}", path)
        if seen:
            self.play.restore()

    def _call(self, number, action, env):
        timeout = whole(env.get("OCF_RESKEY_CRM_meta_timeout", "")) / 1000
        longest = self.job.get("longest", LONGEST)
        limit = min(timeout + KILL, longest) if timeout >= SHORTEST else longest
        began = time.monotonic()
        code, out, err = call(f"{self.job['agents']}/{self.case['agent']}", action, env, limit)
        seconds = time.monotonic() - began
        self.codes.append([action if action in ACTIONS else "other", str(code), seconds])
        if code is None:
            self.say(number, "hangs, and was killed", f"after {seconds:.1f} s; {err}")
            return code
        if SHORTEST <= timeout < LONGEST and seconds > timeout + LATE:
            self.say(number, "outlives its timeout", f"{seconds:.1f} s; {err}")
        for what in judge(action, env, code, out, err):
            self.say(number, what, f"exit status {code}, stdout {out[:300]!r}, stderr {err!r}")
        return code

    def _end_children(self, what):
        """End what the agents launched and did not end.  If *what* is given, there must be nothing."""
        until = time.monotonic() + 10
        told = False
        while time.monotonic() < until:
            _reap()
            left = children()
            if not left:
                return
            if what and not told:
                told = True
                time.sleep(0.1)  # A process that was killed just now may still be there.
                continue
            if what:
                self.say(-1, what, "; ".join(_command(pid) for pid in left[:5]))
                what = ""
            for pid in left:
                _kill(pid)
            time.sleep(0.01)
        self.say(-1, "a process outlives the driver's SIGKILL")


def whole(text):
    """The number in a text; 0 if there is none."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 100 else 0


def judge(action, env, code, out, err):
    """What is wrong with an exit status and what was printed."""
    if code not in CODES:
        yield f"exit status {code}"
    if re.search(r"^Traceback \(most|^Fatal Python|^Exception ignored", err, re.M):
        yield "Traceback on standard error"
    prefix = env.get("OCF_EXIT_REASON_PREFIX") or PREFIX
    if prefix.isprintable() and prefix.isascii() and len(prefix) > 3:
        reasons = [line for line in err.splitlines() if line.startswith(prefix)]
        if any(re.match(r"[^:]*: bug: ", line[len(prefix) :]) for line in reasons):
            yield "bug"
        if len(reasons) > 1:
            yield "more than one exit reason"
        # A probe or status that finds nothing says nothing.
        is_probe = action == "status" or not whole(env.get("OCF_RESKEY_CRM_meta_interval", ""))
        wanted = code != 0 and not (code == 7 and is_probe)
        if wanted and not reasons:
            yield "no exit reason"
        if code == 0 and reasons:
            yield "an exit reason with exit status 0"
    if code == 7 and action not in ("monitor", "status"):
        yield "exit status 7 of another action than monitor"
    if code == 190 and action != "monitor":
        yield "exit status 190 of another action than monitor"
    # Only a living process may make a stop fail; and a cluster of another OCF version gets no answer from any action.
    excuses = ["still alive after SIGKILL", "of the OCF API"]
    if 0 < whole(env.get("OCF_RESKEY_CRM_meta_timeout", "")) < SHORTEST * 1000:
        # A busy machine needs longer than this for the interpreter alone.
        excuses.append("has not come to its end in time")
    if action == "stop" and code != 0 and not any(words in err for words in excuses):
        yield f"stop returns {code}"
    if action in ("monitor", "status") and code not in (0, 1, 7, 190):
        yield f"{action} returns {code}"
    if action == "meta-data" and (code != 0 or err or "</resource-agent>" not in out):
        yield "meta-data fails"
    if "Pa55-" in out + err:
        yield "a password is shown"


def judge_log(path):
    """What is wrong with a file that an agent wrote, if it is one."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode) or path.startswith("/proc/"):
            return
        with open(path, "rb") as file:
            text = file.read(1 << 20)
    except OSError:
        return
    if b"Traceback (most" in text or re.search(rb"[a-z]: bug: \w+: ", text):
        yield "Traceback"
    if b"Pa55-" in text and b"Pa55-file" not in text:
        yield "a password"


def call(program, action, env, limit):
    """Run an agent: (exit status, output, messages); the exit status is None if it had to be killed."""
    out, err = os.memfd_create("out"), os.memfd_create("err")
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, out, 1),
        (os.POSIX_SPAWN_DUP2, err, 2),
    ]
    try:
        pid = os.posix_spawn(program, [program, action], env, file_actions=actions, setsid=True, setsigmask=[])
        until = time.monotonic() + limit
        code = None
        while code is None:
            for ended, status in _reap():
                if ended == pid:
                    code = os.waitstatus_to_exitcode(status)
            if code is None:
                left = until - time.monotonic()
                if left <= 0:
                    where = _stack(pid)
                    os.killpg(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                    return None, _text(out), _text(err) + where
                signal.sigtimedwait([signal.SIGCHLD], min(left, 0.5))
        return code, _text(out), _text(err)
    finally:
        os.close(out)
        os.close(err)


def _text(descriptor):
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.read(descriptor, 1 << 20).decode("utf-8", "replace")


def _stack(pid):
    """Where the kernel holds a process."""
    try:
        with open(f"/proc/{pid}/wchan") as wchan, open(f"/proc/{pid}/syscall") as syscall:
            return f" [in {wchan.read()}, system call {syscall.read().split()[0]}]"
    except OSError:
        return ""


def _reap():
    """[(pid, status)] of the children that have ended."""
    ended = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended.append((pid, status))


def children():
    """All living descendants of this process."""
    found = [os.getpid()]
    for pid in found:
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/children") as file:
                    found += [int(word) for word in file.read().split()]
        except OSError:
            continue
    return found[1:]


def _command(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return f"pid {pid}: {file.read(200).decode('utf-8', 'replace')!r}"
    except OSError:
        return f"pid {pid}"


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _shared():
    """{path: (its state, its text)} of what all workers share."""
    found = {}
    for path in SHARED:
        text = None
        if os.path.isfile(path) and not path.startswith("/proc/"):
            with open(path, "rb") as file:
                text = file.read()
        found[path] = (state(path), text)
    return found


def _put_back(path, was, text):
    mode = 0o755 if was.startswith("-rwx") else 0o644
    if path.startswith("/dev/"):
        make_device(path.rpartition("/")[2])
    elif text is not None:
        with open(f"{path}.fuzz", "wb") as file:
            file.write(text)
        os.chmod(f"{path}.fuzz", mode)
        if os.path.isdir(path):
            remove(path)
        os.rename(f"{path}.fuzz", path)


# -- the host


def _mount(*words):
    subprocess.run(["/bin/mount", *words], check=True)


def make_device(name):
    """A device of this host's own: those of the box are the machine's."""
    path = f"/dev/{name}"
    if os.path.ismount(path):
        subprocess.run(["/bin/umount", "--lazy", path], check=True)
    if os.path.lexists(path):
        remove(path)
    os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(5, 0) if name == "tty" else os.makedev(1, DEVICES[name]))
    os.chmod(path, 0o666)  # noqa: S103  as on every host


def prepare(place):
    """Make what the cases name, and nothing that could hurt the machine below this host."""
    for name in (*DEVICES, "tty"):
        make_device(name)
    # These are the machine's own, in every host.
    _mount("--bind", "/proc/sys", "/proc/sys")
    _mount("-o", "remount,bind,ro", "/proc/sys")
    if os.path.exists("/proc/sysrq-trigger"):
        _mount("--bind", "/dev/null", "/proc/sysrq-trigger")
    os.makedirs(f"{place}/bin", exist_ok=True)
    _file(f"{place}/bin/daemon", DAEMON, 0o755)
    for name, text in UNITS.items():
        _file(f"/etc/systemd/system/{name}", f"[Unit]\nDescription=fuzz\n[Service]\n{text}\n")
    subprocess.run(["/usr/bin/systemctl", "daemon-reload"], check=True)
    subprocess.run(["/usr/bin/systemctl", "start", "witness.service"], check=True)


def serve():
    """A silent server, one that answers nonsense and one that answers well, until the driver ends."""
    if os.fork():
        return
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    answers = {}
    for port, answer in ((7790, None), (7791, GARBAGE), (7792, HEALTHY)):
        server = socket.socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen(100)
        answers[server] = answer
    clients = {}
    while True:
        ready, _, _ = select.select([*answers, *clients], [], [])
        for sock in ready:
            if sock in answers:
                client, _ = sock.accept()
                client.setblocking(False)
                clients[client] = answers[sock]
                if len(clients) > 200:
                    oldest = next(iter(clients))
                    del clients[oldest]
                    oldest.close()
                continue
            try:
                text = sock.recv(65536)
                if text and clients[sock]:
                    sock.send(clients[sock])
            except OSError:
                text = b""
            if not text or clients[sock] is GARBAGE:
                del clients[sock]
                sock.close()


# -- all cases


def work(job, cases, number, out, there):
    """Run the cases of one worker."""
    ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: whatever an agent launches stays a child of this process.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    os.chdir("/")
    play = Playground(f"{job['place']}/{number}", job["is_host"])
    for case in cases:
        one = Case(job, case, play)
        try:
            one.run()
        except Exception:
            one.say(-1, "the driver fails", traceback.format_exc())
        for name in ended(there):
            one.say(-1, f"ended {name}, which is no daemon", "or another case that ran at the same time")
        for said in (*one.found, {"codes": one.codes}):
            out.write(json.dumps(said) + "\n")
        out.flush()


def run_block(job, cases, there):
    """Run the cases of a block, each worker its own; then, one by one, those that have to run alone."""
    started = []
    for alone in (False, True):
        for number in range(job["workers"]):
            own = [case for case in cases if case["number"] % job["workers"] == number and is_alone(case) == alone]
            if own:
                started.append((own, *_begin(job, own, number, there)))
            if alone:
                _finish(started)
        _finish(started)


def _begin(job, cases, number, there):
    """Start a worker: (its pid, what it says)."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, open(reading)
    os.close(reading)
    try:
        with open(writing, "w") as out:
            work(job, cases, number, out, there)
    finally:
        os._exit(0)


def _finish(started):
    """Pass on what the workers say, until they have ended."""
    for cases, pid, said in started:
        with said:
            for line in said:
                sys.stdout.write(line)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if status:
            numbers = ", ".join(str(case["number"]) for case in cases)
            finding = {
                "what": "a worker of the driver was killed",
                "detail": f"{status}, by one of the cases {numbers}",
            }
            print(json.dumps({"case": cases[0], "step": -1, **finding}))
    started.clear()


def processes():
    """{pid: (start time, name)} of all processes of the host except this one."""
    pids = [int(word) for word in os.listdir("/proc") if word.isdecimal() and int(word) != os.getpid()]
    return {pid: seen for pid in pids if (seen := process(pid))}


def process(pid):
    """(start time, name) of a living process, else None."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            name, _, rest = file.read().partition("(")[2].rpartition(")")
    except OSError:
        return None
    return None if rest.split()[0] == "Z" else (rest.split()[19], name)


def ended(there):
    """The names of the processes in *there* that live no more; they are removed from it."""
    lost = {pid: name for pid, (start, name) in there.items() if (process(pid) or ("",))[0] != start}
    for pid in lost:
        del there[pid]
    return [f"{name} (pid {pid})" for pid, name in lost.items()]


def witnesses():
    """Start processes that nobody may touch: as root and as others, in sessions of their own."""
    for uid in (0, 65534):
        command = ["/usr/bin/setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "/bin/sleep", "86400"]
        subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL)


def units_left():
    """The units of the cases that still run; they are ended."""
    done = subprocess.run(
        ["/usr/bin/systemctl", "list-units", "--plain", "--no-legend",
         "--state=active,activating,deactivating", "fuzz-*.service"],
        stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    left = [line.split()[0] for line in done.stdout.splitlines()]
    if left:
        subprocess.run(["/usr/bin/systemctl", "kill", "--signal=KILL", *left], check=False, timeout=60)
        subprocess.run(["/usr/bin/systemctl", "stop", *left], check=False, timeout=60)
        # What an agent wrote for them is part of the finding, and no excuse for the next block.
        for name in left:
            shutil.rmtree(f"/run/systemd/system/{name}.d", ignore_errors=True)
    subprocess.run(["/usr/bin/systemctl", "reset-failed"], check=False, timeout=60)
    return left


def main():
    job = json.loads(sys.argv[1])
    os.umask(0o022)
    if job["is_host"]:
        prepare(job["place"])
        serve()
        for number in range(job["workers"]):
            Playground(f"{job['place']}/{number}", True)
        witnesses()
        time.sleep(0.5)
    there = processes() if job["is_host"] else {}
    print(json.dumps({"ready": True}), flush=True)
    before = {top: tree(top) for top in job["trees"]}
    for line in sys.stdin:
        cases = json.loads(line)["cases"]
        began = time.monotonic()
        run_block(job, cases, there)
        left = units_left() if job["is_host"] else []
        ended(there)
        seen = []
        for top in job["trees"]:
            now = tree(top)
            seen += changes(before[top], now)
            before[top] = now
        print(json.dumps({"done": time.monotonic() - began, "changes": seen, "units": left}), flush=True)


if __name__ == "__main__":
    main()
