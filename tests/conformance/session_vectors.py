"""
Read the recorded behaviour of sessions and turn its parts into our values.
"""

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from oauthproxy.crypto.secret import Secret
from oauthproxy.session.cookie_store import CookieStore
from oauthproxy.session.msgpack import Timestamp
from oauthproxy.session.secrets import CookieSecrets
from oauthproxy.session.session import NO_CLAIMS, Session
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.wire.cookies import Cookies
from tests.unit.driver import FakeClock, RecordingLog

CASES = Path(__file__).parent / "cases" / "vectors-sessions.json"
GIGA = 1_000_000_000


class Spelled(str):
    """
    A JSON number by its spelling.
    """


@cache
def groups() -> Any:
    """
    Return all groups; numbers in claims keep their spelling.
    """
    return json.loads(CASES.read_text("utf-8"))["groups"]


@cache
def spelled() -> dict[str, Any]:
    """
    Return all vectors by id, every number spelled.
    """
    read = json.loads(CASES.read_text("utf-8"), parse_int=Spelled, parse_float=Spelled)
    return {
        vector["id"]: vector
        for group in read["groups"].values()
        for vector in group["vectors"]
    }


def vectors(group: str) -> pytest.MarkDecorator:
    """
    Return the vectors of a group as test parameters.
    """
    return pytest.mark.parametrize(
        "vector",
        [
            pytest.param(v, id=v["id"].split("/", 1)[1])
            for v in groups()[group]["vectors"]
        ],
    )


def b64(text: str) -> bytes:
    return base64.b64decode(text)


def plain(value: Any) -> Any:
    """
    Return a value of the vectors' notation as the codec gives it.
    """
    match value:
        case {"$repeat": text, "times": times}:
            return text * times
        case {"$bytes_hex": digits}:
            return bytes.fromhex(digits).decode("utf-8", "surrogateescape")
        case {"$bin_hex": digits}:
            return bytes.fromhex(digits)
        case {"$time": when}:
            return Timestamp(nanoseconds(when) or 0)
        case dict():
            return {key: plain(each) for key, each in value.items()}
        case list():
            return [plain(each) for each in value]
    return value


def nanoseconds(when: Any) -> int | None:
    if when is None:
        return None
    return int(when["unix"]) * GIGA + int(when["nanos"])


def session(described: Any, claims: Any = None) -> Session:
    """
    Return the session of a vector; `claims` overrides the claims it names.
    """
    nonce = described["nonce_hex"]
    if nonce is not None:
        nonce = bytes.fromhex(plain(nonce))
    if claims is None:
        claims = described["additional_claims"]
    return Session(
        created_at=nanoseconds(described["created_at"]),
        expires_on=nanoseconds(described["expires_on"]),
        access_token=plain(described["access_token"]),
        id_token=plain(described["id_token"]),
        refresh_token=plain(described["refresh_token"]),
        nonce=nonce,
        email=plain(described["email"]),
        user=plain(described["user"]),
        groups=tuple(plain(described["groups"] or [])),
        preferred_username=plain(described["preferred_username"]),
        additional_claims=NO_CLAIMS if claims is None else plain(claims),
    )


def written_session(vector: Any) -> Session:
    """
    Return the session that a vector saves, its number claims spelled.
    """
    claims = spelled()[vector["id"]]["in"]["session"]["additional_claims"]
    return session(vector["in"]["session"], claims)


def options(opts: Any) -> CookieOptions:
    """
    Return the cookie options of a vector.
    """
    return CookieOptions(
        cookie_name=opts["name"],
        cookie_secret=Secret(opts["secret"]),
        cookie_domains=tuple(opts["domains"]),
        cookie_path=opts["path"],
        cookie_expire=round(opts["expire_s"] * GIGA),
        cookie_refresh=round(opts["refresh_s"] * GIGA),
        cookie_secure=opts["secure"],
        cookie_httponly=opts["httponly"],
        cookie_samesite=opts["samesite"],
        cookie_csrf_per_request=opts["csrf_per_request"],
        cookie_csrf_per_request_limit=opts["csrf_per_request_limit"],
        cookie_csrf_expire=round(opts["csrf_expire_s"] * GIGA),
        cookie_csrf_samesite=opts["csrf_samesite"],
    )


def secrets(opts: Any) -> CookieSecrets:
    return CookieSecrets.of(opts["secret"])


def cookies(headers: list[str]) -> Cookies:
    return Cookies.parse([header.encode() for header in headers])


def clock(given: Any) -> FakeClock:
    return FakeClock(given.get("now_unix", 1785456000) * GIGA)


class Drawn:
    """
    Give out recorded random bytes in order.
    """

    def __init__(self, recorded: str) -> None:
        self._rest = bytes.fromhex(recorded)

    def __call__(self, size: int) -> bytes:
        drawn, self._rest = self._rest[:size], self._rest[size:]
        assert len(drawn) == size, "more random bytes drawn than recorded"
        return drawn


def cookie_store(given: Any, recorded: str = "") -> CookieStore:
    return CookieStore(
        options(given["opts"]),
        secrets(given["opts"]),
        clock(given),
        Drawn(recorded),
        RecordingLog(),
        minimal=given.get("minimal", False),
    )
