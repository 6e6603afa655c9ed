"""
A certificate authority for tests, and servers' certificates signed by it.
"""

import datetime as dt
import ipaddress
from pathlib import Path

from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)


@frozen
class Certificate:
    """
    A certificate with its key, as PEM.
    """

    cert: bytes
    key: bytes

    def save(self, folder: Path, name: str) -> tuple[Path, Path]:
        """
        Write both files and return their paths: certificate, key.
        """
        cert, key = folder / f"{name}.crt", folder / f"{name}.key"
        cert.write_bytes(self.cert)
        key.write_bytes(self.key)
        return cert, key


class Authority:
    """
    Sign certificates; `pem` is its own.
    """

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test CA")])
        built = _builder(self._name, self._name, self._key.public_key(), -10, 30)
        built = built.add_extension(x509.BasicConstraints(True, None), critical=True)
        self.pem = _pem(built.sign(self._key, hashes.SHA256()))

    def sign(self, *names: str, first_day: int = -9, last_day: int = 20) -> Certificate:
        """
        Return a certificate for host names and addresses; days count from today.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        built = _builder(subject, self._name, key.public_key(), first_day, last_day)
        built = built.add_extension(
            x509.SubjectAlternativeName([_general(n) for n in names]), critical=False
        )
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return Certificate(_pem(built.sign(self._key, hashes.SHA256())), private)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    first_day: int,
    last_day: int,
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + first_day * DAY)
        .not_valid_after(now + last_day * DAY)
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def with_password(key: bytes) -> bytes:
    """
    Return a PEM key encrypted.
    """
    private = serialization.load_pem_private_key(key, None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"x"),
    )
