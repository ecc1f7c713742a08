"""What every cell has to be: the table that a run is compared with, and why a cell is not what the rule of its column says.

A rule says what the verdicts of ``docs/how-it-works.md`` come to in one column.  A cell may differ from the rule of
its column only with a reason in WHY, and the page prints these reasons.
"""

from __future__ import annotations

from ocf_lib.service import Service

# The columns by their numbers; faults.py says what is broken in each.
COLUMNS = (
    "keystone",
    "broker",
    "broker-frozen",
    "broker-empty",
    "database",
    "database-frozen",
    "memcached",
    "memcached-frozen",
    "dns",
    "certificate",
    "password",
    "configuration",
    "frozen",
    "workers-frozen",
    "worker-killed",
    "clock",
    "log-full",
    "run-full",
)
# "*" is 0 or 190: a service may go on, or be slow and say so, as what it has cached decides.
EXPECTED = """
service                     1   2   3   4   5   6   7   8   9  10  11  12  13  14  15  16  17  18
keystone                    7   0   0   0 190 190   0   *   0 190 190   0   1   1   0   0   0 190
glance-api                190   0   0   0 190 190   0   *   0 190 190   0   1   1   0   *   0 190
cinder-api                190   0   0   0 190 190   0   *   0 190 190   0   1   1   0   *   0 190
nova-api                  190   0   0   0 190 190   0   *   0 190 190   0   1   1   0   *   0 190
nova-api-metadata           0   0   0   0   0   0   0   0   0   0   0   0   1   1   0   0   0   0
nova-conductor            190 190   * 190 190 190   0   * 190 190 190   0   1   0   0   *   0 190
placement-api             190   0   0   0 190 190   0   *   0 190 190   0   1   1   0   *   0 190
neutron-server            190   0   0   0 190 190   0   *   0 190 190   0   1   1   0   *   0 190
neutron-rpc-server          0 190   * 190   0   0   0   0 190   0   0   0   1   0   0   0   0   0
heat-api                  190 190 190 190 190 190   0   *   0 190 190   0   1   1   0   *   0 190
heat-api-cfn                0   0   0   0   0   0   0   0   0   0   0   0   1   1   0   0   0   0
manila-api                190   0   0   0 190 190   0   *   0 190 190   0   1   1   0   *   0 190
swift-account               0   0   0   0   0   0   0   0   0   0   0   0   1   1   0   0   0   0
swift-container             0   0   0   0   0   0   0   0   0   0   0   0   1   1   0   0   0   0
swift-object                0   0   0   0   0   0   0   0   0   0   0   0   1   1   0   0   0   0
swift-daemon                0   0   0   0   0   0   0   0   0   0   0   0   1   0   0   0   0   0
horizon                     0   0   0   0   0   0   0   0   0   0   0   0   1   1   0   0   0   0
cinder-scheduler          190 190   * 190 190 190   0   * 190 190 190   0   1   0   0   *   0 190
cinder-volume             190 190   * 190 190 190   0   * 190 190 190   0   1   1   0   *   0 190
cinder-backup             190 190   * 190 190 190   0   * 190 190 190   0   1   0   0   *   0 190
nova-scheduler            190 190   * 190 190 190   0   * 190 190 190   0   1   0   0   *   0 190
nova-compute              190 190 190 190 190 190   0   * 190 190 190   0   1   0   0   *   0 190
nova-novncproxy             0   0   0   0   0   0   0   0   0   0   0   0   1   0   0   0   0   0
neutron-dhcp-agent        190 190 190 190 190 190   0   * 190 190 190   0   1   0   0   *   0 190
neutron-l3-agent          190 190 190 190 190 190   0   * 190 190 190   0   1   0   0   *   0 190
neutron-openvswitch-agent 190 190 190 190 190 190   0   * 190 190 190   0   1   0   0   *   0 190
neutron-metadata-agent    190 190 190 190 190 190   0   * 190 190 190   0   1   0   0   *   0 190
heat-engine               190 190 190 190 190 190   0   * 190 190 190   0   1   0   0   *   0 190
manila-scheduler          190 190   * 190 190 190   0   * 190 190 190   0   1   0   0   *   0 190
manila-share              190 190   * 190 190 190   0   * 190 190 190   0   1   1   0   *   0 190
swift-proxy               190   0   0   0   *   *   *   *   0 190 190   0   1   1   0   *   0 190
ceilometer-agent-central    0   0   0   0   0   0   0   0   0   0   0   0   1   1   0   0   0   0
"""
# {(column, service): reason}
_NO_TOKEN = "its question holds no token, so it may go to any server, and the agent does not look at the certificate"
_STORED = (
    "with a stored token the agent asks only this instance, at its address; no name is needed before the next login"
)
_CACHED = "it looks up in Keystone each token that is not cached, and Keystone has no database then"
_QUESTIONS = (
    "glance-api", "cinder-api", "nova-api", "placement-api", "neutron-server", "heat-api", "manila-api", "swift-proxy",
)  # fmt: skip
WHY = {
    **{("certificate", name): _NO_TOKEN for name in ("nova-api-metadata", "heat-api-cfn", "horizon")},
    **{("dns", name): _STORED for name in _QUESTIONS},
    **{(column, "swift-proxy"): _CACHED for column in ("database", "database-frozen")},
}
# {column: why a service may ask for a restart after the fault}
CURED = {
    "clock": "keystoneauth1 in the service has noted a date while the clock was ahead, and sleeps until then, which is"
    " an hour (wait_for_execution of its FairSemaphore). Only a restart cures that, so 1 is right",
}


def expected() -> dict[str, dict[str, set[int]]]:
    """{column: {service: exit statuses that the settled verdict may be}}."""
    _, *rows = [line.split() for line in EXPECTED.splitlines() if line]
    either = {"*": {0, 190}}
    return {
        key: {row[0]: either.get(row[number]) or {int(row[number])} for row in rows}
        for number, key in enumerate(COLUMNS, 1)
    }


def rule(column: str, service: Service) -> set[int]:
    """The exit statuses that the rule of a column allows for a service with credentials."""
    asks = bool(service.api.question or service.listed_by)
    api = service.api
    # Heat's API asks the engines for its list.
    listed_by_rpc = service.listed_by in ("neutron", "heat") or service.binary == "nova-compute"
    answered_by_rpc = api.answered_by == "heat-engine"
    rpc = service.broker or answered_by_rpc
    degraded = {
        # Whoever signs in, and whoever is refused by what it needs.
        "keystone": asks,
        "broker": rpc,
        "broker-empty": rpc,
        # The connection stays until a heartbeat of AMQP fails, so only a list can tell.
        "broker-frozen": listed_by_rpc or answered_by_rpc,
        "database": asks and service.project != "swift",
        "database-frozen": asks and service.project != "swift",
        # Keystone's own agent signs in at its own instance.
        "dns": (asks or service.broker) and not service.is_keystone,
        "certificate": asks or (api.port > 0 and not api.own_listener),
        "password": asks,
        # No token can be kept.
        "run-full": asks,
    }
    if column == "keystone" and service.is_keystone:
        return {7}
    if column == "frozen":
        return {1}
    if column == "workers-frozen":
        # Who has no child process cannot lose one; a monitor that does not watch asks a worker nothing.
        return {0, 1}
    if column == "broker-frozen" and service.broker and not degraded["broker-frozen"]:
        # Well before that heartbeat, and degraded afterwards.
        return {0, 190}
    if column in ("memcached", "memcached-frozen", "clock"):
        # A service may go on, or be slow and say so.
        return {0, 190}
    return {190} if degraded.get(column) else {0}
