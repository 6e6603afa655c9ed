"""
How we prove at a token endpoint who we are.
"""

import json
from typing import Any

import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from oauthproxy.errors import SettingsError
from oauthproxy.providers.assertion import JWT_BEARER, Signer, read_private_key
from oauthproxy.providers.client import Announced, Client
from oauthproxy.settings.kinds import SECOND
from tests.unit.driver import CountingEntropy, FakeClock, run
from tests.unit.login.desk import Desk, login_query
from tests.unit.providers.idp import ISSUER, IdP, ec_key, public, rsa_key, tokens
from tests.unit.providers.making import client

TOKEN_URL = f"{ISSUER}/token"
ALL = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")


def keyed(key: JWK, secret: str = "", **more: Any) -> Client:
    return Client(
        id="cid",
        secret=lambda: secret,
        signer=Signer(key=key, **more),
        clock=FakeClock(),
        entropy=CountingEntropy(),
    )


@pytest.mark.parametrize("method", ALL)
def test_a_configured_method_is_the_only_one(method: str) -> None:
    """
    Whatever the provider announces.
    """
    announced = Announced(methods=("client_secret_post",))

    assert client("s", method=method).methods(announced) == (method,)


@pytest.mark.parametrize(
    ("announced", "secret", "methods"),
    [
        ((), "", ("private_key_jwt",)),
        (("client_secret_basic",), "", ("private_key_jwt",)),
        (ALL, "s", ("private_key_jwt",)),
        ((), "s", ("client_secret_basic", "client_secret_post")),
        (("client_secret_post",), "s", ("client_secret_post", "client_secret_basic")),
    ],
)
def test_a_key_is_used_where_it_is_announced(
    announced: tuple[str, ...], secret: str, methods: tuple[str, ...]
) -> None:
    """
    Or where there is no secret that could be used instead.
    """
    found = keyed(rsa_key(), secret).methods(Announced(methods=announced))

    assert found == methods


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (rsa_key(), "RS256"),
        (ec_key(), "ES256"),
        (ec_key("e3", "P-384"), "ES384"),
        (ec_key("e5", "P-521"), "ES512"),
        (JWK.generate(kty="OKP", crv="Ed25519", kid="d1"), "EdDSA"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_assertion_is_signed(key: JWK, algorithm: str) -> None:
    """
    It names the client and the token endpoint, is new and soon too old (RFC 7523, 3).
    """
    proof = keyed(key, key_id="k9").proof("private_key_jwt", TOKEN_URL)

    form = dict(proof.form)
    assert (form["client_id"], form["client_assertion_type"]) == ("cid", JWT_BEARER)
    assert proof.fields == ()
    token = JWS()
    token.allowed_algs = [algorithm]
    token.deserialize(form["client_assertion"], JWK(**public(key)))
    header, claims = token.jose_header, json.loads(token.payload)
    assert (header["alg"], header["kid"]) == (algorithm, "k9")
    now = FakeClock().now() // SECOND
    assert claims.pop("jti")
    assert claims == {
        "iss": "cid",
        "sub": "cid",
        "aud": TOKEN_URL,
        "iat": now,
        "exp": now + 300,
    }


@pytest.mark.parametrize(
    ("key", "wanted", "algorithm"),
    [
        (rsa_key(), ("ES256", "PS256"), "PS256"),
        (rsa_key(), ("RS512", "RS256"), "RS256"),
        (rsa_key(), ("ES256",), "RS256"),
        (ec_key(), ("PS256",), "ES256"),
    ],
    ids=["PSS", "the usual", "none that it can", "another kind"],
)
def test_the_algorithm_is_one_that_is_taken(
    key: JWK, wanted: tuple[str, ...], algorithm: str
) -> None:
    """
    As far as the key is for it.
    """
    announced = Announced(algorithms=wanted)
    form = dict(keyed(key).proof("private_key_jwt", TOKEN_URL, announced).form)
    token = JWS()
    token.allowed_algs = [algorithm]

    token.deserialize(form["client_assertion"], JWK(**public(key)))

    assert token.jose_header["alg"] == algorithm


def test_each_assertion_is_another() -> None:
    """
    A provider may refuse an id that it has seen.
    """
    one = keyed(rsa_key())

    assert one.proof("private_key_jwt", TOKEN_URL) != one.proof(
        "private_key_jwt", TOKEN_URL
    )


def test_without_an_id_the_key_is_not_named() -> None:
    """
    No `kid` is better than an empty one.
    """
    form = dict(keyed(rsa_key()).proof("private_key_jwt", TOKEN_URL).form)
    token = JWS()
    token.deserialize(form["client_assertion"])

    assert "kid" not in token.jose_header


@pytest.mark.parametrize(
    "pem",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"-----BEGIN PRIVATE KEY-----\nSECRET\n", id="broken"),
        pytest.param(rsa_key().export_to_pem(), id="public"),
        pytest.param(
            JWK.generate(kty="OKP", crv="X25519").export_to_pem(
                private_key=True, password=None
            ),
            id="for encryption",
        ),
    ],
)
def test_other_files_are_no_keys(pem: bytes) -> None:
    """
    What cannot sign ends the start, and is not quoted.
    """
    with pytest.raises(SettingsError) as caught:
        read_private_key(pem, "client_assertion_key_file")

    (problem,) = caught.value.problems
    assert problem.startswith("client_assertion_key_file: not a private")
    assert "SECRET" not in problem


def test_a_public_client_uses_pkce() -> None:
    """
    Even where the provider does not announce it (RFC 9700, 2.1.1).
    """
    desk = Desk(token_endpoint_auth_method="none", client_secret="")
    desk.idp.at(TOKEN_URL, tokens("x"), method="POST")

    sent = login_query(desk.start())
    desk.callback(f"code=c&state={sent['state']}")

    assert sent["code_challenge_method"] == "S256"
    (request,) = desk.idp.asked(TOKEN_URL)
    form = dict(request.form or ())
    assert form["client_id"] == "cid"
    assert form["code_verifier"]
    assert "Authorization" not in dict(request.fields)


def test_the_secret_stays_home_when_the_client_is_public() -> None:
    """
    With `none` a configured secret is not sent.
    """
    proof = client("s", method="none").proof("none", TOKEN_URL)

    assert proof.fields == ()
    assert proof.form == (("client_id", "my client"),)


def test_a_refused_method_is_not_replaced() -> None:
    """
    A configured method that the provider refuses is not followed by another.
    """
    idp = IdP.usual()
    desk = Desk(idp, token_endpoint_auth_method="client_secret_post")
    idp.at(TOKEN_URL, {"error": "invalid_client"}, method="POST")
    sent = login_query(desk.start())

    answer = desk.callback(f"code=c&state={sent['state']}")

    assert answer.status == 500
    (request,) = idp.asked(TOKEN_URL)
    assert dict(request.form or ())["client_secret"] == "secret"


def test_refreshes_authenticate_too() -> None:
    """
    A refresh is authenticated like a login.
    """
    desk = Desk(token_endpoint_auth_method="client_secret_post")
    desk.idp.at(TOKEN_URL, tokens(), method="POST")
    form = (("grant_type", "refresh_token"), ("refresh_token", "RT"))
    run(desk.provider.prepare())

    run(desk.provider.ask_for_tokens(form))  # type: ignore[attr-defined]

    (request,) = desk.idp.asked(TOKEN_URL)
    assert dict(request.form or ())["client_secret"] == "secret"
