#!/usr/bin/python3 -IS
"""An OCF agent whose monitor evacuates as the old NovaEvacuate did, with Debian's fence_evacuate.

The attribute "evacuate" of a node says what is to do.  fence_compute sets it to "yes" when the node is fenced.

    yes         the monitor evacuates the node
    HOST@TIME   HOST has begun with it at TIME; after PARTIAL seconds the monitor evacuates the node again
    no          Nova has taken all orders

The monitor works through the nodes one after the other.  It returns 0 whatever comes of that.  Pacemaker's timeout is
the only bound.  The stand puts this file, and the options of fence_evacuate, on each controller.
"""

import os
import re
import subprocess
import sys
import time

OPTIONS = "/etc/fence_evacuate.options"
"""NAME=VALUE lines, as the fencer gives them to a fence agent."""
PARTIAL = 60
_STARTED = "/run/old-loop"
_RUNNING, _NOT_RUNNING, _UNKNOWN_ACTION = 0, 7, 3
_FAILED = 1
_VALUE = re.compile('host="([^"]*)" value="([^"]*)"')
_META_DATA = """\
<?xml version="1.0"?>
<resource-agent name="OldLoop" version="1.0">
<version>1.1</version>
<longdesc lang="en">Evacuates each node that has the attribute evacuate=yes.</longdesc>
<shortdesc lang="en">The loop of the old evacuator</shortdesc>
<parameters/>
<actions>
<action name="start" timeout="20s"/>
<action name="stop" timeout="20s"/>
<action name="monitor" timeout="600s" interval="10s"/>
<action name="meta-data" timeout="5s"/>
</actions>
</resource-agent>
"""


def attributes():
    """{node: value of its attribute}."""
    command = ["/usr/sbin/attrd_updater", "--query", "--all", "--name=evacuate"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return dict(_VALUE.findall(done.stdout))


def note(node, value):
    """Set the attribute of a node."""
    command = ["/usr/sbin/attrd_updater", "--private", "--name=evacuate", f"--node={node}", f"--update={value}"]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def ask(action, node):
    """Call fence_evacuate, and return its exit status."""
    with open(OPTIONS) as file:
        options = f"{file.read()}action={action}\nplug={node}\n"
    return subprocess.run(["/usr/sbin/fence_evacuate"], input=options, text=True, check=False).returncode


def is_due(value):
    """Does this value of the attribute ask for an evacuation now?"""
    _, mark, began = value.partition("@")
    return value == "yes" or (mark == "@" and time.time() - float(began) > PARTIAL)


def evacuate(node):
    """Let fence_evacuate give all orders for a node, if it can tell the state of the node."""
    if ask("status", node) == _FAILED:
        return
    note(node, f"{os.uname().nodename}@{int(time.time())}")
    note(node, "no" if ask("off", node) == 0 else "yes")


def monitor():
    """One pass over all nodes."""
    if not os.path.exists(_STARTED):
        return _NOT_RUNNING
    for node, value in attributes().items():
        if is_due(value):
            evacuate(node)
    return _RUNNING


def main(action):
    """Do what Pacemaker asks, and return the exit status."""
    if action == "meta-data":
        print(_META_DATA, end="")
    elif action == "start":
        with open(_STARTED, "w"):
            return 0
    elif action == "stop":
        if os.path.exists(_STARTED):
            os.remove(_STARTED)
    elif action == "monitor":
        return monitor()
    else:
        return _UNKNOWN_ACTION
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else ""))
