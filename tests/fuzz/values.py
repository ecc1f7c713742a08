"""What the agents are called with: each case is made of the seed and of its own number, and of nothing else.

A case is one environment, and the actions that are performed in it one after
the other.  ``{play}`` in a value stands for the playground of the worker that
runs the case; ``driver.py`` describes it.
"""

from __future__ import annotations

import random
import xml.etree.ElementTree as ET
from pathlib import Path

from . import driver

ROOT = Path(__file__).resolve().parent.parent.parent
WORKERS = 6
"""Cases that run at the same time: they wait more than they compute.  A case with one number always has one worker."""
PLACE = "/srv/fuzz"
SILENT, GARBAGE, HEALTHY = 7790, 7791, 7792  # servers that the driver runs

LONG = "x" * 5000
PATHS = [
    "/", "//", "/etc", "/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/bin/sleep", "/etc/passwd", "/proc/1/mem",
    "/proc/self/environ", "/nowhere", "/nowhere/file", "../../../../etc/passwd", "relative", "relative/file", "~/file",
    *(
        f"{{play}}/{name}"
        for name in (
            "file", "pid", "log", "trace", "config", "secret", "fifo", "socket", "directory", "directory/", "passwd",
            "dangling", "loop", "new", "new/deep/file", "file/new", "directory/new", "full", "full/new", "readonly",
            "readonly/file", "readonly/new", "directory/../file", "%s", "a b", "é", "x" * 300,
        )
    ),
]  # fmt: skip
TEXTS = [
    "", " ", "\t", "\n", "a\nb", "a\n", "\na", "\r", "\x01", "\x1b[31mred", "\x7f", "\udcff\udcfe", "a\udc80b", LONG,
    "\u0663\u0664", "\uff11\uff12", "\u00b2", "-1", "0", "00", "1", "2", "+1", "1.5", "1e9", "0x10", "1_000",
    "2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "1000000000", "9" * 4400, "20s", "20 s",
    "'", '"', '"a', "\\", "`touch {play}/pwned`", "$(touch {play}/pwned)", "; touch {play}/pwned", "| cat", "&", "*",
    "%s%n%d", "%(x)s", "{}", "{0.__class__}", "${HOME}", "$my_ip", "true", "yes", "JA", "none", "-", "--", "--help",
    "-rf", "~", "a b", "é" * 100, "\u202egpj", "\U0001f600", "lrm://", "ocf-exit-reason:planted", "a=b", "[a]", "#",
]  # fmt: skip
URLS = [
    "http", "http:", "http://", "http:///", "://", "//127.0.0.1", "127.0.0.1", "127.0.0.1:5000", "ftp://127.0.0.1/",
    "file:///etc/passwd", "http://127.0.0.1:", "http://127.0.0.1:0/", "http://127.0.0.1:99999/", "http://127.0.0.1:x/",
    "http://127.0.0.1:-1/", "http://[::1", "http://[::1]:1/", "http://[zz]/", "http://user:secret@127.0.0.1:1/",
    "http://127.0.0.1:1/a b", "http://127.0.0.1:1/\r\nX: y", "http://127.0.0.1:1/?a#b", "http://a..b/", "http://\u00e9/",
    "http://" + "a" * 300 + "/", "http://192.0.2.1:1/", "http://nowhere.invalid/", "HTTP://127.0.0.1:1/", "http://%31/",
    "http://\uff11\uff12\uff17.0.0.1/", f"http://127.0.0.1:{SILENT}/", f"https://127.0.0.1:{SILENT}/",
    f"http://127.0.0.1:{GARBAGE}/", f"https://127.0.0.1:{GARBAGE}/", f"http://127.0.0.1:{HEALTHY}/",
    f"https://127.0.0.1:{HEALTHY}/", f"http://127.0.0.1:{HEALTHY}/v3", f"http://localhost:{HEALTHY}/" + LONG,
]  # fmt: skip
NUMBERS = [text for text in TEXTS if any(letter.isdigit() for letter in text)]
PROGRAMS = [
    "/bin/sleep", "/bin/true", "/bin/false", "/bin/cat", "cat", "python3", "/usr/bin/python3", "/bin", "/etc/passwd",
]  # fmt: skip
WORDS = [
    "60", "-c 'import time; time.sleep(60)'", "-c 'raise SystemExit(7)'", "'", '"', "a 'b", "\\", "-- -1", "--port=x",
    "--config-file=/etc/passwd", "$(touch {play}/pwned)", "a\nb", LONG, "x " * 2000, "--die", "--deaf", "--flood",
]  # fmt: skip
USERS = ["root", "nobody", "keystone", "daemon", "nosuch", "0", "-1", "65534", "4294967295", "root:root", "nobody "]
UNITS = [
    "fuzz-sleep", "fuzz-sleep.service", "fuzz-deaf.service", "fuzz-fails.service", "fuzz-ends.service", "fuzz-nosuch",
    "fuzz-sleep*", "fuzz-sleep.socket", "fuzz-tmpl@.service", "fuzz-tmpl@a.service", "fuzz-tmpl@../a.service", "fuzz-x/y",
    "../fuzz-x", "--help", "-h", "--version", ".", "..", "fuzz sleep", ".service", "fuzz-x." + LONG, "/srv/fuzz-x.service",
]  # fmt: skip
# A unit's name is a pattern for systemctl, so no text with a star is among these.
_UNIT_TEXTS = [text for text in TEXTS if "*" not in text]

