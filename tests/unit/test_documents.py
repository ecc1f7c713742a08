"""What the documents say of the agents is what the agents declare."""

from tests.conftest import ROOT

from .conftest import load


def test_the_table_of_agents():
    """
    The README has a line for every agent, with what its monitor checks, and for every old name.
    """
    table = (ROOT / "README.md").read_text().partition("## The agents")[2].partition("## More")[0]
    wanted = []
    for path in sorted((ROOT / "agents").iterdir()):
        what = f"the old name of `{path.resolve().name}`" if path.is_symlink() else load(path.name).about
        wanted.append(f"| `{path.name}` | {what} |")

    assert [line for line in table.splitlines() if line.startswith("| `")] == wanted


def test_what_a_page_names_is_there():
    """
    Every agent that a page speaks of exists.
    """
    agents = {path.name for path in (ROOT / "agents").iterdir()}
    for page in (ROOT / "docs").glob("*.md"):
        for word in page.read_text().replace("`", " ").split():
            if word.startswith("ocf:openstack:"):
                assert word.removeprefix("ocf:openstack:").rstrip("*,.") in agents | {""}, (page.name, word)
