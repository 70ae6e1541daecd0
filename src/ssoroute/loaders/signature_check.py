"""Checks who signed a profile, against roots that the caller trusts; nothing else reads the result.

`cryptography` does the arithmetic and builds the chain; it is imported when roots are given.
Certificates are not looked up on a network, so a revoked one is not noticed. The moment of the
check counts, not the signing time, which the signer may write at will (RFC 5652, section 11.3).
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ssoroute.loaders.findings import Unreadable
from ssoroute.loaders.signed import SignedData
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.quoting import cannot, counted, printable, quote
from ssoroute.model.signature import Signature, SignatureState

if TYPE_CHECKING:
    from asn1crypto.cms import SignerInfo
    from cryptography.hazmat.primitives.hashes import HashAlgorithm
    from cryptography.x509 import Certificate

__all__ = ["RootsError", "TrustedRoots", "check_signature"]

#: Where the roots come from: a path of a file in PEM or DER, or its bytes.
RootsInput: TypeAlias = "str | os.PathLike[str] | bytes"

#: A signer with its attributes has about 2 KB; asn1crypto is quadratic in long identifiers.
_LONGEST_SIGNER: Final = 16 * 1024
#: All roots of a large system fit.
_LONGEST_ROOTS: Final = 4 * 1024 * 1024
_DATA: Final = "1.2.840.113549.1.7.1"
_HASHES: Final = ("sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512")


class RootsError(InvalidInputError):
    """The trusted roots cannot be read, or the library that checks signatures is missing."""


class _InvalidError(Exception):
    """The signature is invalid; the text says why."""


@dataclass(frozen=True, slots=True)
class TrustedRoots:
    """The certificates that the caller trusts."""

    certificates: tuple[Certificate, ...]

    @classmethod
    def read(cls, source: RootsInput) -> TrustedRoots:
        """The certificates in `source` (PEM with one or many, or one in DER).

        Raises `RootsError` if it holds none.
        """
        try:
            from cryptography import x509
        except ImportError:
            raise RootsError(
                "checking signatures needs `cryptography`; install `ssoroute[cms]`"
            ) from None
        name, data = _bytes_of(source)
        try:
            if b"-----BEGIN" in data:
                found = x509.load_pem_x509_certificates(data)
            else:
                found = [x509.load_der_x509_certificate(data)]
        except ValueError:
            raise RootsError(f"{name}: must hold certificates in PEM, or one in DER") from None
        return cls(tuple(found))


def check_signature(signed: SignedData, roots: TrustedRoots) -> Signature:
    """Whether every signer of `signed` has signed its content, with a chain to one of `roots`."""
    names: list[str] = []
    try:
        certificates, signers = _read(signed)
        for signer in signers:
            certificate = _certificate_of(signer, certificates)
            names.append(_name(certificate))
            _check_content(signed, signer, certificate)
            _check_chain(certificate, certificates, roots)
    except _InvalidError as error:
        return Signature(SignatureState.INVALID, ", ".join(names) or None, str(error))
    return Signature(SignatureState.VALID, ", ".join(names))


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the warnings about serial numbers that are not positive."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _damage() -> tuple[type[Exception], ...]:
    """What the two libraries raise for a certificate or signer that is of no use."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509.verification import VerificationError

    return (
        *(Unreadable, ValueError, TypeError, LookupError, OverflowError, RecursionError),
        *(x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
        *(x509.ExtensionNotFound, VerificationError, UnsupportedAlgorithm),
    )


def _bytes_of(source: RootsInput) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        return "<bytes>", source
    name = printable(os.fspath(source))
    try:
        with open(source, "rb") as file:
            data = file.read(_LONGEST_ROOTS + 1)
    except (OSError, ValueError) as error:
        raise RootsError(f"{name}: {cannot('read', error)}") from None
    if len(data) > _LONGEST_ROOTS:
        raise RootsError(f"{name}: larger than {_LONGEST_ROOTS} bytes")
    return name, data


def _read(signed: SignedData) -> tuple[list[Certificate], list[SignerInfo]]:
    from asn1crypto.cms import SignerInfo
    from cryptography import x509

    try:
        certificates, signers = signed.after_content()
        with _quietly():
            found = [x509.load_der_x509_certificate(item) for item in certificates]
        read = [SignerInfo.load(item) for item in signers if len(item) <= _LONGEST_SIGNER]
    except _damage():
        raise _InvalidError("its certificates or signers cannot be read") from None
    if not signers:
        raise _InvalidError("the container has no signer")
    if len(read) < len(signers):
        raise _InvalidError(f"a signer is longer than {_LONGEST_SIGNER} bytes")
    return found, read


def _certificate_of(signer: SignerInfo, certificates: Sequence[Certificate]) -> Certificate:
    """The certificate in the container that `signer` names (RFC 5652, section 5.3)."""
    from cryptography import x509

    try:
        sid = signer["sid"]
        if sid.name == "issuer_and_serial_number":
            issuer, serial = sid.chosen["issuer"].dump(), sid.chosen["serial_number"].native
            with _quietly():
                named = [item for item in certificates if item.serial_number == serial]
            found = [item for item in named if item.issuer.public_bytes() == issuer]
        else:
            identifier = x509.SubjectKeyIdentifier(sid.chosen.native)
            found = [item for item in certificates if _key_identifier(item) == identifier]
    except _damage():
        raise _InvalidError("a signer cannot be read") from None
    if not found:
        raise _InvalidError("the container does not hold the certificate of its signer")
    return found[0]


def _key_identifier(certificate: Certificate) -> object:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except _damage():
        return None


def _check_content(signed: SignedData, signer: SignerInfo, certificate: Certificate) -> None:
    """Raise `_InvalidError` unless `signer` signed the content with the key of `certificate`."""
    try:
        algorithm = _hash(str(signer["digest_algorithm"]["algorithm"].native))
        message = signed.content
        if signer["signed_attrs"]:
            attributes: dict[str, list[Any]] = {}
            for item in signer["signed_attrs"]:
                attributes.setdefault(item["type"].native, []).extend(item["values"])
            digest = _one(attributes, "message_digest")
            if not compare_digest(digest, _digest(algorithm, signed.content)):
                raise _InvalidError("the content was changed after it was signed")
            if _one(attributes, "content_type", dotted=True) != signed.content_type:
                raise _InvalidError("the signature is for another type of content")
            message = signer["signed_attrs"].untag().dump()
        elif signed.content_type != _DATA:  # documented (RFC 5652, section 5.3)
            raise _InvalidError("it has no signed attributes")
        signature = signer["signature"].native
        scheme = signer["signature_algorithm"]
        _verify(certificate.public_key(), signature, message, algorithm, scheme)
    except _damage():
        raise _InvalidError("a signer cannot be read") from None


def _one(attributes: dict[str, list[Any]], name: str, *, dotted: bool = False) -> Any:
    """The value of the signed attribute `name`, which must be there once."""
    values = attributes.get(name, ())
    if len(values) != 1:
        raise _InvalidError(f"the signed attribute {quote(name)} must be there once")
    return values[0].dotted if dotted else values[0].native


def _hash(name: str) -> HashAlgorithm:
    from cryptography.hazmat.primitives import hashes

    if name not in _HASHES:
        raise _InvalidError(f"it uses {quote(name)}, which does not protect a signature")
    algorithm: HashAlgorithm = getattr(hashes, name.upper())()
    return algorithm


def _digest(algorithm: HashAlgorithm, content: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import Hash

    running = Hash(algorithm)
    running.update(content)
    return running.finalize()


def _verify(
    key: object, signature: bytes, message: bytes, algorithm: HashAlgorithm, scheme: Any
) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

    try:
        match key:
            case rsa.RSAPublicKey():
                if scheme.signature_algo == "rsassa_pss":
                    used = _hash(scheme["parameters"]["hash_algorithm"]["algorithm"].native)
                    salt = scheme["parameters"]["salt_length"].native
                    pss = padding.PSS(padding.MGF1(used), salt)
                    key.verify(signature, message, pss, used)
                else:
                    key.verify(signature, message, padding.PKCS1v15(), algorithm)
            case ec.EllipticCurvePublicKey():
                key.verify(signature, message, ec.ECDSA(algorithm))
            case ed25519.Ed25519PublicKey():
                key.verify(signature, message)
            case _:
                raise _InvalidError("the key of the signer is of an unknown kind")
    except InvalidSignature:
        raise _InvalidError("the key of the signer did not make it") from None


def _check_chain(
    certificate: Certificate, others: Sequence[Certificate], roots: TrustedRoots
) -> None:
    """Raise `_InvalidError` unless a chain leads from `certificate` to a root, valid now."""
    from cryptography import x509
    from cryptography.x509 import verification

    now = datetime.now(UTC)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        raise _InvalidError(
            f"the certificate of the signer counts from {first:%Y-%m-%d} to {last:%Y-%m-%d} only"
        )
    if certificate in roots.certificates:
        return
    if not roots.certificates:
        raise _InvalidError("no root is trusted")
    any_extensions = verification.ExtensionPolicy.permit_all()
    issuers = any_extensions.require_present(
        x509.BasicConstraints, verification.Criticality.AGNOSTIC, _must_issue
    )
    verifier = (
        verification.PolicyBuilder()
        .store(verification.Store(list(roots.certificates)))
        .time(now)
        .extension_policies(ca_policy=issuers, ee_policy=any_extensions)
        .build_client_verifier()
    )
    try:
        verifier.verify(certificate, list(others))
    except _damage():
        roots_text = counted(len(roots.certificates), "trusted root")
        raise _InvalidError(
            f"no valid chain of certificates leads from the signer to one of {roots_text}"
        ) from None


def _must_issue(_policy: object, _certificate: object, extension: Any) -> None:
    if not extension.ca:
        raise ValueError("not the certificate of an authority")


def _name(certificate: Certificate) -> str:
    """The common name of the subject, or all of its name."""
    from cryptography.x509.oid import NameOID

    try:
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        name = str(common[0].value) if common else certificate.subject.rfc4514_string()
    except _damage():
        return "unreadable name"
    return printable(name)[:200]
