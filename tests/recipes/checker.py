"""A client that notes what the cloud has acknowledged, and looks later whether all of that is there, intact, and once.

    checker.py prepare URL FILE    lifts the quotas, and makes the flavor and the image that servers need
    checker.py work URL FILE       creates things until its standard input ends, and notes each answer in FILE
    checker.py look URL FILE       lists each kind of thing once
    checker.py audit URL FILE      prints, for each kind of thing, what became of those in FILE

Runs in a host that is no node of the cluster.  URL is Keystone's; the password of the user admin is in OS_PASSWORD.
Every name is asked for once: a request without an answer is not repeated, since nobody knows what became of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import requests

PAUSE = 10.0
"""Seconds between two requests of one kind."""
PATIENCE = 60.0
"""Seconds until an answer counts as none."""
SETTLING = 240.0
"""Seconds for what was accepted to be made."""
SIZE = 256 * 1024
PAGE = 500
"""Rows of a list that one request asks for: the services give 1000 at most."""
_TEMPLATE = {"heat_template_version": "2016-10-14", "resources": {"word": {"type": "OS::Heat::RandomString"}}}
_MOVING = ("creating", "build", "create_in_progress", "queued", "saving", "importing")
_MADE = ("available", "active", "create_complete")


class Refused(Exception):
    """The cloud gave no answer, or not the one that acknowledges."""


class Cloud:
    """The APIs of the catalogue, asked with the newest token."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._first = threading.Lock()
        self.token, self.project, self._places = "", "", {}

    def sign_in(self) -> dict[str, object]:
        """A new token, and until when it is one; the cloud remembers it and the catalogue."""
        domain = {"name": "Default"}
        body = {
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {"user": {"name": "admin", "domain": domain, "password": os.environ["OS_PASSWORD"]}},
                },
                "scope": {"project": {"name": "admin", "domain": domain}},
            }
        }
        answer = _ask("POST", f"{self._url}/auth/tokens", (201,), json=body)
        said, token = answer.json()["token"], answer.headers["X-Subject-Token"]
        places = {entry["type"]: entry["endpoints"][0]["url"].rstrip("/") for entry in said["catalog"]}
        self.project, self._places, self.token = said["project"]["id"], places, token
        return {"id": token, "until": datetime.fromisoformat(said["expires_at"].replace("Z", "+00:00")).timestamp()}

    def __call__(self, method: str, kind: str, path: str, wanted: tuple[int, ...], **more) -> requests.Response:
        """One request to the API of this kind; raises Refused if the answer has another status."""
        with self._first:
            if not self.token:
                self.sign_in()
        headers = {"X-Auth-Token": self.token, **more.pop("headers", {})}
        url = self._url if kind == "identity" else self._places[kind]
        return _ask(method, url + path, wanted, headers=headers, **more)


def _ask(method: str, url: str, wanted: tuple[int, ...], **more) -> requests.Response:
    try:
        answer = requests.request(method, url, timeout=PATIENCE, **more)
    except requests.RequestException as problem:
        raise Refused(f"{method} {url}: {problem!r}"[:300]) from problem
    if answer.status_code not in wanted:
        raise Refused(f"{method} {url}: {answer.status_code} {answer.text[:150]}")
    return answer


# What is created, and how it is acknowledged.  Each returns what the audit has to know of it.


def token(cloud: Cloud, _name: str) -> dict[str, object]:
    return cloud.sign_in()


def image(cloud: Cloud, name: str) -> dict[str, str]:
    content = os.urandom(SIZE)
    body = {"name": name, "disk_format": "raw", "container_format": "bare"}
    made = cloud("POST", "image", "/v2/images", (201,), json=body).json()["id"]
    kind = {"Content-Type": "application/octet-stream"}
    cloud("PUT", "image", f"/v2/images/{made}/file", (204,), data=content, headers=kind)
    return {"id": made, "sum": hashlib.sha256(content).hexdigest()}


