"""
Section E: what tokens say, and what kind of tokens they are.
"""

import json
from typing import Any

import pytest

from tests.attacks.bearers import BEARERS, claims_of, refused, shown_to, signed
from tests.conftest import OpenStage
from tests.integration.harness.provider import CLIENT, Call, Reply
from tests.integration.harness.stage import Stage

NONCED = "insecure_oidc_skip_nonce = false\n"


WRONG: dict[str, dict[str, Any]] = {
    "no iss": {"iss": None},
    "other iss": {"iss": "https://other.test"},
    "iss list": {"iss": ["{issuer}"]},
    "iss with slash": {"iss": "{issuer}/"},
    "no aud": {"aud": None},
    "other aud": {"aud": "other"},
    "aud in a longer one": {"aud": f"{CLIENT}0"},
    "aud of other case": {"aud": CLIENT.upper()},
    "aud lists": {"aud": ["other", "another"]},
    "aud empty": {"aud": []},
    "aud object": {"aud": {CLIENT: 1}},
    "aud nested": {"aud": [[CLIENT]]},
    "aud number": {"aud": 1},
    "no exp": {"exp": None},
    "past": {"exp": 1},
    "future": {"nbf": 9999999999},
}


@pytest.mark.parametrize("kind", WRONG)
def test_e06_wrong_claims(bearers: Stage, kind: str) -> None:
    """
    E06, E10: a token of somebody else, for somebody else or of another time.
    """
    issuer = bearers.provider.issuer
    text = json.dumps(WRONG[kind]).replace("{issuer}", issuer)

    refused(bearers, bearers.provider.key.sign(claims_of(bearers, **json.loads(text))))


ODD = [
    "1e300", "-1", "0", '"9999999999"', "NaN", "Infinity", "-Infinity", "null", "[]",
    "{}", "true", "9223372036854775808", "1" + "0" * 400, "1" + "0" * 5000, "1e-5",
    "-9223372036854775809", '"never"', "1e99999", "99999999999999999999.5",
]  # fmt: skip


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("claim", ["exp", "nbf"])
def test_e07_odd_times(bearers: Stage, claim: str, text: str) -> None:
    """
    A time of any size or type is refused or taken, and breaks nothing.
    """
    plain = json.dumps(claims_of(bearers, **{claim: "TIME"}))
    payload = plain.replace('"TIME"', text).encode()
    header = {"alg": "RS256", "kid": "k1"}

    answer = shown_to(bearers, signed(bearers.provider.key, header, payload))

    assert answer.status in (401, 202)
    assert answer.status == 401 or claim == "nbf"


@pytest.mark.parametrize("text", ["9999999999", "9007199254740991", "99999999999.9"])
def test_e07_far_times(open_stage: OpenStage, text: str) -> None:
    """
    A far future is a future, also where headers tell it.
    """
    stage = open_stage(f"{BEARERS}set_xauthrequest = true")
    plain = json.dumps(claims_of(stage, exp="TIME")).replace('"TIME"', text)
    header = {"alg": "RS256", "kid": "k1"}

    token = signed(stage.provider.key, header, plain.encode())

    assert shown_to(stage, token).status == 202


@pytest.mark.parametrize(
    "text", ["1e300", "-5", '"soon"', "[]", "null", "1e99999", "9" * 30]
)
def test_e07_odd_lifetimes(open_stage: OpenStage, text: str) -> None:
    """
    What the token endpoint says about the time breaks no login.
    """
    stage = open_stage(f'{NONCED}cookie_refresh = "1h"')
    honest = stage.provider.redeem

    def redeem(call: Call) -> Reply:
        reply = honest(call)
        body = reply.body.replace(
            b'"expires_in": 3600', f'"expires_in": {text}'.encode()
        )
        return Reply(200, reply.fields, body)

    stage.provider.behaviours["/token"] = redeem

    assert stage.stranger().login().status in (302, 403, 500)


PAYLOADS = [
    b"", b"null", b"[]", b'"x"', b"1", b"{", b"\xff\xfe", b'{"a":' * 5000, b"[" * 20000,
    b'{"iss":"\\ud800"}', b"{}" * 2, b'{"exp":1,"exp":9999999999}',
]  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_e07_payloads_that_are_none(bearers: Stage, payload: bytes) -> None:
    """
    A signed token that holds no claims is refused.
    """
    key = bearers.provider.key

    refused(bearers, signed(key, {"alg": "RS256", "kid": "k1"}, payload))
    refused(bearers, signed(key, payload, claims_of(bearers)))


@pytest.mark.parametrize("half", ["wrong", "", 1, ["x"], True, {"a": 1}])
def test_e09_wrong_at_hash(open_stage: OpenStage, half: Any) -> None:
    """
    An ID token that belongs to another access token makes no session.
    """
    stage = open_stage(NONCED)
    stage.provider.claims["at_hash"] = half
    visitor = stage.stranger()

    assert visitor.login().status == 500
    assert visitor.ask("/oauth2/auth").status == 401


LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
KINDS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"typ": "at+jwt"}, {}),
    ({"typ": "application/at+jwt"}, {}),
    ({"typ": "AT+JWT"}, {}),
    ({"typ": "logout+jwt"}, {}),
    ({}, {"events": {LOGOUT: {}}}),
]


@pytest.mark.parametrize(("header", "claims"), KINDS)
def test_e11_other_kinds_of_tokens(
    open_stage: OpenStage, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    """
    An access token or a logout token is no ID token.
    """
    stage = open_stage(NONCED)
    stage.provider.header.update(header)
    stage.provider.claims.update(claims)
    visitor = stage.stranger()

    assert visitor.login().status == 500
    assert visitor.ask("/oauth2/auth").status == 401


def test_e11_logout_token_as_bearer(bearers: Stage) -> None:
    """
    A logout token signs nobody in.
    """
    key = bearers.provider.key

    refused(bearers, key.sign(claims_of(bearers, events={LOGOUT: {}})))
    refused(bearers, key.sign(claims_of(bearers), typ="logout+jwt"))