# Of every variable that the OCF API or the agents read: the kind of its value.
VARIABLES = {
    "OCF_RESOURCE_INSTANCE": "instance",
    "OCF_RESOURCE_TYPE": "text",
    "OCF_RESOURCE_PROVIDER": "text",
    "OCF_ROOT": "path",
    "OCF_CHECK_LEVEL": "number",
    "OCF_RESKEY_OCF_CHECK_LEVEL": "number",
    "OCF_RESKEY_CRM_meta_interval": "number",
    "OCF_RESKEY_CRM_meta_globally_unique": "text",
    "OCF_RESKEY_CRM_meta_clone": "text",
    "OCF_RESKEY_unknown": "text",
    "OCF_RESKEY_": "text",
    "OCF_RESKEY_trace_dir": "path",
    "OCF_EXIT_REASON_PREFIX": "text",
    "OCF_RA_VERSION_MAJOR": "version",
    "OCF_RA_VERSION_MINOR": "text",
    "OCF_OUTPUT_FORMAT": "text",
    "OCF_TRACE_RA": "flag",
    "OCF_TRACE_FILE": "path",
    "HA_RSCTMP": "path",
    "HA_LOGFILE": "path",
    "HA_DEBUGLOG": "path",
    "HA_LOGFACILITY": "facility",
    "HA_DATEFMT": "form",
    "HA_debug": "flag",
    "PCMK_LOGFILE": "path",
    "PCMK_DEBUGLOG": "path",
    "PCMK_LOGFACILITY": "facility",
    "PCMK_debug": "flag",
    "LANG": "locale",
    "LC_ALL": "locale",
    "TZ": "zone",
    "TMPDIR": "path",
    "HOME": "path",
    "PATH": "path",
    "PYTHONPATH": "path",
    "PYTHONHOME": "path",
    "PYTHONSTARTUP": "path",
    "http_proxy": "url",
    "no_proxy": "text",
    "REQUESTS_CA_BUNDLE": "path",
}
KINDS = {
    "text": [TEXTS, TEXTS, PATHS, URLS],
    "number": [NUMBERS, NUMBERS, TEXTS, ["10", "20", "10000"]],
    "flag": [["1", "true", "0", "yes"], ["1", "true"], TEXTS],
    "path": [PATHS, PATHS, PATHS, TEXTS],
    "url": [URLS, URLS, URLS, TEXTS],
    "program": [PROGRAMS, PROGRAMS, PATHS, TEXTS],
    "words": [WORDS, TEXTS],
    "user": [USERS, USERS, TEXTS],
    "unit": [UNITS, UNITS, _UNIT_TEXTS],
    "instance": [TEXTS, PATHS, ["p:0", "p:1", ":0", ".", "..", "../../../../srv/fuzz-x", "a/b/c", "../x"]],
    "facility": [["daemon", "local0", "none", "nosuch", "EMERG", "PID"], TEXTS],
    "form": [
        ["%b %d %T ", "%", "%s", "%Y-%m-%d", "%E", "%O", "%Q", "%9999999d", "%c" * 1000, "\udcff%d", "", "\n", LONG]
    ],
    # The interpreter itself reads the file that TZ names, before any agent runs; so no name of a FIFO.
    "zone": [["UTC", "Europe/Berlin", ":", "nosuch", "../../../etc/passwd", "UTC" * 100], TEXTS],
    "locale": [["C", "C.UTF-8", "tr_TR.UTF-8", "nosuch"], TEXTS],
    "version": [["1", "1", "1", "2", "0", "1.1"], TEXTS],
}
# Of a parameter whose name does not tell it.
_PARAMETERS = {
    "binary": "program", "client_binary": "program", "config": "path", "pid": "path", "plugin_config": "path",
    "agent_config": "path", "web": "path", "os_cacert": "path", "os_password_file": "path", "trace_file": "path",
    "additional_parameters": "words", "user": "user", "unit": "unit", "url": "url", "os_auth_url": "url",
    "keystone_get_token_url": "url", "keystone_url": "url",
}  # fmt: skip
ACTIONS = ["monitor", "recurring", "status", "reload-agent", "validate-all", "validate-all-10", "stop", "start"]
STRANGE = [
    "meta-data", "usage", "help", "", "promote", "reload", "../start", "START", "start ", "a\nb", LONG, "\udcff", "-h",
]  # fmt: skip
# What Pacemaker adds for these.
_EXTRA = {
    "recurring": ("monitor", {"OCF_RESKEY_CRM_meta_interval": "10000"}),
    "validate-all": ("validate-all", {"OCF_CHECK_LEVEL": "0"}),
    "validate-all-10": ("validate-all", {"OCF_CHECK_LEVEL": "10"}),
}

