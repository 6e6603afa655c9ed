"""
Run `oauthproxy demo`: three servers on this machine, and a few lines that say where.

The proxy in the middle is the real one, configured as one would configure it.
"""

import os
import secrets
import socket
import sys
from collections.abc import Sequence
from typing import Any

from twisted.web.server import Site

from oauthproxy.demo.address import LOOPBACK, Address, DemoRefused, read_address
from oauthproxy.demo.application import application_site
from oauthproxy.demo.authorization import Client
from oauthproxy.demo.identity import IdentityProvider
from oauthproxy.demo.identity_site import IdentityPages
from oauthproxy.demo.people import PASSWORD, USERS
from oauthproxy.net.clock import ReactorClock
from oauthproxy.service.proxy import Place
from oauthproxy.service.start import bound, serve_here
from oauthproxy.settings.load import load
from oauthproxy.settings.model import Settings

USAGE = """\
Usage: oauthproxy demo [--http-address=ADDRESS:PORT]

Runs the proxy between a small identity provider and a sample application, on this
machine only, to look at. Without an address it takes a free port of 127.0.0.1.
"""
INTRODUCTION = """
  oauthproxy demo: to look at, not to use

      {proxy}/

  Open this address and sign in as {users}; the password of all is “{password}”.

  Behind the proxy is a sample application, {application}
  People sign in at an identity provider, {provider}

  Press Ctrl-C to end. What follows is the log of the proxy.
"""


def run(arguments: Sequence[str]) -> int:
    """
    Run the demo until it is interrupted; return the exit status. Raises SettingsError.
    """
    if "--help" in arguments or "-h" in arguments:
        print(USAGE, end="")
        return 0
    try:
        return _serve(_with_port(read_address(arguments)))
    except DemoRefused as problem:
        print(f"oauthproxy demo: {problem}", file=sys.stderr)
        return 1


def proxy_settings(
    address: Address, client: Client, provider: str, application: str
) -> Settings:
    """
    Return the settings of the proxy, read from flags as in real life.
    """
    flags = {
        "http-address": str(address),
        "upstream": application,
        "provider": "oidc",
        "provider-display-name": "the demo provider",
        "oidc-issuer-url": provider,
        "client-id": client.client_id,
        "client-secret": client.client_secret,
        "code-challenge-method": "S256",
        "insecure-oidc-skip-nonce": "false",
        "email-domain": "example.com",
        "cookie-name": "_oauthproxy_demo",
        "cookie-secret": secrets.token_urlsafe(32),
        "cookie-secure": "false",
        "cookie-samesite": "lax",
    }
    return load([f"--{name}={value}" for name, value in flags.items()], {}, _no_file)


def _serve(address: Address) -> int:
    from twisted.internet import reactor

    client = Client(
        client_id="demo",
        client_secret=secrets.token_urlsafe(24),
        redirect_uris=(f"http://{address}/oauth2/callback",),
    )
    application = _listen(reactor, application_site())
    provider = _listen_for_people(reactor, client)
    settings = proxy_settings(address, client, provider, application)
    place = Place(doors=bound(settings))
    print(_introduction(address, application, provider), flush=True)
    return serve_here(settings, lambda: settings, place)


def _introduction(address: Address, application: str, provider: str) -> str:
    names = [user.username for user in USERS]
    return INTRODUCTION.format(
        proxy=f"http://{address}",
        users=f"{', '.join(names[:-1])} or {names[-1]}",
        password=PASSWORD,
        application=application,
        provider=provider,
    )


def _listen(reactor: Any, site: Site) -> str:
    port = reactor.listenTCP(0, site, interface=LOOPBACK)
    return f"http://{LOOPBACK}:{port.getHost().port}"


def _listen_for_people(reactor: Any, client: Client) -> str:
    provider = IdentityProvider(
        issuer="", client=client, clock=ReactorClock(reactor), entropy=os.urandom
    )
    provider.issuer = _listen(reactor, IdentityPages(provider).site())
    return provider.issuer


def _with_port(address: Address) -> Address:
    """
    Choose a free port where none was asked for: both sides of the login must know it
    before anybody listens.
    """
    if address.port:
        return address
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((address.host, 0))
        port: int = probe.getsockname()[1]
    return Address(host=address.host, port=port)


def _no_file(path: str) -> bytes:
    raise FileNotFoundError(path)
