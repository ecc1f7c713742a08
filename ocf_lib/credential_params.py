"""The parameters for signing in: os_* and insecure; their names, defaults and descriptions."""

from __future__ import annotations

from .param import Param

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .service import Service

CLOUDS = ("/etc/openstack/clouds.yaml", "/etc/openstack/secure.yaml")
"""The files in which the agent looks for os_cloud.  It never looks in a home directory, whoever calls it."""


def sign_in(service: Service) -> tuple[Param, ...]:
    """The parameters for signing in.  Every agent has all of them, because an old resource may set them."""
    asks = service.listed_by != "" or service.api.question != ""
    no_question = "" if asks else "No effect in this agent: monitor has nothing to ask that needs credentials."
    no_https = "" if asks or service.api.port else "No effect in this agent: monitor asks nothing over https."

    def param(name: str, summary: str, text: str, **more: Any) -> Param:
        return Param(
            name=name,
            summary=summary,
            text=no_question or text,
            monitoring=True,
            **more,
        )

    return (
        param("os_auth_url", "URL of Keystone", _keystone(service), kind="url"),
        param("os_username", "User for monitoring", _what_for(service)),
        param(
            "os_password",
            "Password of the user",
            "Password of os_username. Everybody who may read the configuration of the cluster can read it there."
            " Prefer os_password_file, or cibsecret: pcs and crm_resource then show lrm:// in its place.",
            secret=True,
        ),
        param(
            "os_password_file",
            "Password file",
            "File whose first line is the password of os_username. Only root should be able to read it.",
            kind="path",
        ),
        param("os_tenant_name", "Project (old name)", "Project to sign in to. The old name of os_project_name."),
        param(
            "os_project_name",
            "Project",
            "Project to sign in to. A user needs one; an application credential does not.",
        ),
        param(
            "os_user_domain_name",
            "Domain of the user",
            "Name of the domain that os_username belongs to.",
            default="Default",
        ),
        param(
            "os_user_domain_id",
            "Domain of the user (id)",
            "Id of the domain that os_username belongs to. It counts instead of os_user_domain_name.",
        ),
        param(
            "os_project_domain_name",
            "Domain of the project",
            "Name of the domain that the project belongs to.",
            default="Default",
        ),
        param(
            "os_project_domain_id",
            "Domain of the project (id)",
            "Id of the domain that the project belongs to. It counts instead of os_project_domain_name.",
        ),
        param(
            "os_application_credential_id",
            "Application credential",
            "Id of the application credential to sign in with, instead of a user and a password.",
        ),
        param(
            "os_application_credential_secret",
            "Application credential secret",
            "Secret that belongs to os_application_credential_id. Everybody who may read the configuration of the"
            " cluster can read it there; cibsecret hides it.",
            secret=True,
        ),
        param(
            "os_cloud",
            "Cloud of clouds.yaml",
            f"Cloud to sign in to, instead of the other os_ parameters. It is described in {CLOUDS[0]} and, beside it,"
            " secure.yaml. Needs openstacksdk.",
        ),
        Param(
            name="os_region_name",
            summary="Region",
            text=(
                f"Region whose {service.listed_by.capitalize()} API monitor asks. Without a value, the region in"
                f" {CLOUDS[0]} counts, or the only region that has this API."
                if service.listed_by
                else "No effect in this agent: monitor asks no API of another service."
            ),
            monitoring=True,
        ),
        Param(
            name="os_cacert",
            summary="CA certificate file",
            text=no_https
            or (
                "File with the certificates of the authorities that the agent trusts over https. Without a value, it"
                " trusts those of the system."
            ),
            kind="path",
            monitoring=True,
        ),
        Param(
            name="insecure",
            summary="Accept any certificate",
            text=no_question
            or "Accept any certificate over https. The agent then sends the password to whoever answers.",
            kind="boolean",
            default="false",
            monitoring=True,
        ),
    )


def _keystone(service: Service) -> str:
    text = "URL of Keystone, such as http://controller:5000/v3. An old URL that ends in /v2.0 is fine."
    if service.is_keystone:
        text += " The agent always asks the Keystone of this host, whatever this URL names."
    if service.api.question:
        text += (
            " If this instance answers over https, its certificate has to be for the name in url, or, if url has an IP"
            " address, for the host in this URL."
        )
    return text


def _what_for(service: Service) -> str:
    text = "User that monitor signs in as. With credentials of any form, monitor also"
    if service.listed_by:
        return (
            f"{text} asks the {service.listed_by.capitalize()} API whether it lists this worker as up. The user needs the role"
            " admin for that."
        )
    if service.is_keystone:
        return f"{text} signs in to this very instance, and asks it for something from its database."
    if service.api.answered_by:
        return f"{text} sends this very instance a request that {service.api.answered_by} must answer."
    return f"{text} asks this very instance for something from its database."