# What once did harm; every run begins with these.  Each is a whole life of a daemon: start, a monitor, stop.
KNOWN = [
    {"OCF_RESKEY_pid": "/dev/null"},
    {"OCF_RESKEY_pid": "/etc/passwd"},
    {"OCF_RESKEY_pid": "{play}/fifo"},
    {"OCF_RESKEY_pid": "{play}/directory"},
    {"OCF_RESKEY_pid": "{play}/dangling"},
    {"HA_RSCTMP": "{play}/full"},
    {"HA_LOGFILE": "{play}/fifo"},
    {"HA_LOGFILE": "/etc/passwd"},
    {"OCF_RESKEY_trace_ra": "1", "OCF_RESKEY_trace_file": "{play}/fifo"},
    {"OCF_RESKEY_trace_ra": "1", "OCF_RESKEY_trace_file": "/etc/passwd"},
    {"OCF_CHECK_LEVEL": "9" * 4400},
    {"OCF_RESKEY_CRM_meta_interval": "9" * 4400},
    {"OCF_RESKEY_unit": "--help"},
    {"OCF_RESKEY_unit": "fuzz-x." + LONG},
    {"OCF_RESKEY_unit": "fuzz-tmpl@a.service"},
    {"OCF_RESKEY_unit": "fuzz-tmpl@../a.service"},
    {"OCF_RESKEY_unit": "."},
    {"OCF_RESKEY_unit": ".."},
]


def agents() -> dict[str, dict[str, str]]:
    """Every agent, with its parameters and the kind of their values."""
    return {path.stem: _parameters(path) for path in sorted((ROOT / "tests/golden").glob("*.xml"))}


def _parameters(meta_data: Path) -> dict[str, str]:
    types = {"integer": "number", "boolean": "flag"}
    return {
        parameter.get("name"): _PARAMETERS.get(parameter.get("name"))
        or types.get(parameter.find("content").get("type"), "text")
        for parameter in ET.parse(meta_data).iter("parameter")
    }


