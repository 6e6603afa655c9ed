"""
Set-ups that work but are less safe than they look.
"""

import ipaddress
import re
from collections.abc import Iterator
from itertools import pairwise

from attrs import fields

from oauthproxy.crypto.cookie_secret import cookie_key
from oauthproxy.settings.addresses import TCPAddress, parse_address
from oauthproxy.settings.check.cookie import broken_promises
from oauthproxy.settings.check.providers import DISCOVERING
from oauthproxy.settings.differences import CONCERNS
from oauthproxy.settings.groups.ours import OurOptions
from oauthproxy.settings.model import ProviderSettings, Settings
from oauthproxy.settings.tls import TLS13_SUITES, WEAK_SUITES
from oauthproxy.wire import gourl

_WRAPPERS = re.compile(r"(https:|haproxy:)+")
_INTERFACE = re.compile(r":interface=((?:\\.|[^:])*)")
_FEWEST_DIFFERENT_BYTES = 6
_MOST_STEPS_OF_A_PATTERN = 3
_PUBLISHED = frozenset({"OQINaROshtE9TcZkNAm-5Zs2Pv3xaWytBmc5W7sPX7w="})
"""Keys in the examples that oauth2-proxy comes with."""

_DEFAULTS = ("secret", "changeme", "change-me", "change_me", "example", "password")


def unsafe(settings: Settings) -> Iterator[str]:
    """
    Yield a line for each unsafe choice.
    """
    yield from peers(settings)
    yield from _cookies(settings)
    yield from _skips(settings)
    yield from _routes(settings)
    yield from _ciphers(settings)
    for provider in settings.providers:
        yield from _provider(provider)


def peers(settings: Settings) -> Iterator[str]:
    """
    Yield a line for each way in which whoever comes can claim to be somebody else.
    """
    options = settings.proxy
    if not options.reverse_proxy:
        return
    if not options.trusted_proxy_ips:
        yield (
            "reverse_proxy is on without trusted_proxy_ips: the X-Forwarded-* headers "
            "of everybody are believed"
        )
    if options.trusted_ips:
        yield (
            "trusted_ips with reverse_proxy lets whoever can set "
            f"{options.real_client_ip_header} pass without a login"
        )


def _cookies(settings: Settings) -> Iterator[str]:
    options = settings.cookie
    secret = options.cookie_secret.reveal()
    if secret and guessable(secret):
        yield (
            "cookie_secret looks like a default or an example; "
            "`oauthproxy cookie-secret` prints a fresh one"
        )
    if not options.cookie_secure and _public(settings):
        yield "cookie_secure is off, but the proxy is not for this machine only"
    if "none" in (options.cookie_samesite, options.cookie_csrf_samesite) and (
        not options.cookie_secure
    ):
        yield "cookie_secure is off: browsers refuse cookies with SameSite=None then"
    for broken in broken_promises(options):
        yield f"cookie_name: {broken}; browsers refuse the cookie"
    if not options.cookie_httponly:
        yield "cookie_httponly is off: scripts on the page can read the session"


def guessable(secret: str) -> bool:
    """
    Tell whether a secret follows a pattern or contains a word of examples.
    """
    return (
        secret in _PUBLISHED
        or _regular(cookie_key(secret))
        or _regular(secret.encode("utf-8", "surrogateescape"))
        or any(word in secret.lower() for word in _DEFAULTS)
    )


def _regular(text: bytes) -> bool:
    """
    Tell whether few bytes, or few steps from one to the next, make up a text.
    """
    steps = {(after - before) % 256 for before, after in pairwise(text)}
    few = len(set(text)) < _FEWEST_DIFFERENT_BYTES
    return few or len(steps) <= _MOST_STEPS_OF_A_PATTERN


def _public(settings: Settings) -> bool:
    """
    Tell whether browsers on other machines can be meant.
    """
    try:
        url = gourl.parse(settings.proxy.redirect_url)
    except ValueError:
        return False
    if url.host:
        return not _local(url.hostname)
    address = parse_address(settings.server.bind_address)
    if isinstance(address, TCPAddress) and not _local(address.host):
        return True
    return any(map(_open_to_all, settings.ours.listen))


def _open_to_all(endpoint: str) -> bool:
    """
    Tell whether other machines reach a Twisted endpoint, a TCP port.
    """
    kind = _WRAPPERS.sub("", endpoint)
    if not kind.startswith(("tcp", "ssl")):
        return False
    interface = _INTERFACE.search(kind)
    return interface is None or not _local(interface[1].replace("\\", ""))


def _local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _skips(settings: Settings) -> Iterator[str]:
    for attribute in fields(OurOptions):
        name = attribute.name
        if not name.startswith("insecure_") or not getattr(settings.ours, name):
            continue
        if name not in CONCERNS or CONCERNS[name](settings):
            yield f"{name} is on, which is how oauth2-proxy behaves"
    if settings.proxy.ssl_insecure_skip_verify:
        yield "ssl_insecure_skip_verify: whoever is between can pose as the provider"
    if settings.session.redis_insecure_skip_tls_verify:
        yield "redis_insecure_skip_tls_verify: whoever is between can pose as Redis"
    for upstream in settings.upstreams:
        if upstream.insecure_skip_tls_verify and upstream.uri.startswith("https:"):
            yield (
                f"the certificate of the upstream {upstream.id} is not verified "
                "(ssl_upstream_insecure_skip_verify)"
            )


def _provider(provider: ProviderSettings) -> Iterator[str]:
    oidc = provider.oidc
    if oidc.insecure_skip_issuer_verification:
        yield (
            "insecure_oidc_skip_issuer_verification: tokens of any issuer with the "
            "same keys are accepted"
        )
    if oidc.insecure_allow_unverified_email:
        yield (
            "insecure_oidc_allow_unverified_email: people can claim addresses that "
            "are not theirs"
        )
    if provider.type not in DISCOVERING:
        return
    if oidc.insecure_skip_nonce:
        yield (
            "insecure_oidc_skip_nonce is on: a stolen ID token can be used for "
            "another login; set it to false"
        )
    used = provider.code_challenge_method or provider.pkce_if_announced
    method = provider.token_endpoint_auth_method
    if not used and method != "none":
        yield 'PKCE is off; set code_challenge_method = "S256" if the provider knows it'


def _routes(settings: Settings) -> Iterator[str]:
    options = settings.access
    routes = [entry.rpartition("=")[2] for entry in options.skip_auth_routes]
    for pattern in (*routes, *options.skip_auth_regex):
        if not pattern.startswith(("^", "(^", "(?i)^")):
            yield (
                f'"{pattern}" lets every path pass in which it occurs anywhere; start '
                'it with "^"'
            )


def _ciphers(settings: Settings) -> Iterator[str]:
    tls = settings.server.tls
    if tls is None or not tls.cipher_suites:
        return
    weak = [name for name in tls.cipher_suites if name in WEAK_SUITES]
    if weak:
        yield f"tls_cipher_suites has weak ones: {', '.join(weak)}"
    if set(tls.cipher_suites) <= TLS13_SUITES and tls.min_version != "TLS1.3":
        yield (
            "tls_cipher_suites names none for TLS 1.2, so only TLS 1.3 can be "
            'spoken; say tls_min_version = "TLS1.3"'
        )
