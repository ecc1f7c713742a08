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


def test_what_has_no_effect_says_so():
    """
    Credentials where there is nothing to ask with them, a uwsgi and a web server where there is none.
    """
    idle = []
    for path in (ROOT / "agents").iterdir():
        service = load(path.name)
        text = {param.name: param.text for param in service.params}
        asks = service.roster or service.api.question
        said = {name for name in text if text[name].startswith("No effect in this agent: ") and name != "os_cacert"}
        credentials = {name for name in text if name.startswith("os_") and name != "os_cacert"} | {"insecure"}
        assert said & credentials == (set() if asks else credentials), path.name
        assert ("No effect" in text["os_cacert"]) == (not asks and not service.api.port), path.name
        assert ("uwsgi" in text["binary"]) == bool(service.uwsgi.ini), path.name
        assert ("web server" in text["unit"]) == bool(service.uwsgi.ini or service.unit), path.name
        assert ("worker" in text["os_username"]) == bool(service.roster), path.name
        idle += [] if asks or path.is_symlink() else [path.name]

    assert len(idle) == 12


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
