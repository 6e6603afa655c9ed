"""
Tokens that must not be accepted (attack list, E), and those that must.
"""

import base64
import json
from typing import Any

import pytest

from oauthproxy.errors import ProviderUnavailable
from oauthproxy.providers import verifier
from oauthproxy.providers.issuer import Issuer
from oauthproxy.providers.jwt import Token, TokenRefused, read
from oauthproxy.providers.verifier import check_login_token, half_hash
from tests.unit.driver import FakeClock, run
from tests.unit.providers.gates import FakeGate
from tests.unit.providers.idp import (
    ISSUER,
    IdP,
    ec_key,
    provider_settings,
    public,
    rsa_key,
    sign,
)

NOW = FakeClock().now() // 1_000_000_000
GOOD = {"iss": ISSUER, "aud": "cid", "sub": "u", "iat": NOW, "exp": NOW + 300}
ALL = ["RS256", "PS256", "ES256", "ES384", "HS256", "EdDSA"]


def issuer(idp: IdP | None = None, **flat: Any) -> Issuer:
    settings = provider_settings(**flat)
    return Issuer(
        settings.oidc,
        settings.client_id,
        idp or IdP.usual(),
        FakeClock(),
        lambda path: b"",
        FakeGate,
    )


def accepts(token: str, idp: IdP | None = None, **flat: Any) -> bool:
    try:
        run(issuer(idp, **flat).verify(token))
    except TokenRefused:
        return False
    return True


def encoded(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_a_good_token_is_accepted() -> None:
    """
    A token of the issuer, for us, in time and signed is accepted.
    """
    assert accepts(sign(GOOD))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", "HS256", "RS1", 5])
def test_e01_e02_algorithms_not_on_the_list_are_refused(algorithm: Any) -> None:
    """
    No signature, a symmetric one or an unknown one is never accepted.
    """
    _, payload, signature = sign(GOOD).split(".")

    assert not accepts(f"{encoded({'alg': algorithm})}.{payload}.{signature}")
    assert not accepts(f"{encoded({'alg': algorithm})}.{payload}.")


def test_e02_the_public_key_is_no_secret() -> None:
    """
    HS256 with the public key as its secret is refused even when HS256 is enabled.
    """
    from jwcrypto.jwk import JWK

    pem = rsa_key().export_to_pem()
    secret = JWK(
        kty="oct", k=base64.urlsafe_b64encode(pem).decode().rstrip("="), kid="k1"
    )
    token = sign(GOOD, secret, alg="HS256")

    assert not accepts(token, oidc_enabled_signing_algs=["RS256", "HS256"])


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "../../../../etc/passwd"},
        {"kid": "https://evil.test/keys"},
        {"kid": "k" * 10_000},
        {"jku": "https://evil.test/keys", "kid": "evil"},
        {"x5u": "https://evil.test/cert", "kid": "evil"},
        {"jwk": public(rsa_key("evil")), "kid": "evil"},
    ],
)
def test_e03_headers_do_not_choose_keys(header: dict[str, Any]) -> None:
    """
    Key ids and key locations in a header lead nowhere.
    """
    idp = IdP.usual()

    assert not accepts(sign(GOOD, rsa_key("evil"), **header), idp)
    assert {request.url for request in idp.requests} == {
        f"{ISSUER}/.well-known/openid-configuration",
        f"{ISSUER}/keys",
    }


def test_e05_a_changed_signature_is_refused() -> None:
    """
    One changed character of a signature, or a foreign payload, is enough.
    """
    head, payload, signature = sign(GOOD).split(".")
    flipped = ("B" if signature[0] == "A" else "A") + signature[1:]

    assert not accepts(f"{head}.{payload}.{flipped}")
    assert not accepts(f"{head}.{encoded(GOOD | {'sub': 'admin'})}.{signature}")


