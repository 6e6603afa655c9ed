"""
Azure: two versions of endpoints, addresses and groups from wherever they are.
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from oauthproxy.errors import ProviderRefused, ProviderUnavailable, RefreshRefused
from oauthproxy.ports import FetchResponse
from oauthproxy.providers.azure import AzureProvider
from oauthproxy.session.session import Session
from tests.unit.driver import FakeClock, run
from tests.unit.providers.idp import ISSUER, IdP, json_answer, rsa_key, sign, tokens
from tests.unit.providers.making import CALLBACK, claims, log_of, logged_in, made

ME = "https://graph.microsoft.com/v1.0/me"
GROUPS = (
    f"{ME}/transitiveMemberOf?$count=true&$filter=securityEnabled+eq+true"
    "&$select=displayName,id"
)
VERSION_2 = {"authorization_endpoint": f"{ISSUER}/oauth2/v2.0/authorize"}
NOBODY = {"email": None}


def token(**more: Any) -> str:
    return sign(claims(**more))


def azure(*answers: FetchResponse, **discovered: Any) -> IdP:
    idp = IdP.usual(**{"userinfo_endpoint": ME} | discovered)
    idp.at(f"{ISSUER}/token", *answers, method="POST")
    idp.at(ME, {"mail": "me@x.test"})
    return idp


def test_the_id_token_tells_address_and_groups() -> None:
    """
    User and preferred name stay empty, as people know it.
    """
    provider = made(AzureProvider, azure(tokens(token(groups=["g1"]))))

    session = logged_in(provider)

    assert (session.email, session.groups) == ("kim@x.test", ("g1",))
    assert (session.user, session.preferred_username) == ("", "")


def test_the_access_token_tells_what_the_id_token_does_not() -> None:
    """
    It is verified like an ID token.
    """
    answer = tokens(token(**NOBODY), access_token=token(email="access@x.test"))

    assert logged_in(made(AzureProvider, azure(answer))).email == "access@x.test"


def test_tokens_of_strangers_are_refused() -> None:
    """
    One that can be verified is needed.
    """
    forged = sign(claims(), rsa_key("foreign"))

    with pytest.raises(ProviderRefused):
        logged_in(made(AzureProvider, azure(tokens(forged, access_token=forged))))


@pytest.mark.parametrize(
    ("profile", "address"),
    [
        ({"mail": "m@x.test", "otherMails": ["o@x.test"]}, "m@x.test"),
        ({"mail": None, "otherMails": ["o@x.test", "p@x.test"]}, "o@x.test"),
        ({"otherMails": [], "userPrincipalName": "upn@x.test"}, "upn@x.test"),
        ({"otherMails": 17, "userPrincipalName": "upn@x.test"}, "upn@x.test"),
        ({"sub": "u-17", "email": "userinfo@x.test"}, "userinfo@x.test"),
        ({}, None),
        ([], None),
    ],
)
def test_the_profile_is_asked_last(profile: Any, address: str | None) -> None:
    """
    Its fields are tried in turn.
    """
    idp = azure(tokens(token(**NOBODY)))
    idp.at(ME, profile)
    provider = made(AzureProvider, idp)

    if address is None:
        with pytest.raises(ProviderRefused):
            logged_in(provider)
    else:
        assert logged_in(provider).email == address


def test_version_2_asks_graph_for_groups() -> None:
    """
    All pages, each group once, by the configured field.
    """
    idp = azure(tokens(token(groups=["a"])), **VERSION_2)
    first = f"{GROUPS},mailNickname"
    second = f"{ME}/transitiveMemberOf?next"
    idp.at(
        first, {"value": [{"id": "1", "mailNickname": "a"}], "@odata.nextLink": second}
    )
    idp.at(second, {"value": [{"id": "2", "mailNickname": "b"}, {"id": "3"}]})
    provider = made(AzureProvider, idp, azure_graph_group_field="mailNickname")

    assert logged_in(provider).groups == ("a", "b")
    assert dict(idp.asked(first)[0].fields)["ConsistencyLevel"] == "eventual"


def test_a_graph_that_is_down_lets_nobody_in() -> None:
    """
    At the login there is nothing to fall back to.
    """
    idp = azure(tokens(token()), **VERSION_2)
    idp.at(GROUPS, json_answer({}, 503))

    with pytest.raises(ProviderUnavailable):
        logged_in(made(AzureProvider, idp))


def test_version_1_names_the_resource() -> None:
    """
    In the login URL and in the token request; there is no nonce and no mode.
    """
    idp = azure(tokens(token()))
    flat: dict[str, Any] = {"resource": "r", "auth_request_response_mode": "x"}
    provider = made(AzureProvider, idp, **flat, insecure_oidc_skip_nonce=False)

    query = parse_qs(urlsplit(run(provider.login_url(CALLBACK, "s", "n", {}))).query)
    run(provider.redeem(CALLBACK, "code", ""))

    assert query["resource"] == ["r"]
    assert not query.keys() & {"nonce", "response_mode"}
    (request,) = idp.asked(f"{ISSUER}/token")
    assert dict(request.form or ())["resource"] == "r"
    assert dict(request.form or ())["client_secret"] == "secret"


@pytest.mark.parametrize(
    ("scope", "asked"),
    [
        ("", "openid https://graph.microsoft.com/.default"),
        ("openid groups", "openid https://graph.microsoft.com/.default"),
        (
            "https://graph.microsoft.com/.default",
            "https://graph.microsoft.com/.default",
        ),
    ],
)
def test_version_2_covers_graph_by_its_scope(scope: str, asked: str) -> None:
    """
    It is added once, and the resource is not looked at.
    """
    provider = made(AzureProvider, azure(**VERSION_2), scope=scope, resource="r")

    query = parse_qs(urlsplit(run(provider.login_url(CALLBACK, "s", "n", {}))).query)

    assert query["scope"] == [asked]
    assert "resource" not in query


def test_the_tenant_is_put_into_the_default_addresses() -> None:
    """
    Configured ones stay as they are.
    """
    flat: dict[str, Any] = {
        "skip_oidc_discovery": True,
        "oidc_jwks_url": f"{ISSUER}/keys",
    }
    usual = made(AzureProvider, IdP(), azure_tenant="T", **flat).endpoints
    own = made(AzureProvider, IdP(), login_url="https://x.test/common/y", **flat)

    assert usual.login == "https://login.microsoftonline.com/T/oauth2/authorize"
    assert usual.redeem == "https://login.microsoftonline.com/T/oauth2/token"
    assert usual.validate == ME
    assert own.endpoints.login == "https://x.test/common/y"


@pytest.mark.parametrize(
    ("told", "expiry"),
    [
        ({"expires_on": "1893456000"}, 1893456000 * 10**9),
        ({"expires_on": 1893456000}, 1893456000 * 10**9),
        ({"expires_on": "soon"}, FakeClock().now() + 300 * 10**9),
        ({"expires_on": None}, FakeClock().now() + 300 * 10**9),
        ({"expires_in": None}, None),
    ],
)
def test_the_expiry_may_be_told_in_either_way(told: Any, expiry: int | None) -> None:
    """
    A missing one does not end the session in 1970.
    """
    provider = made(AzureProvider, azure(tokens(token(), **told)))

    assert run(provider.redeem(CALLBACK, "c", "")).expires_on == expiry


SESSION = Session(
    refresh_token="RT",
    id_token=token(),
    access_token="OLD",
    email="kim@x.test",
    groups=("old",),
)


@pytest.mark.parametrize(
    ("answer", "groups"),
    [
        (tokens(token(groups=["g2"])), ("g2",)),
        (tokens(token()), ("old",)),
        (tokens(), ("old",)),
    ],
)
def test_groups_survive_a_refresh(
    answer: FetchResponse, groups: tuple[str, ...]
) -> None:
    """
    What the new tokens do not tell stays, and so does the refresh token.
    """
    idp = azure(answer)
    idp.at(ME, {})

    session = run(made(AzureProvider, idp).refresh(SESSION))

    assert session is not None
    assert session.groups == groups
    assert (session.access_token, session.refresh_token) == ("AT", "RT")
    assert session.id_token


@pytest.mark.parametrize(("status", "groups"), [(200, ("g3",)), (503, ("old",))])
def test_graph_is_asked_again_at_a_refresh(
    status: int, groups: tuple[str, ...]
) -> None:
    """
    Groups that were lost are gone; an outage changes nothing.
    """
    idp = azure(tokens(token()), **VERSION_2)
    idp.at(GROUPS, json_answer({"value": [{"id": "g3"}]}, status))
    provider = made(AzureProvider, idp)

    session = run(provider.refresh(SESSION))

    assert session is not None
    assert session.groups == groups
    assert ("stay as they were" in log_of(provider)) is (status != 200)


def test_a_refresh_for_another_user_ends_the_session() -> None:
    """
    So does one that Azure refuses; without a refresh token there is none.
    """
    refused = json_answer({"error": "invalid_grant"}, 400)
    provider = made(AzureProvider, azure(tokens(token(sub="x")), refused))

    with pytest.raises(RefreshRefused, match="another user"):
        run(provider.refresh(SESSION))
    with pytest.raises(RefreshRefused, match="invalid_grant"):
        run(provider.refresh(SESSION))
    assert run(provider.refresh(Session())) is None


@pytest.mark.parametrize(("status", "valid"), [(200, True), (401, False)])
def test_validation_asks_the_profile(status: int, valid: bool) -> None:
    """
    A revoked token ends the session.
    """
    idp = azure()
    idp.at(ME, json_answer({}, status))
    provider = made(AzureProvider, idp)
    run(provider.prepare())

    assert run(provider.validate(SESSION)) is valid
    assert dict(idp.asked(ME)[0].fields) == {"Authorization": "Bearer OLD"}
