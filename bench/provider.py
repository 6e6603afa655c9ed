"""
Run the identity provider that the measured programs sign in with.

Usage: provider.py REDIRECT_URI…; it prints its issuer and serves until it is ended.

GET /pace?SECONDS has the token endpoint take so long from now on, and tells how many
calls have been waiting there at once so far.
"""

import os
import sys

from programs import CLIENT_ID, CLIENT_SECRET
from twisted.internet import reactor
from twisted.internet.interfaces import IDelayedCall
from twisted.web.server import NOT_DONE_YET, Request, Site

from oauthproxy.demo.authorization import Client
from oauthproxy.demo.identity import IdentityProvider
from oauthproxy.demo.identity_site import Endpoint, IdentityPages
from oauthproxy.net.clock import ReactorClock

TOKEN_FACTOR = 12
"""Tokens are longer than the demo's, as those of real providers are."""


class PacedPages(IdentityPages):
    """
    A provider whose token endpoint takes its time.
    """

    seconds = 0.0
    waiting = most_waiting = 0

    def site(self) -> Site:
        site = super().site()
        site.resource.putChild(b"pace", Endpoint(get=self.pace))
        return site

    def pace(self, request: Request) -> bytes:
        """
        Change how long the token endpoint takes.
        """
        self.seconds = float(request.uri.partition(b"?")[2])
        most, self.most_waiting = self.most_waiting, 0
        return b"%d" % most

    def token(self, request: Request) -> bytes | int:  # type: ignore[override]
        """
        Answer as always, some time later.
        """
        answer = super().token(request)
        if not self.seconds:
            return answer
        self.waiting += 1
        self.most_waiting = max(self.waiting, self.most_waiting)
        gone = request.notifyFinish()
        later = reactor.callLater(self.seconds, self._answer, request, answer)
        gone.addErrback(lambda _: later.active() and self._forget(later))
        return NOT_DONE_YET

    def _answer(self, request: Request, answer: bytes) -> None:
        self.waiting -= 1
        request.write(answer)
        request.finish()

    def _forget(self, later: IDelayedCall) -> None:
        self.waiting -= 1
        later.cancel()


def main(redirect_uris: list[str]) -> None:
    """
    Listen on a free port, say which, and serve.
    """
    client = Client(
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        redirect_uris=tuple(redirect_uris),
    )
    provider = IdentityProvider(
        issuer="",
        client=client,
        clock=ReactorClock(reactor),
        entropy=lambda size: os.urandom(size * TOKEN_FACTOR),
    )
    site = PacedPages(provider).site()
    port = reactor.listenTCP(0, site, backlog=2048, interface="127.0.0.1")
    provider.issuer = f"http://127.0.0.1:{port.getHost().port}"
    print(provider.issuer, flush=True)
    reactor.run()


if __name__ == "__main__":
    main(sys.argv[1:])
