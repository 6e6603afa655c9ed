"""
A private certificate authority for one test run.
"""

import datetime as dt
import ipaddress
from pathlib import Path

from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAY = dt.timedelta(days=1)


@frozen
class Certificate:
    """
    A certificate chain and its key, as PEM files.
    """

    chain: Path
    key: Path


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key(certificate: Certificate) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(certificate.key.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


class Authority:
    """
    Issues server certificates that only those who trust `root` accept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = _name("Test authority")
        certificate = (
            self._started(self._subject, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.root = folder / "root.pem"
        self.root.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, *names: str, like: Certificate | None = None) -> Certificate:
        """
        Issue a certificate for host names and addresses, with the key of another one
        if that is given.
        """
        key = ec.generate_private_key(ec.SECP256R1()) if like is None else _key(like)
        certificate = (
            self._started(_name(names[0]), key.public_key())
            .add_extension(
                x509.SubjectAlternativeName([_alternative(name) for name in names]),
                critical=False,
            )
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
                critical=False,
            )
            .sign(self._key, hashes.SHA256())
        )
        stem = names[0].replace(":", "_")
        issued = Certificate(self._folder / f"{stem}.pem", self._folder / f"{stem}.key")
        issued.chain.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + self.root.read_bytes()
        )
        issued.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return issued

    def _started(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + 30 * _DAY)
        )
