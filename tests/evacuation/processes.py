"""A driver of Nova that runs one real process for each instance.  The stand puts it into ``nova/virt`` of a compute.

The process is a unit of systemd of its own, outside the control group of nova-compute, as a guest of libvirt is: it
lives on if nova-compute ends, and dies with the host.  Its command line begins with "guest-" and the uuid, so that
anybody who sees the host's processes can count the guests.
"""

import os
import shutil
import signal
import time

from nova import exception
from nova.compute import power_state
from nova.virt import fake, hardware
from oslo_concurrency import processutils

HOME = "/var/lib/nova/guests"
"""A directory for each instance: the file ``name`` if the instance is defined here, ``pid`` of its process, ``disk``."""
HELD = "/var/lib/nova/spawn-is-held"
"""While this file exists, spawn waits."""
SHARED = "/var/lib/nova/disks-are-shared"
"""If this file exists, the disks of all hosts are seen here, as on NFS."""
LONGEST = 900.0
_PROGRAM = "/usr/local/bin/qemu-system-box"
"""A sleep with a name that the agents know as that of a guest."""

# Debian 12 has only the first, whose restart Debian 13 refuses.
_Fake = getattr(fake, "FakeDriverWithoutFakeNodes", fake.FakeDriver)


class ProcessDriver(_Fake):
    """The fake driver, with real guests that are found again after a restart."""

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        os.makedirs(HOME, exist_ok=True)

    def init_host(self, host):
        super().init_host(host)
        for uuid in self.list_instance_uuids():
            with open(_path(uuid, "name")) as file:
                self.instances[uuid] = fake.FakeInstance(file.read(), power_state.RUNNING, uuid)

    def list_instance_uuids(self):
        return [uuid for uuid in os.listdir(HOME) if os.path.exists(_path(uuid, "name"))]

    def list_instances(self):
        return [self.instances[uuid].name for uuid in self.list_instance_uuids()]

    def get_info(self, instance, use_cache=True):
        if instance.uuid not in self.instances:
            raise exception.InstanceNotFound(instance_id=instance.uuid)
        running = _pid(instance.uuid) is not None
        return hardware.InstanceInfo(state=power_state.RUNNING if running else power_state.SHUTDOWN)

    def instance_on_disk(self, instance):
        return os.path.exists(SHARED) or os.path.exists(_path(instance.uuid, "disk"))

    def spawn(self, context, instance, *args, power_on=True, **more):
        until = time.monotonic() + LONGEST
        while os.path.exists(HELD) and time.monotonic() < until:
            time.sleep(0.2)
        super().spawn(context, instance, *args, power_on=power_on, **more)
        os.makedirs(_path(instance.uuid, ""), exist_ok=True)
        for name in ("name", "disk"):
            with open(_path(instance.uuid, name), "w") as file:
                file.write(instance.name)
        if power_on:
            _launch(instance.uuid)

    def destroy(self, context, instance, network_info, block_device_info=None, destroy_disks=True, *args, **more):
        super().destroy(context, instance, network_info, block_device_info, destroy_disks, *args, **more)
        _end(instance.uuid)
        for name in ("name", "pid"):
            if os.path.exists(_path(instance.uuid, name)):
                os.remove(_path(instance.uuid, name))
        if destroy_disks and not os.path.exists(SHARED):
            shutil.rmtree(_path(instance.uuid, ""), ignore_errors=True)

    def power_off(self, instance, *args, **more):
        super().power_off(instance, *args, **more)
        _end(instance.uuid)

    def power_on(self, context, instance, *args, **more):
        super().power_on(context, instance, *args, **more)
        _launch(instance.uuid)


def _path(uuid, name):
    return os.path.join(HOME, uuid, name)


def _pid(uuid):
    """The living process of an instance, or None."""
    try:
        with open(_path(uuid, "pid")) as file:
            pid = int(file.read())
        with open(f"/proc/{pid}/cmdline") as file:
            return pid if file.read().startswith(f"guest-{uuid}") else None
    except (OSError, ValueError):
        return None


def _launch(uuid):
    if _pid(uuid) is None:
        # systemd makes one dollar of two.
        script = f"echo $$$$ > {_path(uuid, 'pid')}; exec -a guest-{uuid} {_PROGRAM} infinity"
        processutils.execute(
            "systemd-run", "--quiet", "--collect", "--uid=nova", f"--unit=guest-{uuid}", "bash", "-c", script,
            run_as_root=True, root_helper="sudo",
        )  # fmt: skip


def _end(uuid):
    pid = _pid(uuid)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
    while _pid(uuid) is not None:
        time.sleep(0.02)
