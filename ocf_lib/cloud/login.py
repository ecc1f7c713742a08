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
from . import catalogue, http
from .credentials import Login, Token, who

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Union

    from keystoneauth1.identity.base import BaseIdentityPlugin
    from keystoneauth1.session import Session

    Verify = Union[bool, str]

# keystoneauth1 raises these when it reads an answer that is no token.
_NONSENSE = (ValueError, KeyError, TypeError, AttributeError)


class Refused(Exception):
    """Keystone refuses the credentials, or the agent refuses its certificate.  No restart can cure that."""


class Failed(Exception):
    """Keystone did not answer, or gave a wrong answer."""


class Away(Failed):
    """Keystone cannot be reached."""


def sign_in(context: Context, wanted: Login, password: str, seconds: float) -> Token:
    """A new token, with the endpoint of the API that *wanted* names.

    Raises Refused or Failed, with the whole reason, TimeoutError, and Degraded if a Python package is
    missing or clouds.yaml is wrong.  It runs in a child process, which is ended if it takes too long.
    """
    context.host.itself.open_site()
    try:
        import requests
        from keystoneauth1 import exceptions
    except ImportError as problem:
        raise errors.Degraded(f"signing in needs python3-keystoneauth1: {context.log.masked(str(problem))}") from None

    base = wanted.keystone
    if context.get("os_cacert") and not context.flag("insecure") and (base is None or base.scheme == "https"):
        # Without this, the reason for a file that holds no certificate would not name the file.
        http.trusted(context, "", True)
    plugin, verify, region = _plugin(context, base, password)
    session = _session(context, wanted, verify, seconds)
    # The URL in clouds.yaml may hold a password.
    at = str(base or plugin.auth_url).rpartition("@")[2]
    refused, failed = f"{at} refuses {who(context)}", f"{who(context)} cannot sign in at {at}"
    try:
        access = plugin.get_access(session)
        if not access.auth_token or access.expires is None:
            raise ValueError("no token")
        public = context.has("endpoint_type") and context.get("endpoint_type").lower().startswith("public")
        order = catalogue.PUBLIC_FIRST if public else catalogue.INTERNAL_FIRST
        endpoint, lacks = catalogue.endpoint(access.service_catalog, wanted.catalogue, region, order)
        return Token(
            text=access.auth_token,
            expires=access.expires.timestamp(),
            project=access.project_id or "",
            endpoint=endpoint,
            lacks=lacks,
            keystone="" if wanted.keystone else str(plugin.auth_url),
        )
    except exceptions.http.Unauthorized:
        raise Refused(f"{refused}: 401 Unauthorized, so name, password, domain or project is wrong") from None
    except exceptions.http.HttpServerError as problem:
        raise Failed(f"{failed}: answers {problem.http_status}") from None
    except exceptions.http.HttpError as problem:
        raise Refused(f"{refused}: {problem.http_status} {type(problem).__name__}") from None
    except (exceptions.ConnectTimeout, requests.exceptions.Timeout):
        raise TimeoutError from None
    except exceptions.ConnectionError as problem:
        cause = _innermost(problem)
        why = context.log.masked(getattr(cause, "strerror", None) or str(cause))
        # urllib3 has an error of its own for a name that is not in the certificate.
        other = f"the certificate of {at} is not accepted: {why}" if "Certificate" in type(cause).__name__ else ""
        untrusted = http.tls_fault(at, cause) or other
        raise (Refused(untrusted) if untrusted else Away(f"{failed}: {why}")) from None
    except (exceptions.ClientException, requests.exceptions.RequestException, *_NONSENSE) as problem:
        raise Failed(f"{failed}: the answer makes no sense: {type(problem).__name__}") from None
    except OSError as problem:
        # requests raises this for a file of certificates that is missing, as one in clouds.yaml.
        raise Refused(f"the certificate of {at} cannot be verified: {context.log.masked(str(problem))}") from None


def _plugin(context: Context, base: Address | None, password: str) -> tuple[BaseIdentityPlugin, Verify, str]:
    """keystoneauth1's plugin for the credentials that are given, how to verify certificates, and the region."""
    verify: Verify = False if context.flag("insecure") else context.get("os_cacert") or True
    region = context.get("os_region_name")
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
            region,
        )
    return (
        v3.Password(
            auth_url=str(base),
            username=context.get("os_username"),
            password=password,
            # keystoneauth1 leaves a name out if it has the id.
            user_domain_id=context.get("os_user_domain_id") or None,
            user_domain_name=context.get("os_user_domain_name"),
            project_name=context.get("os_project_name") or context.get("os_tenant_name"),
            project_domain_id=context.get("os_project_domain_id") or None,
            project_domain_name=context.get("os_project_domain_name"),
        ),
        verify,
        region,
    )


def _cloud_plugin(context: Context, base: Address | None, verify: Verify) -> tuple[BaseIdentityPlugin, Verify, str]:
    """The plugin that clouds.yaml describes, pointed at *base*."""
    name = context.get("os_cloud")
    try:
        from openstack.config import OpenStackConfig
    except ImportError as problem:
        raise errors.Degraded(f"os_cloud needs python3-openstacksdk: {context.log.masked(str(problem))}") from None
    try:
        config = OpenStackConfig(config_files=[CLOUDS[0]], secure_files=[CLOUDS[1]], load_envvars=False)
        # Without a region, openstacksdk takes the first one that the cloud has in the file, as its clients do.
        region = config.get_one(cloud=name, region_name=context.get("os_region_name") or None)
    except Exception as problem:
        # The operator writes this file.  No restart can cure a mistake in it.
        raise errors.Degraded(f"os_cloud: {CLOUDS[0]}: {context.log.masked(str(problem))}") from None
    plugin = region.get_auth()
    if base:
        plugin.auth_url = str(base)
    if verify is True:
        verify, _ = region.get_requests_verify_args()
    return plugin, verify, str(region.region_name or "")


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


def _innermost(problem: BaseException) -> BaseException:
    """The first cause in a chain of exceptions."""
    seen = problem
    while True:
        deeper = (
            seen.__cause__
            or (None if seen.__suppress_context__ else seen.__context__)
            or next((a for a in seen.args if isinstance(a, BaseException)), None)
        )
        deeper = deeper or getattr(seen, "reason", None)
        if not isinstance(deeper, BaseException) or deeper is seen:
            return seen
        seen = deeper
