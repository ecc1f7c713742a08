"""An agent that runs one OpenStack daemon: the facts about it."""

from __future__ import annotations

from . import credential_params, params, process_params
from .agent import Action
from .param import Param
from .record import Record


class Api(Record):
    """Where the daemon answers, and what to ask it."""

    port: int  # 0 is a daemon without an API
    paths: tuple[str, ...] = ("/",)  # asked without credentials; the next one where the one before is not there (404)
    media: str = "application/json"  # of a good answer: what else may sit on the port answers another
    own_listener: bool = False  # any web server may answer so: the socket has to be one of the daemon's processes'
    answers: tuple[int, ...] = ()  # statuses that are well, too
    question: str = ""  # needs a token and reaches the database; {project} is that of the credentials
    asks: str = ""  # what is well if that is answered, as a sentence goes on after "With credentials, "
    answered_by: str = ""  # who answers that question in the end, if it is not this daemon
    bind: tuple[str, str, str] = ("", "", "")  # section and options of config with address and port, if they are there
    port_parameter: str = ""  # old name of a parameter that gives the port


class Uwsgi(Record):
    """A WSGI application that uwsgi serves, as Debian runs every API but Glance's and Swift's."""

    ini: str
    variable: str = ""  # environment variable that names another configuration file (or its directory: ..._DIR)


_ACTIONS = (
    Action(name="start", run="ocf_lib.acts.start:start", timeout=120),
    Action(name="stop", run="ocf_lib.acts.stop:stop", timeout=60),
    Action(name="monitor", run="ocf_lib.acts.monitor:monitor", timeout=60, interval=1),
    Action(name="status", run="ocf_lib.acts.monitor:status", timeout=60),
    Action(name="reload-agent", run="ocf_lib.acts.reload:reload_agent", timeout=30),
    Action(name="validate-all", run="ocf_lib.acts.validate:validate_all", timeout=30),
    Action(name="meta-data", run="ocf_lib.acts.metadata:metadata", timeout=5),
)
_NO_API = Api(port=0)
_NO_UWSGI = Uwsgi(ini="")


class Service(Record):
    """One OpenStack daemon, as the cluster sees it."""

    name: str
    title: str
    user: str
    config: str
    binary: str = ""  # program that is given config; none if only a web server can run the service
    uwsgi: Uwsgi = _NO_UWSGI  # how it is run where this ini is there
    unit: str = ""  # unit that runs it, unless another is named
    units: tuple[str, ...] = ()  # the distributions' units that run it under other names than its own
    more_config: tuple[str, ...] = ()  # further files and directories of configuration, passed where they exist
    arguments: tuple[str, ...] = ()  # what else the daemon is given; tells it from others of the same program
    positional: bool = False  # config is the daemon's one argument, as Swift has it
    daemons: tuple[tuple[str, str], ...] = ()  # several of one agent, each with its configuration file
    program_of: str = ""  # the program of one of several daemons, with {daemon} for its name
    api: Api = _NO_API
    socket: tuple[str, str] = ("", "")  # option of config that names its UNIX socket, and its default
    broker: bool = False  # while it is well, it is connected to the message broker
    listed_by: str = ""  # the API that keeps a list of such workers and says which are up
    databases: tuple[str, ...] = ("database",)  # sections of config that name its databases
    leaves_running: str = ""  # what it starts for the tenants, and what has to go on without it
    is_keystone: bool = False  # it is Keystone: the monitor signs in to this very instance
    remark: str = ""  # a sentence on what monitor checks, if the checks do not say it all
    extra: tuple[Param, ...] = ()

    @property
    def actions(self) -> tuple[Action, ...]:
        """What it can be asked to do: the same for every daemon."""
        return _ACTIONS

    @property
    def project(self) -> str:
        """The name by which OpenStack files its configuration and logs."""
        return self.config.split("/")[2]

    @property
    def params(self) -> tuple[Param, ...]:
        """Every parameter, in the order in which the meta-data shows them."""
        return (
            *process_params.how_it_runs(self),
            *(params.where_it_answers(self.api) if self.api.port else ()),
            *(params.BROKER if self.broker else ()),
            *credential_params.sign_in(self),
            params.WATCH,
            *params.TRACE,
            *self.extra,
        )
