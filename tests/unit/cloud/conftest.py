"""Certificates for servers of the tests."""

import subprocess

import pytest

NAME = "vip.example"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A key, and certificates with it: one that holds, one for an IP address, and one that has expired."""
    made = tmp_path_factory.mktemp("certificates")

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=made, check=True, capture_output=True, timeout=60)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem")
    openssl("req", "-new", *key, "-subj", "/CN=cloud", "-out", "request.pem")
    for name, days, subject in (("good", 2, f"DNS:{NAME}"), ("ip", 2, "IP:127.0.0.1"), ("expired", -1, f"DNS:{NAME}")):
        (made / "extension").write_text(f"subjectAltName={subject}\n")
        sign = ("x509", "-req", "-in", "request.pem", "-signkey", "key.pem", "-extfile", "extension")
        openssl(*sign, "-days", str(days), "-out", f"{name}.pem")
    return made
