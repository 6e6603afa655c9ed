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
            "Seed of the cookie signature and, after optional base64url decoding to "
            "16/24/32 bytes, the AES key. Required unless cookie-secret-file is "
            "set; wins over the file when both are given."
        ),
    )
    cookie_secret_file: str = option(
        TEXT,
        "",
        holds="path",
        help=(
            "File with the cookie secret, used only when cookie-secret is empty. "
            "Whole file content counts, trailing newline included. Re-read on each "
            "use."
        ),
    )
    cookie_domains: tuple[str, ...] = option(
        TEXTS,
        (),
        flag="cookie-domain",
        holds="domain",
        help=(
            "Cookie Domain values; sorted longest first at validation; the first "
            "one that is a suffix of the request host is used, else the last "
            "(shortest) with a logged warning. Empty list: no Domain attribute."
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
            "Session age after which tokens are refreshed/re-validated on a "
            "request; 0 or less disables. Must be less than cookie-expire. Not "
            "allowed (any non-zero value) with session-cookie-minimal."
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
            'SameSite of the CSRF cookie: "lax", "strict", "none"; "" '
            "copies cookie-samesite. Not validated: any other value makes every "
            "login fail at run time."
        ),
    )
