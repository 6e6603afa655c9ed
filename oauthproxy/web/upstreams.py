"""
The applications behind the proxy, ready to serve.
"""

from collections.abc import Callable
from typing import Any, Protocol

from attrs import frozen
from twisted.web.static import File

from oauthproxy.answer import Text
from oauthproxy.errors import ProxyError
from oauthproxy.net.pool import Pool
from oauthproxy.settings.kinds import SECOND
from oauthproxy.settings.model import UpstreamSettings
from oauthproxy.upstream.headers import Injector
from oauthproxy.upstream.hop import Hop
from oauthproxy.web.relay import Errand, Relay
from oauthproxy.web.request import FrontRequest
from oauthproxy.web.resource import Answerer
from oauthproxy.web.session import Known
from oauthproxy.wire.fields import field_bytes
from oauthproxy.wire.requesthead import CHUNKED

_ENCODINGS = frozenset({b"Accept-Encoding", b"accept-encoding", b"Range", b"range"})
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


def response_lines(known: Known, cookies: tuple[str, ...]) -> bytes:
    """
    Return the fields that a response carries because of its session.
    """
    if not cookies:
        return known.response_lines
    lines = [b"Set-Cookie: %b\r\n" % field_bytes(cookie) for cookie in cookies]
    return known.response_lines + b"".join(lines)


@frozen(kw_only=True)
class HTTPServer:
    """
    An application that speaks HTTP/1.1 over TCP, TLS or a unix socket.

    `host` is sent instead of the client's Host when it is not empty.
    """

    settings: UpstreamSettings
    pool: Pool
    hop: Hop
    injector: Injector
    host: bytes
    failed: Callable[[FrontRequest, ProxyError], None]

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
        head = request.head
        upgrade = head.upgrade
        if upgrade and upgrade.partition(b"/")[0] in REFUSED_UPGRADES:
            upgrade = b""
        fields = self.hop.forwardable(
            request.fields, request.channel.client.address, upgrade=bool(upgrade)
        )
        injected = known.request_lines
        if self.injector.merging:
            fields = self.injector.injected(fields, known.request_pairs)
            injected = b""
        host = self.host or head.host or b"localhost"
        out = [head.method, b" ", target, b" HTTP/1.1\r\nHost: ", host, b"\r\n"]
        unzip = head.method != b"HEAD"
        for name, value in fields:
            out += (name, b": ", value, b"\r\n")
            if name in _ENCODINGS:
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
            self.injector.replaced if known.session is not None else frozenset(),
            unzip,
            upgrade,
        )
        Relay(request, self.pool, errand, self.failed).start()


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


class _Folder(File):
    """
    A folder that never leads outside of itself, whatever links it holds.
    """

    def getChild(self, path: Any, request: Any) -> Any:
        """
        Return the file or folder below, or what is not found.
        """
        child = super().getChild(path, request)  # type: ignore[no-untyped-call]
        if isinstance(child, File) and not _is_inside(child, self):
            return self.childNotFound
        return child


def _is_inside(child: File, folder: File) -> bool:
    root = folder.realpath().path
    path = child.realpath().path
    return bool(path == root or path.startswith(root.rstrip("/") + "/"))


@frozen(kw_only=True)
class FileServer:
    """
    Serve the files of a folder.
    """

    settings: UpstreamSettings
    folder: File
    answerer: Answerer

    def serve(
        self,
        request: FrontRequest,
        known: Known,
        target: bytes,
        cookies: tuple[str, ...],
    ) -> None:
        """
        Answer with a file, a part of it, or a list of what is there.
        """
        request.upstream = self.settings.id
        request.render_folder(
            self.folder,
            target,
            self.settings.path,
            response_lines(known, cookies),
        )


def folder(path: str) -> File:
    """
    Return the resource of a folder.
    """
    made: File = _Folder(path)
    return made