def test_e05_a_signature_of_zeroes_is_refused() -> None:
    """
    The all-zero signature of elliptic curves proves nothing.
    """
    idp = IdP.usual(id_token_signing_alg_values_supported=["ES256"])
    idp.at(f"{ISSUER}/keys", {"keys": [public(ec_key())]})
    head, payload, _ = sign(GOOD, ec_key()).split(".")
    zeroes = base64.urlsafe_b64encode(bytes(64)).decode().rstrip("=")

    assert accepts(sign(GOOD, ec_key()), idp)
    assert not accepts(f"{head}.{payload}.{zeroes}", idp)


def test_e05_an_algorithm_does_not_work_with_keys_of_another() -> None:
    """
    ES256 with a key on another curve, and PSS announced as RSA, are refused.
    """
    idp = IdP.usual(id_token_signing_alg_values_supported=ALL)
    big = ec_key("big", "P-384")
    idp.at(f"{ISSUER}/keys", {"keys": [public(big), public(rsa_key())]})
    _, payload, signature = sign(GOOD, big, alg="ES384").split(".")
    _, pss_payload, pss = sign(GOOD, alg="PS256").split(".")
    head = encoded({"alg": "ES256", "kid": "big"})
    rsa_head = encoded({"alg": "RS256", "kid": "k1"})

    assert accepts(sign(GOOD, big, alg="ES384"), idp)
    assert not accepts(f"{head}.{payload}.{signature}", idp)
    assert not accepts(f"{rsa_head}.{pss_payload}.{pss}", idp)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": -1},
        {"exp": 0},
        {"exp": str(NOW + 300)},
        {"exp": True},
        {"exp": None},
        {"exp": [NOW + 300]},
        {"exp": 1 << 63},
        {"exp": 1e300},
        {"nbf": "soon"},
        {"nbf": 1e300},
        {"aud": None},
        {"aud": 5},
        {"aud": {"cid": True}},
        {"aud": [["cid"]]},
        {"iss": None},
        {"iss": [ISSUER]},
        {"iss": f"{ISSUER}/"},
    ],
)
def test_e06_e07_odd_claims_are_refused(claims: dict[str, Any]) -> None:
    """
    A claim of another kind, or out of range, is a refusal and no accident.
    """
    assert not accepts(sign(GOOD | claims))


@pytest.mark.parametrize(
    "spelling", ["NaN", "Infinity", "-Infinity", "1e400", "9" * 5000]
)
def test_e07_numbers_that_are_none_are_refused(spelling: str) -> None:
    """
    Numbers beyond JSON, and beyond reason, are refused.
    """
    head, _, signature = sign(GOOD).split(".")
    payload = json.dumps(GOOD).replace(str(NOW + 300), spelling)

    assert not accepts(f"{head}.{encoded(payload)}.{signature}")


def test_a_fraction_of_a_second_is_a_number() -> None:
    """
    Times with a fraction are read (RFC 7519, 2).
    """
    assert accepts(sign(GOOD | {"exp": NOW + 0.5}))
    assert not accepts(sign(GOOD | {"exp": NOW - 1.5}))


def test_e11_logout_tokens_are_refused() -> None:
    """
    A logout token is no login.
    """
    event: dict[str, Any] = {"http://schemas.openid.net/event/backchannel-logout": {}}

    assert not accepts(sign(GOOD, typ="logout+jwt"))
    assert not accepts(sign(GOOD, typ="application/Logout+JWT"))
    assert not accepts(sign(GOOD | {"events": event}))


def test_critical_extensions_are_refused() -> None:
    """
    A token that demands what nobody knows is refused (RFC 7515, 4.1.11).
    """
    assert not accepts(sign(GOOD, crit=["b64"], b64=True))


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "a.b", "a.b.c.d", "%.%.%", "e30.e30.", "W10.W10.AA", "é.é.é"],
)
def test_texts_that_are_no_tokens_are_refused(text: str) -> None:
    """
    What is not a token is refused.
    """
    assert not accepts(text)


def test_deep_nesting_is_refused() -> None:
    """
    A payload nested beyond reason is refused.
    """
    deep = "[" * 100_000 + "]" * 100_000

    with pytest.raises(TokenRefused):
        read(f"{encoded({'alg': 'RS256'})}.{encoded(deep)}.AA")


