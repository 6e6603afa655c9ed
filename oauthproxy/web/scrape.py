"""
The metrics listener: every path and method answers with the metrics.
"""

from twisted.web import resource
from twisted.web.server import NOT_DONE_YET

from oauthproxy.metrics import Exposition
from oauthproxy.web.request import FrontRequest
from oauthproxy.wire.fields import field_bytes
from oauthproxy.wire.form import FormError, parse_query


class ScrapeResource(resource.Resource):
    """
    Answer a scrape.
    """

    isLeaf = True

    def __init__(self, exposition: Exposition) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._exposition = exposition

    def render(self, request: FrontRequest) -> int:
        """
        Answer.
        """
        scope = request.scope
        try:
            names = parse_query(scope.query).all("name[]")
        except FormError:
            names = []
        body, fields = self._exposition.exposition(
            scope.fields.text("Accept-Encoding"), names
        )
        lines = [f"{name}: {value}\r\n".encode() for name, value in fields]
        lines.append(b"Content-Length: %d\r\n" % len(body))
        lines.append(b"Date: %b\r\n" % field_bytes(request.site.sweeper.date.decode()))
        head = request.send_head(200, lines, "length")
        if request.method != b"HEAD":
            head.append(request.frame(body))
        request.channel.write(b"".join(head))
        request.end()
        return NOT_DONE_YET


class NoJournal:
    """
    Scrapes are not written down.
    """

    def answered(self, request: FrontRequest) -> None:
        """
        Hear of a scrape.
        """

    def refused(self, peer: object, status: int) -> None:
        """
        Hear of bytes that were no request.
        """
