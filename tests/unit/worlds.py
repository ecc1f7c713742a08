"""Services on the double: installed, running, and what their neighbours answer."""

from __future__ import annotations

import json

from .double import OK

INI = "/etc/keystone/keystone-uwsgi.ini"
CONFIG = "/etc/keystone/keystone.conf"
UWSGI = f"/usr/bin/uwsgi_python3\0--http-socket\0:5000\0--ini\0{INI}\0"
RUN = "/run/resource-agents"
PID_FILE = f"{RUN}/p_keystone.pid"

NOVA = "/etc/nova/nova.conf"
NEUTRON = "/etc/neutron/neutron.conf"
BROKER = "[DEFAULT]\ntransport_url = rabbit://nova:pw@mq1:5672,nova:pw@[fd00::2]:5673/vhost\n"

GLANCE = "/etc/glance/glance-api.conf"
CREDENTIALS = {
    "os_username": "admin",
    "os_password": "s3cr3t",
    "os_tenant_name": "admin",
    "os_auth_url": "http://vip:5000/v2.0/",
}


def install_keystone(machine) -> None:
    """Keystone as Debian installs it."""
    machine.files[INI] = "[uwsgi]\nlogto = /var/log/keystone/keystone.log\n"
    machine.files[CONFIG] = "[DEFAULT]\n"
    machine.programs.add("/usr/bin/uwsgi_python3")
    machine.processes.accounts["keystone"] = (64, 64, "/var/lib/keystone")


def run_keystone(machine, pid=42, workers=(43, 44), file=PID_FILE) -> int:
    """A running Keystone with its pid file, that answers."""
    machine.process(pid, UWSGI)
    for worker in workers:
        machine.process(worker, UWSGI, parent=pid, session=pid)
    if file:
        machine.files[file] = f"{pid}\n"
    machine.answers("/v3")
    machine.answers("/v3/auth/system")
    return pid


def run_worker(machine, name, config=NOVA, extra=(), pid=42) -> int:
    """A daemon that reads its configuration, with a worker, a broker at mq1, and an OVN on its node."""
    user = name.partition("-")[0]
    machine.processes.accounts[user] = (64, 64, "/")
    machine.programs.add(f"/usr/bin/{name}")
    machine.files.setdefault(config, BROKER)
    words = ("/usr/bin/python3", f"/usr/bin/{name}", f"--config-file={config}", *extra)
    machine.process(pid, command="\0".join(words) + "\0")
    machine.process(pid + 1, command="\0".join(words) + "\0", parent=pid, session=pid)
    machine.files[f"{RUN}/p_{name}.pid"] = f"{pid}\n"
    machine.network.names_of["mq1"] = {"192.0.2.5"}
    machine.network.web[5672, ""] = b"\1\0\0\0"
    machine.network.web.setdefault((6642, ""), b'{"id":0')  # OVN's database
    return pid


def rows(machine, binary, *found, path="/v2.1/os-services", host="&host=controller"):
    """What the list of services at http://cloud:1 says: (host, state), or (host, state, more of the row)."""
    texts = [
        json.dumps({"binary": binary, "host": name, "state": state, **dict(*more)}) for name, state, *more in found
    ]
    answer = OK[:-2] + f'{{"services": [{", ".join(texts)}]}}'.encode()
    machine.answers(f"{path}?binary={binary}{host}", answer, port=1)


def run_well(machine, agent) -> None:
    """A daemon of one of four agents, with everything around it that a signed-in monitor asks for."""
    if agent == "keystone":
        run_keystone(machine)
        return
    run_worker(machine, agent, {"glance-api": GLANCE, "neutron-metadata-agent": NEUTRON}.get(agent, NOVA))
    machine.connects(42, "192.0.2.5", 5672)
    machine.answers("/", port=9292)
    machine.answers("/v2/images?limit=1", port=9292)
    rows(machine, "nova-compute", ("controller", "up"))
    machine.holds(42, "/var/lib/neutron/metadata_proxy")
    agents = f'{{"agents": [{{"binary": "{agent}", "host": "controller", "alive": true}}]}}'
    machine.answers(f"/v2.0/agents?binary={agent}&host=controller", OK[:-2] + agents.encode(), port=1)
