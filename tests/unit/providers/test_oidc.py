"""
What OpenID Connect providers say about users, in the shapes seen in the wild.
"""

from typing import Any

import pytest
from attrs import evolve

from oauthproxy.errors import (
    ProviderRefused,
    ProviderUnavailable,
    RefreshRefused,
)
from oauthproxy.ports import FetchResponse
from oauthproxy.providers.bearer import BearerIssuer
from oauthproxy.providers.jsontext import Number
from oauthproxy.providers.oidc import OIDCProvider
from oauthproxy.providers.provider import Provider
from oauthproxy.providers.table import PROVIDERS, make_provider
from oauthproxy.session.session import Session
from tests.unit.driver import CountingEntropy, FakeClock, RecordingLog, run
from tests.unit.providers.gates import FakeGate
from tests.unit.providers.idp import (
    ISSUER,
    IdP,
    json_answer,
    metadata,
    provider_settings,
    public,
    rsa_key,
    sign,
    tokens,
)

SECOND = 1_000_000_000
NOW = FakeClock().now() // SECOND
CLAIMS = {"iss": ISSUER, "aud": "cid", "sub": "u", "iat": NOW, "exp": NOW + 300}
USER = {"sub": "u", "email": "kim@x.test", "email_verified": True}


def made(idp: IdP, **flat: Any) -> Provider:
    return make_provider(
        provider_settings(**flat),
        idp,
        FakeClock(),
        CountingEntropy(),
        RecordingLog(),
        lambda path: b"from the file\n",
        FakeGate,
    )


def redeemed(
    claims: dict[str, Any], userinfo: Any = None, **flat: Any
) -> tuple[Session, IdP]:
    idp = IdP.usual()
    idp.at(f"{ISSUER}/token", tokens(sign(CLAIMS | claims)), method="POST")
    idp.at(f"{ISSUER}/userinfo", USER if userinfo is None else userinfo)
    session = run(made(idp, **flat).redeem("https://app.test/cb", "c", ""))
    return session, idp


def test_zitadel() -> None:
    """
    A list of audiences, no address in the ID token, and roles as an object whose
    name has colons.
    """
    roles = "urn:zitadel:iam:org:project:roles"
    claims = {"aud": ["77@p", "cid", "77"], "azp": "cid", "sub": "77776025198584418"}
    userinfo = USER | {
        "sub": "77776025198584418",
        roles: {"admin": {"1": "acme.zitadel.cloud"}, "user": {"1": "acme"}},
    }

    session, _ = redeemed(claims, userinfo, oidc_groups_claim=roles)

    assert session.groups == ("admin", "user")
    assert session.email == "kim@x.test"
    assert session.user == "77776025198584418"


def test_the_zitadel_tutorial() -> None:
    """
    `user_id_claim = "sub"` makes the subject the address.
    """
    session, _ = redeemed({"sub": "u"}, user_id_claim="sub")

    assert (session.email, session.user) == ("u", "u")


def test_the_wso2_tutorial() -> None:
    """
    `user_id_claim = "username"` makes the user name the address, whatever is said
    about an e-mail address.
    """
    claims = {"username": "alice", "email": "a@x.test", "email_verified": False}

    session, _ = redeemed(claims, user_id_claim="username")

    assert (session.email, session.user) == ("alice", "u")


@pytest.mark.parametrize(
    ("value", "groups"),
    [
        (["a", "b"], ("a", "b")),
        ("Internal/everyone", ("Internal/everyone",)),
        ("a,b", ("a,b",)),
        ({"a": {}, "b": {}}, ("a", "b")),
        ([1, True], ("1", "true")),
        (7, ("7",)),
        ([], ()),
        (None, ()),
    ],
)
def test_groups_come_in_many_shapes(value: Any, groups: tuple[str, ...]) -> None:
    """
    A list, one text, an object's keys, numbers, nothing.
    """
    session, _ = redeemed({"groups": value})

    assert session.groups == groups


def test_claim_paths() -> None:
    """
    A literal name wins over a path, and a path goes through objects.
    """
    claims = {"a.b": ["literal"], "a": {"b": ["path"]}, "realm": {"roles": ["deep"]}}

    assert redeemed(claims, oidc_groups_claim="a.b")[0].groups == ("literal",)
    assert redeemed(claims, oidc_groups_claim="realm.roles")[0].groups == ("deep",)


def test_additional_claims_are_stored_as_text_where_they_are_numbers() -> None:
    """
    Numbers keep the digits they came with, at any depth.
    """
    idp = IdP.usual()
    claims = CLAIMS | {"n": 12345678901234567890, "deep": {"f": [1.5, True]}}
    idp.at(f"{ISSUER}/token", tokens(sign(claims)), method="POST")
    idp.at(f"{ISSUER}/userinfo", USER)
    provider = made(idp)
    provider.settings = evolve(
        provider.settings, additional_claims=("n", "deep", "none")
    )

    session = run(provider.redeem("https://app.test/cb", "c", ""))

    found = session.additional_claims
    assert found == {"n": "12345678901234567890", "deep": {"f": ["1.5", True]}}
    assert type(found["n"]) is str
    assert not isinstance(found["n"], Number)


