"""A disk that hangs: a mount whose file system answers nobody, in a mount namespace of its own.

    unshare --mount --pid --fork --mount-proc --kill-child hung_disk.py PROVIDER DIRECTORY

PROVIDER is the directory of the installed agents, and DIRECTORY an empty one.
What each call gave is printed as JSON: {call: [exit status, exit reason]}.
Whoever opens a file there waits as for a dead NFS server.
"""

import ctypes
import json
import os
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TIMEOUT = 10
WORKER = "#!/usr/bin/python3\nimport time\ntime.sleep(600)\n"
# The protocol of FUSE, linux/fuse.h: the head of a request, and the answer to FUSE_INIT in version 7.31.
HEAD = struct.Struct("<IIQQIIII")
INIT = struct.pack("<IIIIHHIIHH28x", 7, 31, 0, 0, 12, 10, 1 << 17, 1, 32, 0)


def hang(place):
    """Mount a file system that answers nothing but the greeting of the kernel.  Returns what keeps it mounted."""
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
    if ctypes.CDLL(None, use_errno=True).mount(b"hung", os.fsencode(place), b"fuse", 0, options):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    _, _, number, *_ = HEAD.unpack(os.read(device, 1 << 17)[: HEAD.size])
    os.write(device, struct.pack("<IiQ", 16 + len(INIT), 0, number) + INIT)
    return device


def call(provider, action, instance="p", run="/run/agents", **params):
    """One action of nova-scheduler's agent, as Pacemaker asks for it."""
    given = {"user": "root", "zeromq": "true", "watch_time": "0", "CRM_meta_timeout": str(TIMEOUT * 1000), **params}
    env = {"OCF_RESOURCE_INSTANCE": instance, "HA_RSCTMP": str(run)}
    env.update({f"OCF_RESKEY_{name}": value for name, value in given.items()})
    done = subprocess.run(
        [f"{provider}/nova-scheduler", action], env=env, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stderr.partition("ocf-exit-reason:")[2].strip()


def main():
    provider, directory = sys.argv[1:]
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    os.mkdir("/run/agents")
    program, config = Path(directory, "worker"), Path(directory, "nova.conf")
    program.write_text(WORKER)
    program.chmod(0o755)
    config.write_text("[DEFAULT]\n")
    disk = Path(directory, "disk")
    disk.mkdir()
    hang(disk)
    process = subprocess.Popen([program, f"--config-file={config}"])
    Path("/run/agents/p.pid").write_text(f"{process.pid}\n")
    known = {"binary": str(program), "config": str(config), "CRM_meta_interval": "1000"}
    sign_in = {"os_username": "u", "os_project_name": "p", "os_auth_url": "http://127.0.0.1:1/v3"}
    said = {"well": call(provider, "monitor", **known)}
    with ThreadPoolExecutor() as together:
        waiting = {
            "password": together.submit(
                call, provider, "monitor", **known, **sign_in, os_password_file=f"{disk}/password"
            ),
            "trace": together.submit(call, provider, "monitor", **known, trace_ra="1", trace_file=f"{disk}/trace"),
            "probe": together.submit(call, provider, "monitor", run=disk, **{**known, "CRM_meta_interval": "0"}),
            "start": together.submit(call, provider, "start", "other", **{**known, "config": f"{disk}/nova.conf"}),
        }
        said.update({name: answer.result() for name, answer in waiting.items()})
    said["stop"] = call(provider, "stop", **known)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
