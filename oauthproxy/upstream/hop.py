"""
Choose the fields of a request that go on to the upstream. The hottest loop there is.

Rule 1: hop-by-hop fields, and those that `Connection` names, end here, before anything
of ours is added (RFC 9110, 7.6.1). What frames the message, and what proxies in front
say about the client, cannot be named away.
Rule 2: a field that came in several lines goes on in one, joined by a comma (`Cookie`
by a semicolon, RFC 6265, 5.4).
Rule 3: an upgrade is passed on only when the caller names it.
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
        b"expect",
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

    def forget(self) -> None:
        """
        Begin anew; never in the middle of a request, whose kinds must be comparable.
        """
        self.clear()
        self._ordinary.clear()

    def __missing__(self, name: bytes) -> int:
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
        self, fields: Iterable[Pair], peer_address: str, *, upgrade: bytes = b""
    ) -> list[Pair]:
        """
        Return the fields that go on, X-Forwarded-For with the peer's address among
        them. `Host` and `Transfer-Encoding` are left to the caller, who writes them
        first; a Content-Length stays. `upgrade` is the protocol to ask for.
        """
        kinds = self._kinds
        if len(kinds) > SPELLINGS:
            kinds.forget()
        out: list[Pair] = []
        special: list[tuple[int, bytes]] = []
        told: list[bytes] = []
        seen = set()
        for pair in fields:
            kind = kinds[pair[0]]
            if kind > DROPPED:
                seen.add(kind)
                out.append(pair)
            elif kind == FORWARDED_FOR:
                told.append(pair[1])
            elif kind == CONNECTION:
                if pair[1] not in _CONNECTION_PLAIN:
                    special.append((kind, pair[1]))
            elif kind < DROPPED:
                special.append((kind, pair[1]))
        if len(seen) != len(out):
            out = flattened(out)
        if special:
            out = self._specially(out, special)
        forwarded_for = _forwarded_for(told, peer_address)
        if forwarded_for:
            out.append((b"X-Forwarded-For", forwarded_for))
        if upgrade:
            out += ((b"Connection", b"Upgrade"), (b"Upgrade", upgrade))
        return out

    def _specially(
        self, out: list[Pair], special: list[tuple[int, bytes]]
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
        return out


def _removable(name: bytes) -> bool:
    return name not in _HARMLESS and not name.startswith(_PROTECTED)


def _forwarded_for(told: list[bytes], peer_address: str) -> bytes:
    address = b"" if peer_address[:1] in "@/" else peer_address.encode()
    if not told:
        return address
    value = b",".join(told)
    if len(value) > MOST_FORWARDED_FOR:
        value = value[-MOST_FORWARDED_FOR:].partition(b",")[2].lstrip()
    return b"%b, %b" % (value, address) if value and address else value or address


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
