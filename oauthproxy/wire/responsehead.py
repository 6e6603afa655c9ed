"""
Judge a response head of an upstream and take out what is only for this hop.

Rule 1: two ways of framing in one head is an error, not a choice (RFC 9112, 6.3).
Rule 2: what `Connection` names, and the hop-by-hop fields, go no further (RFC 9110,
7.6.1).
"""

from attrs import define

from oauthproxy.wire.fields import Pair
from oauthproxy.wire.kind import FieldKinds, tokens

HOP, CONNECTION, LENGTH, CODING, TYPE, DATE, ENCODING, UPGRADE = range(1, 9)
_KINDS = FieldKinds(
    {
        b"keep-alive": HOP,
        b"proxy-authenticate": HOP,
        b"proxy-authorization": HOP,
        b"proxy-connection": HOP,
        b"te": HOP,
        b"upgrade": UPGRADE,
        b"connection": CONNECTION,
        b"content-length": LENGTH,
        b"transfer-encoding": CODING,
        b"content-type": TYPE,
        b"content-encoding": ENCODING,
        b"date": DATE,
    }
)
BODYLESS = frozenset({204, 304})


class ResponseRefused(Exception):
    """
    An upstream's response head that a proxy must not pass on.
    """


@define(slots=True)
class ResponseHead:
    """
    What follows from a response head.

    `fields` are those that go on, without the framing; `length` is None unless the
    upstream gave one. `until_close` tells that only the end of the connection ends the
    body. `upgrade` is the protocol of a 101, lower case. `closes` tells that the
    upstream asks for the connection's end.
    """

    status: int
    fields: list[Pair]
    length: int | None = None
    chunked: bool = False
    has_type: bool = False
    has_date: bool = False
    encoding: bytes = b""
    upgrade: bytes = b""
    closes: bool = False

    @property
    def until_close(self) -> bool:
        """
        Whether the body ends with the connection.
        """
        return self.length is None and not self.chunked


def judge(status: int, fields: list[Pair]) -> ResponseHead:
    """
    Return the head's facts, or raise `ResponseRefused`.
    """
    on: list[Pair] = []
    head = ResponseHead(status, on)
    kind_of = _KINDS.of
    named: list[bytes] | None = None
    for pair in fields:
        kind = kind_of(pair[0])
        if not kind:
            on.append(pair)
        elif kind == TYPE:
            head.has_type = True
            on.append(pair)
        elif kind == LENGTH:
            _take_length(head, pair[1])
        elif kind == DATE:
            head.has_date = True
            on.append(pair)
        elif kind == CONNECTION:
            named = (named or []) + tokens([pair[1]])
        elif kind == ENCODING:
            head.encoding = pair[1].lower()
            on.append(pair)
        else:
            _take_hop(head, kind, pair[1])
    if head.chunked and head.length is not None:
        raise ResponseRefused("Content-Length beside Transfer-Encoding")
    if named:
        _take_out(head, named)
    return head


def _take_out(head: ResponseHead, named: list[bytes]) -> None:
    head.closes = b"close" in named
    gone = set(named) - {b"close", b"keep-alive"}
    if gone:
        head.fields = [p for p in head.fields if p[0].lower() not in gone]


def _take_length(head: ResponseHead, value: bytes) -> None:
    if not value.isdigit() or len(value) > 18:
        raise ResponseRefused("Content-Length")
    length = int(value)
    if head.length is not None and head.length != length:
        raise ResponseRefused("two Content-Lengths")
    head.length = length


def _take_hop(head: ResponseHead, kind: int, value: bytes) -> None:
    if kind == UPGRADE:
        head.upgrade = value.lower()
    elif kind == CODING:
        _take_coding(head, value)


def _take_coding(head: ResponseHead, value: bytes) -> None:
    if value.lower() != b"chunked" or head.chunked:
        raise ResponseRefused("Transfer-Encoding")
    head.chunked = True
