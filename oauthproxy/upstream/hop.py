"""
Choose the fields of a request that go on to the upstream. The hottest loop there is.

Rule 1: hop-by-hop fields, and those that `Connection` names, end here, before anything
of ours is added (RFC 9110, 7.6.1). What frames the message, and what proxies in front
say about the client, cannot be named away.
Rule 2: a field that came in several lines goes on in one, joined by a comma (`Cookie`
by a semicolon, RFC 6265, 5.4).
Rule 3: only a WebSocket upgrade is passed on.
Rule 4: one look-up for each field, by its name as it was spelled; the memory of
spellings is bounded.
"""

from collections.abc import Callable, Iterable

from oauthproxy.upstream.cookies import OwnCookies
from oauthproxy.wire.fields import Pair
from oauthproxy.wire.kind import SPELLINGS, tokens

DROPPED, CONNECTION, FORWARDED_FOR, TE, COOKIE = 0, -1, -2, -3, -4
"""Kinds of fields; a positive kind is that of an ordinary field, one for each name."""

HOP_BY_HOP = frozenset(
    {
        b"http2-settings",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_SPECIAL = {b"connection": CONNECTION, b"x-forwarded-for": FORWARDED_FOR, b"te": TE}
_HARMLESS = frozenset({b"close", b"keep-alive", b"upgrade", b"te"})
_PROTECTED = (b"content-", b"forwarded", b"x-forwarded-", b"x-real-ip", b"cf-", b"via")
_CONNECTION_PLAIN = frozenset(
    {b"keep-alive", b"Keep-Alive", b"close", b"Upgrade", b"upgrade"}
)
_UPGRADE = ((b"Connection", b"Upgrade"), (b"Upgrade", b"websocket"))
MOST_FORWARDED_FOR = 8192
"""Bytes of X-Forwarded-For that are believed to be addresses of proxies."""


class _Kinds(dict[bytes, int]):
    """
    The kind of each spelling of a field name that was seen lately.
    """

    def __init__(
        self, stripped: Callable[[bytes], bool], special: dict[bytes, int]
    ) -> None:
        super().__init__()
        self._stripped = stripped
        self._special = special
        self._ordinary: dict[bytes, int] = {}

    def __missing__(self, name: bytes) -> int:
        if len(self) >= SPELLINGS:
            self.clear()
            self._ordinary.clear()
        kind = self[name] = self._kind(name.lower())
        return kind

    def _kind(self, lowered: bytes) -> int:
        if lowered in HOP_BY_HOP or lowered == b"host" or self._stripped(lowered):
            return DROPPED
        special = self._special.get(lowered)
        if special is not None:
            return special
        return self._ordinary.setdefault(lowered, len(self._ordinary) + 1)


class Hop:
    """
    The step from the client to the upstream.

    `stripped` tells which lower-case field names a client may not set; `own` takes
    our cookies out of what goes on, if they shall not.
    """

    def __init__(
        self,
        stripped: Callable[[bytes], bool] = lambda _: False,
        own: OwnCookies | None = None,
    ) -> None:
        special = _SPECIAL if own is None else {**_SPECIAL, b"cookie": COOKIE}
        self._kinds = _Kinds(stripped, special)
        self._own = own

    def forwardable(
        self, fields: Iterable[Pair], peer_address: str, *, upgrade: bool = False
    ) -> list[Pair]:
        """
        Return the fields that go on, X-Forwarded-For with the peer's address among
        them. `Host` and `Transfer-Encoding` are left to the caller, who writes them
        first; a Content-Length stays.
        """
        kinds = self._kinds
        out: list[Pair] = []
        special: list[tuple[int, bytes]] = []
        seen = set()
        for pair in fields:
            kind = kinds[pair[0]]
            if kind > DROPPED:
                seen.add(kind)
                out.append(pair)
            elif kind < DROPPED and pair[1] not in _CONNECTION_PLAIN:
                special.append((kind, pair[1]))
        if len(seen) != len(out):
            out = flattened(out)
        address = b"" if peer_address[:1] in "@/" else peer_address.encode()
        if special:
            out = self._specially(out, special, address)
        elif address:
            out.append((b"X-Forwarded-For", address))
        if upgrade:
            out.extend(_UPGRADE)
        return out

    def _specially(
        self, out: list[Pair], special: list[tuple[int, bytes]], address: bytes
    ) -> list[Pair]:
        named: list[bytes] = []
        for kind, value in special:
            if kind == CONNECTION:
                named += [name for name in tokens([value]) if _removable(name)]
            elif kind == TE and b"trailers" in tokens([value]):
                out.append((b"Te", b"trailers"))
        if self._own is not None:
            ours = (value for kind, value in special if kind == COOKIE)
            kept = self._own.removed(b"; ".join(ours))
            if kept and b"cookie" not in named:
                out.append((b"Cookie", kept))
        if named:
            out = [pair for pair in out if pair[0].lower() not in named]
        told = [value for kind, value in special if kind == FORWARDED_FOR]
        if told or address:
            out.append((b"X-Forwarded-For", _forwarded_for(told, address)))
        return out


def _removable(name: bytes) -> bool:
    return name not in _HARMLESS and not name.startswith(_PROTECTED)


def _forwarded_for(told: list[bytes], address: bytes) -> bytes:
    value = b",".join(told)
    if len(value) > MOST_FORWARDED_FOR:
        value = value[-MOST_FORWARDED_FOR:].partition(b",")[2].lstrip()
    if not value or not address:
        return value or address
    return b"%b, %b" % (value, address)


def flattened(pairs: Iterable[Pair]) -> list[Pair]:
    """
    Return the fields with one line for each name, except `Set-Cookie`, at the place
    of the first.
    """
    places: dict[bytes, int] = {}
    out: list[Pair] = []
    for name, value in pairs:
        lowered = name.lower()
        place = places.setdefault(lowered, len(out))
        if place == len(out) or lowered == b"set-cookie":
            out.append((name, value))
        else:
            glue = b"; " if lowered == b"cookie" else b","
            out[place] = (out[place][0], out[place][1] + glue + value)
    return out


def wants_websocket(fields: Iterable[Pair]) -> bool:
    """
    Tell whether a request asks for an upgrade to the WebSocket protocol (RFC 6455,
    4.2.1).
    """
    connection: list[bytes] = []
    upgrade: list[bytes] = []
    for name, value in fields:
        lowered = name.lower()
        if lowered == b"connection":
            connection.append(value)
        elif lowered == b"upgrade":
            upgrade.append(value)
    return tokens(upgrade) == [b"websocket"] and b"upgrade" in tokens(connection)
