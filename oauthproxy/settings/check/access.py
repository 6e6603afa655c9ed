"""
Rules for who may pass.
"""

import ipaddress
from collections.abc import Iterator

from oauthproxy.settings.check.problem import Draft, Problem
from oauthproxy.settings.groups.access import AccessOptions
from oauthproxy.wire import gourl
from oauthproxy.wire.networks import parse_network
from oauthproxy.wire.patterns import Pattern


def access(draft: Draft) -> Iterator[Problem]:
    """
    Yield what is wrong with the rules of access.
    """
    options = draft.settings.access
    yield from _patterns(options)
    if not (
        options.email_domains
        or options.authenticated_emails_file
        or options.htpasswd_file
    ):
        message = (
            'nobody may sign in; set email_domains = ["*"] to let everybody in whom '
            "the provider knows, or name domains, or set authenticated_emails_file"
        )
        yield Problem("email_domains", message)
    for name in ("authenticated_emails_file", "htpasswd_file"):
        file = getattr(options, name)
        reason = draft.unreadable(file) if file else ""
        if reason:
            yield Problem(name, reason)
    yield from _issuers(options)
    yield from networks("trusted_ips", draft.settings.proxy.trusted_ips)


def _patterns(options: AccessOptions) -> Iterator[Problem]:
    rules = [entry.partition("=") for entry in options.skip_auth_routes]
    routes = tuple(pattern if equals else head for head, equals, pattern in rules)
    for name, patterns in (
        ("api_routes", options.api_routes),
        ("skip_auth_routes", routes),
        ("skip_auth_regex", options.skip_auth_regex),
    ):
        for pattern in patterns:
            try:
                Pattern.compile(pattern)
            except ValueError as error:
                yield Problem(name, str(error))


def _issuers(options: AccessOptions) -> Iterator[Problem]:
    if not options.skip_jwt_bearer_tokens:
        return
    for pair in options.extra_jwt_issuers:
        issuer, equals, _ = pair.partition("=")
        if not equals or not issuer:
            yield Problem("extra_jwt_issuers", f'"{pair}" is not ISSUER=AUDIENCE')
            continue
        try:
            gourl.parse(issuer)
        except ValueError as error:
            yield Problem("extra_jwt_issuers", f'"{issuer}" is not a URL: {error}')


def networks(name: str, texts: tuple[str, ...]) -> Iterator[Problem]:
    """
    Yield the items of a list that are no addresses or networks.
    """
    for index, text in enumerate(texts, 1):
        try:
            parse_network(text)
        except ValueError as error:
            yield Problem(name, f"item {index}: {error}{_meant(text)}")


def _meant(text: str) -> str:
    """
    Return a hint for an address that has bits behind its network's prefix.
    """
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return ""
    return f"; write {network} for the network, or the address alone"
