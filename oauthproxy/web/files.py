"""
A folder as an upstream: files, parts of files, and lists of what is there.

Rule 1: nothing outside of the folder is served, whatever the target or a link says, and
nothing but plain files and folders. Links alone can be let lead out.
Rule 2: every method reads; there is nothing else to do here.
Rule 3: a file's type is that of its name, or of its first bytes; compressed files are
what they are, not an encoding of something else.
"""

import os
import stat
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from attrs import frozen
from twisted.web import server, static
from twisted.web.resource import Resource, getChildForRequest

from oauthproxy.settings.model import UpstreamSettings
from oauthproxy.web.request import FrontRequest
from oauthproxy.web.session import Known, response_lines
from oauthproxy.wire.sniff import SNIFFED_BYTES, content_type

MOST_RANGES = 16
"""A request for more parts of a file gets the whole file."""


@frozen(kw_only=True)
class FileServer:
    """
    Serve the files of a folder.
    """

    settings: UpstreamSettings
    folder: static.File

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
        settings = self.settings
        request.upstream = settings.id
        request.extra_lines = response_lines(known, cookies)
        below = b"" if settings.rewrite_target else settings.path.encode().rstrip(b"/")
        path = target.partition(b"?")[0]
        child: Any = _Folder.childNotFound
        if path.startswith(below) and b"//" not in path:
            request.prepath = [part for part in below.split(b"/") if part]
            segments = path[len(below) + 1 :].split(b"/")
            request.postpath = [unquote_to_bytes(segment) for segment in segments]
            child = getChildForRequest(self.folder, request)
        server.Request.render(request, _Read(child))


def folder(path: str, *, links_lead_out: bool = False) -> static.File:
    """
    Return the resource of a folder, whose links may lead out of it where said so.
    """
    made: static.File = (_LinkedFolder if links_lead_out else _Folder)(path)
    return made


class _Read(Resource):
    """
    Reads a stock resource, whatever the method.
    """

    def __init__(self, stock: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._stock = stock

    def render(self, request: Any) -> Any:
        """
        Answer as to a GET, without a body as to a HEAD.
        """
        if self._wants_too_much(request.getHeader(b"range")):
            request.requestHeaders.removeHeader(b"range")
        read = getattr(self._stock, "render_GET", self._stock.render)
        return read(request)

    def _wants_too_much(self, ranges: bytes | None) -> bool:
        return ranges is not None and (
            ranges.count(b",") >= MOST_RANGES or not ranges.isascii()
        )


class _Failure(Resource):
    """
    Answers with an error in plain text.
    """

    isLeaf = True

    def __init__(self, status: int, text: bytes) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._status = status
        self._text = text

    def render(self, request: Any) -> bytes:
        """
        Answer.
        """
        request.setResponseCode(self._status)
        request.setHeader(b"Content-Type", b"text/plain; charset=utf-8")
        request.setHeader(b"X-Content-Type-Options", b"nosniff")
        return self._text


def _with_charset(kind: str) -> str:
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


_TYPES = {
    extension: _with_charset(kind)
    for extension, kind in static.File.contentTypes.items()
}
_ENCODINGS: dict[str, str] = {}


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class _Folder(static.File):
    """
    A folder, or a file in it.
    """

    contentTypes = _TYPES
    contentEncodings = _ENCODINGS
    childNotFound: Any = _Failure(404, b"404 page not found\n")
    forbidden: Any = _Failure(403, b"403 Forbidden\n")
    links_lead_out = False

    def getChild(self, path: bytes, request: Any) -> Any:
        """
        Return the file or folder below, or what is not found.
        """
        if b"\0" in path or not _is_utf8(path):
            # The base class would log a traceback for whoever asks.
            return self.childNotFound
        child = super().getChild(path, request)  # type: ignore[no-untyped-call]
        if isinstance(child, static.File) and not self._has(child):
            return self.childNotFound
        return child

    def _has(self, child: static.File) -> bool:
        root, path = os.path.realpath(self.path), os.path.realpath(child.path)
        try:
            mode = Path(path).stat().st_mode
        except OSError:
            return False
        inside = path == root or path.startswith(root.rstrip("/") + "/")
        plain = stat.S_ISREG(mode) or stat.S_ISDIR(mode)
        return plain and (inside or self.links_lead_out)

    def render_GET(self, request: Any) -> Any:
        """
        Answer with the file.
        """
        if self.type is None:
            self.type, self.encoding = self._kind(), None
        return super().render_GET(request)  # type: ignore[no-untyped-call]

    def _kind(self) -> str:
        named = self.contentTypes.get(self.splitext()[1].lower())
        if named is not None or not self.isfile():
            return named or ""
        try:
            with self.open() as file:
                return content_type(file.read(SNIFFED_BYTES))
        except OSError:
            return "application/octet-stream"


class _LinkedFolder(_Folder):
    """
    A folder whose links are followed wherever they lead.
    """

    links_lead_out = True
