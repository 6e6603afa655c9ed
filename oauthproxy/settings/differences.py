"""
Which differences from the reference a configuration has.

A difference counts only where it can be noticed: what concerns reverse proxies does
not where there is none. `switches` says which option each can be turned off with.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from oauthproxy.settings.check.cookie import broken_promises
from oauthproxy.settings.check.providers import DISCOVERING
from oauthproxy.settings.model import (
    ClaimSource,
    HeaderSettings,
    ProviderSettings,
    Settings,
)
from oauthproxy.settings.switches import SWITCHES
from oauthproxy.settings.table import table

Concerns = Callable[[Settings], bool]


def active_differences(settings: Settings) -> list[str]:
    """
    Return a line for each difference that is on in this configuration, with the option
    that turns it off.
    """
    return [
        f"{switch.option}: {switch.text}"
        for switch in SWITCHES
        if _value(settings, switch.option) != switch.reference
        and CONCERNS[switch.option](settings)
    ]


def _value(settings: Settings, name: str) -> object:
    option = table().by_name[name]
    return getattr(getattr(settings, option.group), name)


def _logs(settings: Settings) -> bool:
    logs = settings.logging
    return logs.standard_logging or logs.auth_logging or logs.request_logging


def _blocks_websockets(settings: Settings) -> bool:
    return any(
        not (upstream.proxy_websockets or upstream.static)
        and not upstream.uri.startswith("file:")
        for upstream in settings.upstreams
    )


def _claims(headers: Iterable[HeaderSettings]) -> list[ClaimSource]:
    values = [value for header in headers for value in header.values]
    return [value.claim_source for value in values if value.claim_source is not None]


def _both(settings: Settings) -> list[ClaimSource]:
    headers = (*settings.inject_request_headers, *settings.inject_response_headers)
    return _claims(headers)


def _tells_lists(settings: Settings) -> bool:
    lists = {"groups", *settings.providers[0].additional_claims}
    return any(source.claim in lists for source in _both(settings))


def _tells_passwords(settings: Settings) -> bool:
    return any(source.basic_auth_password is not None for source in _both(settings))


def _has_routes(settings: Settings) -> bool:
    return bool(settings.access.skip_auth_routes or settings.access.skip_auth_regex)


def _serves_files(settings: Settings) -> bool:
    return any(upstream.uri.startswith("file:") for upstream in settings.upstreams)


def _reaches_others(settings: Settings) -> bool:
    return any(upstream.uri.startswith("http") for upstream in settings.upstreams)


def _verifies(settings: Settings) -> bool:
    return settings.providers[0].type in DISCOVERING


def _hears_of_verification(settings: Settings) -> bool:
    return settings.providers[0].type in ("bitbucket", "digitalocean")


def _breaks_promises(settings: Settings) -> bool:
    return any(broken_promises(settings.cookie))


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
        "exit_without_redis": lambda s: s.session.session_store_type == "redis",
        "upstreams_through_proxy": _reaches_others,
        "insecure_log_tokens": _logs,
        "insecure_believe_repeated_forwarding": lambda s: s.proxy.reverse_proxy,
        "insecure_keep_identity_headers": lambda s: bool(s.inject_request_headers),
        "keep_upstream_identity_headers": (
            lambda s: bool(_claims(s.inject_response_headers))
        ),
        "insecure_raw_group_commas": _tells_lists,
        "insecure_basic_user_colons": _tells_passwords,
        "group_objects_as_text": _verifies,
        "ignore_proxy_websockets": _blocks_websockets,
        "insecure_skip_auth_ambiguous_paths": _has_routes,
        "insecure_allow_foreign_pages": _always,
        "insecure_follow_links": _serves_files,
        "insecure_skip_id_token_checks": _verifies,
        "insecure_believe_unverified_addresses": _hears_of_verification,
        "allow_broken_cookie_prefixes": _breaks_promises,
    }
)
"""Whether somebody can notice what a switch is about, by its option."""
