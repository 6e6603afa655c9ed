"""
Microsoft Entra ID: tenants, too many groups, federated credentials.
"""

from typing import Any

import pytest

from oauthproxy.errors import ProviderRefused, ProxyError, RefreshRefused
from oauthproxy.ports import FetchResponse
from oauthproxy.providers.entra_id import GROUPS, EntraIDProvider
from oauthproxy.providers.jwt import TokenRefused
from oauthproxy.providers.surroundings import Surroundings
from oauthproxy.session.session import Session
from tests.unit.driver import FakeClock, run
from tests.unit.providers.idp import ISSUER, IdP, json_answer, sign, tokens
from tests.unit.providers.making import claims, log_of, logged_in, made

LOGIN = "https://login.microsoftonline.com/T1/v2.0"
OVERAGE = {
    "_claim_names": {"groups": "src1"},
    "_claim_sources": {"src1": {"endpoint": "https://graph.test/x"}},
}
FEDERATED: dict[str, Any] = {"entra_id_federated_token_auth": True, "client_secret": ""}


def id_token(**more: Any) -> str:
    return sign(claims(**{"iss": LOGIN} | more))


def entra(*answers: FetchResponse) -> IdP:
    idp = IdP.usual(LOGIN)
    idp.at(f"{LOGIN}/token", *answers, method="POST")
    idp.at(f"{LOGIN}/userinfo", {})
    idp.at(
        GROUPS,
        {"value": [{"id": "g1"}, {"id": "g2"}], "@odata.nextLink": f"{GROUPS}&page=2"},
    )
    idp.at(f"{GROUPS}&page=2", {"value": [{"id": "g2"}, {"id": "g3"}, {"x": 1}]})
    return idp


def provider(idp: IdP, **flat: Any) -> EntraIDProvider:
    return made(EntraIDProvider, idp, **{"oidc_issuer_url": LOGIN, **flat})


def test_groups_of_the_token_are_the_groups() -> None:
    """
    Graph is not asked when the token holds them all.
    """
    idp = entra(tokens(id_token(groups=["g0"])))

    assert logged_in(provider(idp)).groups == ("g0",)
    assert not idp.asked(GROUPS)


def test_too_many_groups_come_from_graph() -> None:
    """
    All pages count, each group once.
    """
    idp = entra(tokens(id_token(**OVERAGE)))

    assert logged_in(provider(idp)).groups == ("g1", "g2", "g3")
    assert dict(idp.asked(GROUPS)[0].fields) == {
        "Authorization": "Bearer AT",
        "ConsistencyLevel": "eventual",
    }


def test_a_graph_that_fails_adds_nothing() -> None:
    """
    The login goes on without the groups of earlier pages.
    """
    idp = entra(tokens(id_token(**OVERAGE)))
    idp.at(f"{GROUPS}&page=2", json_answer({}, 403))
    made_by = provider(idp)

    assert logged_in(made_by).groups == ()
    assert "cannot be read" in log_of(made_by)


def test_graph_leads_nowhere_else() -> None:
    """
    A next page at another host does not get the token.
    """
    idp = entra(tokens(id_token(**OVERAGE)))
    idp.at(GROUPS, {"value": [], "@odata.nextLink": "https://evil.test/"})

    assert logged_in(provider(idp)).groups == ()
    assert not idp.asked("https://evil.test/")


SESSION = Session(refresh_token="RT", id_token=id_token(), groups=("old",))


@pytest.mark.parametrize(
    ("answer", "graph", "groups"),
    [
        (tokens(id_token(groups=["g0"])), 200, ("g0",)),
        (tokens(id_token(**OVERAGE)), 200, ("g1", "g2", "g3")),
        (tokens(id_token(**OVERAGE)), 503, ("old",)),
        (tokens(id_token(**OVERAGE)), 403, ("old",)),
        (tokens(), 200, ("old",)),
    ],
)
def test_groups_survive_a_refresh(
    answer: FetchResponse, graph: int, groups: tuple[str, ...]
) -> None:
    """
    They are renewed where somebody can tell, else they stay.
    """
    idp = entra(answer)
    if graph != 200:
        idp.at(GROUPS, json_answer({}, graph))

    session = run(provider(idp).refresh(SESSION))

    assert session is not None
    assert session.groups == groups
    assert session.access_token == "AT"


