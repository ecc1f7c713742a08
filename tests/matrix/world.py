"""The host of the matrix: a whole cloud whose parts find each other by name, and whose clock and disks a test can break.

Beside what ``tests/box/cloud.py`` makes: a name server, TLS in front of Keystone and of every API, a ``/var/log`` of
its own, and a date that can be moved.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from tests.box import cloud as openstack
from tests.box import keystone, services
from tests.box.machine import Host
from tests.unit.conftest import load

DOMAIN = "cloud.example"
KEYSTONE = f"http://keystone.{DOMAIN}:5000/v3"
CREDENTIALS = keystone.credentials(KEYSTONE)
STEP = "/var/lib/clock-step"
AUTHORITY, CERTIFICATE = "/etc/ssl/box-authority.pem", "/etc/ssl/box.pem"
FRONT = "/etc/haproxy/tls.cfg"
TLS = 10000
"""The port of a TLS front is that of the API behind it, and this."""

# A service reports every 10 s, and is down after 30: a list shows the truth within a fault, not only after it.
_REPORTS = {
    "/etc/nova/nova.conf": ("DEFAULT", "report_interval = 10\nservice_down_time = 30"),
    "/etc/cinder/cinder.conf": ("DEFAULT", "report_interval = 10\nservice_down_time = 30"),
    "/etc/manila/manila.conf": ("DEFAULT", "report_interval = 10\nservice_down_time = 30"),
    "/etc/neutron/neutron.conf": ("DEFAULT", "agent_down_time = 30"),
}
_CERTIFY = """
import datetime, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

authority_file, file, days, domain = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
key_file = authority_file.replace(".pem", ".key")
now, day = datetime.datetime.utcnow(), datetime.timedelta(days=1)
pem = serialization.Encoding.PEM
own = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority of the box")])


def save(path, key):
    with open(path, "ab") as out:
        out.write(key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()))


def made(key, subject, begins, ends, signer, *extensions):
    maker = x509.CertificateBuilder().subject_name(subject).issuer_name(own).public_key(key.public_key())
    maker = maker.serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)
    for extension in extensions:
        maker = maker.add_extension(extension, critical=False)
    return maker.sign(signer, hashes.SHA256()).public_bytes(pem)


try:
    signer = serialization.load_pem_private_key(open(key_file, "rb").read(), None)
except FileNotFoundError:
    signer = rsa.generate_private_key(65537, 2048)
    save(key_file, signer)
    open(authority_file, "wb").write(
        made(signer, own, now - 9 * day, now + 9 * day, signer, x509.BasicConstraints(ca=True, path_length=None))
    )
key = rsa.generate_private_key(65537, 2048)
names = x509.SubjectAlternativeName([x509.DNSName(f"keystone.{domain}"), x509.DNSName(f"api.{domain}")])
subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"keystone.{domain}")])
open(file, "wb").write(made(key, subject, now - 8 * day, now + days * day, signer, names))
save(file, key)
"""


def spell(text: str) -> str:
    """*text* with a name for each server that a service asks; what a service binds to stays an address."""
    for address, name in (
        ("@127.0.0.1:5672", f"@broker.{DOMAIN}:5672"),
        ("@127.0.0.1/", f"@database.{DOMAIN}/"),
        ("127.0.0.1:11211", f"memcached.{DOMAIN}:11211"),
        ("http://127.0.0.1:5000", f"http://keystone.{DOMAIN}:5000"),
        ("http://127.0.0.1:", f"http://api.{DOMAIN}:"),
    ):
        text = text.replace(address, name)
    return text


def prepare(host: Host) -> None:
    """Make the cloud; nothing of it runs yet except what the services depend on, and Keystone has its catalogue."""
    _clock(host)
    _names(host)
    # The logs get a file system that can be full.
    host.run(
        "sh",
        "-ec",
        "cp -a /var/log /tmp/log; mount -t tmpfs -o size=200m,mode=755 log /var/log; cp -a /tmp/log/. /var/log",
    )
    openstack.prepare(host, spell)
    for path, (section, lines) in _REPORTS.items():
        host.put(path, host.read(path).replace(f"[{section}]\n", f"[{section}]\n{lines}\n", 1), 0o640)
    certify(host, days=8)
    front(host)


def _clock(host: Host) -> None:
    library = host.files / "usr/lib/clock.so"
    source = Path(__file__).parent / "clock.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, source, "-ldl"], check=True)
    (host.files / STEP.lstrip("/")).write_bytes(bytes(16))
    host.put("/etc/ld.so.preload", "/usr/lib/clock.so\n")


def step(host: Host, seconds: int) -> None:
    """Move the date of every program of *host* that far from the real one."""
    with (host.files / STEP.lstrip("/")).open("r+b") as shared:
        shared.write(seconds.to_bytes(8, "little", signed=True) + int(time.time()).to_bytes(8, "little"))


def _names(host: Host) -> None:
    host.run("rm", "-f", "/etc/resolv.conf")
    host.put("/etc/resolv.conf", "nameserver 127.0.0.1\n")
    host.run(
        "dnsmasq", "--no-resolv", "--no-hosts", "--listen-address=127.0.0.1", "--bind-interfaces",
        "--pid-file=/run/name-server", f"--address=/{DOMAIN}/127.0.0.1",
    )  # fmt: skip


def certify(host: Host, days: int) -> None:
    """Give the fronts a certificate that holds for so many days more; a negative number is one that has expired."""
    host.run("python3", "-c", _CERTIFY, AUTHORITY, CERTIFICATE, str(days), DOMAIN)


def front(host: Host) -> None:
    """Run HAProxy with TLS before Keystone and every API, with the certificate as it is now."""
    parts = ["defaults\n mode tcp\n timeout connect 5s\n timeout client 5m\n timeout server 5m\n"]
    for port in sorted({load(name).api.port for name in services.rows(services.PACKAGED)} - {0}):
        bind = f"bind 127.0.0.1:{port + TLS} ssl crt {CERTIFICATE}"
        parts.append(f"listen p{port}\n {bind}\n server one 127.0.0.1:{port}\n")
    host.put(FRONT, "".join(parts))
    old = host.run("cat", "/run/tls.pid", check=False).stdout.split()
    host.run("haproxy", "-D", "-f", FRONT, "-p", "/run/tls.pid", *(["-st", *old] if old else []))


def secured(name: str) -> dict[str, str]:
    """The parameters with which a resource asks through TLS: Keystone always, and its own API if that has one."""
    asked = {"os_auth_url": f"https://keystone.{DOMAIN}:{5000 + TLS}/v3", "os_cacert": AUTHORITY}
    api = load(name).api
    # A daemon that has to listen itself is asked at its own port.
    if api.port and not api.own_listener:
        server = "keystone" if load(name).is_keystone else "api"
        asked["url"] = f"https://{server}.{DOMAIN}:{api.port + TLS}/"
    return asked
