"""The run: every service started, every fault made, every monitor asked."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

from tests.box import cloud as openstack
from tests.box import services
from tests.box.machine import Host

from . import world
from .faults import Fault
from .row import Column, Row, Seen

HANDS = 4
"""Services that start at once."""
PATIENCE = 150.0
"""Seconds after a fault until all has to be well."""
PACKAGED = services.rows(services.PACKAGED)


def begin(host: Host) -> list[Row]:
    """Every service, started and well, with the catalogue in Keystone."""
    rows = {name: Row(host, name, world.CREDENTIALS) for name in PACKAGED}
    rows["keystone"].start()
    openstack.catalogue(host, world.spell)
    for wave in "1234":
        together(Row.start, [row for name, row in rows.items() if PACKAGED[name]["wave"] == wave], HANDS)
    made = {name: Seen() for name in rows}
    together(lambda row: row.recover(made[row.name], PATIENCE, False), list(rows.values()))
    ill = {name: str(seen.after[-1]) for name, seen in made.items() if seen.after[-1].code}
    assert not ill, ill
    return list(rows.values())


def together(action, rows: list[Row], hands: int = len(PACKAGED)) -> None:
    """Run one action for several services at once; the first failure is raised."""
    with ThreadPoolExecutor(hands) as pool:
        for result in [pool.submit(action, row) for row in rows]:
            result.result()


def parties(fault: Fault, rows: list[Row]) -> list[list[Row]]:
    """Who is broken at once: everybody, or first Keystone, then the APIs, then the workers that ask these."""
    if not fault.alone:
        return [rows]
    kinds = {"keystone": [], "api": [], "worker": []}
    for row in rows:
        kinds["keystone" if row.service.is_keystone else "api" if row.service.api.port else "worker"].append(row)
    return [party for party in kinds.values() if party]


def column(fault: Fault, host: Host, rows: list[Row]) -> Column:
    """Break it, watch every service, mend it, and wait for all to be well."""
    cells = {row.name: Seen() for row in rows}
    load = max(_one(fault, host, party, cells) for party in parties(fault, rows))
    # What the fault of another party did to these.
    together(lambda row: row.recover(cells[row.name], PATIENCE, fault.cure, **fault.params(row.name)), rows)
    return Column(time.strftime("%Y-%m-%d %H:%M"), load, cells)


def _one(fault: Fault, host: Host, rows: list[Row], cells: dict[str, Seen]) -> float:
    """Break one party and mend it.  Returns the machine's load when the fault ended."""
    before = {row.name: row.leader for row in rows}
    with fault.broken(host, rows):
        together(lambda row: row.watch(cells[row.name], fault.least, **fault.params(row.name)), rows)
        load = round(os.getloadavg()[0], 1)
    together(lambda row: row.recover(cells[row.name], PATIENCE, fault.cure, **fault.params(row.name)), rows)
    for row in rows:
        cells[row.name].same = row.leader == before[row.name] or row.name == fault.restarts
    return load
