"""What signing in makes of the parameters."""

import contextlib
import json
import ssl
import sys
import threading
from socket import create_server
from types import SimpleNamespace

import pytest
from keystoneauth1.identity import v3

from ocf_lib.address import Address
from ocf_lib.cloud import login
from ocf_lib.cloud.credentials import Login
from ocf_lib.context import Context
from ocf_lib.host import Host

from ..conftest import load


def context_of(machine, **given):
    environ = {f"OCF_RESKEY_{name}": value for name, value in given.items()}
    return Context(load("nova-compute"), ["nova-compute", "monitor"], environ, machine)


def test_the_id_of_a_domain_wins_over_its_name(machine):
    """
    The name has a default. So it must not count beside the id.
    """
    context = context_of(
        machine, os_username="u", os_project_name="p", os_user_domain_id="d1", os_project_domain_id="d2"
    )
    plugin, _, region = login._plugin(context, None, "x")
    method = plugin.auth_methods[0]

    assert method.get_auth_data(None, plugin, {}, request_kwargs={})[1]["user"]["domain"] == {"id": "d1"}
    assert (plugin.project_domain_id, region) == ("d2", "")


@pytest.fixture
def server(certificates):
    """Start a Keystone on this machine that does one thing to whoever connects: its address.

    With "none" for a certificate, it speaks no TLS, although its URL says so.
    """
    threads = []

    def start(behave, certificate=""):
        listener = create_server(("127.0.0.1", 0))

        def serve():
            with listener:
                listener.settimeout(30)
                connection, _ = listener.accept()
                connection.settimeout(30)
                # The agent may refuse the certificate, or hang up.
                with connection, contextlib.suppress(OSError):
                    if certificate not in ("", "none"):
                        settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                        settings.load_cert_chain(certificates / f"{certificate}.pem", certificates / "key.pem")
                        settings.wrap_socket(connection, server_side=True)
                    behave(connection)

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        scheme = "https" if certificate else "http"
        return Address(scheme=scheme, server="127.0.0.1", port=listener.getsockname()[1], path="/v3")

    yield start
    for thread in threads:
        thread.join()


def says(status):
    """Answer one request with this status."""

    def answer(connection):
        connection.recv(65536)
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n{{}}".encode())

    return answer


def sign_in(where, **given):
    context = context_of(Host(), os_username="admin", os_project_name="p", **given)
    return login.sign_in(context, Login(keystone=where, is_ours=False, catalogue=()), "s3cr3t", 10)


@pytest.mark.parametrize(
    ("behave", "certificate", "kind", "reason"),
    [
        (says("401 x"), "", login.Refused, "{at} refuses user admin: 401 Unauthorized, so name, password, domain or project"),
        (says("403 x"), "", login.Refused, "{at} refuses user admin: 403 Forbidden"),
        (says("503 x"), "", login.Failed, "user admin cannot sign in at {at}: answers 503"),
        (says("200 x"), "", login.Failed, "user admin cannot sign in at {at}: the answer makes no sense: "),
        (lambda _: None, "", login.Away, "user admin cannot sign in at {at}: "),
        (says("401 x"), "ip", login.Refused, "the certificate of {at} is not accepted: self-signed certificate"),
        (says("401 x"), "good", login.Refused, "the certificate of {at} is not accepted: IP address mismatch"),
        (says("400 x"), "none", login.Refused, "{at} cannot agree on TLS with the agent: wrong version number"),
    ],
)  # fmt: skip
def test_a_login_that_fails_says_who_is_to_blame_and_where(server, certificates, behave, certificate, kind, reason):
    """
    Password, certificate, or Keystone itself: each has a sentence of its own, and each names the URL.
    """
    at = server(behave, certificate)

    with pytest.raises(kind) as seen:
        sign_in(at, os_cacert=str(certificates / "good.pem"))
    assert type(seen.value) is kind
    assert str(seen.value).startswith(reason.format(at=at))


