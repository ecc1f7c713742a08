"""Certificates, with real handshakes on loopback: a mistake in one never restarts a daemon."""

import os
import ssl
import threading
from socket import create_server

import pytest

from ocf_lib import errors
from ocf_lib.address import Address
from ocf_lib.cloud import http
from ocf_lib.context import Context
from ocf_lib.host import Host, files

from ..conftest import SERVICE
from .conftest import NAME

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}"
TOKEN = (http.token_header("t"),)


@pytest.fixture
def serve(certificates):
    """Start a server with one of the certificates: its address.  Without one, it answers with *plain* at once."""
    threads = []

    def answer(listener, settings, plain):
        listener.settimeout(30)
        with listener:
            connection, _ = listener.accept()
            connection.settimeout(30)
            with connection:
                if settings is None:
                    connection.recv(65536)
                    connection.sendall(plain)
                    return
                try:
                    with settings.wrap_socket(connection, server_side=True) as safe:
                        safe.recv(65536)
                        safe.sendall(ANSWER)
                except OSError:
                    return  # the agent has refused the certificate

    def start(name="", plain=b"", server="127.0.0.1"):
        settings = None
        if name:
            settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            settings.load_cert_chain(certificates / f"{name}.pem", certificates / "key.pem")
        listener = create_server(("127.0.0.1", 0))
        threads.append(threading.Thread(target=answer, args=(listener, settings, plain)))
        threads[-1].start()
        return Address(scheme="https", server=server, port=listener.getsockname()[1], path="/v3")

    yield start
    for thread in threads:
        thread.join()


def ask(where, headers=(), **params):
    environ = {"PCMK_LOGFACILITY": "daemon", **{f"OCF_RESKEY_{name}": value for name, value in params.items()}}
    context = Context(SERVICE, ["keystone", "monitor"], environ, Host())
    request = http.Request(where=where, headers=headers, certificate=http.certificate_name(context, where))
    return http.send(context, request, 20).status


PUBLIC = {"os_auth_url": f"https://{NAME}:5000/v3"}


def test_a_token_goes_to_a_certificate_with_the_public_name(serve, certificates):
    """
    The url has an IP address of this host, which is in no certificate.
    """
    assert ask(serve("good"), TOKEN, os_cacert=str(certificates / "good.pem"), **PUBLIC) == 200


def test_a_certificate_for_the_address_of_the_url_holds(serve, certificates):
    """
    No name is known then.
    """
    assert ask(serve("ip"), TOKEN, os_cacert=str(certificates / "ip.pem"), os_auth_url="https://10.0.0.9/v3") == 200


@pytest.mark.parametrize(
    ("name", "trusted", "reason"),
    [
        ("expired", "expired", "certificate has expired"),
        ("good", "", "self-signed certificate"),
        ("ip", "ip", "Hostname mismatch, certificate is not valid for 'vip.example'."),
    ],
)
def test_a_certificate_that_does_not_hold_is_degraded(serve, certificates, name, trusted, reason):
    """
    The reason says which certificate, and what is wrong with it.
    """
    where = serve(name)
    file = {"os_cacert": str(certificates / f"{trusted}.pem")} if trusted else {}

    with pytest.raises(errors.Degraded) as seen:
        ask(where, TOKEN, **file, **PUBLIC)

    assert str(seen.value) == f"the certificate of {where} is not accepted: {reason}"


@pytest.mark.parametrize(
    ("file", "why"),
    [("/nowhere.pem", "there is no such file"), ("fifo", "Not a regular file"), ("key.pem", "no certificate")],
)
def test_a_file_of_authorities_that_cannot_be_used_is_degraded(certificates, file, why):
    """
    The reason names the file. Nobody is asked. OpenSSL would wait for ever for somebody who writes to a FIFO.
    """
    if file == "fifo":
        os.mkfifo(certificates / file)
    path = file if file.startswith("/") else str(certificates / file)

    with pytest.raises(errors.Degraded, match=f"^os_cacert: {path}: {why}"):
        ask(Address(scheme="https", server="127.0.0.1", port=1), TOKEN, os_cacert=path)


def test_the_agent_reads_the_file_of_authorities_before_openssl_does(certificates, monkeypatch):
    """
    A dead NFS server may still seem to have the file. Only in files.py does the agent know for which disk it waits.
    """
    path = str(certificates / "good.pem")

    def stale(path, _flags):
        raise OSError(116, "Stale file handle", path)

    monkeypatch.setattr(files, "_only_file", stale)

    with pytest.raises(errors.Degraded, match=f"^os_cacert: {path}: Stale file handle"):
        ask(Address(scheme="https", server="127.0.0.1", port=1), TOKEN, os_cacert=path)


@pytest.mark.parametrize("name", ["good", "ip", "expired"])
def test_a_question_without_a_token_verifies_nothing(serve, name):
    """
    It reads no file of authorities either: only the daemon's health is asked for.
    """
    assert ask(serve(name), os_cacert="/nowhere.pem", **PUBLIC) == 200


def test_a_server_without_tls_is_degraded(serve):
    """
    It answers, but url says https: no restart changes that.
    """
    where = serve(plain=b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with pytest.raises(errors.Degraded, match=f"^{where} cannot agree on TLS with the agent: wrong version number"):
        ask(where)


def test_a_server_that_closes_in_the_handshake_is_at_fault(serve):
    """
    So does a daemon whose worker has just died.
    """
    with pytest.raises(errors.AgentError) as seen:
        ask(serve(plain=b""))

    assert type(seen.value) is errors.AgentError


@pytest.mark.parametrize(
    ("url", "public", "name"),
    [
        ("controller", "https://vip:5000", "controller"),
        ("10.0.0.11", "https://vip:5000", "vip"),
        ("::1", "https://vip:5000", "vip"),
        ("localhost", "https://vip:5000", "vip"),
        ("10.0.0.11", "https://10.0.0.9:5000", "10.0.0.11"),
        ("10.0.0.11", "", "10.0.0.11"),
    ],
)
def test_the_name_in_url_comes_before_that_of_keystone(url, public, name):
    """
    Keystone's name is a guess for an instance whose url has none.
    """
    context = Context(SERVICE, ["keystone", "monitor"], {"OCF_RESKEY_os_auth_url": public}, Host())

    assert http.certificate_name(context, Address(scheme="https", server=url, port=8774)) == name
