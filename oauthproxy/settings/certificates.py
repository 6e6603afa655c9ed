"""
Look at a certificate and its key: do they belong together, and is it in date?
"""

from typing import TYPE_CHECKING

from attrs import frozen

from oauthproxy.settings.kinds import HOUR, SECOND

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate

SOON = 14 * 24 * HOUR


class ChainUnusable(ValueError):
    """
    There is no certificate.
    """


class KeyUnusable(ValueError):
    """
    There is no key, or not that of the certificate.
    """


@frozen
class CertificateFacts:
    """
    Times are nanoseconds since the epoch; `names` are those the certificate is for.
    """

    not_before: int
    not_after: int
    names: tuple[str, ...]


def read_chain(pem: bytes) -> "tuple[Certificate, ...]":
    """
    Return the certificates of a PEM text, the server's own first; raises ValueError.
    """
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return tuple(load_pem_x509_certificates(pem))
    except ValueError as cause:
        raise ValueError("there is no PEM certificate") from cause


def read_key(pem: bytes) -> "PrivateKeyTypes":
    """
    Return the private key of a PEM text; raises ValueError.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(pem, password=None)
    except TypeError as cause:
        raise ValueError(
            "the private key needs a password, which cannot be given"
        ) from cause
    except (ValueError, UnsupportedAlgorithm) as cause:
        raise ValueError("there is no PEM private key") from cause


def holds_authorities(pem: bytes) -> bool:
    """
    Tell whether OpenSSL reads a PEM text, comments aside, as certificates to believe.
    """
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=pem.decode("ascii", "ignore"))
    except (ssl.SSLError, ValueError):
        return False
    return True


def read_pair(
    cert_pem: bytes, key_pem: bytes, *, cert_place: str = "", key_place: str = ""
) -> "tuple[tuple[Certificate, ...], PrivateKeyTypes]":
    """
    Return certificates and the key of the first one; raises ChainUnusable or
    KeyUnusable.

    The places say where the PEM texts come from, such as ' in "/etc/tls.key"'.
    """
    try:
        chain = read_chain(cert_pem)
    except ValueError as cause:
        raise ChainUnusable(f"{cause}{cert_place}") from cause
    try:
        key = read_key(key_pem)
    except ValueError as cause:
        raise KeyUnusable(f"{cause}{key_place}") from cause
    if chain[0].public_key() != key.public_key():
        text = f"the private key{key_place} is not that of the certificate{cert_place}"
        raise KeyUnusable(text)
    return chain, key


def certificate_facts(pem: bytes) -> CertificateFacts:
    """
    Return the facts about the first certificate of a PEM chain; raises ValueError.
    """
    found = read_chain(pem)[0]
    return CertificateFacts(
        not_before=int(found.not_valid_before_utc.timestamp()) * SECOND,
        not_after=int(found.not_valid_after_utc.timestamp()) * SECOND,
        names=certificate_names(found),
    )


def certificate_names(certificate: "Certificate") -> tuple[str, ...]:
    """
    Return the host names and addresses that a certificate is for.
    """
    from cryptography import x509

    try:
        found = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except x509.ExtensionNotFound:
        return ()
    hosts = found.value.get_values_for_type(x509.DNSName)
    addresses = found.value.get_values_for_type(x509.IPAddress)
    return (*hosts, *map(str, addresses))
