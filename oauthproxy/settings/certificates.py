"""
Look at a certificate and its key: do they belong together, and is it in date?
"""

from attrs import frozen

from oauthproxy.settings.kinds import HOUR, SECOND

SOON = 14 * 24 * HOUR


@frozen
class CertificateFacts:
    """
    Times are nanoseconds since the epoch; `names` are those the certificate is for.
    """

    not_before: int
    not_after: int
    names: tuple[str, ...]
    matches: bool


def certificate_facts(certificate: bytes, key: bytes) -> CertificateFacts:
    """
    Return the facts about the first certificate of a PEM chain and a PEM key.

    Raises ValueError for what cannot be read.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_pem_private_key,
    )

    try:
        found = x509.load_pem_x509_certificate(certificate)
    except ValueError as error:
        raise ValueError("there is no PEM certificate in it") from error
    try:
        private = load_pem_private_key(key, password=None)
    except (ValueError, TypeError) as error:
        raise ValueError("there is no PEM key without password") from error
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return CertificateFacts(
        not_before=int(found.not_valid_before_utc.timestamp()) * SECOND,
        not_after=int(found.not_valid_after_utc.timestamp()) * SECOND,
        names=_names(found),
        matches=found.public_key().public_bytes(*form)
        == private.public_key().public_bytes(*form),
    )


def _names(certificate: object) -> tuple[str, ...]:
    from cryptography import x509

    assert isinstance(certificate, x509.Certificate)
    try:
        found = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except x509.ExtensionNotFound:
        return ()
    hosts = found.value.get_values_for_type(x509.DNSName)
    addresses = found.value.get_values_for_type(x509.IPAddress)
    return (*hosts, *map(str, addresses))
