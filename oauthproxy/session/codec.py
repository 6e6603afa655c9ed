"""
Sessions as bytes: the MessagePack map of the reference.

The keys are short and always in the same order; what is empty is left out.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from oauthproxy.session.msgpack import (
    Extension,
    MessagePackError,
    Timestamp,
    pack,
    unpack,
)
from oauthproxy.session.session import NO_CLAIMS, Session
from oauthproxy.session.times import ZERO_TIME

_KEYS = ("ca", "eo", "at", "it", "rt", "n", "e", "u", "g", "pu", "ac")


def encode(session: Session) -> bytes:
    """
    Return the stored form of a session.
    """
    values = (
        _moment(session.created_at),
        _moment(session.expires_on),
        session.access_token,
        session.id_token,
        session.refresh_token,
        session.nonce,
        session.email,
        session.user,
        list(session.groups),
        session.preferred_username,
        dict(_claims(session.additional_claims)),
    )
    return pack({key: value for key, value in zip(_KEYS, values, strict=True) if value})


def _moment(nanoseconds: int | None) -> Timestamp | None:
    if nanoseconds is None or nanoseconds == ZERO_TIME:
        return None
    return Timestamp(nanoseconds)


def _claims(claims: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in claims.items():
        if value is not None:
            yield name, _claim(value)


def _claim(value: Any) -> Any:
    """
    Return a claim as it is stored: numbers are texts, at any depth.
    """
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _claim(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_claim(each) for each in value]
    return value


def decode(octets: bytes) -> Session:
    """
    Return a stored session; raise MessagePackError (a ValueError).
    """
    stored = unpack(octets)
    if stored is None or stored == []:
        return Session()
    if isinstance(stored, list):
        if len(stored) != len(_KEYS):
            raise MessagePackError("an array of another size")
        stored = dict(zip(_KEYS, stored, strict=True))
    if not isinstance(stored, dict):
        raise MessagePackError("not a map")
    return _session(stored.get)


def _session(get: Any) -> Session:
    return Session(
        created_at=_read_moment(get("ca")),
        expires_on=_read_moment(get("eo")),
        access_token=read_text(get("at")),
        id_token=read_text(get("it")),
        refresh_token=read_text(get("rt")),
        nonce=read_binary(get("n")),
        email=read_text(get("e")),
        user=read_text(get("u")),
        groups=_read_groups(get("g")),
        preferred_username=read_text(get("pu")),
        additional_claims=_read_claims(get("ac")),
    )


def read_text(value: object) -> str:
    """
    Return a text field: binary will do, nil is the empty text.
    """
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, str):
        return value
    raise MessagePackError("a text is something else")


def read_binary(value: object) -> bytes | None:
    """
    Return a binary field: text will do, nil is absence.
    """
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    raise MessagePackError("a binary is something else")


def _read_moment(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, Timestamp):
        return value.nanoseconds
    raise MessagePackError("a time is something else")


def _read_groups(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple(read_text(each) for each in value)
    raise MessagePackError("the groups are something else")


def _read_claims(value: object) -> Mapping[str, Any]:
    if value is None:
        return NO_CLAIMS
    if not isinstance(value, dict):
        raise MessagePackError("the claims are something else")
    _check_claim(value)
    return value


def _check_claim(value: object) -> None:
    """
    Refuse extensions within claims.
    """
    if isinstance(value, Extension):
        raise MessagePackError("an unknown extension")
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            _check_claim(each)
