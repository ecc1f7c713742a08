"""meta-data: describe the agent in the XML of OCF 1.1.

The XML has a fixed form, because each of its readers wants something:

* ocf-tester wants a DTD, and there is none of 1.1: the agents bring their own, beside the library
* Pacemaker 3.0 logs an error for each declaration in the document: the DTD is in a file, which only ocf-tester reads
* crmsh wants no encoding in the declaration
* Hawk wants each content element on one line, type before default, and a default for each number, which may be empty
* pcs wants exactly "1.1" as the version
"""

from __future__ import annotations

from .. import __version__, checks
from ..checks import process
from ..context import Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..agent import Action, Program
    from ..param import Param
    from ..service import Service

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})

_HEAD = """\
<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "/usr/lib/ocf/lib/openstack/ra-api-1.1.dtd">
<resource-agent name="{name}" version="{version}">
<version>1.1</version>
<longdesc lang="en">
{long}
</longdesc>
<shortdesc lang="en">{short}</shortdesc>
<parameters>
"""

_ABOUT = """\
Starts, watches and stops {title}.

What monitor checks:
{checked}

A recurring monitor returns at the moment the daemon dies. If no restart can help, because the database is away or\
 Keystone refuses the credentials, monitor reports degraded with a reason, and Pacemaker restarts nothing. Stop ends\
 every process of the daemon{left}. At OCF_CHECK_LEVEL 10, monitor uses no credentials. At 20, it insists on them.\
 Without a level, it checks everything that the parameters enable."""

_WIDTH = 79  # pcs shows a description line by line, as it is written


def metadata(context: Context) -> str:
    """The meta-data of an agent that runs a daemon.  It is the same on every host and for every caller."""
    return xml(context.service, context.name, about(context.service))


def about(service: Service) -> str:
    """The long description: what the agent does, with the sentences of its checks, and an example if it needs one."""
    left = f", except what serves the tenants ({service.leaves_running})" if service.leaves_running else ""
    checked = "".join(f"\n- {sentence}" for sentence in (process.ABOUT, *checks.about(service))).strip()
    return _ABOUT.format(title=service.title, checked=checked, left=left) + _example(service)


def _example(service: Service) -> str:
    """The command that creates a resource, for a service whose parameters describe everything."""
    if not service.described:
        return ""
    words = [f"{name}={value}" for name, value in service.example]
    lines = [" ".join(words[at : at + 2]) for at in range(0, len(words), 2)]
    name = f"p_{dict(service.example)['binary']}".replace("-", "_")
    create = " \\\n".join((f"pcs resource create {name} ocf:openstack:{service.name}", *lines))
    return f"\n\nAn example, on every node:\n{create} clone"


def xml(program: Program, name: str, about: str) -> str:
    """The whole XML document.  *name* is the name by which the agent was called: its own, or an old one."""
    alias = f" (old name of {program.name})" if name != program.name else ""
    parts = [
        _HEAD.format(
            name=name,
            version=__version__,
            long=_wrapped(about),
            short=f"Manages {program.title}{alias}".translate(_ESCAPES),
        )
    ]
    parts += [_parameter(param) for param in program.params]
    parts.append("</parameters>\n<actions>\n")
    parts += [_action(action) for action in program.actions]
    parts.append("</actions>\n</resource-agent>\n")
    return "".join(parts)


def _parameter(param: Param) -> str:
    required = ' required="1"' if param.required else ""
    unique = f' unique-group="{param.name}"' if param.unique else ""
    reloadable = ' reloadable="1"' if param.monitoring else ""
    default = f' default="{param.default.translate(_ESCAPES)}"' if param.default or param.type == "integer" else ""
    return (
        f'<parameter name="{param.name}"{required}{unique}{reloadable}>\n'
        f'<longdesc lang="en">\n{_wrapped(param.description)}\n</longdesc>\n'
        f'<shortdesc lang="en">{param.summary.translate(_ESCAPES)}</shortdesc>\n'
        f'<content type="{param.type}"{default}/>\n'
        "</parameter>\n"
    )


def _action(action: Action) -> str:
    recurring = f' interval="{action.interval}s"' if action.interval else ""
    return f'<action name="{action.name}" timeout="{action.timeout}s"{recurring}/>\n'


def _wrapped(text: str) -> str:
    """*text*, escaped for XML, with lines of at most _WIDTH columns."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            if line and len(line) + 1 + len(word) > _WIDTH:
                lines.append(line)
                line = ""
            line += f" {word}" if line else word
        lines.append(line)
    return "\n".join(lines).translate(_ESCAPES)
