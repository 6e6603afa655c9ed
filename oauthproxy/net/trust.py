"""
Whom we believe when we connect over TLS: authorities, names, or (on request) anybody.

One OpenSSL context a trust, made once: loading the system's authorities takes longer
than a handshake. The server's name is checked with its certificate, within the
handshake (RFC 9525), so that nothing is sent to another one.
"""

import ipaddress
from collections.abc import Sequence
from typing import Any

from OpenSSL import SSL
from OpenSSL.crypto import X509
from service_identity import CertificateError, VerificationError
from service_identity.cryptography import extract_patterns
from service_identity.hazmat import DNS_ID, IPAddress_ID, verify_service_identity
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.python.failure import Failure
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

REASONS = {
    9: "it is not valid yet",
    10: "it has expired",
    18: "it is self-signed",
    19: "its chain ends in an unknown authority",
    20: "its issuer is not trusted",
    21: "its issuer is not trusted",
    23: "it was revoked",
    26: "it is not meant for servers",
}
"""The commonest of OpenSSL's verification errors, in words."""


class CertificateRefused(Exception):
    """
    The server's certificate is not accepted.
    """


class NamedConnection(SSL.Connection):
    """
    A TLS connection that knows which host it is meant for.
    """

    host: str

    def refuse(self, reason: str) -> bool:
        """
        End the connection because of its certificate; return False.
        """
        text = f"the certificate of {self.host} was refused: {reason}"
        self.get_app_data().failVerification(Failure(CertificateRefused(text)))
        return False


@implementer(IOpenSSLClientConnectionCreator)
class Verified:
    """
    Make TLS connections to one host, and check that it is this host.
    """

    def __init__(self, context: SSL.Context, host: str) -> None:
        self._context = context
        self._host = host

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        """
        Return a connection that will ask for our host.
        """
        connection = NamedConnection(self._context, None)
        connection.host = self._host
        connection.set_app_data(tlsProtocol)
        if not _is_address(self._host):
            connection.set_tlsext_host_name(self._host.encode("ascii"))
        return connection


@implementer(IPolicyForHTTPS)
class ClientTrust:
    """
    The TLS parameters of outgoing connections.

    `ca_files` are PEM files of authorities to believe; without any, or with
    `use_system_trust_store`, those of the system are. `skip_verify` believes anybody.
    `certificate` are the PEM files, chain and key, of what we show to servers that ask.
    Raises `OSError` or `CertificateRefused` when a file cannot be used.
    """

    def __init__(
        self,
        *,
        ca_files: Sequence[str] = (),
        use_system_trust_store: bool = False,
        skip_verify: bool = False,
        certificate: tuple[str, str] | None = None,
    ) -> None:
        self._context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        self._context.set_min_proto_version(SSL.TLS1_2_VERSION)
        self._context.set_options(SSL.OP_NO_COMPRESSION)
        if certificate is not None:
            self._show(*certificate)
        if skip_verify:
            self._context.set_verify(SSL.VERIFY_NONE, lambda *_: True)
            return
        if use_system_trust_store or not ca_files:
            self._context.set_default_verify_paths()
        for path in ca_files:
            self._load(path)
        self._context.set_verify(SSL.VERIFY_PEER, _checked)

    def _load(self, path: str) -> None:
        with open(path, "rb"):
            pass
        try:
            self._context.load_verify_locations(path)
        except SSL.Error as cause:
            raise CertificateRefused(f"{path} holds no PEM certificate") from cause

    def _show(self, chain: str, key: str) -> None:
        for path in (chain, key):
            with open(path, "rb"):
                pass
        try:
            self._context.use_certificate_chain_file(chain)
            self._context.use_privatekey_file(key)
            self._context.check_privatekey()
        except SSL.Error as cause:
            raise CertificateRefused(
                f"{chain} and {key} hold no PEM certificate with its key"
            ) from cause

    def creator(self, host: str) -> Verified:
        """
        Return what makes TLS connections to `host`, a name or an IP address.
        """
        return Verified(self._context, host)

    def creatorForNetloc(self, hostname: bytes, port: int) -> Verified:  # noqa: ARG002
        """
        Return what makes TLS connections to `hostname`.
        """
        return self.creator(hostname.decode("ascii"))


def _checked(
    connection: Any, certificate: X509, error: int, depth: int, chain_is_good: int
) -> bool:
    """
    Decide on one certificate of a chain; what this raises, OpenSSL takes for a no.
    """
    if not chain_is_good:
        reason = REASONS.get(error, f"OpenSSL verification error {error}")
        return bool(connection.refuse(reason))
    if depth > 0 or _is_for(certificate, connection.host):
        return True
    return bool(connection.refuse("it is for another name"))


def _is_for(certificate: X509, host: str) -> bool:
    wanted = IPAddress_ID(host) if _is_address(host) else DNS_ID(host)
    try:
        patterns = extract_patterns(certificate.to_cryptography())
        verify_service_identity(patterns, obligatory_ids=[wanted], optional_ids=[])
    except (VerificationError, CertificateError):
        return False
    return True


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