def case(seed: str, number: int, known: dict[str, dict[str, str]]) -> dict:
    """Case *number* of the run *seed*: {"number", "agent", "env", "steps": [[action, more of the environment], ...]}."""
    dice = random.Random(f"{seed}/{number}")  # noqa: S311  no secret
    name = dice.choice(sorted(known))
    declared = known[name]
    known_harm = KNOWN[number] if number < len(KNOWN) else {}
    kind = "life" if known_harm else dice.choices(("one", "life", "unit"), (75, 20, 5))[0]
    env = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "OCF_ROOT": "/usr/lib/ocf",
        "OCF_RA_VERSION_MAJOR": "1",
        "OCF_RA_VERSION_MINOR": "1",
        "OCF_RESOURCE_INSTANCE": f"fuzz{number % WORKERS}",
        "OCF_EXIT_REASON_PREFIX": "ocf-exit-reason:",
        "OCF_RESKEY_CRM_meta_timeout": f"{dice.choice((2000, 2000, 3000, 4000, 6000))}",
    }
    if kind == "life" or dice.random() < 0.5:
        env.update(_runnable(dice, declared, number))
    if known_harm:
        steps = [["start", {}], ["monitor", {}], ["stop", {}]]
        return {"number": number, "agent": name, "env": {**env, **known_harm}, "steps": steps}
    if kind == "unit":
        env["OCF_RESKEY_unit"] = dice.choice(UNITS[:6])
    for parameter in dice.sample(sorted(declared), dice.choice((0, 1, 1, 2, 4) if kind == "one" else (0, 1, 1, 2))):
        env[f"OCF_RESKEY_{parameter}"] = _value(dice, declared[parameter])
    for variable in dice.sample(sorted(VARIABLES), dice.choice((0, 0, 1, 2, 3) if kind == "one" else (0, 0, 1, 2))):
        env[variable] = _value(dice, VARIABLES[variable])
    if dice.random() < 0.2:
        env[dice.choice(sorted(driver.WRITTEN))] = dice.choice(PATHS)
    if "OCF_RESKEY_trace_file" in env and dice.random() < 0.8:
        env["OCF_RESKEY_trace_ra"] = "1"
    if kind == "one":
        actions = [dice.choice(STRANGE if dice.random() < 0.1 else ACTIONS)]
    else:
        middle = dice.sample(ACTIONS[:6], dice.randint(0, 3))
        actions = ["start", *middle, "stop"]
    if actions in (["start"], ["recurring"]):
        # Both take possession of what runs; the cluster never leaves it at that.
        actions.append("stop")
    elif kind == "one" and dice.random() < 0.1:
        # A start never gets one of these, because it may wait for as long as it thinks that it has.
        env["OCF_RESKEY_CRM_meta_timeout"] = _value(dice, "number")
    steps = []
    for action in actions:
        word, more = _EXTRA.get(action, (action, {}))
        steps.append([word, {variable: text for variable, text in more.items() if variable not in env}])
    return {"number": number, "agent": name, "env": env, "steps": steps}


def _value(dice: random.Random, kind: str) -> str:
    return dice.choice(dice.choice(KINDS[kind]))


def _runnable(dice: random.Random, declared: dict[str, str], number: int) -> dict[str, str]:
    """Parameters with which any agent can start something: a program of the driver's, which serves if told so."""
    port = 7800 + number % WORKERS
    words = f"--port={port}" if "url" in declared else ""
    values = {
        "binary": f"{PLACE}/bin/daemon",
        "config": "{play}/config",
        "user": dice.choice(("nobody", "nobody", "root", "keystone")),
        "additional_parameters": words,
        "url": f"http://127.0.0.1:{port}/",
        "watch_time": dice.choice(("0", "1", "20")),
        "daemon": "object-auditor",
    }
    if "amqp_server_port" in declared and dice.random() < 0.8:
        values["amqp_server_port"] = str(HEALTHY)
        values["additional_parameters"] += f" --broker={HEALTHY}"
    for parameter in ("console_port", "neutron_server_port", "quantum_server_port"):
        values[parameter] = str(port)
    if dice.random() < 0.15:
        values.update(
            os_auth_url=dice.choice(URLS), os_username="u", os_password=f"Pa55-{number}-w0rd", os_tenant_name="t"
        )
    return {f"OCF_RESKEY_{name}": value for name, value in values.items() if name in declared and value}
