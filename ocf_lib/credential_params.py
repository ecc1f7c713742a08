"""The parameters with which the monitor signs in: os_* and insecure."""

from __future__ import annotations

from .param import Param

CLOUDS = ("/etc/openstack/clouds.yaml", "/etc/openstack/secure.yaml")
"""What os_cloud is looked up in: never a home directory, whoever calls us."""

SIGN_IN = (
    Param(
        name="os_auth_url",
        summary="URL of Keystone",
        text=(
            "URL of Keystone, as http://controller:5000/v3. An old URL that ends in /v2.0 is understood. Keystone's own"
            " agent asks the instance on this host, whatever this names; the name then serves to check a certificate."
        ),
        monitoring=True,
    ),
    Param(
        name="os_username",
        summary="User for monitoring",
        text=(
            "User to sign in as for monitoring. Credentials in any of the forms offered make monitor also ask what only a"
            " user may: something that reaches the database of this instance of an API; or, of an API, whether it"
            " counts this worker as up, which needs the role admin. Where there is nothing to ask they have no effect."
        ),
        monitoring=True,
    ),
    Param(
        name="os_password",
        summary="Password of the user",
        text=(
            "Password of os_username. Everybody who may read the cluster's configuration can read it there: prefer"
            " cibsecret (crm_resource and pcs then show lrm:// in its place) or os_password_file."
        ),
        secret=True,
        monitoring=True,
    ),
    Param(
        name="os_password_file",
        summary="Password file",
        text="File, readable by root alone, whose first line is the password of os_username.",
        monitoring=True,
    ),
    Param(
        name="os_tenant_name",
        summary="Project (old name)",
        text="Project to sign in to. The old name of os_project_name.",
        monitoring=True,
    ),
    Param(
        name="os_project_name",
        summary="Project",
        text="Project to sign in to. Users need one, application credentials do not.",
        monitoring=True,
    ),
    Param(
        name="os_user_domain_name",
        summary="Domain of the user",
        text="Name of the domain that os_username belongs to.",
        default="Default",
        monitoring=True,
    ),
    Param(
        name="os_project_domain_name",
        summary="Domain of the project",
        text="Name of the domain that the project belongs to.",
        default="Default",
        monitoring=True,
    ),
    Param(
        name="os_application_credential_id",
        summary="Application credential",
        text="Application credential to sign in with, instead of user and password.",
        monitoring=True,
    ),
    Param(
        name="os_application_credential_secret",
        summary="Application credential secret",
        text="Secret that belongs to os_application_credential_id. The remarks on os_password hold for it, too.",
        secret=True,
        monitoring=True,
    ),
    Param(
        name="os_cloud",
        summary="Cloud of clouds.yaml",
        text=(
            "Cloud of /etc/openstack/clouds.yaml (with secure.yaml beside it) to sign in to, instead of the other os_"
            " parameters. Needs openstacksdk."
        ),
        monitoring=True,
    ),
    Param(
        name="os_cacert",
        summary="CA certificate file",
        text="File with the certificates of the authorities to trust over https. Without a value: the system's.",
        monitoring=True,
    ),
    Param(
        name="insecure",
        summary="Accept any certificate",
        text="Accept any certificate over https, and so send the password to whoever answers.",
        kind="boolean",
        default="false",
        monitoring=True,
    ),
)
