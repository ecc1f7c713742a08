"""Write the manual pages: ocf_openstack_<agent>(7), and the overview, ocf_openstack(7).

The page of an agent is made from the agent's own declaration, as the agent's
meta-data is.  The overview is ``packaging/ocf_openstack.7``; words such as
@REASONS@ in it are replaced here.

usage: packaging/manual.py DIRECTORY
"""

from __future__ import annotations

import gzip
import os
import re
import sys
from pathlib import Path

import words  # beside this file
from words import ROOT, load

from ocf_lib import __version__, checks
from ocf_lib.checks import process
from ocf_lib.context import RUN_DIRECTORY
from ocf_lib.daemon.command import LOG_DIRECTORY
from ocf_lib.service import Service


def main(directory: str) -> None:
    out = Path(directory)
    out.mkdir(parents=True, exist_ok=True)
    # Beside them, the directory may hold the pages of everything else.
    for old in out.glob("ocf_openstack*.7.gz"):
        old.unlink()
    names = words.names()
    for name in names:
        target = ROOT / "agents" / name
        if target.is_symlink():
            os.symlink(page_name(target.resolve().name), out / page_name(name))
            continue
        also = [link for link in names if link != name and (ROOT / "agents" / link).resolve().name == name]
        program = load(name)
        page = agent_page(program, also) if isinstance(program, Service) else program_page(program)
        write(out / page_name(name), page)
    write(out / "ocf_openstack.7.gz", overview(names))


def page_name(agent: str) -> str:
    return f"ocf_openstack_{agent}.7.gz"


def write(path: Path, text: str) -> None:
    """Compressed, and the same bytes each time."""
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    path.chmod(0o644)


# -- roff


def plain(text: str) -> str:
    """Text as roff shows it; a line of it is no request."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return re.sub(r"^\.", "\\\\&.", text, flags=re.MULTILINE)


def bold(text: str) -> str:
    return f"\\fB{plain(text)}\\fR"


def item(term: str, text: str) -> str:
    """*term*, in roff, and under it what it means."""
    return f".TP\n{term}\n{text}\n"


def commands(*lines: str) -> str:
    return ".PP\n.nf\n.RS 4\n" + "\n".join(plain(line) for line in lines) + "\n.RE\n.fi\n"


def head(name: str, names: list[str], summary: str) -> str:
    title = f'.TH {name.upper()} 7 "" "openstack\\-resource\\-agents {__version__}" "OCF resource agents"\n'
    return f"{title}.nh\n.ad l\n.SH NAME\n{', '.join(plain(each) for each in names)} \\- {summary}\n"


# -- one agent

SEE_ALSO = ".SH SEE ALSO\n.BR ocf_openstack (7),\n.BR pcs (8),\n.BR crm (8),\n.BR crm_resource (8)\n"


def agent_page(service, also: list[str]) -> str:
    """The page of one agent; *also* are the agent's old names."""
    name = f"ocf_openstack_{service.name}"
    actions = [action.name for action in service.actions]
    parts = [
        head(name, [name, *(f"ocf_openstack_{link}" for link in also)], plain(f"manages {service.title}")),
        f".SH SYNOPSIS\n{bold(f'ocf:openstack:{service.name}')} [{' | '.join(bold(action) for action in actions)}]\n",
        f".SH DESCRIPTION\nStarts, watches and stops {plain(service.title)}.\n.PP\n{plain(how_it_runs(service))}\n",
    ]
    if also:
        parts.append(
            f".PP\n{', '.join(bold(link) for link in also)} is the old name of this agent, and a link to it.\n"
        )
    if service.leaves_running:
        parts.append(
            f".PP\nA stop does not end the programs that serve the tenants: {plain(service.leaves_running)}.\n"
        )
    parts.append(".SH WHAT A MONITOR CHECKS\n")
    parts += [
        item("\\(bu", plain(text)).replace(".TP\n", ".TP 2\n") for text in (process.ABOUT, *checks.about(service))
    ]
    parts.append(".PP\nWhat the cluster makes of the result is told in\n.BR ocf_openstack (7).\n")
    parts.append(".SH EXIT REASONS\nThe full text of a reason is in the log.\n")
    # What the parameters of openstack-daemon may add.
    asked = service.changed(api=service.api.changed(port=1), broker=True) if service.described else service
    parts.append(reasons(words.reasons(checks.of(asked)) + words.more_reasons(service)))
    parts += [*declared(service), ".SH EXAMPLES\n", *examples(service), ".SH FILES\n", *files(service), SEE_ALSO]
    return "".join(parts)


def program_page(program) -> str:
    """The page of an agent that runs no daemon."""
    name = f"ocf_openstack_{program.name}"
    actions = [action.name for action in program.actions]
    paragraphs = "\n.PP\n".join(plain(paragraph) for paragraph in words.about(program.name))
    parts = [
        head(name, [name], plain(f"manages {program.title}")),
        f".SH SYNOPSIS\n{bold(f'ocf:openstack:{program.name}')} [{' | '.join(bold(action) for action in actions)}]\n",
        f".SH DESCRIPTION\n{paragraphs}\n",
    ]
    found = words.more_reasons(program)
    if found:
        parts.append(f".SH EXIT REASONS\nThe full text of a reason is in the log.\n{reasons(found)}")
    return "".join([*parts, *declared(program), ".SH EXAMPLES\n", *one_instance(program), SEE_ALSO])