def volume(cloud: Cloud, name: str) -> dict[str, str]:
    answer = cloud("POST", "volumev3", "/volumes", (202,), json={"volume": {"name": name, "size": 1}})
    return {"id": answer.json()["volume"]["id"]}


def network(cloud: Cloud, name: str) -> dict[str, str]:
    return {
        "id": cloud("POST", "network", "/v2.0/networks", (201,), json={"network": {"name": name}}).json()["network"][
            "id"
        ]
    }


def server(cloud: Cloud, name: str) -> dict[str, str]:
    wanted = {"name": name, "flavorRef": "tiny", "imageRef": _base(cloud), "networks": "none"}
    headers = {"OpenStack-API-Version": "compute 2.37"}
    answer = cloud("POST", "compute", "/servers", (202,), json={"server": wanted}, headers=headers)
    return {"id": answer.json()["server"]["id"]}


def stack(cloud: Cloud, name: str) -> dict[str, str]:
    body = {"stack_name": name, "template": _TEMPLATE}
    return {"id": cloud("POST", "orchestration", "/stacks", (201,), json=body).json()["stack"]["id"]}


def object_(cloud: Cloud, name: str) -> dict[str, str]:
    content = os.urandom(SIZE)
    cloud("PUT", "object-store", f"/checker/{name}", (201,), data=content)
    return {"id": name, "sum": hashlib.sha256(content).hexdigest()}


KINDS = {
    "token": token, "image": image, "volume": volume, "network": network, "server": server, "stack": stack,
    "object": object_,
}  # fmt: skip


def _base(cloud: Cloud) -> str:
    return cloud("GET", "image", "/v2/images?name=base", (200,)).json()["images"][0]["id"]


def prepare(cloud: Cloud) -> None:
    """Make room for many things, and what they stand on."""
    cloud.sign_in()
    free = {"cores": -1, "instances": -1, "ram": -1}
    cloud("PUT", "compute", f"/os-quota-sets/{cloud.project}", (200,), json={"quota_set": free})
    free = {"volumes": -1, "gigabytes": -1}
    cloud("PUT", "volumev3", f"/os-quota-sets/{cloud.project}", (200,), json={"quota_set": free})
    cloud("PUT", "network", f"/v2.0/quotas/{cloud.project}", (200,), json={"quota": {"network": -1}})
    tiny = {"id": "tiny", "name": "tiny", "ram": 64, "vcpus": 1, "disk": 0}
    cloud("POST", "compute", "/flavors", (200,), json={"flavor": tiny})
    image(cloud, "base")
    cloud("PUT", "object-store", "/checker", (201, 202))


def work(cloud: Cloud, path: str) -> None:
    """Create things of every kind side by side until the standard input ends."""
    over, lock = threading.Event(), threading.Lock()
    with open(path, "a") as file, ThreadPoolExecutor(len(KINDS)) as hands:
        kept = [hands.submit(_keep, cloud, kind, over, lock, file) for kind in KINDS]
        sys.stdin.read()
        over.set()
        for one in kept:
            one.result()


def _keep(cloud: Cloud, kind: str, over: threading.Event, lock: threading.Lock, file) -> None:
    number = 0
    while not over.wait(PAUSE):
        number += 1
        name = f"{kind}-{number}"
        noted = {"kind": kind, "name": name, "at": time.time()}
        try:
            noted.update(KINDS[kind](cloud, name))
        except Refused as problem:
            noted["refused"] = str(problem)
        noted["took"] = round(time.time() - noted["at"], 2)
        with lock:
            file.write(json.dumps(noted) + "\n")
            file.flush()


# What is there: {name: [(id, state)]} of everything that a kind lists.
_LISTS = {
    "image": ("image", "/v2/images", "images"),
    "volume": ("volumev3", "/volumes/detail", "volumes"),
    "network": ("network", "/v2.0/networks", "networks"),
    "server": ("compute", "/servers/detail", "servers"),
    "stack": ("orchestration", "/stacks", "stacks"),
}


