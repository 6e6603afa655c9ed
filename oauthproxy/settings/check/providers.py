"""
Rules for the identity providers.
"""

from collections.abc import Callable, Iterator

from oauthproxy.settings.check.problem import Draft, Problem, impossible_port
from oauthproxy.settings.check.provider_types import provider_type
from oauthproxy.settings.check.secrets import unbelievable
from oauthproxy.settings.given import nearest
from oauthproxy.settings.groups.oidc import OIDCOptions
from oauthproxy.settings.groups.ours import OurOptions
from oauthproxy.settings.groups.provider import ProviderOptions
from oauthproxy.settings.model import LoginURLParameter, ProviderSettings
from oauthproxy.settings.option import accepted
from oauthproxy.wire import gourl
from oauthproxy.wire.patterns import Pattern

TYPES = accepted(ProviderOptions, "provider")
SIGNING_ALGORITHMS = accepted(OIDCOptions, "oidc_enabled_signing_algs")
CHALLENGES = accepted(ProviderOptions, "code_challenge_method")
DISCOVERING = (
    "adfs",
    "azure",
    "cidaas",
    "entra-id",
    "gitlab",
    "keycloak-oidc",
    "oidc",
)
METHODS = accepted(OurOptions, "token_endpoint_auth_method")
AUTHENTICATING = tuple(each for each in DISCOVERING if each != "azure")
"""Those whose client authentication can be chosen."""

_URLS = (
    ("login_url", "loginURL"),
    ("redeem_url", "redeemURL"),
    ("profile_url", "profileURL"),
    ("validate_url", "validateURL"),
    ("backend_logout_url", "backendLogoutURL"),
)


def providers(draft: Draft) -> Iterator[Problem]:
    """
    Yield what is wrong with the providers.
    """
    found = draft.settings.providers
    if not found:
        yield Problem("provider", "at least one provider is needed", "providers")
    if draft.settings.proxy.skip_provider_button and len(found) > 1:
        message = "cannot be used with more than one provider"
        yield Problem("skip_provider_button", message)
    seen: set[str] = set()
    for index, provider in enumerate(found):
        path = f"providers[{index}]"
        if not provider.id:
            yield Problem("provider_display_name", "is missing", f"{path}.id")
        elif provider.id in seen:
            message = f'"{provider.id}" is the id of another provider, too'
            yield Problem("provider_display_name", message, f"{path}.id")
        seen.add(provider.id)
        for rule in _RULES:
            yield from rule(draft, provider, path)


def _identity(draft: Draft, provider: ProviderSettings, path: str) -> Iterator[Problem]:
    if provider.type not in TYPES:
        hint = nearest(provider.type, TYPES) or f"; it is one of {', '.join(TYPES)}"
        message = f'"{provider.type}" is no type of provider{hint}'
        yield Problem("provider", message, f"{path}.provider")
    if not provider.client_id:
        yield Problem("client_id", "not set", f"{path}.clientID")
    if provider.client_secret or _needs_no_secret(provider):
        return
    if not provider.client_secret_file:
        message = "not set, and no client_secret_file either"
        yield Problem("client_secret", message, f"{path}.clientSecret")
        return
    reason = draft.unreadable(provider.client_secret_file)
    if reason:
        yield Problem("client_secret_file", reason, f"{path}.clientSecretFile")


def _needs_no_secret(provider: ProviderSettings) -> bool:
    if provider.type == "entra-id" and provider.types.entra_id_federated_token_auth:
        return True
    method = provider.token_endpoint_auth_method
    keyed = method in ("", "private_key_jwt") and provider.client_assertion_key_file
    return provider.type == "login.gov" or method == "none" or bool(keyed)


def _authentication(
    draft: Draft, provider: ProviderSettings, _: str
) -> Iterator[Problem]:
    option, key = "token_endpoint_auth_method", "client_assertion_key_file"
    method = provider.token_endpoint_auth_method
    file = provider.client_assertion_key_file
    if method not in METHODS:
        words = ", ".join(filter(None, METHODS))
        yield Problem(option, f'"{method}" is not one of {words}')
    for name, value in ((option, method), (key, file)):
        if value and provider.type not in AUTHENTICATING:
            types = ", ".join(AUTHENTICATING)
            yield Problem(name, f'not with "{provider.type}", only with {types}')
    if method == "private_key_jwt" and not file:
        yield Problem(option, f'"{method}" needs {key}')
    reason = file and draft.unreadable(file)
    if reason:
        yield Problem(key, reason)


