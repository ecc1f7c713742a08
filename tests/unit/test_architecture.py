"""Who may import whom: arrows point downwards, and a monitor's path stays light."""

import ast

import pytest

from tests.conftest import ROOT

LIBRARY = ROOT / "ocf_lib"

# From the door down to the words. A room may use the rooms below its storey,
# and the rooms listed for it on its own.
STOREYS = [
    {"main"},
    {"monitor", "start", "stop", "validate", "metadata"},
    {
        "finder",
        "unit",
        "process",
        "daemon",
        "api",
        "auth",
        "login",
        "roster",
        "connections",
        "database",
        "settings",
    },
    {"record", "codes", "errors", "params", "service", "context", "log", "host", "notes", "patience", "address"},
]
NEIGHBOURS = {
    "start": {"monitor", "stop", "validate"},
    "stop": {"monitor"},
    "finder": {"unit", "process"},
    "unit": {"process", "host"},
    "process": {"daemon", "host"},
    "daemon": {"settings", "host"},
    "api": {"daemon", "host"},
    "auth": {"api", "daemon", "login", "host"},
    "login": {"api", "daemon", "host"},
    "roster": {"auth", "settings", "host"},
    "connections": {"daemon", "settings", "host"},
    "database": {"settings", "host"},
    "settings": {"host"},
    "notes": {"context"},
    "address": {"errors", "record"},
    "log": {"codes", "host", "params"},
    "errors": {"codes"},
    "params": {"errors", "record"},
    "service": {"params", "record"},
    "context": {"errors", "host", "log", "params", "patience", "service"},
}


def rooms():
    return sorted({path.stem for path in LIBRARY.glob("*.py")} - {"__init__"} | {"host"})


def nodes(room):
    """What a room's file, or the files of its folder, hold; and what of it stands at the top of a file."""
    folder = LIBRARY / room
    trees = [
        ast.parse(path.read_text())
        for path in (folder.glob("*.py") if folder.is_dir() else [folder.with_suffix(".py")])
    ]
    return [node for tree in trees for node in ast.walk(tree)], [node for tree in trees for node in tree.body]


def storey(room):
    return next(number for number, names in enumerate(STOREYS) if room in names)


def imports(room):
    """The modules of the library, and of others, that a room imports anywhere, and at its top."""
    every, outermost = nodes(room)
    ours, others, top = set(), set(), set()
    for node in every:
        if isinstance(node, ast.ImportFrom) and node.level:
            if not (LIBRARY / room).is_dir():
                ours |= {node.module} if node.module else {name.name for name in node.names}
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [node.module] if isinstance(node, ast.ImportFrom) else [name.name for name in node.names]
            others |= {name.partition(".")[0] for name in names}
            if node in outermost:
                top |= {name.partition(".")[0] for name in names}
    return ours - {"__version__"}, others, top


def test_the_map_is_complete():
    """
    A new module has to be placed on the map.
    """
    assert sorted(set().union(*STOREYS)) == rooms()


@pytest.mark.parametrize("room", rooms())
def test_arrows_point_downwards(room):
    """
    A room uses what is below it, and the neighbours granted above.
    """
    ours, _, _ = imports(room)
    below = set().union(*STOREYS[storey(room) + 1 :])

    assert ours - below - NEIGHBOURS.get(room, set()) == set()


@pytest.mark.parametrize("room", rooms())
def test_only_the_door_to_the_system_touches_it(room):
    """
    os, sockets, processes and clocks are host's; arguments and streams are the door's.
    """
    _, others, _ = imports(room)
    system = {
        "os",
        "select",
        "socket",
        "_socket",
        "subprocess",
        "signal",
        "time",
        "pwd",
        "resource",
        "syslog",
        "ssl",
        "psutil",
    }

    allowed = {"host": system, "main": {"os"}}.get(room, set())
    assert others & system - allowed == set()


@pytest.mark.parametrize("room", rooms())
def test_the_top_of_a_module_is_cheap(room):
    """
    What costs more than the check itself is imported by the function that needs it.
    """
    _, _, top = imports(room)

    assert top <= {"__future__", "os", "sys", "time", "errno", "select"}


def test_one_place_exits():
    """
    Nothing below the door ends the process or prints.
    """
    for room in rooms():
        called = {ast.unparse(node.func) for node in nodes(room)[0] if isinstance(node, ast.Call)}
        assert not called & {"print", "exit", "quit"}, room
        assert "sys.exit" not in called or room == "main"


def test_agents_are_facts():
    """
    An agent imports the library's words and its door, defines nothing but its Service, and is short.
    """
    for path in (ROOT / "agents").iterdir():
        tree = ast.parse(path.read_text())
        modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert modules <= {"ocf_lib.main", "ocf_lib.service", "ocf_lib.params"}, path.name
        assert path.read_text().startswith("#!/usr/bin/python3 -IS\n"), path.name
        assert len(path.read_text().splitlines()) <= 46, path.name
