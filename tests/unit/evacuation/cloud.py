"""A small Nova in this process, behind its HTTP API; it keeps account of what really runs where.

Its state machine of evacuations is that of Nova 26: a second order for one
instance is accepted (bug 1978983), and then two hosts run it.  ``wrongs`` holds
everything that must never happen.
"""

from __future__ import annotations

import datetime
import json
import urllib.parse
import uuid

_BEGIN = datetime.datetime(2026, 11, 30, 12)
_STATES = ("active", "stopped", "error")
IN_FLIGHT = ("accepted", "pre-migrating")


class Host:
    """A compute node, as it really is."""

    def __init__(self, name, phase):
        self.name, self.phase = name, phase
        self.powered = True
        self.serves = True
        """does nova-compute run?"""
        self.reported = 0.0


class Nova:
    """The API, the scheduler, the conductor and the computes."""

    def __init__(self, machine, computes=("cmp1", "cmp2", "cmp3"), zone="nova"):
        self.machine = machine
        self.hosts = {name: Host(name, number % 10) for number, name in enumerate(computes)}
        self.services = {}
        for name in computes:
            self._service("nova-compute", name, zone)
        self._service("nova-scheduler", "ctl1", "internal")
        self._service("nova-conductor", "ctl1", "internal")
        self.servers, self.migrations, self.groups, self.actions = {}, [], [], {}
        self.version, self.is_admin, self.max_limit = "2.93", True, 1000
        self.workers_run = True
        """do conductor, scheduler and broker work?"""
        self.answers = 0.05
        """seconds that the API needs for an answer"""
        self.build = 8.0
        """seconds that a host needs for an instance"""
        self.room = {}
        """{host: instances that it still takes}"""
        self.guard_fails = set()
        self.has_old_computes = False
        """400 to an evacuation at version 2.95"""
        self.old_api = False
        """before bug 1978983: 409 if the instance has a task"""
        self.skew = {"api": 0, "db": 0}
        self.trouble = lambda method, path: None
        """an answer (bytes) or an exception instead of the real answer; ("late", it): after the order was taken;
        ("queued", it): the order waits in the API, and is taken half a minute later"""
        self.queued = []
        self.orders, self.wrongs, self.log = [], [], []
        self.most = 0

    # -- the world

    def _service(self, binary, host, zone):
        key = str(uuid.UUID(int=len(self.services) + 1))
        self.services[key] = {
            "id": key, "binary": binary, "host": host, "zone": zone, "status": "enabled", "disabled_reason": None,
            "forced_down": False, "touched": 0.0, "unknown": False,
        }  # fmt: skip
        return self.services[key]

    def row(self, host):
        return next(row for row in self.services.values() if row["host"] == host and row["binary"] == "nova-compute")

    def boot(self, host, count=1, **more):
        """Instances on a host."""
        made = []
        for _ in range(count):
            key = str(uuid.UUID(int=1000 + len(self.servers)))
            self.servers[key] = {
                "id": key, "name": f"vm{len(self.servers)}", "tenant": "p1", "host": host, "vm": "active", "task": None,
                "power": 1, "launched": True, "image": "img", "meta": {}, "specs": {}, "ram": 512, "fault": "",
                "runs": {host}, **more,
            }  # fmt: skip
            if self.servers[key]["power"] != 1:
                self.servers[key]["runs"] = set()
            self.actions[key] = ["create"] + (["stop"] if self.servers[key]["power"] == 4 else [])
            made.append(key)
        return made

    def cut(self, host):
        """Cut the power of a host."""
        self.advance()
        self.hosts[host].powered = self.hosts[host].serves = False
        for server in self.servers.values():
            server["runs"].discard(host)
        for record in self.migrations:
            if record["dest_compute"] == host and record["status"] in IN_FLIGHT:
                # What it was doing is forgotten, and the record stays as it is.
                record["due"] = float("inf")

    def power_on(self, host):
        """The host boots.  Nothing runs there until its nova-compute starts."""
        self.advance()
        self.hosts[host].powered = True

    def start_compute(self, host):
        """nova-compute starts: it destroys what was evacuated, and completes all records."""
        self.advance()
        assert self.hosts[host].powered
        self.hosts[host].serves = True
        destroyed = set()
        for record in self.migrations:
            if record["source_compute"] == host and record["status"] in (*IN_FLIGHT, "done"):
                destroyed.add(record["instance_uuid"])
                if record["status"] in IN_FLIGHT:
                    self.wrongs.append(f"nova-compute on {host} started while {record['instance_uuid']} was in flight")
                record["status"] = "completed"
        for server in self.servers.values():
            if (
                server["host"] == host
                and (server["power"], server["vm"]) == (1, "active")
                and server["id"] not in destroyed
            ):
                self._run(server, host)

    def where(self, host):
        return [server for server in self.servers.values() if server["host"] == host]

    def stamp(self, when, clock="db"):
        return (_BEGIN + datetime.timedelta(seconds=int(when + self.skew[clock]))).isoformat() + ".000000"

    def _run(self, server, host):
        server["runs"].add(host)
        living = [name for name in server["runs"] if self.hosts[name].powered]
        if len(living) > 1:
            self.wrongs.append(f"I1: {server['name']} runs on {' and '.join(sorted(living))}")

    def advance(self):
        """What has happened until now."""
        now = self.machine.now()
        while self.queued and self.queued[0][0] <= now:
            self._answer(*self.queued.pop(0)[1])
        for host in self.hosts.values():
            if host.serves and host.powered and self.workers_run:
                host.reported = max(host.reported, (now - host.phase) // 10 * 10 + host.phase)
        for record in self.migrations:
            while record["status"] in IN_FLIGHT and record["due"] <= now and self._step(record):
                pass

    def _step(self, record):
        """The next step of an evacuation.  Returns whether there was one."""
        server = self.servers.get(record["instance_uuid"])
        if record["status"] == "accepted":
            if not self.workers_run:
                record["due"] = self.machine.now() + 1
                return False
            fits = [name for name in self.hosts if self._takes(name) and not self._near(server, name)]
            if server is None or not fits:
                record["status"] = "error"
                if server:
                    server.update(vm="error", task=None, fault="No valid host was found.")
                return False
            load = {name: sum(one["host"] == name for one in self.servers.values()) for name in fits}
            record["dest_compute"] = min(fits, key=lambda name: load[name])
            if record["dest_compute"] in self.room:
                self.room[record["dest_compute"]] -= 1
            record.update(status="pre-migrating", due=record["due"] + self.build)
            return True
        dest = self.hosts[record["dest_compute"]]
        if not dest.serves:
            return False
        if record["ready"]:
            # The record is the last thing that changes.
            record["status"] = "done"
        elif server is None:
            record["status"] = "failed"
        elif record["guard"] and server["id"] in self.guard_fails:
            record["status"] = "failed"
            server.update(vm="error", task=None, fault="InvalidSharedStorage")
        else:
            stopped = server["vm"] == "stopped" or record["stays_stopped"]
            vm, power = ("stopped", 4) if stopped else ("active", 1)
            if server["task"]:
                # Its task is over while its host is still the old one.
                server.update(vm=vm, task=None, power=power, fault="")
                record["due"] += 1.2
                if not stopped:
                    self._run(server, dest.name)
                return True
            server["host"] = dest.name
            record.update(ready=True, due=record["due"] + 1.2)
            return True
        return False

    def _takes(self, name):
        row = self.row(name)
        return self._is_up(row) and row["status"] == "enabled" and self.room.get(name, 1) > 0

    def _near(self, server, name):
        """Is another member of an anti-affinity group on that host?"""
        if server is None:
            return False
        groups = [group for group in self.groups if server["id"] in group["members"]]
        return any(
            self.servers[key]["host"] == name for group in groups for key in group["members"] if key != server["id"]
        )

    def _is_up(self, row):
        if row["forced_down"]:
            return False
        host = self.hosts.get(row["host"])
        last = self.machine.now() if host is None else host.reported
        alive = self.workers_run or host is not None
        # A request that changes the row is no report.
        return alive and self.machine.now() - last < 60

    # -- HTTP

    def ask_all(self, server, request, seconds, tls=None):
        assert server == ("cloud", 1)
        head, _, body = request.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        method, target, _ = lines[0].split(" ")
        headers = dict(line.split(": ", 1) for line in lines[1:])
        assert headers["X-Auth-Token"].startswith("token-")
        parts = urllib.parse.urlsplit(target)
        path, query = parts.path.removeprefix("/v2.1/"), dict(urllib.parse.parse_qsl(parts.query))
        self.log.append((method, path))
        planned = self.trouble(method, path)
        version = headers.get("OpenStack-API-Version", "compute 2.1").removeprefix("compute ")
        order = (method, path, query, json.loads(body) if body else None, version)
        how = planned[0] if isinstance(planned, tuple) else ""
        if how == "queued":
            self.queued.append((self.machine.now() + 30, order))
            return self._raise(planned[1], seconds)
        if planned is not None and how != "late":
            return self._raise(planned, seconds)
        self.machine.sleep(self.answers)
        self.advance()
        status, said = self._answer(*order)
        if planned is not None:
            return self._raise(planned[1], seconds)
        return _http(status, said)

    def _raise(self, planned, seconds):
        if isinstance(planned, TimeoutError):
            self.machine.sleep(seconds)
        if isinstance(planned, BaseException):
            raise planned
        return planned

    def _answer(self, method, path, query, wanted, version):
        words = path.split("/")
        if path == "":
            return 200, {"version": {"version": self.version, "min_version": "2.1"}}
        if not self.is_admin and path != "servers/detail":
            return 403, _error("forbidden", "Policy does not allow it")
        if path == "os-services":
            return 200, {"services": [self._shown_service(row) for row in self.services.values()]}
        if words[0] == "os-services":
            return self._put(self.services.get(words[1]), wanted)
        if path == "servers/detail":
            chosen = self.servers.values() if not self.is_admin else self.where(query["host"])
            return 200, self._page("servers", [self._shown(one) for one in chosen], query, "id")
        if path == "os-migrations":
            names = {
                "source_compute": "source_compute",
                "instance_uuid": "instance_uuid",
                "migration_type": "migration_type",
            }
            chosen = [
                {key: value for key, value in record.items() if key not in ("due", "guard", "ready", "stays_stopped")}
                for record in reversed(self.migrations)
                if all(record[field] == query[name] for name, field in names.items() if name in query)
            ]
            return 200, self._page("migrations", chosen, query, "uuid")
        if path == "os-server-groups":
            begin = int(query.get("offset", 0))
            return 200, {"server_groups": self.groups[begin : begin + min(int(query["limit"]), self.max_limit)]}
        if path == "images/detail":
            return 200, {
                "images": [{"id": "img", "metadata": {}}, {"id": "img-ha", "metadata": {"evacuable": "true"}}][
                    : self.tagged_images + 1
                ]
            }
        if words[0] == "flavors":
            specs = {"extra_specs": {"evacuable": "true"} if self.tagged_flavors else {}}
            if words[-1] == "os-extra_specs":
                return 200, specs
            return 200, {"flavors": [{"id": "1", **(specs if float(version) >= 2.61 else {})}]}
        server = self.servers.get(words[1]) if words[0] == "servers" else None
        if server is None:
            return 404, _error("itemNotFound", "Instance could not be found.")
        if len(words) == 2:
            return 200, {"server": self._shown(server)}
        if words[2] == "os-instance-actions":
            return 200, {"instanceActions": [{"action": each} for each in reversed(self.actions[server["id"]])]}
        return self._act(server, wanted, version)

    tagged_images = 0
    tagged_flavors = False

    def _page(self, key, rows, query, name):
        limit = min(int(query.get("limit", self.max_limit)), self.max_limit)
        names = [row[name] for row in rows]
        begin = names.index(query["marker"]) + 1 if "marker" in query else 0
        more = begin + limit < len(rows)
        return {key: rows[begin : begin + limit], **({f"{key}_links": [{"rel": "next", "href": "x"}]} if more else {})}

    def _shown_service(self, row):
        if row["unknown"]:
            return {"id": row["id"], "binary": row["binary"], "host": row["host"], "status": "UNKNOWN"}
        host = self.hosts.get(row["host"])
        last = self.machine.now() if host is None else host.reported
        return {
            **{key: row[key] for key in ("id", "binary", "host", "zone", "status", "disabled_reason", "forced_down")},
            "state": "up" if self._is_up(row) else "down",
            "updated_at": self.stamp(max(last, row["touched"])),
        }

    def _shown(self, one):
        return {
            "id": one["id"], "name": one["name"], "tenant_id": one["tenant"],
            "image": {"id": one["image"]} if one["image"] else "",
            "metadata": one["meta"], "flavor": {"ram": one["ram"], "extra_specs": one["specs"]},
            "OS-EXT-STS:vm_state": one["vm"], "OS-EXT-STS:task_state": one["task"], "OS-EXT-STS:power_state": one["power"],
            "OS-SRV-USG:launched_at": "x" if one["launched"] else None,
            **({"fault": {"message": one["fault"]}} if one["fault"] else {}),
            **({"OS-EXT-SRV-ATTR:host": one["host"]} if self.is_admin else {}),
        }  # fmt: skip

    def _put(self, row, wanted):
        if row is None:
            return 404, _error("itemNotFound", "Service could not be found.")
        host = row["host"]
        if wanted.get("forced_down") is False and any(
            record["source_compute"] == host and record["status"] in ("accepted", "done") for record in self.migrations
        ):
            return 400, _error("badRequest", "Evacuation records are not completed")
        if wanted.get("status") == "disabled" and not (wanted.get("forced_down") or row["forced_down"]):
            self.wrongs.append("a dead service was disabled before it was forced down: Nova hangs")
        row.update(wanted)
        if row["status"] == "enabled":
            row["disabled_reason"] = None
            if row["forced_down"] and not wanted.get("forced_down"):
                self.wrongs.append(f"{host} is enabled, but forced down")
        row["touched"] = self.machine.now()
        return 200, {"service": self._shown_service(row)}

    def _act(self, server, wanted, version):
        ((name, value),) = wanted.items()
        self.orders.append((name, server["id"]))
        if name == "os-resetState":
            server.update(vm="error", task=None)
            return 202, {}
        if name == "os-stop":
            if server["task"] or server["vm"] != "active":
                return 409, _error("conflictingRequest", "Cannot 'stop' instance")
            server.update(vm="stopped", power=4, runs=set())
            self.actions[server["id"]].append("stop")
            return 202, {}
        assert name == "evacuate"
        assert "host" not in value
        assert (value == {"onSharedStorage": True}) == (version == "2.13")
        if self._is_up(self.row(server["host"])):
            return 400, _error("badRequest", f"Compute service of {server['host']} is still in use.")
        if version == "2.95" and self.has_old_computes:
            return 400, _error("badRequest", "Not supported until all computes are upgraded")
        if server["vm"] not in _STATES or not server["launched"] or (self.old_api and server["task"]):
            return 409, _error(
                "conflictingRequest", f"Cannot 'evacuate' instance while it is in vm_state {server['vm']}"
            )
        self._check(server)
        number = len(self.migrations) + 1
        self.migrations.append({
            "id": number, "uuid": str(uuid.UUID(int=10**6 + number)), "migration_type": "evacuation", "status": "accepted",
            "instance_uuid": server["id"], "source_compute": server["host"], "dest_compute": None,
            "created_at": self.stamp(self.machine.now(), "api"), "due": self.machine.now() + 0.5,
            "guard": version == "2.13", "ready": False, "stays_stopped": version == "2.95",
        })  # fmt: skip
        server["task"] = "rebuilding"
        self.actions[server["id"]].append("evacuate")
        flying = sum(record["status"] in IN_FLIGHT for record in self.migrations)
        self.most = max(self.most, flying)
        return 200, {}

    def _check(self, server):
        """The invariants, at the moment of an order."""
        host = self.hosts[server["host"]]
        if server["host"] in server["runs"] and host.powered:
            self.wrongs.append(f"I2: {server['name']} is evacuated while it runs on {host.name}")
        if host.serves and host.powered:
            self.wrongs.append(f"I2: {server['name']} is evacuated while nova-compute on {host.name} serves")
        for group in self.groups:
            others = {record["instance_uuid"] for record in self.migrations if record["status"] in IN_FLIGHT}
            if server["id"] in group["members"] and others & set(group["members"]):
                self.wrongs.append(f"two members of the group {group['id']} are in flight")
        for record in self.migrations:
            dest = record["dest_compute"]
            if (
                record["instance_uuid"] == server["id"]
                and record["status"] in IN_FLIGHT
                and record["due"] != float("inf")
                and (not dest or self.hosts[dest].powered)
            ):
                self.wrongs.append(f"I3: a second order for {server['name']}, of which one is in flight")


def _error(kind, text):
    return {kind: {"code": 400, "message": text}}


def _http(status, said):
    return f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\n\r\n{json.dumps(said)}".encode()
