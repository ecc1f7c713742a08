"""Whose fault it is: are the memcached servers well that the daemon's configuration names?

The agent asks this only after a silence of an API.  If a memcached hangs, each
request to that API waits for it.  An API that cannot use its cache asks Keystone for
each token again, and a Keystone without a cache takes up to 50 times as long.
"""

from __future__ import annotations

from .. import errors, patience

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..daemon import Daemon

REASONS = (
    (
        "memcached ... does not answer, refuses connections",
        "Degraded. Look at memcached. Pacemaker restarts nothing.",
    ),
)
# Where a service names the servers: keystonemiddleware, and Swift's filter for tokens.
_OPTIONS = (
    ("keystone_authtoken", "memcached_servers"),
    ("keystone_authtoken", "memcache_servers"),
    ("filter:authtoken", "memcached_servers"),
)
_PORT = 11211
_YES = ("true", "1", "yes", "on")  # oslo.config
_REQUEST = b"version\r\n"  # memcached's protocol.txt; any answer will do


def trouble(daemon: Daemon, seconds: float) -> str:
    """What is wrong with the daemon's memcached servers, for a reason; "" if they are well or nobody can tell.

    One server that does not answer is enough, because each client waits for it.
    A server that refuses connections costs no time, so then all of them have to.
    """
    context = daemon.context
    known = servers(daemon)
    found: list[str] = []
    for server, port in known:
        given = min(seconds / len(known), patience.GREETING_LONGEST)
        what = f"memcached {server}:{port}"
        try:
            context.host.network.ask_greeting((server, port), _REQUEST, given)
        except TimeoutError as problem:
            if given >= patience.GREETING_EVIDENCE:
                return errors.unreachable(what, problem)
        except OSError as problem:
            found.append(errors.unreachable(what, problem))
    return found[0] if found and len(found) == len(known) else ""


def servers(daemon: Daemon) -> list[tuple[str, int]]:
    """(name or address, port) of every memcached server; none if the agent cannot ask one of them."""
    settings = daemon.settings
    texts = [settings.option(section, name) for section, name in _OPTIONS]
    # Swift reads its memcache.conf only if the proxy's own file names no server, and Debian's files name none.
    usual = f"127.0.0.1:{_PORT}" if settings.option("filter:cache", "use") else ""
    own = settings.option("filter:cache", "memcache_servers")
    texts.append(own or settings.option("memcache", "memcache_servers", usual))
    texts.append(_cache(daemon))
    found = []
    for text in ",".join(filter(None, texts)).split(","):
        place = text.strip().removeprefix("inet6:")
        name, colon, port = place.rpartition(":")
        if place.endswith("]") or not colon:
            name, port = place, str(_PORT)
        # Not a UNIX socket ("unix:/run/...").
        if name and port.isdecimal() and "/" not in name:
            found.append((name.strip("[]"), int(port)))
    return list(dict.fromkeys(found))


def _cache(daemon: Daemon) -> str:
    """The servers of oslo.cache, as they stand in its section; "" if it is off, or keeps its things elsewhere."""

    def option(name: str, default: str = "") -> str:
        return daemon.settings.option("cache", name, default)

    # oslo.cache is off by default, except in Keystone.
    enabled = option("enabled", "true" if daemon.service.is_keystone else "false").lower()
    # A server that wants TLS answers no plain text.
    tls = option("tls_enabled", "false").lower() in _YES
    if enabled not in _YES or "memcache" not in option("backend") or tls:
        return ""
    name, _, url = option("backend_argument").partition(":")
    return url if name == "url" else option("memcache_servers", "localhost:11211")
