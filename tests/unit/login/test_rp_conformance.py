"""
What a certified relying party must do with a provider that misbehaves in one way, a
test for each module of the certification plans for the code flow.

"Rejected" means: our error page, no session cookie, nothing more asked.
"""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from oauthproxy.answer import Answer
from oauthproxy.crypto.base64 import decode_raw_url, encode_raw_url
from oauthproxy.errors import RefreshRefused
from oauthproxy.providers.jwt import read_payload
from oauthproxy.providers.verifier import half_hash
from oauthproxy.session.session import Session
from oauthproxy.wire.form import parse_query
from tests.unit.driver import run
from tests.unit.login.desk import Desk, login_query, sets
from tests.unit.providers.idp import (
    ISSUER,
    IdP,
    ec_key,
    json_answer,
    metadata,
    public,
    rsa_key,
    sign,
    tokens,
)

SECOND = 1_000_000_000
USER = {"sub": "u-1", "email": "kim@example.test", "email_verified": True}


class Trial:
    """
    A login at a provider that needs userinfo, and one thing wrong with it.
    """

    def __init__(self, **flat: Any) -> None:
        self.idp = IdP.usual()
        self.desk = Desk(self.idp, **{"insecure_oidc_skip_nonce": False} | flat)
        self.idp.at(f"{ISSUER}/userinfo", USER)
        self.more_in_callback: dict[str, str] = {}
        self.posted = False

    def claims(self, **changed: Any) -> dict[str, Any]:
        """
        Return the claims of a good ID token, changed; None takes one out.
        """
        now = self.desk.clock.now() // SECOND
        usual = {
            "iss": ISSUER,
            "aud": "cid",
            "sub": "u-1",
            "iat": now,
            "exp": now + 300,
        }
        usual["nonce"] = self.sent["nonce"] if self.sent else ""
        return {n: v for n, v in (usual | changed).items() if v is not None}

    sent: dict[str, str] | None = None

    def begin(self) -> None:
        """
        Let the browser start a login.
        """
        self.sent = login_query(self.desk.start("/oauth2/start?rd=/home"))

    def finish(self, id_token: str, **more: Any) -> Answer:
        """
        Let it come back, to a token endpoint that gives this ID token.
        """
        assert self.sent is not None
        self.idp.at(f"{ISSUER}/token", tokens(id_token, **more), method="POST")
        query = {"code": "c", "state": self.sent["state"], **self.more_in_callback}
        return self.desk.callback(
            urlencode(query), method="POST" if self.posted else "GET"
        )

    def outcome(self, **changed: Any) -> Answer:
        """
        Run a login whose ID token has changed claims.
        """
        self.begin()
        return self.finish(sign(self.claims(**changed)))

    def assert_accepted(self, answer: Answer) -> None:
        assert (answer.status, getattr(answer, "location", "")) == (302, "/home")
        assert self.desk.session().email == "kim@example.test"

    def assert_rejected(self, answer: Answer, *, asked_userinfo: bool = False) -> None:
        assert answer.status in (403, 500)
        assert sets(answer) == []
        assert bool(self.idp.asked(f"{ISSUER}/userinfo")) == asked_userinfo


def test_oidcc_client_test() -> None:
    """
    A valid request is sent, the code redeemed, userinfo asked with a bearer header.
    """
    trial = Trial()

    answer = trial.outcome()

    trial.assert_accepted(answer)
    assert trial.sent is not None
    assert trial.sent["scope"] == "openid email profile"
    assert trial.sent["redirect_uri"] == "http://app.test/oauth2/callback"
    (userinfo,) = trial.idp.asked(f"{ISSUER}/userinfo")
    assert dict(userinfo.fields)["Authorization"] == "Bearer AT"


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"iss": "https://other.test"}, id="invalid-iss"),
        pytest.param({"sub": None}, id="missing-sub"),
        pytest.param({"aud": "other"}, id="invalid-aud"),
        pytest.param({"aud": None}, id="missing-aud"),
        pytest.param({"iat": None}, id="missing-iat"),
        pytest.param({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, id="invalid-athash"),
    ],
)
def test_oidcc_client_test_claims(changed: dict[str, Any]) -> None:
    """
    An ID token with this fault is rejected before userinfo is asked.
    """
    trial = Trial()

    answer = trial.outcome(**changed)

    trial.assert_rejected(answer)


