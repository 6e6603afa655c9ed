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
REFUSED_UPGRADES = (b"h2c", b"http", b"tls")


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


@frozen(kw_only=True)
class HTTPServer:
    """
    An application that speaks HTTP/1.1 over TCP, TLS or a unix socket.

    `host` is sent instead of the client's Host when it is not empty. With a `signer`
    requests are signed, for which their bodies are read whole.
    """

    settings: UpstreamSettings
    pool: Pool
    hop: Hop
    injector: Injector
    host: bytes
    answerer: Answerer
    signer: Signer | None = None
    websockets: bool = True

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
        fields = self.hop.forwardable(
            request.fields, request.channel.client.address, upgrade=upgrade
        )
        injected = known.request_lines
        if self.injector.merging:
            fields = self.injector.injected(fields, known.request_pairs)
            injected = b""
        self._send(request, known, target, cookies, fields, injected, upgrade)

    def _send(
        self,
        request: FrontRequest,
        known: Known,
        target: bytes,
        cookies: tuple[str, ...],
        fields: list[Pair],
        injected: bytes,
        upgrade: bytes,
        body: bytes | None = None,
    ) -> None:
        head = request.head
        host = self.host or head.host or b"localhost"
        out = [head.method, b" ", target, b" HTTP/1.1\r\nHost: ", host, b"\r\n"]
        unzip = head.method != b"HEAD"
        picky = _KINDS.of
        for name, value in fields:
            out += (name, b": ", value, b"\r\n")
            if picky(name):
                unzip = False
        if head.length == CHUNKED:
            out.append(b"Transfer-Encoding: chunked\r\n")
        if injected:
            out.append(injected)
        if unzip:
            out.append(b"Accept-Encoding: gzip\r\n")
        out.append(b"\r\n")
        errand = Errand(
            b"".join(out),
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
        fields = self.hop.forwardable(request.fields, request.channel.client.address)
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
        self._send(request, known, target, cookies, fields, b"", b"", body)


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