def test_b09_halves_of_characters_do_no_harm() -> None:
    """
    Text that no encoding can hold is mended when it comes in.
    """
    idp = IdP.usual()
    idp.at(f"{ISSUER}/token", tokens(sign(CLAIMS)), method="POST")
    body = rb'{"sub": "u", "email": "k\ud800@x.test", "preferred_username": "\udc80"}'
    idp.at(f"{ISSUER}/userinfo", FetchResponse(status=200, body=body))

    session = run(made(idp).redeem("https://app.test/cb", "c", ""))

    assert session.email == "k\ufffd@x.test"
    assert session.preferred_username == "\ufffd"


def test_userinfo_is_not_asked_when_nothing_is_missing() -> None:
    """
    A token that says everything saves the call.
    """
    claims = USER | {"groups": [], "preferred_username": "kim"}

    _, idp = redeemed(claims)

    assert not idp.asked(f"{ISSUER}/userinfo")


def test_userinfo_is_not_asked_where_that_is_switched_off() -> None:
    """
    `skip_claims_from_profile_url` means it.
    """
    _, idp = redeemed({"email": "kim@x.test"}, skip_claims_from_profile_url=True)

    assert not idp.asked(f"{ISSUER}/userinfo")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param([], id="list"),
        pytest.param("text", id="text"),
        pytest.param(FetchResponse(status=200, body=b"<html>"), id="html"),
        pytest.param(json_answer(USER, 401), id="status"),
        pytest.param(
            FetchResponse(
                status=200, fields=(("Content-Type", "application/jwt"),), body=b"{}"
            ),
            id="no token",
        ),
        pytest.param({"sub": "other"}, id="e18 other user"),
        pytest.param(USER | {"email_verified": False}, id="e21 unverified"),
        pytest.param(USER | {"email_verified": "false"}, id="unverified text"),
    ],
)
def test_e19_userinfo_that_cannot_be_used(answer: Any) -> None:
    """
    An answer that is no claims, or not of this user, ends the login.
    """
    with pytest.raises(ProviderRefused):
        redeemed({}, answer)


def test_e21_unverified_addresses_pass_where_allowed() -> None:
    """
    The operator may trust unverified addresses.
    """
    session, _ = redeemed(
        {}, USER | {"email_verified": False}, insecure_oidc_allow_unverified_email=True
    )

    assert session.email == "kim@x.test"


def test_an_address_is_needed() -> None:
    """
    A login without an address ends with the claim's name in the log.
    """
    session, idp = redeemed({}, {"sub": "u"})

    with pytest.raises(ProviderRefused, match="claim email"):
        run(made(idp).enrich(session))


@pytest.mark.parametrize("code", ["invalid_grant", "invalid_client"])
def test_e26_a_refused_refresh_ends_the_session(code: str) -> None:
    """
    What the provider ended stays ended.
    """
    idp = IdP.usual()
    idp.at(f"{ISSUER}/token", json_answer({"error": code}, 400), method="POST")

    with pytest.raises(RefreshRefused):
        run(made(idp).refresh(Session(refresh_token="RT")))


def test_an_outage_does_not_end_a_session() -> None:
    """
    A provider that is down refuses nobody.
    """
    idp = IdP.usual()

    with pytest.raises(ProviderUnavailable):
        run(made(idp).refresh(Session(refresh_token="RT")))


def test_new_tokens_are_kept_when_userinfo_is_down() -> None:
    """
    A refresh token works once: what came for it is kept, with the identity as it was.
    """
    idp = IdP.usual()
    answer = tokens(sign(CLAIMS), refresh_token="RT2")
    idp.at(f"{ISSUER}/token", answer, method="POST")
    before = Session(refresh_token="RT", id_token="old", email="kim@x.test")

    after = run(made(idp).refresh(before))

    assert after is not None
    assert (after.refresh_token, after.access_token) == ("RT2", "AT")
    assert (after.email, after.id_token) == ("kim@x.test", "old")


def test_validate_keeps_who_is_signed_in_while_keys_cannot_be_had() -> None:
    """
    An outage is not a verdict.
    """
    idp = IdP()

    with pytest.raises(ProviderUnavailable):
        run(made(idp).validate(Session(id_token=sign(CLAIMS))))


def test_expired_id_tokens_are_invalid() -> None:
    """
    An ID token past its time no longer stands for anybody.
    """
    provider = made(IdP.usual())

    assert run(provider.validate(Session(id_token=sign(CLAIMS))))
    assert not run(provider.validate(Session(id_token=sign(CLAIMS | {"exp": NOW - 1}))))


