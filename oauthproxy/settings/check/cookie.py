"""
Rules for the cookies.
"""

import re
from collections.abc import Iterator

from oauthproxy.crypto.cookie_secret import cookie_key, usable
from oauthproxy.settings.check.problem import Draft, Problem
from oauthproxy.settings.durations import format_duration
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.settings.model import HeaderSettings

LONGEST_NAME = 256
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SAMESITE = ("", "lax", "strict", "none")
_TOKEN_CLAIMS = ("access_token", "id_token")


def cookie(draft: Draft) -> Iterator[Problem]:
    """
    Yield what is wrong with the cookies.
    """
    options = draft.settings.cookie
    yield from _secret(options)
    yield from _previous_secrets(draft)
    yield from _times(options)
    yield from _samesite(options)
    yield from _name(options.cookie_name)
    if not draft.settings.ours.allow_broken_cookie_prefixes:
        yield from (Problem("cookie_name", text) for text in broken_promises(options))
    yield from _minimal(draft)


def _secret(options: CookieOptions) -> Iterator[Problem]:
    if not options.cookie_secret:
        if not options.cookie_secret_file:
            message = "not set; `oauthproxy cookie-secret` prints a fresh one"
            yield Problem("cookie_secret", message)
        return
    key = cookie_key(options.cookie_secret.reveal())
    if not usable(key):
        name = "cookie_secret_file" if options.cookie_secret_file else "cookie_secret"
        yield Problem(name, _wrong_size(len(key)))


def _wrong_size(size: int) -> str:
    return (
        f"has {size} bytes, but must be 16, 24 or 32 bytes, or these in base64url; "
        "`oauthproxy cookie-secret` prints a fresh one"
    )


def _previous_secrets(draft: Draft) -> Iterator[Problem]:
    for number, secret in enumerate(draft.settings.ours.cookie_secret_previous, 1):
        key = cookie_key(secret)
        if not usable(key):
            message = f"item {number} {_wrong_size(len(key))}"
            yield Problem("cookie_secret_previous", message)


def _times(options: CookieOptions) -> Iterator[Problem]:
    if options.cookie_expire and options.cookie_refresh >= options.cookie_expire:
        refresh = format_duration(options.cookie_refresh)
        expire = format_duration(options.cookie_expire)
        message = f"{refresh} must be less than cookie_expire, which is {expire}"
        yield Problem("cookie_refresh", message)


def _samesite(options: CookieOptions) -> Iterator[Problem]:
    for name, value in (
        ("cookie_samesite", options.cookie_samesite),
        ("cookie_csrf_samesite", options.cookie_csrf_samesite),
    ):
        if value not in _SAMESITE:
            message = f'"{value}" is not one of "lax", "strict", "none" or empty'
            yield Problem(name, message)


def _name(name: str) -> Iterator[Problem]:
    size = len(name.encode("utf-8", "surrogateescape"))
    if not _TOKEN.fullmatch(name):
        yield Problem("cookie_name", f'"{name}" is not a valid cookie name')
    elif size > LONGEST_NAME:
        message = f"has {size} bytes; {LONGEST_NAME} is the limit"
        yield Problem("cookie_name", message)


def broken_promises(options: CookieOptions) -> Iterator[str]:
    """
    Yield why browsers would not take a cookie of this name (RFC 6265bis, 4.1.3).
    """
    name = options.cookie_name.lower()
    host = name.startswith("__host-")
    if not (host or name.startswith("__secure-")):
        return
    prefix = options.cookie_name[: len("__host-" if host else "__secure-")]
    if not options.cookie_secure:
        yield f"{prefix} needs cookie_secure"
    if host and options.cookie_path != "/":
        yield f'{prefix} needs cookie_path "/"'
    if host and options.cookie_domains:
        yield f"{prefix} goes with no cookie_domains"


def _minimal(draft: Draft) -> Iterator[Problem]:
    settings = draft.settings
    if not settings.session.session_cookie_minimal:
        return
    for header in (*settings.inject_request_headers, *settings.inject_response_headers):
        for claim in _token_claims(header):
            message = f"drops the {claim} that the header {header.name} needs"
            yield Problem("session_cookie_minimal", message)
    if settings.cookie.cookie_refresh:
        message = "drops the tokens that cookie_refresh needs"
        yield Problem("session_cookie_minimal", message)


def _token_claims(header: HeaderSettings) -> list[str]:
    return [
        value.claim_source.claim
        for value in header.values
        if value.claim_source and value.claim_source.claim in _TOKEN_CLAIMS
    ]