def test_a_keystone_that_refuses_connections_is_away():
    """
    The reason has no number of the system in it.
    """
    with create_server(("127.0.0.1", 0)) as listener:
        at = Address(scheme="http", server="127.0.0.1", port=listener.getsockname()[1], path="/v3")
    with pytest.raises(login.Away) as seen:
        sign_in(at)

    assert str(seen.value) == f"user admin cannot sign in at {at}: Connection refused"


def test_the_keystone_of_a_clouds_yaml_is_named(monkeypatch):
    """
    Its URL is in no parameter. A password in it is not shown.
    """
    plugin = v3.Password(auth_url="http://u:s3cr3t@127.0.0.1:1/v3", username="u", password="s3cr3t")  # noqa: S106  no secret of anybody
    monkeypatch.setattr(login, "_cloud_plugin", lambda *_: (plugin, True, ""))
    with pytest.raises(login.Away) as seen:
        sign_in(None, os_cloud="prod")

    assert str(seen.value) == "cloud prod cannot sign in at 127.0.0.1:1/v3: Connection refused"


REGIONS = {"one": "http://nova.one/v2.1", "two": "http://nova.two/v2.1"}


def gives_a_token(connection):
    """Sign anybody in: the catalogue has Nova in two regions."""
    connection.recv(65536)
    nova = [{"interface": "public", "region": name, "url": url} for name, url in REGIONS.items()]
    token = {"expires_at": "2099-01-01T00:00:00Z", "catalog": [{"type": "compute", "endpoints": nova}]}
    body = json.dumps({"token": token})
    connection.sendall(f"HTTP/1.1 201 x\r\nX-Subject-Token: t\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())


@pytest.fixture
def clouds(monkeypatch):
    """A stand-in for openstacksdk, which reads clouds.yaml: the settings of the one cloud there."""
    settings = SimpleNamespace(auth_url="", region_name="", verify=True)
    settings.get_auth = lambda: v3.Password(auth_url=settings.auth_url, username="u", password="x")  # noqa: S106
    settings.get_requests_verify_args = lambda: (settings.verify, None)
    config = SimpleNamespace(get_one=lambda cloud, region_name: settings)
    module = SimpleNamespace(OpenStackConfig=lambda **_: config)
    monkeypatch.setitem(sys.modules, "openstack", SimpleNamespace(config=module))
    monkeypatch.setitem(sys.modules, "openstack.config", module)
    return settings


def signed_in(context, keystone=None):
    return login.sign_in(context, Login(keystone=keystone, is_ours=False, catalogue=("compute",)), "x", 10)


@pytest.mark.parametrize("region", REGIONS)
def test_the_parameter_names_the_region_whose_list_is_asked(server, region):
    """
    The list of another region lacks every worker of this node.
    """
    at = server(gives_a_token)
    context = context_of(Host(), os_username="u", os_project_name="p", os_region_name=region)

    assert signed_in(context, at).endpoint == REGIONS[region]


@pytest.mark.parametrize("region", REGIONS)
def test_a_cloud_tells_its_region_and_its_keystone(server, clouds, region):
    """
    Later monitors look at that Keystone before they blame an API.
    """
    clouds.auth_url, clouds.region_name = str(server(gives_a_token)), region
    token = signed_in(context_of(Host(), os_cloud="prod"))

    assert (token.endpoint, token.keystone) == (REGIONS[region], clouds.auth_url)


def test_a_file_of_authorities_that_a_cloud_lacks_is_refused(clouds):
    """
    No restart writes that file.
    """
    clouds.auth_url, clouds.verify = "https://127.0.0.1:1/v3", "/nowhere.pem"
    with pytest.raises(
        login.Refused, match=r"^the certificate of https://127\.0\.0\.1:1/v3 cannot be verified: .*/nowhere\.pem"
    ):
        signed_in(context_of(Host(), os_cloud="prod"))
