"""
The proxy of the demo is configured as its pages promise.
"""

from oauthproxy.demo.address import Address
from oauthproxy.demo.authorization import Client
from oauthproxy.demo.command import proxy_settings, run
from oauthproxy.demo.people import USERS

CLIENT = Client(client_id="demo", client_secret="s3", redirect_uris=())
PROVIDER, APPLICATION = "http://127.0.0.1:2", "http://127.0.0.1:3"


def settings():
    """Return the settings of a demo."""
    address = Address(host="127.0.0.1", port=1)
    return proxy_settings(address, CLIENT, PROVIDER, APPLICATION)


def test_proxy_stands_between_provider_and_application():
    """The settings lead to the two other servers, and listen where they were told."""
    found = settings()

    assert found.server.bind_address == "127.0.0.1:1"
    assert [upstream.uri for upstream in found.upstreams] == [APPLICATION]
    assert [provider.oidc.issuer_url for provider in found.providers] == [PROVIDER]


def test_only_one_organisation_is_let_in():
    """Alice and Bob may come in; Carol shows what happens to others."""
    domains = settings().access.email_domains

    admitted = [u.username for u in USERS if u.email.partition("@")[2] in domains]
    assert admitted == ["alice", "bob"]


def test_secrets_differ_from_demo_to_demo():
    """A cookie of one demo is worth nothing to the next."""
    first, second = settings(), settings()

    assert first.cookie.cookie_secret != second.cookie.cookie_secret


def test_demo_refuses_in_one_line(capsys):
    """Who wants to show the demo to others is told why not, with status 1."""
    status = run(["--http-address=0.0.0.0:80"])

    said = capsys.readouterr().err
    assert status == 1
    assert said.startswith("oauthproxy demo: ")
    assert said.count("\n") == 1


def test_demo_explains_itself(capsys):
    """--help says what the demo is."""
    status = run(["--help"])

    assert status == 0
    assert "oauthproxy demo" in capsys.readouterr().out
