"""
What the demo's identity provider lets clients ask for.
"""

from base64 import b64encode

import pytest

from oauthproxy.demo.authorization import (
    AuthorizationRefused,
    Client,
    LoginRequest,
    client_credentials,
    read_login_request,
)

CALLBACK = "http://127.0.0.1:1234/oauth2/callback"
CLIENT = Client(client_id="demo", client_secret="s3", redirect_uris=(CALLBACK,))
GOOD = {
    "client_id": "demo",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "openid email",
    "state": "st",
    "nonce": "n",
}


def test_login_request_is_read_from_its_query():
    """State, nonce and return address are kept for later."""
    request = read_login_request(GOOD, CLIENT)

    assert request == LoginRequest(redirect_uri=CALLBACK, state="st", nonce="n")


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "other"},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": "https://evil.example/"},
        {"response_type": "token"},
        {"scope": "email"},
        {"code_challenge": "abc"},
        {"code_challenge": "abc", "code_challenge_method": "plain"},
    ],
)
def test_login_request_is_refused_when_anything_is_unexpected(wrong):
    """Nobody is sent anywhere with a request that is not exactly right."""
    with pytest.raises(AuthorizationRefused):
        read_login_request(GOOD | wrong, CLIENT)


def test_answer_carries_code_and_state_back():
    """The browser returns to the client with the code and the client's state."""
    request = LoginRequest(redirect_uri=CALLBACK + "?a=b", state="x y")

    assert request.answer(code="c") == CALLBACK + "?a=b&code=c&state=x+y"


def test_verifier_must_fit_the_challenge():
    """The example of RFC 7636, appendix B."""
    request = LoginRequest(
        redirect_uri=CALLBACK, challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )

    assert request.unlocked_by("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert not request.unlocked_by("")
    assert not request.unlocked_by("another")


def test_verifier_without_a_challenge_is_refused():
    """A verifier that nobody announced belongs to another login."""
    assert not LoginRequest(redirect_uri=CALLBACK).unlocked_by("surprise")


def test_client_credentials_come_from_header_or_body():
    """Both ways of RFC 6749, 2.3.1 are understood; the header wins."""
    basic = "Basic " + b64encode(b"de%2Bmo:s%203").decode()
    form = {"client_id": "demo", "client_secret": "s3"}

    assert client_credentials(form, "") == ("demo", "s3")
    assert client_credentials(form, basic) == ("de+mo", "s 3")
    assert client_credentials({}, "Basic !!!") == ("", "")
