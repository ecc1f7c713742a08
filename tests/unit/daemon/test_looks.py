"""The forms in which daemons run on Debian, Ubuntu, RDO and elsewhere, and what looks similar.

forms.tsv has one line for each form, from the packages, units and published
outputs of ps(1) and systemctl(1); NUL is written \\0.
"""

import csv

import pytest

from ocf_lib.context import Context
from ocf_lib.daemon.looks import Looks
from ocf_lib.daemon.process import read
from tests.conftest import ROOT

from ..conftest import load
from ..double import Machine

with (ROOT / "tests/unit/daemon/forms.tsv").open(newline="") as lines:
    FORMS = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def label(form) -> str:
    return f"{form['agent']}-{form['distribution']}-{form['kind']}-{form['command'][-24:]}"


@pytest.mark.parametrize("form", FORMS, ids=label)
def test_a_form_is_told_from_what_looks_similar(form):
    """
    The agent with its default parameters takes the daemon, and takes no editor, helper, container or run that ends.
    """
    service, machine = load(form["agent"]), Machine()
    machine.processes.accounts[service.user] = (64, 64, "/")
    daemons = [name for name, _ in service.daemons]
    given = next((name for name in daemons if name in form["command"]), daemons[0]) if daemons else ""
    context = Context(service, [service.name, "monitor"], {"OCF_RESKEY_daemon": given}, machine)
    machine.process(
        42,
        form["command"].encode().decode("unicode_escape"),
        owner={"root": 0, service.user: 64}.get(form["owner"], 1000),
        here=form["here"] == "yes",
        name=form["name"],
    )

    assert Looks(context).fits(read(machine, 42)) == (form["daemon"] == "yes")


def test_both_kinds_of_form_are_there():
    """
    A test that takes everything, or nothing, would pass with a list of one kind.
    """
    assert {form["distribution"].partition(" ")[0] for form in FORMS} >= {"Debian", "Ubuntu", "RDO"}
    assert sum(form["daemon"] == "yes" for form in FORMS) > 60
    assert sum(form["daemon"] == "no" for form in FORMS) > 60
