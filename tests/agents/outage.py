"""A host without servers for names: in namespaces of its own, with a broker, a worker and an API on it.

    unshare --mount --net --pid --fork --mount-proc --kill-child outage.py PROVIDER

PROVIDER is the directory of the installed agents.  What each call gave is
printed as JSON: {call: [exit status, exit reason, seconds]}.
"""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

NAMES = "rabbit://n:pw@mq1:5672,n:pw@mq2:5672,n:pw@mq3:5672/"
WORKER = """#!/usr/bin/python3
import socket, sys, time
if "--connect" in sys.argv:
    held = socket.create_connection(("127.0.0.1", 5672))
time.sleep(600)
"""


def put(path, text, mode=0o644):
    path = Path(path)
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def call(provider, agent, action, timeout, **params):
    """One action of an agent, as Pacemaker asks for it."""
    env = {
        "OCF_RESOURCE_INSTANCE": f"p_{agent}",
        "HA_RSCTMP": "/run/agents",
        "OCF_RESKEY_CRM_meta_timeout": str(timeout * 1000),
        "OCF_RESKEY_CRM_meta_interval": "1000" if action == "monitor" else "0",
        "OCF_RESKEY_watch_time": "0",
        "OCF_RESKEY_user": "root",
        **{f"OCF_RESKEY_{name}": value for name, value in params.items()},
    }
    began = time.monotonic()
    done = subprocess.run([f"{provider}/{agent}", action], env=env, capture_output=True, text=True, check=False)
    reason = done.stderr.partition("ocf-exit-reason:")[2].strip()
    return done.returncode, reason, time.monotonic() - began


def main():
    (provider,) = sys.argv[1:]
    for directory in ("/run", "/var/log", "/mnt"):
        subprocess.run(["mount", "-t", "tmpfs", "none", directory], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for name, text in {
        "resolv.conf": "nameserver 127.0.0.53\nsearch example.net\n",
        "hosts": "127.0.0.1 localhost\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    }.items():
        subprocess.run(["mount", "--bind", put(f"/mnt/{name}", text), os.path.realpath(f"/etc/{name}")], check=True)
    os.mkdir("/run/agents")
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.53", 53))
    broker = socket.create_server(("127.0.0.1", 5672))
    config = put("/mnt/nova.conf", f"[DEFAULT]\ntransport_url = {NAMES}\n")
    worker = {"binary": put("/mnt/worker", WORKER, 0o755), "config": config}
    process = subprocess.Popen([worker["binary"], f"--config-file={config}", "--connect"])
    connection, _ = broker.accept()
    put("/run/agents/p_nova-scheduler.pid", f"{process.pid}\n")
    api = {
        "binary": put("/mnt/api", WORKER, 0o755),
        "config": put("/mnt/api.conf", ""),
        "url": "http://controller1:9292/",
    }
    said = {
        "monitor": call(provider, "nova-scheduler", "monitor", 10, **worker),
        "start": call(provider, "glance-api", "start", 10, **api),
        "stop": call(provider, "glance-api", "stop", 60, **api),
    }
    connection.close()
    print(json.dumps(said))


if __name__ == "__main__":
    main()
