"""Whom the client trusts: the platform's certificate is checked, whatever the environment says."""

import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.wechat.calling import OPENID, SEND, client_of, failure_of_sending
from tests.wechat.platform import Asked, Platform
from wechat.client import PlatformBusy


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate for 127.0.0.1, signed by itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "platform of the tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "platform.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def secure_platform(certificate: Path) -> Iterator[Platform]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Platform(context) as made:
        yield made


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))


def test_a_platform_with_a_trusted_certificate_is_spoken_to(
    secure_platform: Platform, trusted: None, token_name: str
) -> None:
    wechat = client_of(secure_platform.url, token_name)
    wechat.send_text(OPENID, "您好")
    assert len(secure_platform.calls(SEND)) == 1
    wechat.close()


def test_a_platform_with_a_strangers_certificate_hears_nothing(
    secure_platform: Platform, certificate: Path, token_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    wechat = client_of(secure_platform.url, token_name)
    assert type(failure_of_sending(wechat)) is PlatformBusy
    assert secure_platform.asked == []
    wechat.close()


def test_headers_that_drip_through_tls_are_given_up_in_time(
    secure_platform: Platform, trusted: None, token_name: str
) -> None:
    def drip(_: Asked) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nX: "
        yield from secure_platform.drip(b"x")

    secure_platform.answers["stable_token"] = drip
    wechat = client_of(secure_platform.url, token_name, read_timeout_s=0.2)
    started = time.monotonic()
    assert type(failure_of_sending(wechat)) is PlatformBusy
    assert time.monotonic() - started < 3
    wechat.close()
