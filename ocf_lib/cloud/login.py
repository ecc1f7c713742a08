"""Sign in to Keystone with keystoneauth1, and with openstacksdk for a clouds.yaml.

A monitor imports this module only if it needs a new token.  Variables of the
environment for proxies and certificates have no effect: the agent asks exactly
the Keystone that its parameters name.
"""

from __future__ import annotations

from .. import errors
from ..address import Address
from ..context import Context
from ..credential_params import CLOUDS
from . import http
from .credentials import Login, Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Union

    from keystoneauth1.access import AccessInfo
    from keystoneauth1.identity.base import BaseIdentityPlugin
    from keystoneauth1.session import Session

    Verify = Union[bool, str]

# keystoneauth1 raises these when it reads an answer that is no token.
_NONSENSE = (ValueError, KeyError, TypeError, AttributeError)


class Refused(Exception):
    """Keystone refuses the credentials, or the agent refuses its certificate.  No restart can cure that."""


class Failed(Exception):
    """Keystone did not answer, or gave a wrong answer."""


def sign_in(context: Context, wanted: Login, password: str, seconds: float) -> Token:
    """A new token, with the endpoint of the API that *wanted* names.

    Raises Refused, Failed, TimeoutError, and Degraded if a Python package is
    missing or clouds.yaml is wrong.  ``itself.limit`` may interrupt it.
    """
    context.host.itself.open_site()
    try:
        import requests
        from keystoneauth1 import exceptions
    except ImportError as problem:
        raise errors.Degraded(f"signing in needs python3-keystoneauth1: {context.log.masked(str(problem))}") from None

    plugin, verify = _plugin(context, wanted.keystone, password)
    session = _session(context, wanted, verify, seconds)
    try:
        access = plugin.get_access(session)
        if not access.auth_token or access.expires is None:
            raise ValueError("no token")
        return Token(
            text=access.auth_token,
            expires=access.expires.timestamp(),
            project=access.project_id or "",
            endpoint=_endpoint(access, wanted.catalogue),
            keystone="" if wanted.keystone else str(plugin.auth_url),
        )
    except exceptions.http.Unauthorized:
        raise Refused("401 Unauthorized, so name, password, domain or project is wrong") from None
    except exceptions.http.HttpServerError as problem:
        raise Failed(f"answers {problem.http_status}") from None
    except exceptions.http.HttpError as problem:
        raise Refused(f"{problem.http_status} {type(problem).__name__}") from None
    except (exceptions.ConnectTimeout, requests.exceptions.Timeout):
        raise TimeoutError from None
    except exceptions.ConnectionError as problem:
        # The name of this class depends on the release: SSLError or SSLFailure.
        if type(problem).__name__.startswith("SSL"):
            raise Refused(f"its certificate is not accepted: {context.log.masked(_innermost(problem))}") from None
        raise Failed(context.log.masked(_innermost(problem))) from None
    except (exceptions.ClientException, requests.exceptions.RequestException, *_NONSENSE) as problem:
        raise Failed(f"the answer makes no sense: {type(problem).__name__}") from None


def _endpoint(access: AccessInfo, catalogue: tuple[str, ...]) -> str:
    """The URL of the first API of these types in the catalogue: the internal URL if there is one, else the public."""
    for kind in catalogue:
        for interface in ("internal", "public"):
            urls = access.service_catalog.get_urls(service_type=kind, interface=interface)
            if urls:
                return str(urls[0])
    return ""


def _plugin(context: Context, base: Address | None, password: str) -> tuple[BaseIdentityPlugin, Verify]:
    """keystoneauth1's plugin for the credentials that are given, and how to verify certificates."""
    verify: Verify = False if context.flag("insecure") else context.get("os_cacert") or True
    if context.get("os_cloud"):
        return _cloud_plugin(context, base, verify)
    from keystoneauth1.identity import v3

    if context.get("os_application_credential_id"):
        return (
            v3.ApplicationCredential(
                auth_url=str(base),
                application_credential_id=context.get("os_application_credential_id"),
                application_credential_secret=context.get("os_application_credential_secret"),
            ),
            verify,
        )
    return (
        v3.Password(
            auth_url=str(base),
            username=context.get("os_username"),
            password=password,
            user_domain_name=context.get("os_user_domain_name"),
            project_name=context.get("os_project_name") or context.get("os_tenant_name"),
            project_domain_name=context.get("os_project_domain_name"),
        ),
        verify,
    )


def _cloud_plugin(context: Context, base: Address | None, verify: Verify) -> tuple[BaseIdentityPlugin, Verify]:
    """The plugin that clouds.yaml describes, pointed at *base*."""
    name = context.get("os_cloud")
    try:
        from openstack.config import OpenStackConfig
    except ImportError as problem:
        raise errors.Degraded(f"os_cloud needs python3-openstacksdk: {context.log.masked(str(problem))}") from None
    try:
        config = OpenStackConfig(config_files=[CLOUDS[0]], secure_files=[CLOUDS[1]], load_envvars=False)
        region = config.get_one(cloud=name)
    except Exception as problem:
        # The operator writes this file.  No restart can cure a mistake in it.
        raise errors.Degraded(f"os_cloud: {CLOUDS[0]}: {context.log.masked(str(problem))}") from None
    plugin = region.get_auth()
    if base:
        plugin.auth_url = str(base)
    if verify is True:
        verify, _ = region.get_requests_verify_args()
    return plugin, verify


def _session(context: Context, wanted: Login, verify: Verify, seconds: float) -> Session:
    """A keystoneauth1 session that reads no variable of the environment."""
    import requests
    from keystoneauth1.session import Session
    from requests.adapters import HTTPAdapter

    base = wanted.keystone

    class ByPublicName(HTTPAdapter):
        """Connects to this host, and expects a certificate with the public name."""

        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            name = http.certificate_name(context, base) if base else None
            super().init_poolmanager(*args, server_hostname=name, assert_hostname=name, **kwargs)

    client = requests.Session()
    client.trust_env = False
    if wanted.is_ours and base and base.scheme == "https":
        client.mount("https://", ByPublicName())
    return Session(
        session=client, verify=verify, timeout=seconds, redirect=False, user_agent="openstack-resource-agents"
    )


def _innermost(problem: BaseException) -> str:
    """The text of the first cause in a chain of exceptions."""
    seen = problem
    while True:
        deeper = (
            seen.__cause__
            or (None if seen.__suppress_context__ else seen.__context__)
            or next((a for a in seen.args if isinstance(a, BaseException)), None)
        )
        deeper = deeper or getattr(seen, "reason", None)
        if not isinstance(deeper, BaseException) or deeper is seen:
            return str(seen)
        seen = deeper
