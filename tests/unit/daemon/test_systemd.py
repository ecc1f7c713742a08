"""What systemd knows, and what it is asked to do."""

import pytest

from ocf_lib.codes import ERR_ARGS, SUCCESS

from ..conftest import required

ZAQAR = "/etc/zaqar/zaqar.conf"


def test_a_secret_in_the_words_of_systemctl_is_masked(cluster, machine, systemd):
    """
    The agent masks what systemd says, and not that systemctl said it.
    """
    machine.programs.ask = lambda argv, seconds: (1, "Failed: hunter\n")

    seen = cluster("start", unit="keystone", os_password="hunter")
    assert seen.reason.endswith(": Failed: ****")
    seen = cluster("start", unit="keystone", os_password="systemctl")
    assert seen.reason.startswith("keystone: systemctl show ")


@pytest.mark.parametrize("place", ["/etc/systemd/system", "/run/systemd/generator.late"], ids=["unit", "init-script"])
@pytest.mark.parametrize(
    ("agent", "unit"),
    [
        ("keystone", "keystone.service"),
        ("nova-scheduler", "openstack-nova-scheduler.service"),
        ("neutron-server", "neutron-api.service"),
        ("swift-daemon", "swift-object-replicator.service"),
        ("nova-spicehtml5proxy", "nova-spiceproxy.service"),  # Ubuntu
        ("zaqar-server", "openstack-zaqar.service"),  # RDO
    ],
)
def test_a_unit_that_starts_the_service_at_boot_is_named(cluster, machine, agent, unit, place):
    """
    Start warns and goes on, validate-all at level 10 refuses. Both name the cure.
    """
    machine.files[f"{place}/multi-user.target.wants/{unit}"] = ""
    for path in ("/etc/nova/nova.conf", "/etc/neutron/neutron.conf", "/etc/swift/object-server.conf", ZAQAR):
        machine.files[path] = ""
    machine.files["/etc/neutron/neutron-api-uwsgi.ini"] = ""
    programs = ("nova-scheduler", "swift-object-replicator", "nova-spicehtml5proxy", "zaqar-server")
    machine.programs |= {f"/usr/bin/{program}" for program in programs}
    machine.processes.accounts.update(dict.fromkeys(("nova", "neutron", "swift", "zaqar"), (65, 65, "/")))

    seen = cluster("validate-all", agent=agent, level=10, **required(agent))

    wanted = f"{unit} would start this at boot, outside the cluster: systemctl disable {unit}"
    assert (seen.code, seen.reason) == (ERR_ARGS, f"{agent}: {wanted}")
    assert cluster("validate-all", agent=agent, **required(agent)).code == SUCCESS
    cluster("start", agent=agent, **required(agent))
    assert ("warning", f"WARNING: {wanted}") in machine.itself.logged