def test_oidcc_client_test_at_hash() -> None:
    """
    An ID token that belongs to its access token is accepted.
    """
    trial = Trial()

    trial.assert_accepted(trial.outcome(at_hash=half_hash("RS256", "AT")))


def test_oidcc_client_test_nonce_invalid() -> None:
    """
    An ID token with another login's nonce is rejected.
    """
    trial = Trial()

    answer = trial.outcome(nonce="other")

    trial.assert_rejected(answer)


def test_oidcc_client_test_nonce_missing() -> None:
    """
    An ID token without the nonce that was sent is rejected.
    """
    trial = Trial()

    answer = trial.outcome(nonce=None)

    trial.assert_rejected(answer)


def test_oidcc_client_test_kid_absent_single_jwks() -> None:
    """
    A token that names no key is checked with the only one.
    """
    trial = Trial()
    trial.begin()

    trial.assert_accepted(trial.finish(sign(trial.claims(), kid=None)))


def test_oidcc_client_test_kid_absent_multiple_jwks() -> None:
    """
    A token that names no key is checked with all of them.
    """
    trial = Trial()
    keys = [public(rsa_key("k0")), public(rsa_key())]
    trial.idp.at(f"{ISSUER}/keys", {"keys": keys})
    trial.begin()

    trial.assert_accepted(trial.finish(sign(trial.claims(), kid=None)))


def test_oidcc_client_test_idtoken_sig_none() -> None:
    """
    A token without a signature is rejected.
    """
    trial = Trial()
    trial.begin()
    head, payload, _ = sign(trial.claims()).split(".")
    head = "eyJhbGciOiJub25lIn0"

    trial.assert_rejected(trial.finish(f"{head}.{payload}."))


def test_oidcc_client_test_invalid_sig_rs256() -> None:
    """
    A token signed by another key under the provider's key id is rejected.
    """
    trial = Trial()
    trial.begin()

    trial.assert_rejected(
        trial.finish(sign(trial.claims(), rsa_key("foreign"), kid="k1"))
    )


def test_oidcc_client_test_invalid_sig_es256() -> None:
    """
    The same, with elliptic curves.
    """
    trial = Trial(oidc_enabled_signing_algs=["ES256"])
    document = metadata(id_token_signing_alg_values_supported=["ES256"])
    trial.idp.at(f"{ISSUER}/.well-known/openid-configuration", document)
    trial.idp.at(f"{ISSUER}/keys", {"keys": [public(ec_key())]})
    trial.begin()

    trial.assert_rejected(
        trial.finish(sign(trial.claims(), ec_key("foreign"), kid="e1"))
    )


def test_oidcc_client_test_userinfo_invalid_sub() -> None:
    """
    Userinfo about somebody else is rejected.
    """
    trial = Trial()
    trial.idp.at(f"{ISSUER}/userinfo", USER | {"sub": "u-2"})

    trial.assert_rejected(trial.outcome(), asked_userinfo=True)


def test_oidcc_client_test_scope_userinfo_claims() -> None:
    """
    Claims of the scopes come from userinfo when the ID token has none.
    """
    trial = Trial(scope="openid email profile groups")
    claims = USER | {"groups": ["dev"], "preferred_username": "kim"}
    trial.idp.at(f"{ISSUER}/userinfo", claims)

    trial.assert_accepted(trial.outcome())
    assert trial.desk.session().groups == ("dev",)
    assert trial.desk.session().preferred_username == "kim"


def test_oidcc_client_test_client_secret_basic() -> None:
    """
    The client authenticates by HTTP Basic, and not in the body as well.
    """
    trial = Trial()

    trial.outcome()

    (request,) = trial.idp.asked(f"{ISSUER}/token")
    assert dict(request.fields)["Authorization"] == "Basic Y2lkOnNlY3JldA=="
    assert not {"client_id", "client_secret"} & dict(request.form or ()).keys()


