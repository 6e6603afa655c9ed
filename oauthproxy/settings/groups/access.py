"""
Who may pass, with and without a login.
"""

from attrs import frozen

from oauthproxy.settings.kinds import FLAG, TEXT, TEXTS
from oauthproxy.settings.option import option


@frozen(kw_only=True)
class AccessOptions:
    """
    Who may pass, with and without a login.
    """

    email_domains: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="email-domain",
        holds="domain",
        help=(
            'Allowed e-mail domains: "example.com" (exact), ".example.com" or '
            '"*.example.com" (sub-domains only), or "*" (any non-empty '
            "address). Compared in lower case. At least one of email-domain, "
            "authenticated-emails-file, htpasswd-file must be set."
        ),
    )
    authenticated_emails_file: str = option(
        TEXT,
        "",
        holds="path",
        help=(
            'File of allowed addresses, one on a line: first column of a CSV, "#" '
            "starts a comment, case does not matter. Watched for changes. An address "
            "found here or in email-domain is enough."
        ),
    )
    whitelist_domains: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="whitelist-domain",
        holds="host-pattern",
        help=(
            'Hosts allowed as absolute post-login redirect targets: "host", '
            '".domain" or "*.domain" (domain itself and sub-domains), with '
            'optional ":port" or ":*". Without a port only URLs without '
            "explicit port match."
        ),
    )
    htpasswd_file: str = option(
        TEXT,
        "",
        holds="path",
        help=(
            "htpasswd file (bcrypt or {SHA}) for an additional login with user and "
            "password, by form or with HTTP Basic. Watched for changes."
        ),
    )
    htpasswd_user_groups: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="htpasswd-user-group",
        holds="string",
        help=("Groups put into sessions of htpasswd users."),
    )
    skip_auth_routes: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="skip-auth-route",
        holds="route-rule",
        help=(
            'Rules that skip authentication: "REGEX", "METHOD=REGEX", '
            '"METHOD!=REGEX" or "!=REGEX" ("!" inverts the path match). RE2 '
            "syntax, unanchored, matched on the path only (X-Forwarded-Uri path for "
            'trusted proxies). Method is upper-cased. Split at the first "=".'
        ),
    )
    skip_auth_regex: tuple[str, ...] = option(
        TEXTS,
        (),
        deprecated=True,
        replaced_by="skip-auth-route",
        holds="regex",
        help=(
            "Path regexes that skip authentication, any method. Key has no plural form."
        ),
    )
    skip_auth_preflight: bool = option(
        FLAG,
        False,
        help=(
            "When true every OPTIONS request skips authentication and is passed to "
            "the upstream."
        ),
    )
    api_routes: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="api-route",
        holds="regex",
        help=(
            "Regexes (unanchored, matched on path plus query) for which an "
            'unauthenticated request gets 401 with a JSON "{}" body instead of a '
            "login page or redirect."
        ),
    )
    skip_jwt_bearer_tokens: bool = option(
        FLAG,
        False,
        help=(
            "Accept a verified JWT from the Authorization header (Bearer, or inside "
            "Basic) as the session instead of a cookie."
        ),
    )
    bearer_token_login_fallback: bool = option(
        FLAG,
        True,
        help=(
            "With skip-jwt-bearer-tokens: true means a bad token is treated like no "
            "token (normal login); false means 403 for any Authorization header "
            "that yields no valid token."
        ),
    )
    extra_jwt_issuers: tuple[str, ...] = option(
        TEXTS,
        (),
        holds="issuer=audience",
        help=(
            '"ISSUER=AUDIENCE" pairs accepted besides the provider\'s own tokens, with '
            "skip-jwt-bearer-tokens. Keys come from discovery, else from "
            "ISSUER/.well-known/jwks.json."
        ),
    )
