"""
The demo's sample application: it shows the request that it received.

Alone: `python -m oauthproxy.demo.application PORT`.
"""

import re
import sys

from attrs import asdict, frozen
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.task import react
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

from oauthproxy.demo.pages import as_json, page, read_body

IDENTITY = re.compile(
    r"(?i)x-forwarded-(user|email|groups|preferred-username|access-token)"
    r"|x-auth-request-.*|authorization|gap-(auth|signature)"
)
SHOWN_VALUE = 160
SHOWN_BODY = 2000
READ_BODY = 16 << 20


@frozen
class Header:
    """
    One header of a request, and whether it says who sent it.
    """

    name: str
    value: str
    identity: bool

    @property
    def shown(self) -> str:
        """
        Return the value, shortened to what a page can show.
        """
        return _shorten(self.value, SHOWN_VALUE)


@frozen(kw_only=True)
class Seen:
    """
    A request as the application received it.
    """

    method: str
    target: str
    headers: tuple[Header, ...]
    body_length: int
    body: str

    def first(self, *names: str) -> str:
        """
        Return the value of the first of these headers that came.
        """
        values = {header.name.lower(): header.value for header in self.headers}
        return next((values[n] for n in names if values.get(n)), "")


class SampleApplication(Resource):
    """
    Show each request: as a page to people, as JSON to who asks for it.
    """

    isLeaf = True

    def __init__(self) -> None:
        Resource.__init__(self)

    def render(self, request: Request) -> bytes:
        """
        Answer any method on any path.
        """
        seen = _see(request)
        if "application/json" in seen.first("accept"):
            return as_json(request, asdict(seen))
        who = seen.first(
            "x-forwarded-preferred-username", "x-forwarded-email", "x-forwarded-user"
        )
        return page(request, "application.html", seen=seen, who=who)


def application_site() -> Site:
    """
    Return the sample application as something that can listen.
    """
    site = Site(SampleApplication(), parsePOSTFormSubmission=False)
    site.displayTracebacks = False
    return site


def _see(request: Request) -> Seen:
    headers = [
        Header(name, value.decode("utf-8", "replace"), bool(IDENTITY.fullmatch(name)))
        for raw, values in request.requestHeaders.getAllRawHeaders()
        for name in (raw.decode("ascii", "replace"),)
        for value in values
    ]
    body = read_body(request, READ_BODY)
    return Seen(
        method=request.method.decode("ascii", "replace"),
        target=request.uri.decode("ascii", "replace"),
        headers=tuple(sorted(headers, key=lambda h: (not h.identity, h.name))),
        body_length=len(body),
        body=_shorten(body.decode("utf-8", "replace"), SHOWN_BODY),
    )


def _shorten(text: str, size: int) -> str:
    return text if len(text) <= size else text[:size] + " …"


async def _serve(reactor: object, port: str) -> None:
    from twisted.internet.defer import Deferred

    endpoint = TCP4ServerEndpoint(reactor, int(port), interface="127.0.0.1")
    await endpoint.listen(application_site())
    print(f"The sample application listens on http://127.0.0.1:{port}", flush=True)
    await Deferred()


if __name__ == "__main__":
    react(_serve, sys.argv[1:2] or ["8080"])
