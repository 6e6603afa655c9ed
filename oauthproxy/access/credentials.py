"""
Read credentials from the Authorization field.

Rule 1: the field is `Bearer` or `Basic`, in this case, one blank, and the rest.
Rule 2: a bearer token looks like a signed JWT (RFC 7515, 3.1), or it is none.
"""

import re

from oauthproxy.crypto.base64 import Base64Error, decode_std
from oauthproxy.wire.fields import field_text

_JWT = re.compile(r"ey[A-Za-z0-9_-]*\.ey[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+")
_OAUTH_BASIC = "x-oauth-basic"


class CredentialsError(ValueError):
    """
    An Authorization field holds no credentials of the kind that is looked for.
    """


def bearer_token(authorization: str) -> str:
    """
    Return the JWT of an Authorization field: a bearer token, or one that stands in the
    place of Basic credentials' user or password. Raise CredentialsError.
    """
    scheme, rest = _split(authorization)
    if scheme == "Bearer":
        token = rest
    elif scheme == "Basic":
        token = _token_of(*_user_and_password(rest))
    else:
        raise CredentialsError("neither Bearer nor Basic")
    if not _JWT.fullmatch(token):
        raise CredentialsError("no JWT in the Authorization field")
    return token


def basic_credentials(authorization: str) -> tuple[str, str]:
    """
    Return user and password of an Authorization field; raise CredentialsError.
    """
    scheme, rest = _split(authorization)
    if scheme != "Basic":
        raise CredentialsError("not Basic")
    return _user_and_password(rest)


def _split(authorization: str) -> tuple[str, str]:
    parts = authorization.split(" ")
    if len(parts) != 2:
        raise CredentialsError("not a scheme and credentials")
    return parts[0], parts[1]


def _user_and_password(encoded: str) -> tuple[str, str]:
    try:
        decoded = field_text(decode_std(encoded))
    except (Base64Error, UnicodeError):
        raise CredentialsError("Basic credentials that are not base64") from None
    user, colon, password = decoded.partition(":")
    if not colon:
        raise CredentialsError("Basic credentials without a colon")
    return user, password


def _token_of(user: str, password: str) -> str:
    if _JWT.fullmatch(user) and password in ("", _OAUTH_BASIC):
        return user
    return password
