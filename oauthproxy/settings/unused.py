"""
Options that were set, but have no effect in this combination, or are outdated.
"""

from collections.abc import Iterator

from oauthproxy.settings.check.providers import DISCOVERING
from oauthproxy.settings.durations import format_duration
from oauthproxy.settings.given import wrong
from oauthproxy.settings.groups.session import SessionOptions
from oauthproxy.settings.kinds import MILLISECOND, Kind
from oauthproxy.settings.legacy import static_code
from oauthproxy.settings.model import Settings
from oauthproxy.settings.switches import BY_REFERENCE
from oauthproxy.settings.table import Option, table
from oauthproxy.wire import gourl

_TYPES_OF_SECTION = {
    "provider-keycloak": ("keycloak", "keycloak-oidc"),
    "provider-login.gov": ("login.gov",),
}


BEHIND_A_PROXY = (
    "real_client_ip_header",
    "trusted_proxy_ips",
    "insecure_client_address_from_anyone",
    "insecure_believe_repeated_forwarding",
)
OF_BEARERS = ("extra_jwt_issuers", "bearer_token_login_fallback")
OF_PASSWORDS = ("htpasswd_user_groups", "display_htpasswd_form")
OF_PREFLIGHTS = ("insecure_skip_any_options",)
OF_ROUTES = ("insecure_skip_auth_ambiguous_paths",)
OF_LOGIN_COOKIES = ("cookie_csrf_per_request_limit", "unlimited_login_cookies")
OF_LOG_FILES = (
    "logging_max_size",
    "logging_max_age",
    "logging_max_backups",
    "logging_compress",
)
OF_REQUEST_LINES = (
    "request_logging_format",
    "exclude_logging_paths",
    "silence_ping_logging",
)
OF_REQUESTS = (".preserveRequestValue", ".InsecureSkipHeaderNormalization")
AT_ONCE = "has no effect: each part of a response is passed on as it comes"
OF_REDIS = ("exit_without_redis",)
OF_SENTINEL = (
    "redis_sentinel_password",
    "redis_sentinel_master_name",
    "redis_sentinel_connection_urls",
)


def unused(settings: Settings) -> Iterator[str]:
    """
    Yield a line for each option that does not do what its author may think.
    """
    for option in table().options:
        if settings.origins.get(option.name, BY_REFERENCE) == BY_REFERENCE:
            continue
        for message in (
            _deprecated(option),
            _other_type(option, settings),
            _tiny(option, settings),
        ):
            if message:
                yield wrong(option.label, settings.origins[option.name], message)
    for name, message in _without_effect(settings):
        if settings.origins.get(name, BY_REFERENCE) != BY_REFERENCE:
            yield wrong(name, settings.origins[name], message)
    yield from _structure(settings)


def _deprecated(option: Option) -> str:
    if not option.declared.deprecated:
        return ""
    instead = option.declared.replaced_by
    return f"deprecated, use {instead}" if instead else "deprecated"


def _other_type(option: Option, settings: Settings) -> str:
    section = option.declared.section
    if not section or not settings.providers:
        return ""
    types = _TYPES_OF_SECTION.get(section, (section.removeprefix("provider-"),))
    if settings.providers[0].type in types:
        return ""
    return f"is for the provider {' or '.join(types)} only"


def _tiny(option: Option, settings: Settings) -> str:
    """
    Remark a duration that was probably meant in seconds.
    """
    group = getattr(settings, option.group, None)
    if option.kind is not Kind.DURATION or group is None:
        return ""
    return _tiny_duration(getattr(group, option.name))


def _tiny_duration(value: int) -> str:
    if not 0 < value < MILLISECOND:
        return ""
    shown = format_duration(value)
    return (
        f'means {shown}; a number without a unit counts nanoseconds, write "{value}s"'
    )


def _without_effect(settings: Settings) -> Iterator[tuple[str, str]]:
    tls = settings.server.tls is not None
    if tls:
        served = settings.server.secure_bind_address
        message = f'has no effect beside a TLS certificate; HTTPS is at "{served}"'
        yield "http_address", f"{message} (https_address)"
    else:
        for name in ("https_address", "tls_min_version", "tls_cipher_suites"):
            yield name, "has no effect without tls_cert_file and tls_key_file"
    for on, needed, names in _needed(settings):
        if not on:
            for name in names:
                yield name, f"has no effect without {needed}"
    yield "flush_interval", AT_ONCE
    yield from _redis_without_effect(settings.session)
    yield from _provider_without_effect(settings)