def test_renewed_tokens_are_validated_by_url_only() -> None:
    """
    Tokens of this very request were verified when they came.
    """
    idp = IdP.usual()
    session = Session(id_token="old", access_token="AT", refreshed=True)
    idp.at("https://idp.test/validate", json_answer({}, 401))

    assert run(made(idp).validate(session))
    assert not run(
        made(idp, validate_url="https://idp.test/validate").validate(session)
    )


@pytest.mark.parametrize(
    ("announced", "issuer", "accepted"),
    [
        (False, None, True),
        (True, None, False),
        (True, ISSUER, True),
        (False, ISSUER, True),
        (False, "https://other.test", False),
        (True, "", False),
    ],
)
def test_d11_issuers_of_callbacks(
    announced: bool, issuer: str | None, accepted: bool
) -> None:
    """
    A callback names our provider, or none where none was announced (RFC 9207).
    """
    idp = IdP.usual(authorization_response_iss_parameter_supported=announced)
    provider = made(idp)
    run(provider.prepare())

    assert provider.accepts_issuer(issuer) == accepted


def test_bearer_tokens_come_before_any_login() -> None:
    """
    A bearer token that makes us ask the provider does not spoil the next login.
    """
    provider = made(IdP.usual())

    session = run(provider.session_from_token(sign(CLAIMS)))
    url = run(provider.login_url("https://app.test/cb", "s", "n", {}))

    assert session.expires_on == (NOW + 300) * SECOND
    assert url.startswith(f"{ISSUER}/authorize?")


def test_e10_bearer_tokens_for_others_are_refused() -> None:
    """
    A token for another application opens nothing here.
    """
    with pytest.raises(ProviderRefused):
        run(made(IdP.usual()).session_from_token(sign(CLAIMS | {"aud": "other"})))


def test_secrets_come_from_files_as_they_are() -> None:
    """
    A secret's file is used whole, its last newline included, and read each time.
    """
    provider = made(IdP(), client_secret="", client_secret_file="secret")

    assert provider.client_secret() == "from the file\n"


def test_configured_endpoints_stand_in() -> None:
    """
    A login or token endpoint that discovery does not name is the configured one.
    """
    idp = IdP()
    document = metadata(authorization_endpoint="", userinfo_endpoint="")
    idp.at(f"{ISSUER}/.well-known/openid-configuration", document)
    provider = made(
        idp,
        login_url="https://login.test/",
        redeem_url="https://redeem.test/",
        profile_url="https://profile.test/",
    )

    run(provider.prepare())

    assert provider.endpoints.login == "https://login.test/"
    assert provider.endpoints.redeem == f"{ISSUER}/token"
    assert provider.endpoints.profile == ""


class TestExtraIssuers:
    """
    Bearer tokens of issuers beside the provider.
    """

    other = "https://two.test"

    def issuer(self, idp: IdP, pair: str = "https://two.test=api") -> BearerIssuer:
        settings = provider_settings().oidc
        clock = FakeClock()
        return BearerIssuer(pair, settings, idp, clock, lambda path: b"", FakeGate)

    def claims(self, **more: Any) -> dict[str, Any]:
        return CLAIMS | {"iss": self.other, "aud": "api"} | more

    def test_a_session(self) -> None:
        """
        The token's claims make a session.
        """
        claims = self.claims(email="e@x.test", groups=["a"], preferred_username="p")

        session = run(
            self.issuer(IdP.usual(self.other)).session_from_token(sign(claims))
        )

        assert (session.user, session.email) == ("u", "e@x.test")
        assert (session.groups, session.preferred_username) == (("a",), "p")

    def test_keys_without_a_document(self) -> None:
        """
        An issuer may publish its keys alone; then the algorithm is RS256.
        """
        idp = IdP()
        well_known = f"{self.other}/.well-known"
        idp.at(f"{well_known}/openid-configuration", json_answer({}, 404))
        idp.at(f"{well_known}/jwks.json", {"keys": [public(rsa_key())]})

        session = run(self.issuer(idp).session_from_token(sign(self.claims())))

        assert session.email == "u"

    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": "cid"},
            {"email_verified": False},
            {"email_verified": "true"},
            {"email": 5},
            {"groups": "a"},
            {"groups": ["a", 5]},
        ],
    )
    def test_refusals(self, claims: dict[str, Any]) -> None:
        """
        A claim of the wrong kind, or an unverified address, is a refusal.
        """
        issuer = self.issuer(IdP.usual(self.other))

        with pytest.raises(ProviderRefused):
            run(issuer.session_from_token(sign(self.claims(**claims))))


def test_every_type_has_a_name() -> None:
    """
    Each line of the table says what its sign-in button says.
    """
    assert PROVIDERS["oidc"] is OIDCProvider
    assert all(provider.defaults.name for provider in PROVIDERS.values())
