"""
Options that make no sense together, though each of them does alone.

`unused` holds options that need another one to have an effect; here two that are both
in effect get in each other's way, or one makes the other pointless.
"""

from collections.abc import Iterator

from oauthproxy.settings.check.providers import DISCOVERING
from oauthproxy.settings.groups.limits import LimitOptions
from oauthproxy.settings.model import ServerSettings, Settings
from oauthproxy.wire import gourl


def contradictions(settings: Settings) -> Iterator[str]:
    """
    Yield a line for each pair that its author cannot have meant.
    """
    yield from _cookies(settings)
    yield from _admission(settings)
    yield from _providers(settings)
    yield from _logs(settings)
    yield from _pools(settings.limits)
    if settings.ours.workers > 1 and _listens(settings.metrics_server):
        yield (
            "metrics_address with several workers: each counts for itself, and a "
            "scrape is answered by one of them"
        )
    if settings.session.session_store_type != "cookie" and (
        settings.session.session_cookie_minimal
    ):
        yield (
            "session_cookie_minimal leaves the tokens out of sessions in cookies only; "
            f"here sessions are in {settings.session.session_store_type}"
        )


def _cookies(settings: Settings) -> Iterator[str]:
    """
    Yield why browsers would not bring the login's cookie to the callback.
    """
    cookie, prefix = settings.cookie, settings.proxy.proxy_prefix
    if not _covers(cookie.cookie_path, f"{prefix}/callback"):
        yield (
            f'cookie_path "{cookie.cookie_path}" does not cover "{prefix}/callback": '
            "no login can be finished"
        )
    url = gourl.parse(settings.proxy.redirect_url)
    host = url.hostname
    if not host:
        return
    domains = [domain.lstrip(".") for domain in cookie.cookie_domains]
    if domains and not any(_below(host, domain) for domain in domains):
        yield (
            f'no cookie_domain is "{host}", the host of redirect_url, or a domain '
            "above it: no login can be finished"
        )
    if cookie.cookie_secure and url.scheme == "http" and not _local(host):
        yield (
            "cookie_secure is on, but redirect_url begins with http://: browsers drop "
            "the cookies"
        )


def _covers(cookie_path: str, path: str) -> bool:
    """
    Tell whether a cookie with this path is sent to a path (RFC 6265, 5.1.4).
    """
    return (path + "/").startswith(cookie_path.rstrip("/") + "/")


def _below(host: str, domain: str) -> bool:
    return host == domain or host.endswith("." + domain)


def _local(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")


def _admission(settings: Settings) -> Iterator[str]:
    access = settings.access
    if "*" not in access.email_domains:
        return
    if len(access.email_domains) > 1:
        yield 'email_domains holds "*", which makes the others pointless'
    if access.authenticated_emails_file:
        yield (
            'email_domains holds "*", which makes authenticated_emails_file pointless'
        )


def _providers(settings: Settings) -> Iterator[str]:
    same_site = settings.cookie.cookie_csrf_samesite or settings.cookie.cookie_samesite
    for provider in settings.providers[:1]:
        posted = provider.auth_request_response_mode == "form_post"
        if posted and same_site in ("lax", "strict"):
            yield (
                "auth_request_response_mode = form_post: browsers do not send a "
                f"{same_site} cookie with what a page of another site posts; logins "
                'need cookie_csrf_samesite = "none", unless the provider is on the '
                "same site"
            )
        if not settings.ours.sign_out_at_provider:
            continue
        if provider.type not in DISCOVERING or provider.oidc.skip_discovery:
            yield (
                "sign_out_at_provider has no effect without discovery, which finds the "
                "provider's end_session_endpoint"
            )


def _logs(settings: Settings) -> Iterator[str]:
    if settings.ours.logging_format != "json":
        return
    for kind in ("standard", "auth", "request"):
        name = f"{kind}_logging_format"
        if name in settings.origins:
            yield f"{name} has no effect with logging_format = json"


def _pools(limits: LimitOptions) -> Iterator[str]:
    most, idle = limits.max_upstream_connections, limits.max_idle_upstream_connections
    if 0 < most < idle != LimitOptions().max_idle_upstream_connections:
        yield (
            f"max_idle_upstream_connections ({idle}) is more than "
            f"max_upstream_connections ({most})"
        )


def _listens(server: ServerSettings) -> bool:
    return any(
        address not in ("", "-")
        for address in (server.bind_address, server.secure_bind_address)
    )
