"""
Rules for the addresses to listen on, and for TLS.
"""

from collections.abc import Iterator

from attrs import frozen

from oauthproxy.settings.addresses import parse_address, parse_secure_address
from oauthproxy.settings.certificates import ChainUnusable, KeyUnusable, read_pair
from oauthproxy.settings.check.problem import Draft, Problem
from oauthproxy.settings.check.secrets import place_of, secret_bytes, secret_source
from oauthproxy.settings.given import nearest
from oauthproxy.settings.model import SecretSource, ServerSettings, TLSSettings
from oauthproxy.settings.tls import SUITES, TLS13_SUITES, VERSIONS


@frozen
class _Names:
    """
    What one server's options are called: its path, and the flat names.
    """

    path: str
    plain: str
    secure: str
    cert: str
    key: str


APPLICATION = _Names(
    "server", "http_address", "https_address", "tls_cert_file", "tls_key_file"
)
METRICS = _Names(
    "metricsServer",
    "metrics_address",
    "metrics_secure_address",
    "metrics_tls_cert_file",
    "metrics_tls_key_file",
)


def listeners(draft: Draft) -> Iterator[Problem]:
    """
    Yield what is wrong with listeners.
    """
    settings = draft.settings
    yield from _server(draft, settings.server, APPLICATION)
    yield from _server(draft, settings.metrics_server, METRICS)
    if not _listens(settings.server) and not settings.ours.listen:
        message = "there is no address to listen on"
        option = "http_address" if settings.server.tls is None else "https_address"
        yield Problem(option, message, "server")
    if settings.proxy.force_https and not _secure(settings.server):
        message = "needs https_address and a certificate; there is no TLS listener"
        yield Problem("force_https", message)
    if settings.ours.workers < 1:
        yield Problem("workers", f"{settings.ours.workers} is less than 1")


def _listens(server: ServerSettings) -> bool:
    return server.bind_address not in ("", "-") or _secure(server)


def _secure(server: ServerSettings) -> bool:
    return server.secure_bind_address not in ("", "-")


def _server(draft: Draft, server: ServerSettings, names: _Names) -> Iterator[Problem]:
    for parse, text, option, member in (
        (parse_address, server.bind_address, names.plain, "bindAddress"),
        (
            parse_secure_address,
            server.secure_bind_address,
            names.secure,
            "secureBindAddress",
        ),
    ):
        try:
            parse(text)
        except ValueError as error:
            path = f"{names.path}.{member}"
            yield Problem(option, f'"{text}" cannot be listened on: {error}', path)
    if server.tls is not None:
        yield from _tls(draft, server.tls, names)
    elif _secure(server):
        message = "needs a certificate and its key"
        yield Problem(names.secure, message, f"{names.path}.secureBindAddress")


def _tls(draft: Draft, tls: TLSSettings, names: _Names) -> Iterator[Problem]:
    path = f"{names.path}.tls"
    missing = [
        *_half(draft, tls.cert, names.cert, f"{path}.cert", "certificate"),
        *_half(draft, tls.key, names.key, f"{path}.key", "private key"),
    ]
    yield from missing
    if tls.cert and tls.key and not missing:
        yield from _pair(draft, tls.cert, tls.key, names)
    if tls.min_version and tls.min_version not in VERSIONS:
        message = f'"{tls.min_version}" is not one of {", ".join(VERSIONS)}'
        yield Problem("tls_min_version", message, f"{path}.minVersion")
    known = [*TLS13_SUITES, *SUITES]
    for name in tls.cipher_suites:
        if name not in known:
            hint = nearest(name, known, lower=False)
            message = f'"{name}" is not a known cipher suite{hint}'
            yield Problem("tls_cipher_suites", message, f"{path}.cipherSuites")


def _half(
    draft: Draft, source: object, option: str, path: str, what: str
) -> Iterator[Problem]:
    reason = secret_source(draft, source, empty=f"the {what} is missing")
    if reason:
        yield Problem(option, reason, path)


def _pair(
    draft: Draft, cert: SecretSource, key: SecretSource, names: _Names
) -> Iterator[Problem]:
    """
    Yield what keeps a certificate and a key from being served.
    """
    path = f"{names.path}.tls"

    def content(source: SecretSource) -> bytes:
        return secret_bytes(source, draft.environment, draft.read_file)

    try:
        read_pair(
            content(cert),
            content(key),
            cert_place=place_of(cert),
            key_place=place_of(key),
        )
    except ChainUnusable as error:
        yield Problem(names.cert, str(error), f"{path}.cert")
    except KeyUnusable as error:
        yield Problem(names.key, str(error), f"{path}.key")
