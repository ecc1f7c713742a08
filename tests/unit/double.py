"""A machine made of dicts: no kernel, clock or network is touched.

Stands in for ``ocf_lib.host.Host``.  A test says what is there, runs an
action, and looks at what is left.  Worlds that cannot be are refused.
"""

from __future__ import annotations

import types

from ocf_lib import main as door

INI = "/etc/keystone/keystone-uwsgi.ini"
CONFIG = "/etc/keystone/keystone.conf"
UWSGI = f"/usr/bin/uwsgi_python3\0--http-socket\0:5000\0--ini\0{INI}\0"
PID_FILE = "/run/resource-agents/p_keystone.pid"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}"


class Machine:
    """The double; its first part is for tests, its second offers what Host does."""

    def __init__(self) -> None:
        self.files = {
            door.__file__: "",
            INI: "[uwsgi]\nlogto = /var/log/keystone/keystone.log\n",
            CONFIG: "[DEFAULT]\n",
        }
        self.modes: dict[str, int] = {}
        self.written: dict[str, float] = {}
        self.programs = {"/usr/bin/uwsgi_python3"}
        self.accounts = {"keystone": (64, 64, "/var/lib/keystone")}
        self.unreadable: dict[str, str] = {}
        self.processes: dict[int, types.SimpleNamespace] = {}
        self.deaf_to_term: set[int] = set()
        self.deaf_to_kill: set[int] = set()
        self.seconds_to_end = 1.0
        self.dies_at: dict[int, float] = {}
        self.orphans_survive = False
        self.web: dict[tuple[int, str], object] = {}
        self.servers_here: list[tuple[int, str, str]] = []
        self.signals: list[tuple[int, str]] = []
        self.groups: dict[int, str] = {}
        self.launched: list[types.SimpleNamespace] = []
        self.launch_fails: str | None = None
        self.tails: dict[str, str] = {}
        self.held: dict[int, set[str]] = {}
        self.connections: list[tuple[str, str, int]] = []
        self.listeners: dict[int, set[str]] = {}
        self.names_of: dict[str, set[str]] = {}
        self.sockets_here: dict[str, str | None] = {}
        self.query: tuple[int, str] | None = (0, "")
        self.queries: list[str] = []
        self.said: list[str] = []
        self.logged: list[tuple[str, str]] = []
        self.slept = 0.0
        self._clock = 1000.0
        self._next_pid = 500

    def process(self, pid=42, command=UWSGI, parent=1, session=None, state="S", owner=64, mark="", here=True) -> int:
        """Put a process in place."""
        assert pid > 1, "no daemon of ours is init"
        assert pid not in self.processes, f"pid {pid} is taken"
        assert parent == 1 or parent in self.processes, f"nobody is the parent {parent}"
        self.processes[pid] = types.SimpleNamespace(
            state=state, parent=parent, session=pid if session is None else session, start=pid * 10,
            command="" if state == "Z" else command, owner=owner, mark=mark, here=here,
        )  # fmt: skip
        return pid

    def daemon(self, pid=42, workers=(43, 44), file=PID_FILE) -> int:
        """A running Keystone with its pid file, that answers."""
        self.process(pid)
        for worker in workers:
            self.process(worker, parent=pid, session=pid)
        if file:
            self.files[file] = f"{pid}\n"
        self.answers("/v3")
        self.answers("/v3/auth/projects")
        return pid

    def answers(self, path: str, answer: object = OK, port: int = 5000) -> None:
        """What the web server of this machine answers: bytes, an exception, or a function of the request."""
        self.web[port, path] = answer

    def connects(self, pid: int, address: str, port: int) -> None:
        """An established connection of a process."""
        inode = str(1000 + len(self.connections))
        self.held.setdefault(pid, set()).add(inode)
        self.connections.append((inode, address, port))

    def kill(self, pid: int) -> None:
        """End a process as the kernel does; its children are init's then, and uwsgi's follow."""
        del self.processes[pid]
        for child, process in list(self.processes.items()):
            if process.parent == pid:
                process.parent = 1
                if not self.orphans_survive:
                    self.kill(child)

    # -- what Host offers

    def now(self) -> float:
        return self._clock

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0, "time does not run backwards"
        self._clock += seconds
        self.slept += seconds
        for pid, when in list(self.dies_at.items()):
            if when <= self._clock and self.dies_at.pop(pid) and pid in self.processes:
                self.kill(pid)

    def date(self) -> float:
        return 1_700_000_000.0 + self._clock

    def date_text(self, form: str, date: float) -> str:
        return f"{form} "

    def read(self, path: str) -> str | None:
        if path in self.unreadable:
            raise PermissionError(13, self.unreadable[path])
        return self.files.get(path)

    def write(self, path: str, text: str, mode: int) -> None:
        if path in self.unreadable:
            raise PermissionError(13, self.unreadable[path])
        self.files[path] = text
        self.modes[path] = mode
        self.written[path] = self._clock

    def append(self, path: str, text: str) -> None:
        if path in self.unreadable:
            raise PermissionError(13, self.unreadable[path])
        self.files[path] = self.files.get(path, "") + text

    def make_directory(self, path: str, mode: int) -> None:
        self.modes[path] = mode

    def remove(self, path: str) -> None:
        if path in self.unreadable:
            raise PermissionError(13, self.unreadable[path])
        self.files.pop(path, None)

    def names(self, directory: str) -> list[str]:
        below = [path[len(directory) + 1 :] for path in self.files if path.startswith(f"{directory}/")]
        return sorted({name.partition("/")[0] for name in below})

    def age(self, path: str) -> float | None:
        return self._clock - self.written.get(path, self._clock) if path in self.files else None

    def version_of(self, path: str) -> str:
        return self.files.get(path, "none")

    def size(self, path: str) -> int:
        return len(self.files.get(path, ""))

    def tail(self, path: str, start: int) -> str:
        return self.tails.get(path, "")

    def is_file(self, path: str) -> bool:
        return path in self.files

    def is_directory(self, path: str) -> bool:
        return bool(self.names(path))

    def find_program(self, name: str) -> str | None:
        return next((path for path in (name, f"/usr/bin/{name}") if path in self.programs), None)

    def name(self) -> str:
        return "controller"

    def is_root(self) -> bool:
        return True

    def account(self, name: str):
        return self.accounts.get(name)

    def refusal(self, path: str, user: str) -> str | None:
        assert path in self.files, "only an existing file can be refused"
        return self.unreadable.get(path)

    def pids(self) -> list[int]:
        return sorted(self.processes)

    def own_pid(self) -> int:
        return 7777

    def stat(self, pid: int):
        process = self.processes.get(pid)
        return process and (process.state, process.parent, process.session, process.start)

    def command(self, pid: int) -> str:
        return self.processes[pid].command if pid in self.processes else ""

    def owner(self, pid: int) -> int | None:
        return self.processes[pid].owner if pid in self.processes else None

    def mark(self, pid: int) -> str:
        return self.processes[pid].mark if pid in self.processes else ""

    def family(self, pid: int) -> list[int]:
        found = [pid]
        for member in found:
            found += [child for child, process in self.processes.items() if process.parent == member]
        return found

    def sockets(self, pid: int) -> set[str]:
        return self.held.get(pid, set()) if pid in self.processes else set()

    def connected(self, port: int) -> list[tuple[str, str]]:
        return [(inode, address) for inode, address, to in self.connections if to == port]

    def listening(self, port: int) -> set[str]:
        return self.listeners.get(port, set())

    def addresses(self, name: str) -> set[str]:
        return self.names_of.get(name, set())

    def unix_trouble(self, path: str, seconds: float) -> str | None:
        return self.sockets_here.get(path, "No such file or directory")

    def is_here(self, pid: int) -> bool:
        return pid in self.processes and self.processes[pid].here

    def signal(self, pid: int, start: int, name: str) -> None:
        process = self.processes.get(pid)
        if process is None or process.start != start:
            return
        self.signals.append((pid, name))
        if name == "SIGCONT":
            process.state = "S"
        if name == "SIGKILL" and pid not in self.deaf_to_kill:
            self.kill(pid)
        if name == "SIGTERM" and pid not in self.deaf_to_term:
            self.dies_at[pid] = self._clock + self.seconds_to_end

    def wait(self, processes, seconds: float) -> bool:
        assert seconds >= 0
        until = self._clock + seconds
        while True:
            if not [1 for pid, start in processes if pid in self.processes and self.processes[pid].start == start]:
                return True
            if self._clock >= until:
                return False
            self.sleep(min(0.1, until - self._clock))

    def launch(self, argv, user, environment, directory, log) -> int:
        if self.launch_fails:
            raise PermissionError(13, self.launch_fails)
        assert argv[0].startswith("/"), "a program is started by its full path"
        self._next_pid += 1
        self.launched.append(
            types.SimpleNamespace(argv=argv, user=user, environment=environment, directory=directory, log=log)
        )
        return self.process(self._next_pid, command="\0".join(argv) + "\0", owner=self.accounts[user][0])

    def control_group(self, pid: int) -> str:
        return self.groups.get(pid, "/system.slice/pacemaker.service")

    def ended(self, pid: int) -> str | None:
        return None if pid in self.processes else "exit status 1"

    def run_as(self, user, argv, text, seconds):
        self.queries.append(text)
        return self.query

    def ask(self, argv, seconds):
        raise AssertionError(f"nobody said what {argv} answers")

    def exchange(self, address, port, request, seconds, tls=None, until=b""):
        assert seconds > 0, "no question without time for an answer"
        path = request.split(b" ")[1].decode() if request.startswith(b"GET ") else ""
        answer = self.web.get((port, path), ConnectionRefusedError(111, "Connection refused"))
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, TimeoutError):
            self.sleep(seconds)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def tls(self, cafile, name, verify):
        return None, name

    def servers(self, port):
        return self.servers_here

    def open_site(self) -> None:
        """The tests' packages are found already."""

    def limit(self, seconds: float):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_why) -> None:
        """Nothing was bounded."""

    def syslog(self, facility, priority, tag, text) -> None:
        self.logged.append((priority, text))

    def has_terminal(self) -> bool:
        return False

    def say(self, text: str) -> None:
        self.said.append(text)
