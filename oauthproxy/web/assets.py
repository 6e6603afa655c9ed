"""
The files that our own pages use, below `PREFIX/static/`.
"""

from twisted.web import resource
from twisted.web.server import NOT_DONE_YET

from oauthproxy.answer import NO_CACHE, Text
from oauthproxy.pages.renderer import Pages
from oauthproxy.web.request import FrontRequest
from oauthproxy.web.resource import Answerer


class StaticResource(resource.Resource):
    """
    Serve the embedded files by their exact names.
    """

    isLeaf = True

    def __init__(self, answerer: Answerer, pages: Pages, prefix: bytes) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._answerer = answerer
        self._pages = pages
        self._prefix = prefix

    def render(self, request: FrontRequest) -> int:
        """
        Answer with the file, or with 404.
        """
        name = request.path.removeprefix(self._prefix).decode("latin-1")
        file = self._pages.static(name)
        if file is None:
            missing = Text(
                status=404,
                body="404 page not found\n",
                nosniff=True,
                fields=NO_CACHE[1:],
            )
            self._answerer.write(request, missing)
            return NOT_DONE_YET
        lines = [
            *(f"{name}: {value}\r\n".encode() for name, value in NO_CACHE),
            b"Accept-Ranges: bytes\r\n",
            f"Content-Type: {file.content_type}\r\n".encode(),
            b"Content-Length: %d\r\n" % len(file.body),
            b"Date: %b\r\n" % request.site.sweeper.date,
        ]
        head = request.send_head(200, lines, "length")
        if request.method != b"HEAD":
            head.append(request.frame(file.body))
        request.channel.write(b"".join(head))
        request.end()
        return NOT_DONE_YET
