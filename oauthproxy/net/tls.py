"""
TLS towards clients: contexts from key and certificate, exchanged when these change.

TLS 1.2 at least, forward secrecy and authenticated encryption unless other suites are
named, HTTP/1.1 as the only protocol, no compression, no renegotiation, no early data.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen
from cryptography.x509 import Certificate
from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from zope.interface import implementer

from oauthproxy.settings.certificates import certificate_names, read_pair
from oauthproxy.settings.tls import openssl_ciphers

MODERN = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL"
"""The suites of TLS 1.2 when none are named."""

MINIMUM = {
    "": SSL.TLS1_2_VERSION,
    "TLS1.2": SSL.TLS1_2_VERSION,
    "TLS1.3": SSL.TLS1_3_VERSION,
}
PROTOCOL = b"http/1.1"
OPTIONS = (
    SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_CIPHER_SERVER_PREFERENCE
)


class CertificateUnusable(Exception):
    """
    Key and certificate cannot be used for serving.
    """


@frozen(kw_only=True)
class Identity:
    """
    A server's certificate chain, leaf first, and the leaf's key.
    """

    chain: tuple[Certificate, ...]
    key: Any

    @property
    def expires(self) -> dt.datetime:
        """
        When the leaf's time ends.
        """
        return self.chain[0].not_valid_after_utc

    def names(self) -> tuple[str, ...]:
        """
        Return the host names and addresses that the leaf is for.
        """
        return certificate_names(self.chain[0])


def read_identity(
    cert_pem: bytes, key_pem: bytes, *, cert_place: str = "", key_place: str = ""
) -> Identity:
    """
    Return what the two PEM texts hold; raises `CertificateUnusable`.

    The places say where the texts come from, such as ' in "/etc/tls.key"'.
    """
    try:
        chain, key = read_pair(
            cert_pem, key_pem, cert_place=cert_place, key_place=key_place
        )
    except ValueError as cause:
        raise CertificateUnusable(str(cause)) from cause
    return Identity(chain=chain, key=key)


def server_context(
    identity: Identity, *, min_version: str = "", cipher_suites: Sequence[str] = ()
) -> SSL.Context:
    """
    Return a context that serves with `identity`.

    Names are those of the options (`settings.tls`). Naming none of TLS 1.2 leaves TLS
    1.3 alone. Raises `CertificateUnusable`.
    """
    ciphers = openssl_ciphers(tuple(cipher_suites)) if cipher_suites else MODERN
    minimum = MINIMUM[min_version] if ciphers else SSL.TLS1_3_VERSION
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(minimum)
    context.set_options(OPTIONS)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.set_session_id(b"oauthproxy")
    context.set_alpn_select_callback(_choose_protocol)
    try:
        context.set_cipher_list((ciphers or MODERN).encode("ascii"))
        _use(context, identity)
    except SSL.Error as cause:
        raise CertificateUnusable(_reason(cause)) from cause
    return context


def _use(context: SSL.Context, identity: Identity) -> None:
    context.use_privatekey(identity.key)
    leaf, *others = identity.chain
    context.use_certificate(leaf)
    for other in others:
        context.add_extra_chain_cert(other)
    context.check_privatekey()


def _choose_protocol(_connection: SSL.Connection, offered: list[bytes]) -> Any:
    return PROTOCOL if PROTOCOL in offered else SSL.NO_OVERLAPPING_PROTOCOLS


def _reason(cause: SSL.Error) -> str:
    queue = cause.args[0] if cause.args else ()
    words = "; ".join(str(entry[-1]) for entry in queue if entry and entry[-1])
    return words or "OpenSSL does not take it"


@implementer(IOpenSSLServerConnectionCreator)
class ServerTLS:
    """
    Make TLS connections with the present context; old ones keep theirs.
    """

    def __init__(self, context: SSL.Context) -> None:
        self.context = context

    def serverConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:  # noqa: ARG002
        """
        Return a connection for a client that has just come.
        """
        return SSL.Connection(self.context, None)


@frozen(kw_only=True)
class TLSSource:
    """
    Where a server's key and certificate are read from, and how they are served.

    `read_cert` and `read_key` return PEM and raise OSError or ValueError. `paths` are
    the files to watch, none when neither comes from a file.
    """

    read_cert: Callable[[], bytes]
    read_key: Callable[[], bytes]
    paths: tuple[str, ...] = ()
    cert_place: str = ""
    key_place: str = ""
    min_version: str = ""
    cipher_suites: tuple[str, ...] = ()

    def identity(self) -> Identity:
        """
        Read key and certificate; raises `CertificateUnusable`.
        """
        try:
            return read_identity(
                self.read_cert(),
                self.read_key(),
                cert_place=self.cert_place,
                key_place=self.key_place,
            )
        except OSError as cause:
            text = f"{cause.filename}: {cause.strerror}"
            raise CertificateUnusable(text) from cause
        except ValueError as cause:
            raise CertificateUnusable(str(cause)) from cause

    def context(self, identity: Identity) -> SSL.Context:
        """
        Return a context as configured; raises `CertificateUnusable`.
        """
        return server_context(
            identity, min_version=self.min_version, cipher_suites=self.cipher_suites
        )
