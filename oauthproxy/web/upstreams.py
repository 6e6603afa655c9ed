"""
The applications behind the proxy, ready to serve.
"""

from typing import Protocol

from attrs import frozen

from oauthproxy.answer import Text
from oauthproxy.net.pool import Pool
from oauthproxy.settings.kinds import SECOND
from oauthproxy.settings.model import UpstreamSettings
from oauthproxy.upstream.headers import Injector
from oauthproxy.upstream.hop import Hop
from oauthproxy.upstream.signature import Signer
from oauthproxy.web.relay import Errand, Relay
from oauthproxy.web.request import FrontRequest
from oauthproxy.web.resource import Answerer, read_body
from oauthproxy.web.session import Known, response_lines
from oauthproxy.wire.fields import Pair, field_bytes, field_text
from oauthproxy.wire.kind import FieldKinds
from oauthproxy.wire.requesthead import CHUNKED

_KINDS = FieldKinds({b"accept-encoding": 1, b"range": 1})
_GAP = frozenset({b"gap-auth", b"gap-signature"})
SIGNED_BODY_LIMIT = 64 << 20
CHUNKS, GZIP = b"Transfer-Encoding: chunked\r\n", b"Accept-Encoding: gzip\r\n"
REFUSED_UPGRADES = (b"h2c", b"http", b"tls")

Forwarded = tuple[bytes, bool]
"""Fields with line ends, and whether they say which encodings or parts are wanted."""


class Server(Protocol):
    """
    Something that answers requests which may pass.
    """

    def serve(
        self,
        request: FrontRequest,
        known: Known,
        target: bytes,
        cookies: tuple[str, ...],
    ) -> None:
        """
        Answer a request; `cookies` are to be set besides.
        """


@frozen(kw_only=True, eq=False)
class HTTPServer:
    """
    An application that speaks HTTP/1.1 over TCP, TLS or a unix socket.

    `host` is sent instead of the client's Host when it is not empty. With a `signer`
    requests are signed, for which their bodies are read whole. Where a proxy is asked
    for the application, `origin` makes targets absolute (RFC 9112, 3.2.2), and
    `origin_lines` are fields for that proxy.
    """

    settings: UpstreamSettings
    pool: Pool
    hop: Hop
    injector: Injector
    host: bytes
    answerer: Answerer
    signer: Signer | None = None
    websockets: bool = True
    origin: bytes = b""
    origin_lines: bytes = b""

    def serve(
        self,
        request: FrontRequest,
        known: Known,
        target: bytes,
        cookies: tuple[str, ...],
    ) -> None:
        """
        Send the request on and its response back.
        """
        request.upstream = self.settings.id
        if self.signer is not None:
            signing = self._sign_and_send(request, known, target, cookies, self.signer)
            self.answerer.drive(request, signing)
            return
        upgrade = self._upgrade(request.head.upgrade)
        if self.injector.merging:
            fields = self._forwardable(request, upgrade)
            fields = self.injector.injected(fields, known.request_pairs)
            forwarded, injected = _forwarded(fields), b""
        else:
            forwarded, injected = (
                self._remembered(request, upgrade),
                known.request_lines,
            )
        self._send(request, known, target, cookies, forwarded, injected, upgrade)

    def _remembered(self, request: FrontRequest, upgrade: bytes) -> Forwarded:
        memo = request.head.memo
        forwarded: Forwarded | None = memo.get(self)
        if forwarded is None:
            fields = self._forwardable(request, upgrade)
            forwarded = memo[self] = _forwarded(fields)
        return forwarded

    def _forwardable(self, request: FrontRequest, upgrade: bytes = b"") -> list[Pair]:
        peer = request.channel.client.address
        return self.hop.forwardable(request.fields, peer, upgrade=upgrade)

    def _send(
        self,
        request: FrontRequest,
        known: Known,
        target: bytes,
        cookies: tuple[str, ...],
        forwarded: Forwarded,
        injected: bytes,
        upgrade: bytes,
        body: bytes | None = None,
    ) -> None:
        head = request.head
        lines, picky = forwarded
        unzip = not picky and head.method != b"HEAD"
        errand = Errand(
            b"".join(
                (
                    head.method,
                    b" ",
                    self.origin,
                    target,
                    b" HTTP/1.1\r\nHost: ",
                    self.host or head.host or b"localhost",
                    b"\r\n",
                    lines,
                    CHUNKS if head.length == CHUNKED else b"",
                    injected,
                    self.origin_lines,
                    GZIP if unzip else b"",
                    b"\r\n",
                )
            ),
            self.settings.timeout / SECOND,
            response_lines(known, cookies),
            self.injector.replaced,
            unzip,
            upgrade,
            body,
        )
        Relay(request, self.pool, errand, self.answerer.fail).start()

    def _upgrade(self, wanted: bytes) -> bytes:
        if not wanted or wanted.partition(b"/")[0] in REFUSED_UPGRADES:
            return b""
        if wanted == b"websocket" and not self.websockets:
            return b""
        return wanted

    async def _sign_and_send(
        self,
        request: FrontRequest,
        known: Known,
        target: bytes,
        cookies: tuple[str, ...],
        signer: Signer,
    ) -> None:
        body = None
        if request.body is not None:
            body = await read_body(request, SIGNED_BODY_LIMIT)
        fields = self._forwardable(request)
        fields = self.injector.injected(fields, known.request_pairs)
        fields = [p for p in fields if p[0].lower() not in _GAP]
        fields.append((b"Gap-Auth", field_bytes(known.username)))
        if request.head.length == CHUNKED and body is not None:
            fields.append((b"Content-Length", b"%d" % len(body)))
            request.head.length = len(body)
        path, query = field_text(target).partition("?")[0], request.scope.query
        signature = signer.sign(
            request.scope.method,
            f"{path}?{query}" if query else path,
            fields,
            body or b"",
        )
        fields.append((b"Gap-Signature", signature.encode()))
        self._send(request, known, target, cookies, _forwarded(fields), b"", b"", body)


def _forwarded(fields: list[Pair]) -> Forwarded:
    out: list[bytes] = []
    picky, kind_of = False, _KINDS.of
    for name, value in fields:
        out += (name, b": ", value, b"\r\n")
        if kind_of(name):
            picky = True
    return b"".join(out), picky


@frozen(kw_only=True)
class StaticServer:
    """
    Answer everything with one status.
    """

    settings: UpstreamSettings
    answerer: Answerer

    def serve(
        self,
        request: FrontRequest,
        known: Known,
        target: bytes,  # noqa: ARG002
        cookies: tuple[str, ...],
    ) -> None:
        """
        Answer.
        """
        request.upstream = self.settings.id
        answer = Text(status=self.settings.static_code, body="Authenticated")
        self.answerer.write(request, answer, before=response_lines(known, cookies))
