"""Probes of many resources at once, as Pacemaker makes them when a node joins; runs in a host of the box.

    probes.py DIRECTORY NUMBER

The agents of DIRECTORY are probed one after the other, until NUMBER probes run.  Prints their processor time together.
"""

import os
import resource
import subprocess
import sys


def main():
    directory, number = sys.argv[1], int(sys.argv[2])
    agents = sorted(os.listdir(directory))
    running = []
    for count in range(number):
        name = agents[count % len(agents)]
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "OCF_ROOT": "/usr/lib/ocf",
            "OCF_RESOURCE_INSTANCE": f"nothing-{count}",
            "OCF_RESKEY_CRM_meta_timeout": "60000",
            # The only parameter that an agent cannot do without.
            "OCF_RESKEY_daemon": "object-replicator",
        }
        running.append(subprocess.Popen([f"{directory}/{name}", "monitor"], env=environment, stderr=subprocess.DEVNULL))
    codes = {probe.wait() for probe in running}
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert codes == {7}, codes
    print(f"{number} probes at once: {used.ru_utime + used.ru_stime:.2f} s of processor time")


main()
