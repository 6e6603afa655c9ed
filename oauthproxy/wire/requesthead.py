"""
Judge a request head that llhttp has let through.

llhttp refuses bare line feeds, folded lines, odd lengths and control bytes. What it
takes and a proxy must not is refused here:

Rule 1: HTTP/1.0 or 1.1, nothing else (RFC 9112, 2.3).
Rule 2: exactly one Host in HTTP/1.1, and a plausible one (RFC 9112, 3.2).
Rule 3: one Transfer-Encoding that is just `chunked`, never beside a Content-Length
and never in HTTP/1.0 (RFC 9112, 6.1 and 6.3).
Rule 4: the target is in origin form, absolute form, or `*` for OPTIONS; it has no
fragment (RFC 9112, 3.2).
"""

import re
from typing import Any

from attrs import define, field

from oauthproxy.wire.fields import Pair
from oauthproxy.wire.kind import FieldKinds, tokens

HOST, LENGTH, CODING, CONNECTION, UPGRADE, EXPECT = range(1, 7)
_KINDS = FieldKinds(
    {
        b"host": HOST,
        b"content-length": LENGTH,
        b"transfer-encoding": CODING,
        b"connection": CONNECTION,
        b"upgrade": UPGRADE,
        b"expect": EXPECT,
    }
)
_HOST = re.compile(
    rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+(?:%25[A-Za-z0-9._~-]+)?\])"
    rb"(?::(\d{0,5}))?"
)
_HOST_LIMIT = 1024
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)", re.IGNORECASE)
_REFUSED_METHODS = frozenset({b"CONNECT", b"TRACE", b"TRACK", b"SOURCE"})
CHUNKED = -1


class HeadRefused(Exception):
    """
    A request head that is answered with `status` and ends its connection.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@define(slots=True)
class RequestHead:
    """
    What follows from a request head.

    `target` is in origin form; `length` is the body's in bytes, `CHUNKED`, or 0.
    `upgrade` is the protocol asked for in lower case, or empty. `memo` is where others
    keep what they derive from the fields, each under a key of its own; it lives on in
    later heads with the very same fields.
    """

    method: bytes
    target: bytes
    version: bytes
    fields: list[Pair]
    host: bytes = b""
    length: int = 0
    keep_alive: bool = True
    upgrade: bytes = b""
    expects_continue: bool = False
    memo: dict[object, Any] = field(factory=dict)

    def again(self, method: bytes, target: bytes) -> "RequestHead":
        """
        Return the head of another request with the same fields, which has no body.
        """
        return RequestHead(
            method, target, self.version, self.fields, self.host, memo=self.memo
        )


def judge(
    method: bytes, target: bytes, version: str, fields: list[Pair]
) -> RequestHead:
    """
    Return the head's facts, or raise `HeadRefused`.
    """
    if version not in {"1.1", "1.0"}:
        raise HeadRefused(505, "HTTP version")
    head = RequestHead(method, target, b"HTTP/" + version.encode(), fields)
    special = _KINDS.of
    found: list[tuple[int, bytes]] | None = None
    hosts = 0
    for name, value in fields:
        kind = special(name)
        if kind == HOST:
            hosts += 1
            head.host = value
        elif kind:
            found = found or []
            found.append((kind, value))
    if version == "1.0":
        head.keep_alive = False
    if hosts != 1 and (hosts or version == "1.1"):
        raise HeadRefused(400, "Host")
    if found is not None:
        _judge_special(head, found)
    if not target.startswith(b"/"):
        _judge_target(head)
    if b"#" in target:
        raise HeadRefused(400, "fragment in target")
    if hosts:
        _judge_host(head.host)
    if method in _REFUSED_METHODS:
        raise HeadRefused(405, "method")
    return head


def _judge_host(host: bytes) -> None:
    match = _HOST.fullmatch(host) if len(host) <= _HOST_LIMIT else None
    if match is None or int(match[1] or 0) > 0xFFFF:
        raise HeadRefused(400, "Host")


def _judge_target(head: RequestHead) -> None:
    if head.target == b"*" and head.method == b"OPTIONS":
        return
    absolute = _ABSOLUTE.match(head.target)
    if absolute is None or not absolute[1] or b"@" in absolute[1]:
        if head.method == b"CONNECT":
            raise HeadRefused(405, "method")
        raise HeadRefused(400, "target")
    head.host = absolute[1]
    _judge_host(head.host)
    rest = head.target[absolute.end() :]
    head.target = rest if rest.startswith(b"/") else b"/" + rest


def _judge_special(head: RequestHead, found: list[tuple[int, bytes]]) -> None:
    lengths = [value for kind, value in found if kind == LENGTH]
    codings = [value for kind, value in found if kind == CODING]
    if codings:
        if len(codings) > 1 or codings[0].lower() != b"chunked" or lengths:
            raise HeadRefused(400, "Transfer-Encoding")
        if head.version == b"HTTP/1.0":
            raise HeadRefused(400, "Transfer-Encoding in HTTP/1.0")
        head.length = CHUNKED
    elif lengths:
        if len(lengths) > 1 or not lengths[0].isdigit() or len(lengths[0]) > 18:
            raise HeadRefused(400, "Content-Length")
        head.length = int(lengths[0])
    _judge_connection(head, found)
    expectations = [value.lower() for kind, value in found if kind == EXPECT]
    if expectations:
        if expectations != [b"100-continue"]:
            raise HeadRefused(417, "Expect")
        head.expects_continue = head.version == b"HTTP/1.1"


def _judge_connection(head: RequestHead, found: list[tuple[int, bytes]]) -> None:
    connection = tokens(value for kind, value in found if kind == CONNECTION)
    if b"close" in connection:
        head.keep_alive = False
    elif head.version == b"HTTP/1.0":
        head.keep_alive = b"keep-alive" in connection
    if b"upgrade" in connection and head.version == b"HTTP/1.1":
        lines = [value for kind, value in found if kind == UPGRADE]
        if len(lines) == 1 and len(wanted := tokens(lines)) == 1:
            head.upgrade = wanted[0]
