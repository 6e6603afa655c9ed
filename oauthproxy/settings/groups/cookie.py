"""
The session cookie and the CSRF cookie.
"""

from attrs import frozen

from oauthproxy.crypto.secret import Secret
from oauthproxy.settings.kinds import (
    DURATION,
    FLAG,
    INTEGER,
    SECOND,
    SECRET,
    TEXT,
    TEXTS,
)
from oauthproxy.settings.option import option


@frozen(kw_only=True)
class CookieOptions:
    """
    The session cookie and the CSRF cookie.
    """

    cookie_name: str = option(
        TEXT,
        "_oauth2_proxy",
        holds="cookie-name",
        help=(
            "Name of the session cookie, also base of the CSRF cookie name and of "
            "Redis keys. RFC token characters, 1 to 256 bytes."
        ),
    )
    cookie_secret: Secret = option(
        SECRET,
        Secret(""),
        holds="secret",
        help=(
            "Seed of the signatures and, after base64url decoding where that gives "
            "16, 24 or 32 bytes, key of the encryption. Needed, here or in "
            "cookie-secret-file."
        ),
    )
    cookie_secret_file: str = option(
        TEXT,
        "",
        holds="path",
        help=(
            "File with the cookie secret, used when cookie-secret is empty. The whole "
            "content counts, a line end included. Read at the start and at a reload."
        ),
    )
    cookie_domains: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="cookie-domain",
        holds="domain",
        help=(
            "Domains for cookies; of those that are a suffix of the host asked for, "
            "the longest is used, else the shortest of all. Empty: the host itself "
            "only."
        ),
    )
    cookie_path: str = option(
        TEXT,
        "/",
        holds="url-path",
        help=("Path attribute of all cookies set."),
    )
    cookie_expire: int = option(
        DURATION,
        604800 * SECOND,
        help=(
            "Lifetime of the session cookie (Max-Age in whole seconds), age limit "
            "when it is checked, and Redis TTL. 0: browser-session cookie, no age "
            "limit, no TTL. When not 0 it must be greater than cookie-refresh."
        ),
    )
    cookie_refresh: int = option(
        DURATION,
        0,
        help=(
            "Age of a session after which its tokens are refreshed on a request; 0 or "
            "less is never. Must be less than cookie-expire."
        ),
    )
    cookie_secure: bool = option(
        FLAG,
        True,
        help=(
            "Secure attribute of cookies; when true also forces https in a derived "
            "redirect URL."
        ),
    )
    cookie_httponly: bool = option(
        FLAG,
        True,
        help=("HttpOnly attribute of cookies."),
    )
    cookie_samesite: str = option(
        TEXT,
        "",
        accepted=("", "lax", "strict", "none"),
        help=(
            'SameSite attribute; exactly one of "", "lax", "strict", "none" '
            '(lower case). "" leaves the attribute out.'
        ),
    )
    cookie_csrf_per_request: bool = option(
        FLAG,
        False,
        help=(
            "When true the CSRF cookie is named COOKIE_XXXXXXXX_csrf (first 8 "
            "characters of the state nonce) so parallel logins do not clash; false: "
            "COOKIE_csrf."
        ),
    )
    cookie_csrf_per_request_limit: int = option(
        INTEGER,
        0,
        holds="count",
        help=(
            "Number of already present per-request CSRF cookies tolerated when a "
            "new login starts (the oldest beyond it are cleared); 0 or less means "
            "no limit; no effect unless cookie-csrf-per-request."
        ),
    )
    cookie_csrf_expire: int = option(
        DURATION,
        900 * SECOND,
        help=(
            "Lifetime and age limit of the CSRF cookie; 0 makes it a "
            "browser-session cookie without age limit."
        ),
    )
    cookie_csrf_samesite: str = option(
        TEXT,
        "",
        accepted=("", "lax", "strict", "none"),
        help=(
            'SameSite attribute of the CSRF cookie: "lax", "strict", "none"; "" does '
            "as cookie-samesite."
        ),
    )
