"""
Run the identity provider that the measured programs sign in with.

Usage: provider.py REDIRECT_URI…; it prints its issuer and serves until it is ended.
"""

import os
import sys

from programs import CLIENT_ID, CLIENT_SECRET
from twisted.internet import reactor

from oauthproxy.demo.authorization import Client
from oauthproxy.demo.identity import IdentityProvider
from oauthproxy.demo.identity_site import IdentityPages
from oauthproxy.net.clock import ReactorClock

TOKEN_FACTOR = 12
"""Tokens are longer than the demo's, as those of real providers are."""


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
    port = reactor.listenTCP(0, IdentityPages(provider).site(), interface="127.0.0.1")
    provider.issuer = f"http://127.0.0.1:{port.getHost().port}"
    print(provider.issuer, flush=True)
    reactor.run()


if __name__ == "__main__":
    main(sys.argv[1:])