@pytest.mark.parametrize(
    ("issuer", "tenants", "valid"),
    [
        (LOGIN, [], True),
        (LOGIN, ["T1", "T2"], True),
        (LOGIN, ["t1"], False),
        (f"{LOGIN}/", [], False),
        ("https://sts.windows.net/T1/", [], False),
        (f"https://evil.test/?{LOGIN}", [], False),
        (17, [], False),
    ],
)
def test_tenants(issuer: Any, tenants: list[str], valid: bool) -> None:
    """
    Only issuers of the public cloud, and of the listed tenants.
    """
    made_by = provider(
        entra(),
        entra_id_allowed_tenants=tenants,
        insecure_oidc_skip_issuer_verification=True,
    )
    session = Session(id_token=id_token(iss=issuer), access_token="AT")

    assert run(made_by.validate(session)) is valid


def test_a_session_without_a_readable_token_is_invalid() -> None:
    """
    It does not crash the request.
    """
    assert not run(provider(entra()).validate(Session(id_token="x")))


def test_bearer_tokens_are_held_to_the_tenants() -> None:
    """
    The issuer of a multi-tenant application is not compared anywhere else.
    """
    made_by = provider(
        entra(),
        entra_id_allowed_tenants=["T1"],
        insecure_oidc_skip_issuer_verification=True,
    )
    other = id_token(iss=LOGIN.replace("T1", "T2"))

    assert run(made_by.session_from_token(id_token())).user == "u-17"
    with pytest.raises(TokenRefused):
        run(made_by.session_from_token(other))


def federated(idp: IdP) -> EntraIDProvider:
    return made(
        EntraIDProvider,
        idp,
        surroundings=Surroundings(environment={"AZURE_FEDERATED_TOKEN_FILE": "/t"}),
        files={"/t": b"PLATFORM.TOKEN\n"},
        oidc_issuer_url=LOGIN,
        **FEDERATED,
    )


def test_the_platforms_token_proves_who_we_are() -> None:
    """
    It goes along in the body, at the login and at the refresh, without a secret.
    """
    answer = tokens(id_token(), refresh_token="RT2")
    idp = entra(answer)
    made_by = federated(idp)

    session = logged_in(made_by)
    run(made_by.refresh(session))

    for request in idp.asked(f"{LOGIN}/token"):
        form = dict(request.form or ())
        assert form["client_assertion"] == "PLATFORM.TOKEN"
        assert form["client_assertion_type"].endswith(":jwt-bearer")
        assert form["client_id"] == "cid"
        assert "client_secret" not in form
        assert request.fields == ()
    assert session.expires_on == FakeClock().now() + 300 * 10**9


def test_a_federated_refresh_that_is_refused_wipes_nothing() -> None:
    """
    An error answer is an error, and an answer without a refresh token keeps the old.
    """
    refused = json_answer({"error": "temporarily_unavailable"}, 400)
    ended = json_answer({"error": "invalid_grant"}, 400)
    made_by = federated(entra(refused, ended, tokens()))

    with pytest.raises(ProviderRefused):
        run(made_by.refresh(SESSION))
    with pytest.raises(RefreshRefused):
        run(made_by.refresh(SESSION))
    session = run(made_by.refresh(SESSION))

    assert session is not None
    assert session.refresh_token == "RT"


def test_a_missing_platform_token_is_said() -> None:
    """
    The message names the variable.
    """
    made_by = made(EntraIDProvider, IdP.usual(), **FEDERATED, oidc_issuer_url=ISSUER)

    with pytest.raises(ProxyError, match="AZURE_FEDERATED_TOKEN_FILE"):
        logged_in(made_by)
