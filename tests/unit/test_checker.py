"""What the checker of the recipes makes of a cloud's lists, and of what the cloud acknowledged."""

import hashlib
import time
from types import SimpleNamespace

import pytest

from tests.recipes import checker

SUM = hashlib.sha256(b"whole").hexdigest()


class Cloud:
    """Lists its rows page by page, and serves the same content for everything."""

    def __init__(self, rows, content=b"whole"):
        self.rows = rows
        self.content = content

    def __call__(self, _method, kind, path, _wanted, **_more):
        if "limit=" not in path:
            return SimpleNamespace(content=self.content)
        marker = path.partition("marker=")[2]
        first = next((number for number, row in enumerate(self.rows, 1) if row["id"] == marker), 0)
        page = self.rows[first : first + checker.PAGE]
        return SimpleNamespace(json=lambda: {"images": page, "volumes": page})


def row(number, status="available"):
    return {"id": f"id-{number}", "name": f"volume-{number}", "status": status}


def note(number, **more):
    return {"name": f"volume-{number}", "id": f"id-{number}", **more}


@pytest.mark.parametrize("count", [0, 1, checker.PAGE, 2 * checker.PAGE + 1])
def test_a_long_list_is_read_to_its_end(count):
    """
    A service lists a part at a time. What stands on a later page is not missing.
    """
    cloud = Cloud([row(number) for number in range(count)])
    said = checker._judge(cloud, "volume", [note(number) for number in range(count)])

    assert (said["acknowledged"], said["missing"], said["twice"]) == (count, [], [])


def test_what_is_missing_or_there_twice_is_told():
    """
    One volume is in no list, and one name has two volumes.
    """
    cloud = Cloud([row(1), {**row(1), "id": "id-other"}])
    said = checker._judge(cloud, "volume", [note(1), note(2), note(3, refused="503")])

    assert (said["missing"], said["twice"], said["refused"]) == (["volume-2"], ["volume-1"], 1)


@pytest.mark.parametrize(("content", "broken"), [(b"whole", []), (b"half", ["volume-1"])])
def test_content_is_read_whatever_the_list_says(monkeypatch, content, broken):
    """
    An image whose upload was acknowledged and that still says "saving" is no excuse for lost content.
    """
    cloud = Cloud([row(1, "saving")], content)
    monkeypatch.setattr(checker, "SETTLING", 0)
    said = checker._judge(cloud, "image", [note(1, sum=SUM)])

    assert said["broken"] == broken


def test_a_token_is_promised_until_it_expires():
    """
    A token of an hour ago is gone by right. One that holds has to be known.
    """
    now = time.time()
    notes = [note(1, until=now - 1), note(2, until=now + 1000)]
    said = checker._judge(Cloud([]), "token", notes)

    assert (said["acknowledged"], said["refused"], said["broken"]) == (1, 0, [])
