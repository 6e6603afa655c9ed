"""
Codes and tokens of the demo's identity provider.
"""

import json

import pytest
from jwcrypto.jwk import JWK, JWKSet
from jwcrypto.jws import JWS

from oauthproxy.demo.authorization import Client, LoginRequest
from oauthproxy.demo.identity import IdentityProvider, TokenRefused
from oauthproxy.demo.people import PASSWORD, find_user
from oauthproxy.settings.kinds import SECOND
from tests.unit.driver import CountingEntropy, FakeClock

CALLBACK = "http://127.0.0.1:1234/oauth2/callback"
CLIENT = Client(client_id="demo", client_secret="s3", redirect_uris=(CALLBACK,))
KEY = JWK.generate(kty="RSA", size=2048, kid="demo", use="sig")
ALICE = find_user("alice", PASSWORD)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def provider(clock):
    return IdentityProvider(
        issuer="http://127.0.0.1:99",
        client=CLIENT,
        clock=clock,
        entropy=CountingEntropy(),
        key=KEY,
    )


def form_for(provider, **changes):
    request = LoginRequest(redirect_uri=CALLBACK, nonce="n-1")
    location = provider.admit(request, ALICE)
    return {
        "grant_type": "authorization_code",
        "code": location.partition("code=")[2],
        "redirect_uri": CALLBACK,
        "client_id": "demo",
        "client_secret": "s3",
    } | changes


def test_id_token_is_signed_by_the_published_key(provider, clock):
    """A client can verify the ID token with nothing but the key set."""
    tokens = provider.redeem(form_for(provider), "")

    token = JWS()
    token.deserialize(tokens["id_token"])
    token.verify(JWKSet.from_json(json.dumps(provider.keys())).get_key("demo"))
    claims = json.loads(token.payload)
    assert claims["iss"] == provider.issuer
    assert claims["aud"] == "demo"
    assert claims["nonce"] == "n-1"
    assert claims["iat"] == clock.time // SECOND
    assert claims["email"] == "alice@example.com"
    assert claims["groups"] == ["staff", "administrators"]


def test_published_keys_hold_nothing_private(provider):
    """The private exponent stays here."""
    (key,) = provider.keys()["keys"]

    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}


def test_code_works_once(provider):
    """A code that was redeemed is worth nothing any more."""
    form = form_for(provider)
    provider.redeem(form, "")

    with pytest.raises(TokenRefused, match="invalid_grant"):
        provider.redeem(form, "")


def test_code_is_worth_nothing_after_a_minute(provider, clock):
    """A code that was not redeemed in time is refused."""
    form = form_for(provider)
    clock.time += 60 * SECOND

    with pytest.raises(TokenRefused, match="invalid_grant"):
        provider.redeem(form, "")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"client_secret": "guess"}, "invalid_client"),
        ({"client_id": "other"}, "invalid_client"),
        ({"redirect_uri": CALLBACK + "x"}, "invalid_grant"),
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code": "guess"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_token_request_is_refused_when_anything_is_wrong(provider, wrong, code):
    """Each kind of mistake has the error code of RFC 6749, 5.2."""
    with pytest.raises(TokenRefused, match=code):
        provider.redeem(form_for(provider, **wrong), "")


def test_access_token_opens_userinfo(provider):
    """Userinfo tells what the ID token told about the same user."""
    tokens = provider.redeem(form_for(provider), "")

    claims = provider.userinfo("Bearer " + tokens["access_token"])

    assert ALICE is not None
    assert claims == ALICE.claims()


@pytest.mark.parametrize("name", ["id_token", "refresh_token"])
def test_other_tokens_do_not_open_userinfo(provider, name):
    """Only an access token is an access token."""
    tokens = provider.redeem(form_for(provider), "")

    assert provider.userinfo("Bearer " + tokens[name]) is None


def test_refresh_token_gives_new_tokens_once(provider):
    """A refresh token is replaced by the one that comes with the new tokens."""
    first = provider.redeem(form_for(provider), "")
    form = {
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
        "client_id": "demo",
        "client_secret": "s3",
    }

    second = provider.redeem(form, "")

    assert second["access_token"] != first["access_token"]
    with pytest.raises(TokenRefused, match="invalid_grant"):
        provider.redeem(form, "")


def test_nobody_signs_in_with_a_wrong_password():
    """The password on the page is the only one."""
    assert find_user("Alice ", PASSWORD) is ALICE
    assert find_user("alice", "x") is None
    assert find_user("mallory", PASSWORD) is None
