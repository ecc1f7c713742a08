"""What one agent declares about the daemon it manages."""

from __future__ import annotations

from .params import SIGN_IN, TRACE, WATCH, Param, process, url
from .record import Record


class Api(Record):
    """Where the daemon answers, and what to ask it."""

    port: int
    path: str  # answered without credentials by a daemon that is well
    media: str  # media type of that answer: what else may sit on the port answers another
    question: str  # needs a token, reaches the database, and any user may ask it


class Uwsgi(Record):
    """A WSGI application that uwsgi serves, as Debian runs every API but Glance's and Swift's."""

    ini: str
    config_variable: str  # environment variable that names another configuration file
    tls: str  # directory: private/*.pem and public/*.crt in it make the distribution serve https


class Service(Record):
    """One OpenStack daemon, as the cluster sees it."""

    name: str
    title: str
    about: str  # what its monitor looks at beyond the process, for the operator
    binary: str
    user: str
    config: str
    api: Api
    uwsgi: Uwsgi
    extra: tuple[Param, ...] = ()

    @property
    def params(self) -> tuple[Param, ...]:
        """Every parameter, in the order in which the meta-data shows them."""
        own = process(self.binary, self.config, self.user)
        where = url(f"http://127.0.0.1:{self.api.port}{self.api.path}")
        return (*own, where, *SIGN_IN, WATCH, *TRACE, *self.extra)