def test_oidcc_client_test_discovery_issuer_mismatch() -> None:
    """
    A discovery document of another issuer stops the login before it starts.
    """
    trial = Trial()
    document = metadata() | {"issuer": f"{ISSUER}/other"}
    trial.idp.at(f"{ISSUER}/.well-known/openid-configuration", document)

    answer = trial.desk.start()

    assert answer.status == 503
    assert dict(answer.fields)["Retry-After"]


def test_oidcc_client_test_discovery_jwks_uri_keys() -> None:
    """
    The keys come from where the discovery document says they are.
    """
    trial = Trial()
    trial.idp.at(
        f"{ISSUER}/.well-known/openid-configuration",
        metadata(jwks_uri=f"{ISSUER}/elsewhere"),
    )
    trial.idp.at(f"{ISSUER}/elsewhere", {"keys": [public(rsa_key("new"))]})
    trial.begin()

    trial.assert_accepted(trial.finish(sign(trial.claims(), rsa_key("new"))))


def test_oidcc_client_test_signing_key_rotation() -> None:
    """
    A second login works after the provider changed its key.
    """
    trial = Trial()
    trial.assert_accepted(trial.outcome())
    trial.idp.at(f"{ISSUER}/keys", {"keys": [public(rsa_key("new"))]})
    trial.desk.cookies.clear()
    trial.begin()

    trial.assert_accepted(trial.finish(sign(trial.claims(), rsa_key("new"))))


def test_oidcc_client_test_signing_key_rotation_just_before_signing() -> None:
    """
    A key that is new within the first login is fetched.
    """
    trial = Trial()
    old, new = public(rsa_key()), public(rsa_key("new"))
    trial.idp.at(f"{ISSUER}/keys", {"keys": [old]}, {"keys": [old, new]})
    trial.begin()

    trial.assert_accepted(trial.finish(sign(trial.claims(), rsa_key("new"))))


def test_oidcc_client_test_form_post() -> None:
    """
    The answer may come as a posted form.
    """
    trial = Trial(auth_request_response_mode="form_post")
    trial.posted = True

    trial.assert_accepted(trial.outcome())
    assert trial.sent is not None
    assert trial.sent["response_mode"] == "form_post"


def test_oidcc_client_test_form_post_error() -> None:
    """
    An error that is posted is shown.
    """
    trial = Trial()
    trial.begin()
    assert trial.sent is not None
    query = {"error": "access_denied", "state": trial.sent["state"]}

    answer = trial.desk.callback(urlencode(query), method="POST")

    assert answer.status == 403
    assert answer.values["Message"].endswith("error: access_denied")  # type: ignore[attr-defined]


def refreshed(trial: Trial, **changed: Any) -> Session | None:
    before = Session(
        refresh_token="RT", id_token=sign(trial.claims()), email="kim@example.test"
    )
    answer = tokens(sign(trial.claims(**changed)), refresh_token="RT2")
    trial.idp.at(f"{ISSUER}/token", answer, method="POST")
    return run(trial.desk.provider.refresh(before))


def test_oidcc_client_test_refresh_token() -> None:
    """
    Tokens are refreshed, and userinfo is asked with the new one.
    """
    trial = Trial()

    session = refreshed(trial)

    assert session is not None
    assert (session.access_token, session.refresh_token) == ("AT", "RT2")
    assert session.refreshed
    assert trial.idp.asked(f"{ISSUER}/userinfo")


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"iss": "https://other.test"}, id="invalid-issuer"),
        pytest.param({"sub": "u-2"}, id="invalid-sub"),
    ],
)
def test_oidcc_client_test_refresh_token_invalid(changed: dict[str, Any]) -> None:
    """
    A refreshed ID token of another issuer or user ends the session.
    """
    with pytest.raises(RefreshRefused):
        refreshed(Trial(), **changed)


def test_oidcc_client_test_3rd_party_init_login() -> None:
    """
    A link of the provider's starts a login, with its hint and its target.
    """
    trial = Trial()
    link = {
        "iss": ISSUER,
        "login_hint": "kim",
        "target_link_uri": "http://app.test/home",
    }

    trial.sent = login_query(trial.desk.start(f"/oauth2/start?{urlencode(link)}"))

    assert trial.sent["login_hint"] == "kim"
    trial.assert_accepted(trial.finish(sign(trial.claims())))


