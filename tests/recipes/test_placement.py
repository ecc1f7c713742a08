"""What runs where before and after each fault of each recipe, without a cluster; a change of it shows in review."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from . import book, drawing, placement

RECIPES = book.every()
EACH = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)


@pytest.fixture(scope="module")
def simulated(desk, request):
    """{recipe: {tool: (the CIB, what would happen)}}, worked out for two recipes at a time: pcs takes a second for each line."""
    items = [item for item in request.session.items if "simulated" in item.fixturenames]
    recipes = dict.fromkeys(item.callspec.params["recipe"] for item in items)
    clusters = [placement.Cluster(desk(recipe.kind), recipe) for recipe in recipes]

    def work(cluster):
        cibs = {tool: cluster.written(tool) for tool in book.TOOLS}
        return {tool: (cib, cluster.steps(cib)) for tool, cib in cibs.items()}

    with ThreadPoolExecutor(2) as hands:
        yield {cluster.recipe.name: hands.submit(work, cluster) for cluster in clusters}


@EACH
def test_pacemaker_places_what_the_golden_file_says(simulated, recipe, request):
    """
    Typed with pcs and typed with crm: both place every resource in the same way, before, during and after each fault.

    With --page, the golden file and the drawing are made anew.
    """
    steps = {tool: after for tool, (_, after) in simulated[recipe.name].result().items()}
    found = {tool: placement.text(steps[tool]) for tool in book.TOOLS}

    assert found["crm"] == found["pcs"]
    if request.config.getoption("--page"):
        recipe.golden.write_text(found["pcs"])
        drawing.write(recipe, steps["pcs"])
    assert found["pcs"] == recipe.golden.read_text()


@EACH
def test_both_files_of_a_recipe_configure_the_same(simulated, recipe):
    """
    The file for pcs and the file for crm give each resource the same agent, parameters, options, times and constraints.
    """
    typed = {tool: placement.configured(cib) for tool, (cib, _) in simulated[recipe.name].result().items()}

    assert typed["crm"] == typed["pcs"]


@EACH
def test_every_lost_node_is_fenced(recipe):
    """
    Pacemaker starts nothing elsewhere before it knows that the lost node is off.
    """
    lines = recipe.golden.read_text().splitlines()
    for name in recipe.names:
        assert f"{name} is lost; Pacemaker fences {name}" in lines


@EACH
def test_a_recipe_can_be_pasted(recipe):
    """
    The file for pcs works on a copy, and pushes it in the end; the page beside it shows both files and the drawing.
    """
    first, *lines, last = recipe.commands()
    assert (first, last) == ("pcs cluster cib recipe.xml", "pcs cluster cib-push recipe.xml")
    assert [line for line in lines if not line.startswith("pcs -f recipe.xml ")] == []
    page = (recipe.folder / "README.md").read_text()
    assert [name for name in ("(pcs.sh)", "(crm.txt)", "(placement.png)") if name not in page] == []


def test_the_index_names_every_recipe():
    """
    docs/recipes/README.md has a link to each folder.
    """
    page = (book.BOOK / "README.md").read_text()

    assert [recipe.name for recipe in RECIPES if f"]({recipe.name}/README.md)" not in page] == []


def test_no_golden_file_is_left_behind():
    """
    Each belongs to a recipe.
    """
    assert {path.stem for path in (RECIPES[0].golden.parent).iterdir()} == {recipe.name for recipe in RECIPES}
