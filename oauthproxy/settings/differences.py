"""
Which differences from the reference a configuration has.

A difference counts only where it can be noticed: what concerns reverse proxies does
not where there is none. `switches` says which option each can be turned off with.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from oauthproxy.settings.check.providers import DISCOVERING
from oauthproxy.settings.model import ProviderSettings, Settings
from oauthproxy.settings.switches import BY_REFERENCE, SWITCHES
from oauthproxy.settings.table import table

Concerns = Callable[[Settings], bool]


def active_differences(settings: Settings) -> list[str]:
    """
    Return a line for each difference that is on in this configuration, with the option
    that turns it off.
    """
    found = [
        f"{switch.option}: {switch.text}"
        for switch in SWITCHES
        if _value(settings, switch.option) != switch.reference
        and CONCERNS[switch.option](settings)
    ]
    if not settings.ours.reference_behaviour:
        found.extend(f"{BY_REFERENCE}: {text}" for text in _together(settings))
    return found


def _value(settings: Settings, name: str) -> object:
    option = table().by_name[name]
    return getattr(getattr(settings, option.group), name)


def _together(settings: Settings) -> Iterator[str]:
    """
    Yield the differences that have no switch but the one for all.
    """
    logs = settings.logging
    if logs.standard_logging or logs.auth_logging or logs.request_logging:
        yield "hides tokens and codes in log lines"
    if settings.proxy.reverse_proxy:
        yield "believes no forwarding header that comes twice with different values"
    if any(_no_websockets(settings)):
        yield "passes no WebSocket upgrade on where proxy_websockets is off"
    if settings.inject_request_headers:
        yield "takes all identity headers away that a client sends"
    if settings.inject_response_headers:
        yield "leaves an upstream's header out where it injects one of that name"
    if "groups" in _claims(settings):
        yield "sends a comma within one group as %2C"


def _no_websockets(settings: Settings) -> Iterator[bool]:
    for upstream in settings.upstreams:
        proxied = not upstream.static and not upstream.uri.startswith("file:")
        yield proxied and not upstream.proxy_websockets


def _claims(settings: Settings) -> set[str]:
    headers = (*settings.inject_request_headers, *settings.inject_response_headers)
    return {
        value.claim_source.claim
        for header in headers
        for value in header.values
        if value.claim_source is not None
    }


def _always(_: Settings) -> bool:
    return True


def _discovers(provider: ProviderSettings) -> bool:
    return provider.type in DISCOVERING and not provider.oidc.skip_discovery


def _waits_for_provider(settings: Settings) -> bool:
    return _discovers(settings.providers[0])


def _chooses_pkce(settings: Settings) -> bool:
    provider = settings.providers[0]
    knows = _discovers(provider) or provider.type == "google"
    given = provider.code_challenge_method or provider.token_endpoint_auth_method
    return knows and given not in ("S256", "plain", "none")


def _chooses_nonce(settings: Settings) -> bool:
    names = (
        "insecure_oidc_skip_nonce",
        "providers[0].oidcConfig.insecureSkipNonce",
    )
    knows = settings.providers[0].type in (*DISCOVERING, "google")
    return knows and settings.origins.keys().isdisjoint(names)


def _restricts_twice(settings: Settings) -> bool:
    provider = settings.providers[0]
    types, allowed = provider.types, bool(provider.allowed_groups)
    match provider.type:
        case "gitlab" | "keycloak":
            return allowed
        case "google":
            return allowed and bool(types.google_groups)
        case "keycloak-oidc":
            return bool(types.keycloak_groups)
    return False


def _trusts_elsewhere(settings: Settings) -> bool:
    provider = settings.providers[0]
    special = bool(provider.ca_files) or settings.proxy.ssl_insecure_skip_verify
    return special and any(
        upstream.uri.startswith("https:") and not upstream.insecure_skip_tls_verify
        for upstream in settings.upstreams
    )


def _is_behind_trusted(settings: Settings) -> bool:
    return settings.proxy.reverse_proxy and bool(settings.proxy.trusted_proxy_ips)


def _limits_login_cookies(settings: Settings) -> bool:
    options = settings.cookie
    limited = options.cookie_csrf_per_request_limit > 0
    return options.cookie_csrf_per_request and not limited


CONCERNS: Mapping[str, Concerns] = MappingProxyType(
    {
        "exit_without_provider": _waits_for_provider,
        "insecure_skip_any_options": lambda s: s.access.skip_auth_preflight,
        "insecure_client_address_from_anyone": _is_behind_trusted,
        "insecure_skip_session_expiry": _always,
        "upstreams_trust_as_provider": _trusts_elsewhere,
        "insecure_skip_default_pkce": _chooses_pkce,
        "insecure_skip_default_nonce": _chooses_nonce,
        "insecure_drop_allowed_groups": _restricts_twice,
        "insecure_skip_google_signature": (lambda s: s.providers[0].type == "google"),
        "show_login_to_scripts": lambda s: not s.proxy.force_json_errors,
        "unlimited_login_cookies": _limits_login_cookies,
    }
)
"""Whether somebody can notice what a switch is about, by its option."""