def signed_out(trial: Trial) -> dict[str, str]:
    """
    Sign in and out again; the parameters that the provider gets.
    """
    end = f"{ISSUER}/end"
    document = metadata(end_session_endpoint=end)
    trial.idp.at(f"{ISSUER}/.well-known/openid-configuration", document)
    trial.assert_accepted(trial.outcome())
    desk = trial.desk
    scope = desk.scope("/oauth2/sign_out?rd=/bye")

    answer = run(
        desk.login.sign_out(scope, desk.sent(), parse_query("rd=/bye"), desk.session())
    )

    assert sets(answer) == []
    return login_query(answer)


def returned(trial: Trial, **query: str) -> str:
    answer = trial.desk.login.signed_out(parse_query(urlencode(query)))
    assert answer.status == 302
    return str(getattr(answer, "location", ""))


def test_oidcc_client_test_rp_init_logout() -> None:
    """
    The provider gets an ID token of its own and a fixed address; the return is led on.
    """
    trial = Trial(sign_out_at_provider=True)

    sent = signed_out(trial)

    payload = read_payload(sent["id_token_hint"])
    assert (payload["iss"], payload["sub"]) == (ISSUER, "u-1")
    assert sent["post_logout_redirect_uri"] == "http://app.test/oauth2/signed_out"
    assert returned(trial, state=sent["state"]) == "/bye"


def test_oidcc_client_test_rp_init_logout_other_state() -> None:
    """
    A return with another state than the one that was sent leads home.
    """
    trial = Trial(sign_out_at_provider=True)
    sent = signed_out(trial)

    assert returned(trial, state="x" + sent["state"]) == "/"


def test_oidcc_client_test_rp_init_logout_no_state() -> None:
    """
    A return without a state leads home.
    """
    trial = Trial(sign_out_at_provider=True)
    signed_out(trial)

    assert returned(trial) == "/"


def test_oidcc_client_test_invalid_sig_hs256() -> None:
    """
    A token under the client's secret, which the provider did not sign, is rejected.
    """
    text = "a secret that is long enough, so it is"
    trial = Trial(client_secret=text)
    trial.begin()
    secret = JWK(kty="oct", k=encode_raw_url(text.encode()), kid="k1")
    token = JWS(json.dumps(trial.claims()).encode())
    token.add_signature(secret, protected='{"alg":"HS256","kid":"k1"}')

    trial.assert_rejected(trial.finish(token.serialize(compact=True)))


def test_oidcc_client_test_discovery_openid_config() -> None:
    """
    The endpoints are those of the document.
    """
    trial = Trial()
    document = metadata(authorization_endpoint=f"{ISSUER}/elsewhere")
    trial.idp.at(f"{ISSUER}/.well-known/openid-configuration", document)

    answer: Any = trial.desk.start()

    assert answer.location.partition("?")[0] == f"{ISSUER}/elsewhere"


def test_oidcc_client_test_idtoken_sig_rs256() -> None:
    """
    A token signed by RS256 is accepted.
    """
    trial = Trial()
    trial.begin()
    token = sign(trial.claims())

    assert '"RS256"' in decode_raw_url(token.split(".")[0]).decode()
    trial.assert_accepted(trial.finish(token))


def test_oidcc_client_test_userinfo_signed() -> None:
    """
    Userinfo as a token is accepted only with the provider's signature.
    """
    trial = Trial()
    good, bad = Trial(), Trial()
    for case, key in ((good, rsa_key()), (bad, rsa_key("foreign"))):
        body = sign(USER, key, kid="k1").encode()
        answer = json_answer({})
        fields = (("Content-Type", "application/jwt"),)
        signed = type(answer)(status=200, fields=fields, body=body)
        case.idp.at(f"{ISSUER}/userinfo", signed)

    good.assert_accepted(good.outcome())
    bad.assert_rejected(bad.outcome(), asked_userinfo=True)
    assert trial.sent is None
