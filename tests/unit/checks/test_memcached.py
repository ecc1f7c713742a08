"""Are the memcached servers well that the daemon's configuration names?"""

import pytest

from ocf_lib.codes import DEGRADED, ERR_GENERIC

from ..worlds import CONFIG, GLANCE, run_keystone, run_worker

REFUSES, HANGS, ANSWERS = ConnectionRefusedError(111, "x"), TimeoutError(), b"VERSION 1.6.18\r\n"
CACHE = "[cache]\nbackend = oslo_cache.memcache_pool\n"


def hangs_with(machine, configuration, agent="keystone"):
    """A daemon that is silent, with this configuration."""
    if agent == "keystone":
        machine.files[CONFIG] = configuration
        run_keystone(machine)
        machine.answers("/v3", HANGS)
        return
    machine.files[GLANCE] = configuration
    run_worker(machine, agent, GLANCE)
    machine.answers("/", HANGS, port=9292)


@pytest.mark.parametrize(
    ("text", "port", "agent"),
    [
        (f"{CACHE}memcache_servers = 127.0.0.1:11211\n", 11211, "keystone"),
        (CACHE, 11211, "keystone"),
        (f"{CACHE}backend_argument = url:127.0.0.1:11212\n", 11212, "keystone"),
        ("[keystone_authtoken]\nmemcached_servers = 127.0.0.1:11213\n", 11213, "glance-api"),
        ("[keystone_authtoken]\nmemcache_servers = inet6:[::1]:11214\n", 11214, "glance-api"),
        (f"{CACHE}enabled = true\nmemcache_servers = cache.example\n", 11211, "glance-api"),
    ],
)
@pytest.mark.parametrize(("answer", "words"), [(HANGS, "does not answer"), (REFUSES, "refuses connections")])
def test_a_silence_with_memcached_away_is_degraded(machine, recurring, text, port, agent, answer, words):
    """
    Every request waits for it, or is dear without it. A restart cures neither. The reason names memcached.
    """
    hangs_with(machine, text, agent)
    machine.network.web[port, ""] = answer
    seen = recurring(agent=agent)

    assert seen.code == DEGRADED
    assert f"{agent}: memcached " in seen.reason
    assert words in seen.reason


@pytest.mark.parametrize(
    "text",
    [
        "[DEFAULT]\n",
        "[cache]\nbackend = dogpile.cache.null\nmemcache_servers = 127.0.0.1:11212\n",
        f"{CACHE}enabled = false\nmemcache_servers = 127.0.0.1:11212\n",
        f"{CACHE}tls_enabled = true\nmemcache_servers = 127.0.0.1:11212\n",
        f"{CACHE}memcache_servers = unix:/run/memcached.sock\n",
        f"{CACHE}memcache_servers = 127.0.0.1:11211\n",
        f"{CACHE}memcache_servers = 127.0.0.1:11211,127.0.0.1:11212\n",
    ],
)
def test_a_silence_with_memcached_in_order_is_the_daemons_own_fault(machine, recurring, text):
    """
    None is used, or one that the agent cannot ask, or one of two is left: oslo.cache goes around a server that refuses.
    """
    hangs_with(machine, text)
    machine.network.web[11211, ""] = ANSWERS

    assert recurring().code == ERR_GENERIC


def test_one_of_two_that_hangs_is_to_blame(machine, recurring):
    """
    Each client waits for it before it goes around.
    """
    hangs_with(machine, f"{CACHE}memcache_servers = 127.0.0.1:11211,127.0.0.1:11212\n")
    machine.network.web[11211, ""] = ANSWERS
    machine.network.web[11212, ""] = HANGS

    assert recurring().code == DEGRADED


def test_no_memcached_explains_an_answer_of_500(machine, recurring):
    """
    An API goes on without its cache. Only a silence may come from it.
    """
    hangs_with(machine, CACHE)
    machine.answers("/v3", b"HTTP/1.1 500 x\r\n\r\n")

    assert recurring().code == ERR_GENERIC


@pytest.mark.parametrize(("value", "code"), [("false", DEGRADED), ("True", ERR_GENERIC)])
def test_a_memcached_that_wants_tls_is_not_asked(machine, recurring, value, code):
    """
    oslo.cache uses TLS only if tls_enabled is true.
    """
    hangs_with(machine, f"{CACHE}tls_enabled = {value}\n")
    machine.network.web[11211, ""] = HANGS

    assert recurring().code == code


@pytest.mark.parametrize(
    ("own", "shared", "code"),
    [
        ("", "[memcache]\nmemcache_servers = 127.0.0.1:11215\n", DEGRADED),
        ("[filter:cache]\nmemcache_servers = 127.0.0.1:11215\n", "", DEGRADED),
        ("[filter:cache]\nuse = egg:swift#memcache\n", "[memcache]\n", DEGRADED),
        ("", "[memcache]\n", ERR_GENERIC),
        (
            "[filter:cache]\nmemcache_servers = 127.0.0.1:11216\n",
            "[memcache]\nmemcache_servers = 127.0.0.1:11215\n",
            ERR_GENERIC,
        ),
    ],
)
def test_swift_has_a_file_for_memcached(machine, recurring, own, shared, code):
    """
    It counts if the proxy's own file names no server. If neither does, Swift asks the one of its host.
    """
    machine.files["/etc/swift/proxy-server.conf"] = f"[DEFAULT]\n{own}"
    machine.files["/etc/swift/memcache.conf"] = shared
    machine.processes.accounts["swift"] = (64, 64, "/")
    machine.process(42, command="/usr/bin/python3\0/usr/bin/swift-proxy-server\0/etc/swift/proxy-server.conf\0")
    machine.answers("/healthcheck", HANGS, port=8080)
    machine.network.web.update({(11211, ""): HANGS, (11215, ""): HANGS, (11216, ""): ANSWERS})

    assert recurring(agent="swift-proxy").code == code
