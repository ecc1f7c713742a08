"""Processor time of commands, side by side: runs in a host of the box.

    measure.py ROUNDS < commands

Each line of standard input is a command as JSON: {"name", "argv", "env", "before", "returns"}.  "before" is a command line
to run first, unmeasured.  "returns" is the exit status of the command if that is not 0.  In every round each command
runs once, in another order.  Prints a line of JSON: name to [milliseconds, ...].
"""

import json
import os
import random
import sys


def cost(command):
    """User and system time of one run and its children, in milliseconds."""
    if command.get("before"):
        _run({**command, "name": f"before {command['name']}", "argv": command["before"], "returns": 0})
    usage = _run(command)
    return (usage.ru_utime + usage.ru_stime) * 1000


def _run(command):
    """Run one command without output, and return what it used."""
    null = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1, 2)]
    pid = os.posix_spawn(command["argv"][0], command["argv"], command["env"], file_actions=actions)
    os.close(null)
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) != command.get("returns", 0):
        raise SystemExit(f"{command['name']} returned {os.waitstatus_to_exitcode(status)}")
    return usage


def main():
    commands = [json.loads(line) for line in sys.stdin]
    taken = {command["name"]: [] for command in commands}
    for _ in range(int(sys.argv[1])):
        for command in random.sample(commands, len(commands)):
            taken[command["name"]].append(cost(command))
    print(json.dumps(taken))


if __name__ == "__main__":
    main()