def _rows(cloud: Cloud, kind: str) -> list[dict]:
    """Everything in a list, page by page."""
    api, path, key = _LISTS[kind]
    rows: list[dict] = []
    while True:
        after = f"&marker={rows[-1]['id']}" if rows else ""
        page = cloud("GET", api, f"{path}?limit={PAGE}{after}", (200,)).json()[key]
        rows += page
        if len(page) < PAGE:
            return rows


def _listed(cloud: Cloud, kind: str) -> dict[str, list[tuple[str, str]]]:
    if kind == "token":
        return {}
    if kind == "object":
        rows = cloud("GET", "object-store", "/checker?format=json", (200,)).json()
        found = [(row["name"], row["name"], "available") for row in rows]
    else:
        found = [
            (row.get("name") or row["stack_name"], row["id"], row.get("status") or row["stack_status"])
            for row in _rows(cloud, kind)
        ]
    there: dict[str, list[tuple[str, str]]] = {}
    for name, identity, state in found:
        there.setdefault(name, []).append((identity, state.lower()))
    return there


def _settled(cloud: Cloud, kind: str) -> dict[str, list[tuple[str, str]]]:
    """The list once nothing in it is being made any more, or at the end of the patience."""
    until = time.monotonic() + SETTLING
    while True:
        there = _listed(cloud, kind)
        moving = [state for entries in there.values() for _, state in entries if state in _MOVING]
        if not moving or time.monotonic() > until:
            return there
        time.sleep(2)


def _intact(cloud: Cloud, kind: str, noted: dict) -> bool:
    """Can it be read, and is it what was written?"""
    if kind == "token":
        cloud("GET", "identity", "/auth/tokens", (200,), headers={"X-Subject-Token": noted["id"]})
        return True
    where = (
        ("image", f"/v2/images/{noted['id']}/file") if kind == "image" else ("object-store", f"/checker/{noted['id']}")
    )
    return hashlib.sha256(cloud("GET", *where, (200,)).content).hexdigest() == noted["sum"]


def audit(cloud: Cloud, path: str) -> dict[str, dict]:
    """What became of everything in the file."""
    cloud.sign_in()
    with open(path) as file:
        notes = [json.loads(line) for line in file]
    return {kind: _judge(cloud, kind, [one for one in notes if one["kind"] == kind]) for kind in KINDS}


def _is_over(noted: dict) -> bool:
    """Is it a token that has expired, or will soon?  The cloud has promised nothing beyond that."""
    return "until" in noted and noted["until"] < time.time() + PATIENCE


def _judge(cloud: Cloud, kind: str, notes: list[dict]) -> dict:
    refused = [one for one in notes if "refused" in one]
    kept = [one for one in notes if "refused" not in one and not _is_over(one)]
    there = _settled(cloud, kind)
    found: dict[str, list] = {"missing": [], "broken": [], "failed": [], "unfinished": []}
    for one in kept:
        entries = dict(there.get(one["name"], []))
        state = entries.get(one["id"], "")
        # Swift lists an object when it comes to it, but serves it from the first moment: it is read below.
        if kind not in ("token", "object") and not state:
            found["missing"].append(one["name"])
        elif "sum" in one or kind == "token":
            try:
                intact = _intact(cloud, kind, one)
            except Refused as problem:
                found["broken"].append(str(problem))
                continue
            if not intact:
                found["broken"].append(one["name"])
        elif state in _MOVING:
            found["unfinished"].append(one["name"])
        elif state and state not in _MADE:
            found["failed"].append(f"{one['name']}: {state}")
    twice = [name for name, entries in there.items() if len(entries) > 1]
    last = refused[-1]["refused"] if refused else ""
    return {"acknowledged": len(kept), "refused": len(refused), "last refusal": last, "twice": twice, **found}


def main() -> None:
    _, what, url, path = sys.argv
    cloud = Cloud(url)
    if what == "prepare":
        prepare(cloud)
    elif what == "work":
        work(cloud, path)
    elif what == "look":
        for kind in KINDS:
            _listed(cloud, kind)
    else:
        print(json.dumps(audit(cloud, path)))


if __name__ == "__main__":
    main()
