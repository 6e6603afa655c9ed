"""
The demo's pages, asked over HTTP without a network.
"""

import json
import os
import re
from urllib.parse import urlencode

import pytest
from twisted.internet.testing import StringTransport

from oauthproxy.demo.application import application_site
from oauthproxy.demo.authorization import Client
from oauthproxy.demo.identity import IdentityProvider
from oauthproxy.demo.identity_site import IdentityPages
from tests.unit.driver import FakeClock

CALLBACK = "http://127.0.0.1:1234/oauth2/callback"
CLIENT = Client(client_id="demo", client_secret="s3", redirect_uris=(CALLBACK,))
LOGIN = {
    "client_id": "demo",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "openid",
    "state": '"><script>',
}


@pytest.fixture(scope="module")
def identity():
    provider = IdentityProvider(
        issuer="http://127.0.0.1:99",
        client=CLIENT,
        clock=FakeClock(),
        entropy=os.urandom,
    )
    return IdentityPages(provider).site()


def ask(site, method, target, *fields, body=""):
    """Return status, head and body of the answer to one request."""
    head = [f"{method} {target} HTTP/1.1", "Host: here", "Connection: close", *fields]
    if body:
        head.append(f"Content-Length: {len(body)}")
    channel, transport = site.buildProtocol(None), StringTransport()
    channel.makeConnection(transport)
    channel.dataReceived(("\r\n".join(head) + "\r\n\r\n" + body).encode())
    head, _, text = transport.value().decode().partition("\r\n\r\n")
    return int(head.split()[1]), head, text


def test_discovery_names_endpoints_below_the_issuer(identity):
    """Every endpoint that discovery names is one of ours."""
    _, _, body = ask(identity, "GET", "/.well-known/openid-configuration")

    found = json.loads(body)
    urls = [value for name, value in found.items() if name.endswith(("point", "uri"))]
    assert len(urls) == 5
    assert all(url.startswith(found["issuer"] + "/") for url in urls)


def test_login_page_asks_for_a_name_and_escapes_what_it_was_given(identity):
    """What stands in the query cannot become part of the page."""
    status, head, body = ask(identity, "GET", "/authorize?" + urlencode(LOGIN))

    assert status == 200
    assert 'name="password"' in body
    assert "<script>" not in body
    assert "content-security-policy: default-src 'none'" in head.lower()


def test_right_password_leads_back_to_the_client(identity):
    """The browser goes back with a code and the state."""
    form = LOGIN | {"username": "bob", "password": "demo", "state": "s t"}

    status, head, _ = ask(identity, "POST", "/authorize", body=urlencode(form))

    assert status == 303
    assert re.search(rf"Location: {CALLBACK}\?code=[\w-]+&state=s\+t\r\n", head)


def test_wrong_password_asks_again(identity):
    """The form comes back with the name that was tried and says what is wrong."""
    form = LOGIN | {"username": "bob", "password": "1234"}

    status, _, body = ask(identity, "POST", "/authorize", body=urlencode(form))

    assert status == 403
    assert 'role="alert"' in body
    assert 'value="bob"' in body


def test_foreign_return_address_goes_nowhere(identity):
    """An unknown redirect address gets a page, never a redirect (RFC 6749, 3.1.2.4)."""
    form = LOGIN | {"redirect_uri": "https://evil.example/"}
    good = form | {"username": "bob", "password": "demo"}

    asked = ask(identity, "GET", "/authorize?" + urlencode(form))
    answered = ask(identity, "POST", "/authorize", body=urlencode(good))

    assert [asked[0], answered[0]] == [400, 400]
    assert "Location" not in asked[1] + answered[1]


def test_token_endpoint_wants_the_client_secret(identity):
    """Without the secret there is a 401 and no token."""
    status, _, body = ask(identity, "POST", "/token", body="grant_type=x")

    assert status == 401
    assert json.loads(body) == {"error": "invalid_client"}


def test_userinfo_wants_an_access_token(identity):
    """Without a token there is a 401 that says so."""
    status, head, _ = ask(identity, "GET", "/userinfo")

    assert status == 401
    assert "WWW-Authenticate: Bearer" in head


def test_application_marks_identity_headers():
    """A person sees at once what the proxy added."""
    fields = ("X-Forwarded-Preferred-Username: alice", "Accept: text/html")

    _, _, body = ask(application_site(), "GET", "/", *fields)

    assert "Hello, alice" in body
    assert body.count('<tr class="identity">') == 1


def test_application_shows_requests_as_json_to_programs():
    """Who asks for JSON gets method, target, headers and body."""
    body = "a=%3Cb%3E"

    _, _, answer = ask(
        application_site(), "PUT", "/p?q=1", "Accept: application/json", body=body
    )

    seen = json.loads(answer)
    assert (seen["method"], seen["target"]) == ("PUT", "/p?q=1")
    assert (seen["body"], seen["body_length"]) == (body, len(body))
    assert {"name": "Host", "value": "here", "identity": False} in seen["headers"]


def test_application_escapes_what_it_shows():
    """A header's value is text, not part of the page."""
    _, _, body = ask(application_site(), "GET", "/", "X-Forwarded-User: <script>")

    assert "<script>" not in body