def _needed(settings: Settings) -> Iterator[tuple[bool, str, tuple[str, ...]]]:
    """
    Yield whether an option is on, its name, and those that do nothing without it.
    """
    access, logs = settings.access, settings.logging
    per_request = settings.cookie.cookie_csrf_per_request
    yield settings.proxy.reverse_proxy, "reverse_proxy", BEHIND_A_PROXY
    yield access.skip_jwt_bearer_tokens, "skip_jwt_bearer_tokens", OF_BEARERS
    yield bool(access.htpasswd_file), "htpasswd_file", OF_PASSWORDS
    yield access.skip_auth_preflight, "skip_auth_preflight", OF_PREFLIGHTS
    routes = bool(access.skip_auth_routes or access.skip_auth_regex)
    yield routes, "skip_auth_routes", OF_ROUTES
    yield per_request, "cookie_csrf_per_request", OF_LOGIN_COOKIES
    yield bool(logs.logging_filename), "logging_filename", OF_LOG_FILES
    yield logs.request_logging, "request_logging", OF_REQUEST_LINES
    yield logs.auth_logging, "auth_logging", ("auth_logging_format",)
    yield logs.standard_logging, "standard_logging", ("standard_logging_format",)


def _redis_without_effect(options: SessionOptions) -> Iterator[tuple[str, str]]:
    if options.session_store_type != "redis":
        for option in table().options:
            if option.name.startswith("redis_") or option.name in OF_REDIS:
                yield option.name, 'has no effect without session_store_type = "redis"'
        return
    if not options.redis_use_sentinel:
        for name in OF_SENTINEL:
            yield name, "has no effect without redis_use_sentinel"
    if not options.redis_use_cluster:
        message = "has no effect without redis_use_cluster"
        yield "redis_cluster_connection_urls", message
    for used in ("redis_use_sentinel", "redis_use_cluster"):
        if getattr(options, used):
            yield "redis_connection_url", f"has no effect beside {used}"


def _provider_without_effect(settings: Settings) -> Iterator[tuple[str, str]]:
    for provider in settings.providers[:1]:
        discovers = provider.type in DISCOVERING and not provider.oidc.skip_discovery
        if provider.oidc.jwks_url and discovers:
            message = "has no effect while discovery is on, which finds the keys itself"
            yield "oidc_jwks_url", message
        dropped = settings.ours.insecure_drop_allowed_groups
        if provider.type == "keycloak-oidc" and dropped:
            yield "keycloak_groups", "has no effect here; use allowed_groups"
        if settings.proxy.ssl_insecure_skip_verify:
            message = "has no effect beside ssl_insecure_skip_verify"
            yield "provider_ca_files", message


def _structure(settings: Settings) -> Iterator[str]:
    if len(settings.providers) > 1:
        yield f"only the first provider is used: {settings.providers[0].id}"
    for upstream in settings.upstreams:
        if upstream.id.startswith("static:"):
            url = gourl.parse(upstream.id)
            if url.scheme == "static" and static_code(url.host) is None:
                yield f'the upstream "{upstream.id}" names no status; 200 is used'
    yield from _fields(settings)
    yield from _timeouts(settings)
    logs = settings.logging
    if not (logs.standard_logging or logs.auth_logging or logs.request_logging):
        yield "all logs are off"
    yield from _redirect_url(settings)


def _fields(settings: Settings) -> Iterator[str]:
    """
    Yield what is said in an alpha configuration and means nothing there.
    """
    for path, source in settings.origins.items():
        if path.endswith("].flushInterval"):
            yield wrong(path, source, AT_ONCE)
        elif path.startswith("injectResponseHeaders[") and path.endswith(OF_REQUESTS):
            yield wrong(path, source, "has no effect: it is about requests")


def _timeouts(settings: Settings) -> Iterator[str]:
    """
    Yield the timeouts of upstreams that were probably meant in seconds.
    """
    for index, upstream in enumerate(settings.upstreams):
        message = _tiny_duration(upstream.timeout)
        path = f"upstreamConfig.upstreams[{index}].timeout"
        for name in ("upstream_timeout", path):
            if message and name in settings.origins:
                yield wrong(name, settings.origins[name], message)


def _redirect_url(settings: Settings) -> Iterator[str]:
    proxy = settings.proxy
    if not proxy.redirect_url:
        if not settings.cookie.cookie_secure and not proxy.reverse_proxy:
            yield (
                "redirect_url is not set: it is made from each request, with http:// "
                "unless cookie_secure or reverse_proxy says otherwise"
            )
        return
    path = gourl.parse(proxy.redirect_url).path
    callback = f"{proxy.proxy_prefix}/callback"
    if path not in ("", callback):
        yield (
            f'redirect_url has the path "{path}", but the callback is served at '
            f'"{callback}"; something in front has to change the one into the other'
        )
