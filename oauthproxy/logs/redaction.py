"""
Take out of log lines what would let a reader sign in as somebody else.

A request target keeps its shape: only the values of parameters that are credentials
by their specification are replaced (RFC 6749 2.3.1, 4.1.2; RFC 6750 2.3; RFC 7523;
OpenID Connect RP-Initiated Logout 2), and signed tokens wherever they stand. `code`
is a credential only where it comes back to us; an application may well have a harmless
parameter of that name.
"""

import re

HIDDEN = "REDACTED"

_CREDENTIALS = (
    "access_token",
    "refresh_token",
    "id_token",
    "id_token_hint",
    "logout_token",
    "client_secret",
    "client_assertion",
    "assertion",
    "code_verifier",
    "password",
)
_ANYWHERE = re.compile(rf"(?<=[?&;])({'|'.join(_CREDENTIALS)})=[^&;#]+", re.I)
_OURS = re.compile(rf"(?<=[?&;])({'|'.join((*_CREDENTIALS, 'code'))})=[^&;#]+", re.I)
# No `\b` before it: a token begins but once in a run of its signs, however long.
_JWT = r"(?<![A-Za-z0-9_-])(eyJ[A-Za-z0-9_-]+\.)[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]*"
_SIGNED = re.compile(_JWT)
_IN_PROSE = re.compile(
    rf"\b({'|'.join((*_CREDENTIALS, 'code'))})=[^&;#\s\"']+"
    r"|\b(Bearer|Basic) +[A-Za-z0-9._~+/=-]{8,}"
    rf"|{_JWT}",
    re.I,
)


def redact_target(target: str, prefix: str) -> str:
    """
    Return a request target without the values of its credentials; `prefix` is the
    path below which the program's own endpoints are.

    Nearly every target is told by a few looks not to have any.
    """
    if "eyJ" in target:
        target = _SIGNED.sub(rf"\1{HIDDEN}", target)
    lowered = target.lower()
    if not (
        "token" in lowered
        or "code" in lowered
        or "password" in lowered
        or "secret" in lowered
        or "assertion" in lowered
    ):
        return target
    pattern = _OURS if target.startswith(prefix) else _ANYWHERE
    return pattern.sub(rf"\1={HIDDEN}", target)


def redact_prose(message: str) -> str:
    """
    Return a message without tokens: nobody should have put one there.
    """
    return _IN_PROSE.sub(_without_value, message)


def _without_value(found: re.Match[str]) -> str:
    parameter, scheme, jwt_head = found.groups()
    if parameter:
        return f"{parameter}={HIDDEN}"
    return f"{scheme} {HIDDEN}" if scheme else f"{jwt_head}{HIDDEN}"