def test_unreachable_keys_are_an_outage() -> None:
    """
    A provider whose keys cannot be had refuses nobody.
    """
    idp = IdP.usual()
    del idp.answers[f"GET {ISSUER}/keys"]

    with pytest.raises(ProviderUnavailable):
        accepts(sign(GOOD), idp)


@pytest.mark.parametrize(
    ("claims", "header"),
    [
        ({"sub": None}, {}),
        ({"sub": ""}, {}),
        ({"sub": 5}, {}),
        ({"iat": None}, {}),
        ({"iat": "now"}, {}),
        ({"iat": NOW + 3600}, {}),
        ({"aud": ["other", "cid"], "azp": "other"}, {}),
        ({"at_hash": "x"}, {}),
        ({"at_hash": 5}, {}),
        ({}, {"typ": "at+jwt"}),
    ],
)
def test_login_tokens_are_complete(
    claims: dict[str, Any], header: dict[str, Any]
) -> None:
    """
    An ID token says who, when and for whom, and fits its access token.
    """
    token = read(sign(GOOD | claims, **header))

    with pytest.raises(TokenRefused):
        check_login_token(token, frozenset({"cid"}), "AT", FakeClock().now())


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"aud": ["cid", "project"]},
        {"aud": ["cid", "project"], "azp": "cid"},
        {"aud": "cid", "azp": "mobile"},
        {"at_hash": half_hash("RS256", "AT")},
        {"iat": NOW + 60},
    ],
)
def test_complete_login_tokens_are_accepted(claims: dict[str, Any]) -> None:
    """
    Several audiences, a fitting hash and a slow clock are fine.
    """
    token = read(sign(GOOD | claims))

    check_login_token(token, frozenset({"cid"}), "AT", FakeClock().now())


def test_half_hash() -> None:
    """
    The example of OpenID Connect Core, A.3.
    """
    token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"

    assert half_hash("RS256", token) == "77QmUPtjPfzWtF2AnpK9RQ"


def clocked(clock: FakeClock) -> Issuer:
    settings = provider_settings()
    oidc, client_id = settings.oidc, settings.client_id
    return Issuer(oidc, client_id, IdP.usual(), clock, lambda path: b"", FakeGate)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """
    Return the list of tokens whose signature was looked at.
    """
    looked: list[str] = []

    def look(signed: Any, token: Token, key: Any) -> bool:
        looked.append(token.text)
        return stock(signed, token, key)

    stock = verifier.signature_holds
    monkeypatch.setattr(verifier, "signature_holds", look)
    return looked


def test_a_signature_that_held_is_remembered_for_a_minute(checked: list[str]) -> None:
    """
    Looking at it again would tell the same; after a minute keys may have changed.
    """
    clock, token = FakeClock(), sign(GOOD)
    known = clocked(clock)

    run(known.verify(token))
    run(known.verify(token))
    at_once = len(checked)
    clock.time += verifier.REMEMBERED_FOR
    run(known.verify(token))

    assert (at_once, len(checked)) == (1, 2)


def test_a_signature_that_did_not_hold_is_not_remembered(checked: list[str]) -> None:
    """
    Nor does a good token lend its signature to another one.
    """
    good = sign(GOOD)
    head, _, signature = good.split(".")
    forged = f"{head}.{encoded({**GOOD, 'sub': 'another'})}.{signature}"
    known = clocked(FakeClock())
    run(known.verify(good))

    for _ in range(2):
        with pytest.raises(TokenRefused, match="no key"):
            run(known.verify(forged))

    assert checked.count(forged) >= 2


def test_a_known_token_still_expires(checked: list[str]) -> None:
    """
    Only the signature is remembered.
    """
    clock, token = FakeClock(), sign({**GOOD, "exp": NOW + 10})
    known = clocked(clock)
    run(known.verify(token))

    clock.time += 11 * 1_000_000_000

    with pytest.raises(TokenRefused, match="expired"):
        run(known.verify(token))
    assert len(checked) == 1
