"""Control groups, on the system that runs the tests and in a copy of the kernel's files."""

import os
from pathlib import Path

import pytest

from ocf_lib.host import Host, groups

SCOPE = "/system.slice/openstack-nova-api:p-12.34.scope"


def test_the_control_group_is_that_of_proc():
    """
    A process that is gone has none.
    """
    group = Host().groups.of(os.getpid())
    assert group.startswith("/")
    assert f":{group}\n" in Path("/proc/self/cgroup").read_text()
    assert Host().groups.of(2**22 + 1) == ""


@pytest.mark.parametrize("kind", ["legacy", "hybrid", "unified"])
def test_members_are_those_of_all_groups_below(tmp_path, monkeypatch, kind):
    """
    systemd mounts its hierarchy in three places. A hybrid host has the same groups twice, and a threaded one says nothing.
    """
    roots = tuple(str(tmp_path / name) for name in ("systemd", "unified", ""))
    monkeypatch.setattr(groups, "ROOTS", roots)
    for root in {"legacy": roots[:1], "hybrid": roots[:2], "unified": roots[2:]}[kind]:
        for place, text in (("", "12\n13\n"), ("/payload", "60\n"), ("/payload/inner", "61\n"), ("/empty", "")):
            path = Path(f"{root}{SCOPE}{place}/cgroup.procs")
            path.parent.mkdir(parents=True)
            path.write_text(text)
        Path(f"{root}/system.slice/other.service").mkdir()
    room = Host().groups

    assert sorted(room.members(SCOPE)) == [12, 13, 60, 61]
    assert room.members("/system.slice/gone.scope") == room.members("") == []
    assert room.below("/system.slice") == [SCOPE, "/system.slice/other.service"]
    assert room.below("/user.slice") == []
