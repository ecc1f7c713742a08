"""The table of the outage matrix is complete, and each cell follows the rule of its column or has a reason."""

import pytest

from tests.box import services
from tests.matrix import page, table
from tests.matrix.faults import FAULTS
from tests.matrix.row import Column, Seen, Verdict
from tests.unit.conftest import load

SERVICES = list(services.rows(services.PACKAGED))
EVERY = pytest.mark.parametrize("column", table.COLUMNS)


def test_the_columns_are_the_faults():
    """
    Each column of the table is a fault, in the same order.
    """
    assert [fault.key for fault in FAULTS] == list(table.COLUMNS)


@EVERY
def test_a_column_has_a_cell_for_every_service(column):
    """
    No cell is empty, and each is an exit status.
    """
    cells = table.expected()[column]

    assert list(cells) == SERVICES
    assert all(codes and codes <= {0, 1, 7, 190} for codes in cells.values())


@EVERY
def test_a_cell_that_differs_from_its_rule_has_a_reason(column):
    """
    And a reason stands only where a cell differs.
    """
    cells = table.expected()[column]
    differs = {name for name in SERVICES if not cells[name] <= table.rule(column, load(name))}

    assert differs == {name for key, name in table.WHY if key == column}


def cell(*during: int, after: tuple[int, ...] = (0,)) -> Seen:
    made = Seen()
    made.during = [Verdict(code, f"nova-api: said {code}") for code in during]
    made.after = [Verdict(code, f"nova-api: said {code}") for code in after]
    return made


@pytest.mark.parametrize(
    ("seen", "text", "wrong"),
    [
        (cell(190, 190), "190", False),
        (cell(0, 190), "190", False),
        (cell(1, 190), "190/1", True),
        (cell(190, 0), "0/190", True),
        (cell(190, after=(190, 0)), "190", False),
        (cell(190, after=(1, 0)), "190!", True),
        (cell(190, after=(190, 190)), "190!", True),
    ],
    ids=["settled", "late", "restarted for a while", "too well", "well later", "restarted after it", "never well"],
)
def test_a_cell_is_judged(seen, text, wrong):
    """
    The settled verdict, the worst one, and all that came after the fault.
    """
    assert seen.text == text
    assert (("keystone", "nova-api") in page.wrong({"keystone": Column("today", 1.5, {"nova-api": seen})})) is wrong


@pytest.mark.parametrize(("column", "wrong"), [("clock", False), ("keystone", True)])
@pytest.mark.parametrize("last", [0, 1])
def test_a_restart_cures_only_where_the_table_says_so(column, wrong, last):
    """
    And the service has to be well then.
    """
    codes = {"clock": (0,), "keystone": (190,)}[column]
    seen = cell(*codes, after=(1, last))
    seen.same = False

    found = page.wrong({column: Column("today", 1.5, {"nova-api": seen})})

    assert seen.text == f"{codes[0]}!"
    assert ((column, "nova-api") in found) is (wrong or last == 1)


def test_another_main_process_is_no_recovery():
    """
    A service that was restarted is not well again, whatever its monitor says.
    """
    seen = cell(190)
    seen.same = False

    assert seen.text == "190!"


def test_a_record_holds_the_cells():
    """
    A column that is read again is the one that was written.
    """
    column = Column("today", 1.5, {"nova-api": cell(0, 1, 190, after=(190, 0))})

    assert Column.of(column.facts()).facts() == column.facts()
