"""What Debian 13 ships beside the cloud of ``tests/box/cloud.py``: one module for each project, with its settings.

A module declares PROJECT.  Whatever is in this folder is prepared by ``prepare`` and tested by
``tests/services/test_projects.py``: a new project is a new file.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import NamedTuple

from .. import cloud
from ..machine import Host


class Project(NamedTuple):
    """One project: its services, and how they are configured on a host that has a cloud's servers and Keystone."""

    table: str
    """the services, with the columns of ``tests/box/services.py``"""
    files: tuple[tuple[str, str, str], ...] = ()
    """path, owner's group, text"""
    databases: tuple[str, ...] = ()
    schema: tuple[tuple[str, str], ...] = ()
    """(account, command) that makes the tables"""
    apis: tuple[tuple[str, str, str], ...] = ()
    """name in the catalogue, type, where it answers"""
    commands: tuple[str, ...] = ()
    """what else the cloud's administrator has to do"""
    script: str = ""
    """what root has to do before anything starts, for sh"""
    needs: tuple[str, ...] = ()
    """services of the cloud that run before those of the table, started in this order"""


def every() -> dict[str, Project]:
    """{name: project}, in the order of the names."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {module.__name__.rpartition(".")[2]: module.PROJECT for module in modules}


def prepare(host: Host, project: Project) -> None:
    """Configure one project on a host that ``cloud.prepare`` has made and where Keystone runs."""
    host.run("mariadb", input="".join(f"CREATE DATABASE {name} CHARACTER SET utf8;\n" for name in project.databases))
    for path, group, text in project.files:
        host.put(path, text, 0o640, f"root:{group}")
    cloud.shrink(host)
    if project.script:
        host.run("sh", "-ec", project.script, timeout=300)
    for account, command in project.schema:
        host.run("su", "-s", "/bin/sh", account, "-c", command, timeout=300)
    cloud.administer(host, *cloud.entries(project.apis), *project.commands)
