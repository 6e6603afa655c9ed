"""
Certificates that change while we serve.

Rule 1: what is broken is never put in the place of what works; the log says why.
Rule 2: open connections keep the certificate they began with.
"""

from collections.abc import Callable, Mapping
from typing import Any

from oauthproxy.net.tls import CertificateUnusable, Identity, ServerTLS, TLSSource
from oauthproxy.net.watch import FileWatch
from oauthproxy.ports import Clock, Log
from oauthproxy.settings.check.secrets import place_of, secret_bytes
from oauthproxy.settings.files import ReadFile
from oauthproxy.settings.kinds import SECOND
from oauthproxy.settings.model import SecretSource, TLSSettings


class LiveTLS:
    """
    The TLS of one server, renewed when its files change.

    Made from files that cannot be used, it raises `CertificateUnusable`.
    """

    def __init__(
        self, reactor: Any, source: TLSSource, *, clock: Clock, log: Log
    ) -> None:
        self._reactor = reactor
        self._clock = clock
        self.log = log
        self._source = source
        self._watch = FileWatch(reactor, source.paths, self._files_changed)
        self._identity = source.identity()
        self.server = ServerTLS(source.context(self._identity))
        if self._is_over(self._identity):
            log.error(f"{_describe(self._identity)} has expired")

    def start(self) -> None:
        """
        Watch the files from now on.
        """
        self._watch.start()

    def stop(self) -> None:
        """
        Watch no more.
        """
        self._watch.stop()

    def prepare(self, source: TLSSource) -> Callable[[], None]:
        """
        Return what changes over to other files or parameters, and cannot fail.

        Raises `CertificateUnusable` when they cannot be used.
        """
        identity = source.identity()
        context = source.context(identity)

        def change() -> None:
            self._watch.stop()
            self._source, self._identity = source, identity
            self.server.context = context
            self._watch = FileWatch(self._reactor, source.paths, self._files_changed)
            self._watch.start()

        return change

    def _files_changed(self) -> None:
        try:
            identity = self._source.identity()
            if self._is_over(identity) and not self._is_over(self._identity):
                raise CertificateUnusable(f"{_describe(identity)} has expired")
            context = self._source.context(identity)
        except CertificateUnusable as problem:
            self.log.error(f"the new certificate is not used: {problem}")
            return
        self._identity, self.server.context = identity, context
        self.log.info(f"{_describe(identity)} is in use now")

    def _is_over(self, identity: Identity) -> bool:
        return identity.expires.timestamp() * SECOND < self._clock.now()


def tls_source(
    settings: TLSSettings,
    environment: Mapping[str, str],
    read_file: ReadFile,
) -> TLSSource:
    """
    Return where the key and the certificate of a server are to be read.
    """

    cert, key = settings.cert or SecretSource(), settings.key or SecretSource()
    return TLSSource(
        read_cert=lambda: secret_bytes(cert, environment, read_file),
        read_key=lambda: secret_bytes(key, environment, read_file),
        paths=tuple(one.from_file for one in (cert, key) if one.from_file),
        cert_place=place_of(cert),
        key_place=place_of(key),
        min_version=settings.min_version,
        cipher_suites=settings.cipher_suites,
    )


def _describe(identity: Identity) -> str:
    names = ", ".join(identity.names()) or "no name"
    return f"the certificate for {names}, valid until {identity.expires:%Y-%m-%d},"
