"""
login.gov: assertions, nonces, keys, verified addresses.
"""

import json
from base64 import urlsafe_b64decode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from oauthproxy.crypto.nonce import hash_nonce
from oauthproxy.errors import ProviderRefused, SettingsError
from oauthproxy.ports import FetchResponse
from oauthproxy.providers.login_gov import ASSURANCE, LoginGovProvider
from oauthproxy.providers.oidc import NonceRefused
from oauthproxy.session.session import Session
from tests.unit.driver import FakeClock, run
from tests.unit.providers.idp import (
    IdP,
    ec_key,
    json_answer,
    public,
    rsa_key,
    sign,
    tokens,
)
from tests.unit.providers.making import CALLBACK, claims, logged_in, made

HOST = "https://secure.login.gov"
REDEEM = f"{HOST}/api/openid_connect/token"
USERINFO = f"{HOST}/api/openid_connect/userinfo"
KEYS = f"{HOST}/api/openid_connect/certs"
PEM = rsa_key("client").export_to_pem(True, None)
NONCE = b"n" * 32


def id_token(key: Any = None, **more: Any) -> str:
    usual = {"iss": f"{HOST}/", "nonce": hash_nonce(NONCE)}
    return sign(claims(**usual | more), key)


def login_gov(answer: FetchResponse | None = None, **profile: Any) -> IdP:
    idp = IdP()
    idp.at(REDEEM, answer or tokens(id_token()), method="POST")
    usual = {"sub": "u-17", "email": "kim@x.test", "email_verified": True}
    idp.at(USERINFO, usual | profile)
    idp.at(KEYS, {"keys": [public(rsa_key("other")), public(rsa_key())]})
    return idp


def provider(idp: IdP, **flat: Any) -> LoginGovProvider:
    flat = {"jwt_key": PEM.decode(), "pubjwk_url": KEYS, "client_secret": "", **flat}
    return made(LoginGovProvider, idp, **{"oidc_issuer_url": "", **flat})


def test_the_profile_tells_a_verified_address() -> None:
    """
    User, groups and refresh token there are none.
    """
    session = logged_in(provider(login_gov()), nonce=NONCE)

    assert (session.email, session.user, session.refresh_token) == (
        "kim@x.test",
        "",
        "",
    )
    assert session.expires_on == FakeClock().now() + 300 * 10**9


def test_the_client_proves_itself_by_an_assertion() -> None:
    """
    It is signed, for the token endpoint, for five minutes, and never the same.
    """
    idp = login_gov()
    made_by = provider(idp)

    logged_in(made_by)
    logged_in(made_by)

    forms = [dict(request.form or ()) for request in idp.asked(REDEEM)]
    assert not forms[0].keys() & {"client_id", "client_secret", "redirect_uri"}
    told = [payload(form["client_assertion"]) for form in forms]
    now = FakeClock().now() // 10**9
    assert told[0].pop("jti") != told[1].pop("jti")
    assert told[0] == {
        "iss": "cid",
        "sub": "cid",
        "aud": [REDEEM],
        "iat": now,
        "exp": now + 300,
    }


def payload(token: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    return found


@pytest.mark.parametrize(
    ("given", "sent"), [({}, ASSURANCE), ({"acr_values": ["ial/2"]}, "ial/2")]
)
def test_each_login_has_its_nonce_and_a_level_of_assurance(
    given: dict[str, list[str]], sent: str
) -> None:
    """
    A configured level wins; there is no response mode.
    """
    made_by = provider(login_gov(), auth_request_response_mode="x")

    url = run(made_by.login_url(CALLBACK, "s", "NONCE", given))

    query = parse_qs(urlsplit(url).query)
    assert (query["nonce"], query["acr_values"]) == (["NONCE"], [sent])
    assert "response_mode" not in query


def test_a_nonce_of_another_login_is_refused() -> None:
    """
    So is none.
    """
    for nonce in ("other", None):
        made_by = provider(login_gov(tokens(id_token(nonce=nonce))))

        with pytest.raises(NonceRefused):
            logged_in(made_by, nonce=NONCE)


@pytest.mark.parametrize(
    "token",
    [
        id_token(iss="https://evil.test/"),
        id_token(iss=None),
        id_token(aud="other"),
        id_token(exp=1),
        id_token(rsa_key("foreign")),
        id_token(ec_key()),
        "x",
        "",
    ],
)
def test_an_id_token_that_proves_nothing_is_refused(token: str) -> None:
    """
    Issuer, audience, time and signature must hold.
    """
    with pytest.raises(ProviderRefused):
        logged_in(provider(login_gov(tokens(token))), nonce=NONCE)


def test_another_issuer_can_be_configured() -> None:
    """
    With or without a slash at its end.
    """
    idp = login_gov(tokens(id_token(iss="https://idp.test")))

    made_by = provider(idp, oidc_issuer_url="https://idp.test/")

    assert logged_in(made_by, nonce=NONCE).email == "kim@x.test"


@pytest.mark.parametrize("keys", [[], [public(ec_key())], "x"])
def test_keys_that_do_not_fit_are_refused(keys: Any) -> None:
    """
    An empty set does not crash the request.
    """
    idp = login_gov()
    idp.at(KEYS, {"keys": keys})

    with pytest.raises(ProviderRefused):
        logged_in(provider(idp), nonce=NONCE)


@pytest.mark.parametrize(
    "profile",
    [{"email": ""}, {"email_verified": False}, {"email_verified": 1}, {"sub": "x"}],
)
def test_a_profile_that_proves_nothing_is_refused(profile: dict[str, Any]) -> None:
    """
    The address must be there, verified, and of the same user.
    """
    with pytest.raises(ProviderRefused):
        logged_in(provider(login_gov(**profile)), nonce=NONCE)


def test_the_key_may_be_in_a_file() -> None:
    """
    It is read at the start.
    """
    flat: dict[str, Any] = {
        "jwt_key_file": "/k.pem",
        "pubjwk_url": KEYS,
        "oidc_issuer_url": "",
    }
    made_by = made(LoginGovProvider, login_gov(), files={"/k.pem": PEM}, **flat)

    assert logged_in(made_by, nonce=NONCE).email == "kim@x.test"
    with pytest.raises(SettingsError, match="jwt_key_file"):
        made(LoginGovProvider, login_gov(), **flat)


@pytest.mark.parametrize(
    "pem",
    [
        "x",
        ec_key().export_to_pem(True, None).decode(),
        rsa_key().export_to_pem().decode(),
    ],
    ids=["no key", "elliptic", "public"],
)
def test_a_key_that_cannot_sign_is_a_mistake(pem: str) -> None:
    """
    The message does not quote it.
    """
    with pytest.raises(SettingsError) as caught:
        provider(login_gov(), jwt_key=pem)

    assert "BEGIN" not in str(caught.value)


@pytest.mark.parametrize(("status", "valid"), [(200, True), (401, False)])
def test_validation_asks_for_the_profile(status: int, valid: bool) -> None:
    """
    A revoked token ends the session; a refresh leaves it as it is.
    """
    idp = login_gov()
    idp.at(USERINFO, json_answer({}, status))
    made_by = provider(idp)
    session = Session(access_token="AT")

    assert run(made_by.validate(session)) is valid
    assert dict(idp.asked(USERINFO)[0].fields)["Authorization"] == "Bearer AT"
    assert run(made_by.refresh(session)) is session