def declared(program) -> list[str]:
    """The parameters and the operations that an agent declares."""
    return [
        ".SH PARAMETERS\n",
        *(parameter(param) for param in program.params),
        ".SH OPERATIONS\nThe agent advertises these timeouts, and\n.BR pcs (8)\nwrites them into the configuration.\n",
        *(item(bold(action.name), f"{action.timeout} s{often(action.interval)}") for action in program.actions),
    ]


def often(interval: int) -> str:
    """How often a recurring operation runs."""
    return "" if not interval else ", every second" if interval == 1 else f", every {interval} s"


def how_it_runs(service) -> str:
    if service.described:
        return "The parameters say which daemon it is: a program that the agent runs, or a unit of systemd."
    if not service.binary and not service.uwsgi.ini:
        return f"The daemon is the web server: the unit {service.unit}, or httpd if the distribution calls it so."
    program = f"{service.binary} with {service.config or 'its configuration'}"
    if service.daemons:
        daemons = ", ".join(sorted(dict(service.daemons)))
        prefix = service.program_of.format(daemon="")
        return (
            f"One agent runs each of these daemons; the parameter daemon names the one to run: {daemons}. The program is"
            f" {prefix} and that name. It runs as {service.user}, with the configuration file of its group."
        )
    if service.uwsgi.ini:
        otherwise = f", otherwise {program}" if service.binary else ""
        return f"The daemon runs as {service.user}: a uwsgi with {service.uwsgi.ini} if that file exists{otherwise}."
    return f"The daemon runs as {service.user}: {program}."


def reasons(found) -> str:
    """Exit reasons, and what to do about each."""
    return "".join(item(bold(reason), plain(text)) for reason, text in found)


def parameter(param) -> str:
    facts = [param.type, *(["required"] if param.required else [])]
    if param.monitoring:
        facts.append("a change restarts nothing")
    return item(bold(param.name), f"{plain(param.description)} ({plain(', '.join(facts))})")


SIGNED_IN = (
    " os_auth_url=http://controller:5000/v3 os_username=monitor os_password_file=/etc/openstack/monitor.password"
    " os_project_name=service"
)


def given(service) -> str:
    """The parameters of an example: what the agent requires, and what it signs in with if there is anything to ask."""
    if not isinstance(service, Service):
        return SIGNED_IN if "os_password_file" in [param.name for param in service.params] else ""
    if service.daemons:
        return f" daemon={service.daemons[0][0]}"
    if service.described:
        return "".join(f" {name}={value}" for name, value in service.example)
    if not (service.listed_by or service.api.question):
        return ""
    return SIGNED_IN.replace(" os_auth_url=http://controller:5000/v3", "") if service.is_keystone else SIGNED_IN


def create(program) -> tuple[str, str]:
    """The command that creates one instance, for pcs and for crmsh."""
    name = f"p_{program.name}".replace("-", "_")
    operations = "".join(
        f" op {action.name} {f'interval={action.interval}s ' if action.interval else ''}timeout={action.timeout}s"
        for kind in ("start", "stop", "monitor")
        for action in program.actions
        if action.name == kind
    )
    primitive = f"crm configure primitive {name} ocf:openstack:{program.name}"
    return (
        f"pcs resource create {name} ocf:openstack:{program.name}{given(program)}",
        primitive + (f" params{given(program)}" if given(program) else "") + operations,
    )


def one_instance(program) -> list[str]:
    """The examples of an agent that runs no daemon; a test types them."""
    pcs, crm = create(program)
    return ["With\n.BR pcs (8):\n", commands(pcs), ".PP\nThe same with\n.BR crm (8):\n", commands(crm)]


def examples(service) -> list[str]:
    """One instance and a clone, for pcs and for crmsh; a test types them."""
    pcs, crm = create(service)
    clone = f"crm configure clone c_{service.name.replace('-', '_')} p_{service.name.replace('-', '_')}"
    return [
        "One instance that Pacemaker can move:\n",
        commands(pcs),
        ".PP\nThe same on every node, as an anonymous clone:\n",
        commands(f"{pcs} clone"),
        ".PP\nThe same with\n.BR crm (8):\n",
        commands(crm, clone),
    ]


def files(service) -> list[str]:
    resource = "\\fI<resource>\\fR"
    name = "\\fI<program>\\fR" if service.described else plain(service.name)
    config = [service.config] if service.config else sorted({path for _, path in service.daemons})
    return [
        *(item(f"\\fI{plain(path)}\\fR", "Configuration of the service.") for path in config),
        item(f"\\fI{plain(RUN_DIRECTORY)}/\\fR{resource}\\fI.pid\\fR", "The daemon, unless pid names another file."),
        item(f"\\fI{plain(LOG_DIRECTORY)}\\fR", f"What the daemon prints: {name}\\-{resource}.log."),
    ]


# -- the overview


def overview(names: list[str]) -> str:
    """ocf_openstack(7): the page that an operator reads first."""
    text = (ROOT / "packaging" / "ocf_openstack.7").read_text()
    agents = "".join(f".BR ocf_openstack_{plain(name)} (7)\n.br\n" for name in names)
    return (
        text.replace("@VERSION@", __version__)
        .replace("@AGENTS@\n", agents)
        .replace("@REASONS@\n", reasons(words.every_reason()))
    )


if __name__ == "__main__":
    main(sys.argv[1])
