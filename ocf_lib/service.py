"""The type Service: the facts that an agent declares about the one OpenStack daemon that it runs."""

from __future__ import annotations

from . import credential_params, drain_params, params, process_params
from .agent import Action
from .param import Param
from .record import Record


class Api(Record):
    """Where the daemon answers, and what the checks ask it."""

    port: int  # 0 means that the daemon has no API
    paths: tuple[str, ...] = ("/",)  # asked without credentials; if one is not there (404), the next one is asked
    media: str = "application/json"  # expected Content-Type; with another one, another program has the port
    own_listener: bool = False  # any web server may give this answer: a process of the daemon has to own the socket
    answers: tuple[int, ...] = ()  # further statuses that are well
    question: str = ""  # path that needs a token and reaches the database; {project} is the credentials' project
    asks: str = ""  # what an answer to question proves: the rest of a sentence after "With credentials, "
    headers: tuple[str, ...] = ()  # further headers of question
    answered_by: str = ""  # the service that answers question, if the daemon passes it on
    bind: tuple[str, str, str] = ("", "", "")  # section of config, and its options for the address and the port
    program_port: int = 0  # default port of the program, if it is not that of Debian's uwsgi
    tls: tuple[str, str, str] = ("", "", "")  # section and option of config that make it https; a list holds that word
    port_parameter: str = ""  # the old agent's parameter for the port


class Uwsgi(Record):
    """A WSGI application that uwsgi serves.  Debian runs most APIs so."""

    ini: str
    variable: str = ""  # environment variable that names another configuration file; if it ends in _DIR, its directory
    takes_config: bool = True  # the application may get another configuration file; some look at no arguments


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
    binary: str = ""  # program that reads config; "" if only a web server can run the service
    uwsgi: Uwsgi = _NO_UWSGI  # how uwsgi runs the service on a host that has this ini
    unit: str = ""  # systemd unit that runs the service by default; "" if the agent runs the program itself
    units: tuple[str, ...] = ()  # names of the distributions' units, if they differ from the name of the service
    shipped_config: tuple[str, ...] = ()  # directories with settings of the distribution, which config wins over
    more_config: tuple[str, ...] = ()  # further configuration files and directories; passed if they exist
    arguments: tuple[str, ...] = ()  # further arguments; they also tell this daemon from others of the same program
    positional: bool = False  # config is the daemon's only argument, without an option, as with Swift
    daemons: tuple[tuple[str, str], ...] = ()  # daemons to choose from, each with its configuration file
    program_of: str = ""  # with daemons: the program of each; {daemon} stands for its name
    api: Api = _NO_API
    own_sockets: tuple[tuple[str, str, str], ...] = ()  # UDP ports and UNIX sockets: section, option of config, default
    broker: bool = False  # a daemon that is well is connected to the message broker
    brokers: tuple[tuple[str, str], ...] = ()  # further options with URLs of brokers, beside transport_url in DEFAULT
    ovn: tuple[str, ...] = ()  # options in [ovn] of the databases that the daemon needs, whatever ml2's drivers are
    listed_by: str = ""  # the API that lists such workers and says which are up
    databases: tuple[str, ...] = ("database",)  # sections of config with a connection, or "section/option" of a URL
    logs_to: str = ""  # its log file below /var/log, if the project and the name of the service do not say it
    logs: tuple[str, ...] = ()  # further files with last words, as a web server has them; the likeliest last
    leaves_running: str = ""  # what the daemon starts for the tenants, and a stop leaves running
    is_keystone: bool = False  # the service is Keystone: monitor signs in to this very instance
    remark: str = ""  # a further sentence for the meta-data, if those of the checks do not say everything
    extra: tuple[Param, ...] = ()  # further parameters
    example: tuple[tuple[str, str], ...] = ()  # of an agent for any daemon: parameters that describe one

    @property
    def actions(self) -> tuple[Action, ...]:
        """The actions of the agent: the same for every daemon."""
        return _ACTIONS

    @property
    def described(self) -> bool:
        """Do the parameters say which daemon it is (described.py)?  Then a port, a path or a broker may be a mistake."""
        return self.example != ()

    @property
    def drains(self) -> bool:
        """May a load balancer ask it whether it wants requests?  What serves web pages and consoles has no such path."""
        return self.api.port != 0 and not self.api.own_listener and not self.unit

    @property
    def project(self) -> str:
        """The OpenStack project: the directory of the service in /etc and /var/log; without one, the account's name."""
        words = self.config.split("/")
        return words[2] if len(words) > 3 else self.user

    @property
    def log_file(self) -> str:
        """The log file that the distribution gives the service."""
        usual = f"{self.project}/{self.name}.log"
        return f"/var/log/{self.logs_to or usual}"

    @property
    def params(self) -> tuple[Param, ...]:
        """All parameters, in the order of the meta-data."""
        if self.described:
            from . import described

            return (
                *process_params.how_it_runs(self),
                *described.PARAMS,
                *drain_params.out_of_rotation(""),
                *params.WATCH,
                *params.TRACE,
            )
        return (
            *process_params.how_it_runs(self),
            *(params.where_it_answers(self.api) if self.api.port else ()),
            *(drain_params.out_of_rotation(f"/etc/{self.project}/healthcheck_disable") if self.drains else ()),
            *(params.BROKER if self.broker else ()),
            *credential_params.sign_in(self),
            *params.WATCH,
            *params.TRACE,
            *self.extra,
        )
