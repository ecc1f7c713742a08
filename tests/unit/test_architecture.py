"""Imports point downwards, folder by folder; a monitor's path stays light; one place exits."""

import ast

import pytest

from tests.conftest import ROOT

LIBRARY = ROOT / "ocf_lib"
FILES = sorted(LIBRARY.rglob("*.py"))
# From the door down to the system.  The words are the files of the top folder.
STOREYS = ["main", "evacuation", "acts", "checks", "cloud", "daemon", "cluster", "words", "host"]
EVERY = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(LIBRARY)))


def storey(path) -> int:
    """The number of the storey that a file stands on."""
    first = path.relative_to(LIBRARY).parts[0].removesuffix(".py")
    return STOREYS.index(first if first in STOREYS else "words")


def resolve(path, node) -> list:
    """The files of the library that a relative import may read."""
    folder = path.parents[node.level - 1] / (node.module or "").replace(".", "/")
    places = [folder / name.name for name in node.names]
    files = [place / "__init__.py" if place.is_dir() else place.with_suffix(".py") for place in places]
    found = [file for file in files if file in FILES]
    if len(found) < len(files):
        # A name of the folder or file itself, and no file in it.
        found.append(folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py"))
    return [file for file in found if file != LIBRARY / "__init__.py"]


def nodes(path, kinds) -> list:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds)]


def others(path, tree_nodes) -> set[str]:
    """The modules outside the library that these import."""
    found = set()
    for node in tree_nodes:
        if isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
    return found


@EVERY
def test_imports_point_downwards(path):
    """
    A folder uses its own files and the folders below it.
    """
    for node in nodes(path, ast.ImportFrom):
        if node.level:
            assert all(storey(file) >= storey(path) for file in resolve(path, node)), ast.unparse(node)


def test_no_files_import_each_other():
    """
    No file is imported, as it loads, by a file that it imports as it loads.
    """
    imports = {
        path: {
            file
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.ImportFrom) and node.level
            for file in resolve(path, node)
        }
        - {path}
        for path in FILES
    }
    while imports:
        leaves = [path for path, needs in imports.items() if not needs & imports.keys()]
        assert leaves, sorted(str(path) for path in imports)
        for path in leaves:
            del imports[path]


@EVERY
def test_only_host_touches_the_system(path):
    """
    Only host imports posix, sockets, processes and clocks. Only the door reads arguments and writes to streams.
    """
    system = {"os", "pwd", "resource", "select", "signal", "socket", "_socket", "ssl", "subprocess", "syslog",
              "time", "posix"}  # fmt: skip
    allowed = {"host": system, "main": {"posix"}}.get(STOREYS[storey(path)], set())
    if path == LIBRARY / "__init__.py":
        # It guards the loading of all others.
        allowed = {"posix"}

    assert others(path, nodes(path, (ast.Import, ast.ImportFrom))) & system <= allowed


@EVERY
def test_the_top_of_a_module_imports_only_what_is_cheap(path):
    """
    A function that needs a module which costs more than the check itself imports it inside.
    """
    assert others(path, ast.parse(path.read_text()).body) <= {"__future__", "posix", "sys", "time", "errno", "select"}


@EVERY
def test_only_the_door_exits_or_prints(path):
    """
    Nothing below the door ends the process or prints.
    """
    called = {ast.unparse(node.func) for node in nodes(path, ast.Call)}

    assert not called & {"print", "exit", "quit", "sys.exit"}


@EVERY
def test_a_module_has_at_most_200_lines(path):
    """
    A longer one holds two nouns.
    """
    assert len(path.read_text().splitlines()) <= 200


def test_half_of_the_modules_have_at_most_110_lines():
    """
    The median of all lengths is 110 lines at most.
    """
    lengths = sorted(len(path.read_text().splitlines()) for path in FILES)

    assert lengths[len(lengths) // 2] <= 110


@EVERY
def test_no_function_has_more_than_five_parameters(path):
    """
    More of them should be a thing of their own.
    """
    for node in nodes(path, ast.FunctionDef):
        given = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        assert len([name for name in given if name != "self"]) <= 5, node.name


def test_agents_hold_only_facts():
    """
    An agent imports the library's words and its door, defines only its facts, and is short.
    """
    for path in (ROOT / "agents").iterdir():
        tree = ast.parse(path.read_text())
        modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        words = {name for name in modules if name.endswith("params")} | {"ocf_lib.service", "ocf_lib.agent"}
        assert modules <= {"ocf_lib.main", *words}, path.name
        assert path.read_text().startswith("#!/usr/bin/python3 -IS\n"), path.name
        assert len(path.read_text().splitlines()) <= 46, path.name
