"""Signatures of profiles: who signed, and why a signature is invalid."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from cli_world import invoke
from loading_samples import XML, der, tlv
from ssoroute.loaders import load
from ssoroute.loaders.findings import Unreadable
from ssoroute.loaders.signature_check import RootsError, TrustedRoots, check_signature
from ssoroute.loaders.signed import open_container
from ssoroute.model.signature import Signature, SignatureState

pytest.importorskip("cryptography")
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from cryptography.x509.oid import NameOID

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Identity(NamedTuple):
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def issue(
    name: str,
    issuer: Identity | None = None,
    *,
    authority: bool = False,
    key: Key | None = None,
    until: timedelta = DAY,
) -> Identity:
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 10 * DAY)
        .not_valid_after(NOW + until)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(issuer.key if issuer else key, hashes.SHA256())
    )
    return Identity(made, key)


@cache
def root() -> Identity:
    return issue("Example Root", authority=True)


@cache
def middle() -> Identity:
    return issue("Example Issuing", root(), authority=True)


@cache
def signer() -> Identity:
    return issue("Example Corp", middle())


def signed(
    by: Identity,
    *others: Identity,
    content: bytes = XML,
    options: tuple[PKCS7Options, ...] = (),
) -> bytes:
    builder = PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(by.certificate, by.key, hashes.SHA256())
    for other in others:
        builder = builder.add_certificate(other.certificate)
    return builder.sign(serialization.Encoding.DER, [PKCS7Options.Binary, *options])


def signature(data: bytes, roots: bytes | None = None) -> Signature:
    (profile,) = load(data, trusted_roots=root().pem() if roots is None else roots)
    return profile.signature


VALID = Signature(SignatureState.VALID, "Example Corp")


@pytest.mark.parametrize("options", [(), (PKCS7Options.NoAttributes,)])
def test_a_signature_with_a_chain_to_a_root_is_valid(options: tuple[PKCS7Options, ...]) -> None:
    assert signature(signed(signer(), middle(), options=options)) == VALID


def test_a_key_of_rsa_signs_as_well() -> None:
    by = issue("RSA Corp", root(), key=rsa.generate_private_key(65537, 2048))
    assert signature(signed(by)) == Signature(SignatureState.VALID, "RSA Corp")


def test_a_signer_who_is_a_root_needs_no_chain() -> None:
    alone = issue("Alone")
    assert signature(signed(alone), alone.pem()) == Signature(SignatureState.VALID, "Alone")


def test_the_content_decides_nothing_but_itself() -> None:
    checked = load(signed(signer(), middle()), trusted_roots=root().pem())
    unchecked = load(signed(signer(), middle()))
    assert checked[0].payloads == unchecked[0].payloads
    assert unchecked[0].signature == Signature(SignatureState.NOT_CHECKED)
    assert load(XML, trusted_roots=root().pem())[0].signature.state is SignatureState.UNSIGNED


def expired() -> bytes:
    return signed(issue("Past Corp", root(), until=-DAY))


def by_a_stranger() -> bytes:
    return signed(issue("Stranger", issue("Other Root", authority=True)))


def by_no_authority() -> bytes:
    """The chain leads over a certificate that may not issue any."""
    return signed(issue("Below", signer()), signer(), middle())


def changed() -> bytes:
    data = signed(signer(), middle())
    assert data.count(b"login.example.com") > 0
    return data.replace(b"login.example.com", b"login.examp1e.com")


def changed_without_attributes() -> bytes:
    data = signed(signer(), middle(), options=(PKCS7Options.NoAttributes,))
    return data.replace(b"login.example.com", b"login.examp1e.com")


def without_certificates() -> bytes:
    return signed(signer(), options=(PKCS7Options.NoCerts,))


def without_a_link() -> bytes:
    return signed(signer())


def by_nobody() -> bytes:
    return der(XML)


def without_chain(name: str) -> tuple[str, str]:
    return name, "no valid chain of certificates leads from the signer to one of 1 trusted root"


INVALID: dict[Callable[[], bytes], tuple[str | None, str]] = {
    by_a_stranger: without_chain("Stranger"),
    by_no_authority: without_chain("Below"),
    changed: ("Example Corp", "the content was changed after it was signed"),
    changed_without_attributes: ("Example Corp", "the key of the signer did not make it"),
    without_certificates: (None, "the container does not hold the certificate of its signer"),
    without_a_link: without_chain("Example Corp"),
    by_nobody: (None, "the container has no signer"),
}


@pytest.mark.parametrize("made", INVALID, ids=lambda made: made.__name__)
def test_an_invalid_signature_says_why(made: Callable[[], bytes]) -> None:
    name, problem = INVALID[made]
    profiles = load(made(), trusted_roots=root().pem())
    assert profiles[0].signature == Signature(SignatureState.INVALID, name, problem)
    assert [(found.code, found.severity) for found in profiles.findings] == [("SSO038", "warning")]
    assert problem in profiles.findings[0].message


def test_an_expired_certificate_names_its_days() -> None:
    first, last = NOW - 10 * DAY, NOW - DAY
    assert signature(expired()).problem == (
        f"the certificate of the signer counts from {first:%Y-%m-%d} to {last:%Y-%m-%d} only"
    )


def test_a_valid_signature_is_an_info_that_names_the_signer() -> None:
    (found,) = load(signed(signer(), middle()), trusted_roots=root().pem()).findings
    assert str(found) == (
        "<bytes>: info: signed by `Example Corp`; the signature is valid [SSO021]"
    )


def test_a_signature_inside_that_is_invalid_counts() -> None:
    inner = by_a_stranger()
    outer = signed(signer(), middle(), content=inner)
    assert signature(outer).problem == without_chain("Stranger")[1]


@cache
def unchanged() -> bytes:
    return signed(signer(), middle())


@pytest.mark.parametrize("seed", range(200))
def test_no_changed_container_signs_other_content(seed: int) -> None:
    """Either the content is as it was signed, or the signature is invalid."""
    data = bytearray(unchanged())
    rng = random.Random(seed)
    for _ in range(rng.choice((1, 1, 2, 5))):
        data[rng.randrange(len(data))] = rng.randrange(256)
    try:
        container = open_container(bytes(data))
    except Unreadable:
        return
    found = check_signature(container, TrustedRoots.read(root().pem()))
    assert found.state is SignatureState.INVALID or container.content == XML


def test_a_long_signer_is_refused_before_it_is_read() -> None:
    """An identifier of 1 MB takes asn1crypto hours."""
    endless = tlv(0x06, b"\x81" * (1 << 20) + b"\x01")
    data = der(XML)
    signers = tlv(0x31, tlv(0x30, tlv(0x02, b"\1"), endless))
    container = open_container(data)
    container = type(container)(container.content, container.content_type, signers)
    found = check_signature(container, TrustedRoots.read(root().pem()))
    assert found.problem == "a signer is longer than 16384 bytes"


@pytest.mark.parametrize("data", [b"", b"hello", b"-----BEGIN CERTIFICATE-----\nx\n"])
def test_roots_that_are_no_certificates_are_refused(data: bytes) -> None:
    with pytest.raises(RootsError, match="must hold certificates in PEM, or one in DER"):
        load(XML, trusted_roots=data)


def test_the_command_line_shows_the_signer(tmp_path: Path) -> None:
    (tmp_path / "roots.pem").write_bytes(root().pem())
    (tmp_path / "good.mobileconfig").write_bytes(signed(signer(), middle()))
    (tmp_path / "bad.mobileconfig").write_bytes(by_a_stranger())
    roots = ["--trusted-roots", str(tmp_path / "roots.pem")]
    good = invoke("show", str(tmp_path / "good.mobileconfig"), *roots, "--json")
    assert json.loads(good.stdout)["installed"][0]["signature"] == {
        "state": "valid",
        "signer": "Example Corp",
        "problem": None,
    }
    bad = invoke("show", str(tmp_path / "bad.mobileconfig"), *roots)
    assert "signed by `Stranger`, but the signature is invalid: no valid chain" in bad.stderr
    checked = invoke("check", str(tmp_path / "bad.mobileconfig"), *roots, "--format", "short")
    assert ": SSO038 signed by `Stranger`, but the signature is invalid" in checked.stdout
    assert checked.exit_code == 1
    missing = invoke("show", "x.mobileconfig", "--trusted-roots", "none.pem")
    assert missing.exit_code == 3
    assert missing.stderr == "none.pem: cannot be read: no such file or directory\n"


def test_without_the_library_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cryptography", None)
    with pytest.raises(RootsError, match="needs `cryptography`; install `ssoroute\\[cms\\]`"):
        load(XML, trusted_roots=b"")


def test_the_real_signed_profile_is_not_valid_for_a_foreign_root() -> None:
    found = CORPUS / "035-Jamf-Concepts-passwordless-sso-signed-09bc68.mobileconfig"
    if not found.exists():
        pytest.skip("the corpus is not there")
    (profile, *_) = load(found, trusted_roots=root().pem())
    assert profile.signature.state is SignatureState.INVALID
    assert profile.signature.signer
