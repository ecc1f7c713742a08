"""What the documents say of the agents is what the agents declare."""

import re
import runpy

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


def test_the_table_of_exit_reasons():
    """
    The guide has the same reasons as the manual pages, and the library says each of them.
    """
    reasons = runpy.run_path(str(ROOT / "packaging/manual.py"), run_name="manual")["REASONS"]
    table = (ROOT / "docs/operate.md").read_text().partition("## Reading")[2].partition("\n## ")[0]
    assert [line for line in table.splitlines() if line.startswith("| `")] == [
        f"| `{reason}` | {text} |" for _, reason, text in reasons
    ]
    said = " ".join(path.read_text() for path in (ROOT / "ocf_lib").rglob("*.py"))
    for _, reason, _ in reasons:
        unsaid = [word for word in re.findall(r"[A-Za-z]{4,}", reason) if word not in said]
        assert unsaid == [], reason