def _challenge(_: Draft, provider: ProviderSettings, path: str) -> Iterator[Problem]:
    if provider.code_challenge_method not in CHALLENGES:
        message = f'"{provider.code_challenge_method}" is not "S256", "plain" or empty'
        yield Problem("code_challenge_method", message, f"{path}.code_challenge_method")


def _oidc(draft: Draft, provider: ProviderSettings, path: str) -> Iterator[Problem]:
    oidc = provider.oidc
    path = f"{path}.oidcConfig"
    for name in oidc.enabled_signing_algs:
        if name not in SIGNING_ALGORITHMS:
            message = f'"{name}" is not one of {", ".join(SIGNING_ALGORITHMS)}'
            yield Problem(
                "oidc_enabled_signing_algs", message, f"{path}.enabledSigningAlgs"
            )
    for file in oidc.public_key_files:
        reason = draft.unreadable(file)
        if reason:
            yield Problem("oidc_public_key_files", reason, f"{path}.publicKeyFiles")
    if oidc.jwks_url and oidc.public_key_files:
        message = "excludes oidc_public_key_files"
        yield Problem("oidc_jwks_url", message, f"{path}.jwksURL")
    if provider.type not in DISCOVERING:
        return
    if not oidc.issuer_url:
        message = f'not set, but the type "{provider.type}" needs it'
        yield Problem("oidc_issuer_url", message, f"{path}.issuerURL")
    if oidc.skip_discovery and not (oidc.jwks_url or oidc.public_key_files):
        message = "needs oidc_jwks_url or oidc_public_key_files"
        yield Problem("skip_oidc_discovery", message, f"{path}.skipDiscovery")


def _urls(_: Draft, provider: ProviderSettings, path: str) -> Iterator[Problem]:
    found = [
        (name, getattr(provider, name), f"{path}.{member}") for name, member in _URLS
    ]
    oidc = provider.oidc
    found.append(("oidc_issuer_url", oidc.issuer_url, f"{path}.oidcConfig.issuerURL"))
    found.append(("oidc_jwks_url", oidc.jwks_url, f"{path}.oidcConfig.jwksURL"))
    for option, text, place in found:
        reason = text and _not_a_url(text)
        if reason:
            yield Problem(option, f'"{text}" cannot be used: {reason}', place)


def _not_a_url(text: str) -> str:
    try:
        url = gourl.parse(text)
    except ValueError as error:
        return str(error)
    if url.scheme not in ("http", "https") or not url.host:
        return "it must start with https:// (or http://) and a host"
    return impossible_port(url)


def _authorities(
    draft: Draft, provider: ProviderSettings, path: str
) -> Iterator[Problem]:
    if draft.settings.proxy.ssl_insecure_skip_verify:
        return
    for file in provider.ca_files:
        reason = unbelievable(draft, file)
        if reason:
            yield Problem("provider_ca_files", reason, f"{path}.caFiles")


def _login_parameters(
    _: Draft, provider: ProviderSettings, path: str
) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, parameter in enumerate(provider.login_url_parameters):
        place = f"{path}.loginURLParameters[{index}]"
        if not parameter.name or parameter.name in seen:
            message = "the name is given twice" if parameter.name else "has no name"
            yield Problem("acr_values", message, f"{place}.name")
        seen.add(parameter.name)
        yield from _allowed(parameter, place)


def _allowed(parameter: LoginURLParameter, path: str) -> Iterator[Problem]:
    for index, rule in enumerate(parameter.allow):
        place = f"{path}.allow[{index}]"
        if (rule.value is None) == (rule.pattern is None):
            yield Problem("acr_values", "needs either value or pattern", place)
        if rule.pattern is not None:
            try:
                Pattern.compile(rule.pattern)
            except ValueError as error:
                yield Problem("acr_values", str(error), f"{place}.pattern")


_Rule = Callable[[Draft, ProviderSettings, str], Iterator[Problem]]
_RULES: tuple[_Rule, ...] = (
    _identity,
    _authentication,
    provider_type,
    _oidc,
    _challenge,
    _urls,
    _login_parameters,
    _authorities,
)
