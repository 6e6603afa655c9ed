"""
What a session says about its user, claim by claim, as texts for headers.
"""

import base64
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from oauthproxy.session.msgpack import Timestamp
from oauthproxy.session.session import Session
from oauthproxy.session.times import SECOND, ZERO_TIME
from oauthproxy.wire.gojson import go_json


def claim_values(session: Session, name: str) -> tuple[str, ...]:
    """
    Return the values of a claim: one for most, any number for `groups` and for lists,
    none for claims that the session does not have.

    Single-valued claims of the session itself are there even when they are empty;
    times are written in the local time zone, and a time that is not known is no value.
    The nonce cannot be had.
    """
    read = _OWN.get(name)
    if read is not None:
        return read(session)
    claim = session.additional_claims.get(name, ())
    if isinstance(claim, list | tuple):
        return tuple(map(claim_text, claim))
    return (claim_text(claim),)


def claim_text(value: Any) -> str:
    """
    Return one value as text: numbers in plain decimal, structures as JSON.
    """
    match value:
        case str():
            return str(value)
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return f"{Decimal(repr(value)).normalize():f}"
        case bytes():
            return value.decode("utf-8", "surrogateescape")
        case Timestamp(nanoseconds):
            return time_text(nanoseconds)
        case Mapping() | list() | tuple():
            return _json(value)
    return str(value)


def time_text(nanoseconds: int) -> str:
    """
    Return a moment in the local time zone, as Go prints it.
    """
    seconds, fraction = divmod(nanoseconds, SECOND)
    local = time.localtime(seconds)
    decimals = f".{fraction:09}".rstrip("0") if fraction else ""
    zone = time.strftime("%z %Z", local)
    return (
        f"{local.tm_year:04}-{time.strftime('%m-%d %H:%M:%S', local)}{decimals} {zone}"
    )


def _json(value: Any) -> str:
    return go_json(value, sort_keys=True, default=_foreign)


def _foreign(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return claim_text(value)


def _moment(nanoseconds: int | None) -> tuple[str, ...]:
    if nanoseconds is None or nanoseconds == ZERO_TIME:
        return ()
    return (time_text(nanoseconds),)


_OWN: Mapping[str, Callable[[Session], tuple[str, ...]]] = {
    "access_token": lambda session: (session.access_token,),
    "id_token": lambda session: (session.id_token,),
    "refresh_token": lambda session: (session.refresh_token,),
    "email": lambda session: (session.email,),
    "user": lambda session: (session.user,),
    "preferred_username": lambda session: (session.preferred_username,),
    "groups": lambda session: session.groups,
    "created_at": lambda session: _moment(session.created_at),
    "expires_on": lambda session: _moment(session.expires_on),
}
