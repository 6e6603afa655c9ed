"""
Keycloak by OpenID Connect: roles become groups.
"""

from typing import Any

import pytest

from oauthproxy.errors import ProviderRefused, RefreshRefused
from oauthproxy.ports import FetchResponse
from oauthproxy.providers.keycloak_oidc import KeycloakOIDCProvider
from oauthproxy.providers.surroundings import Surroundings
from oauthproxy.session.session import Session
from tests.unit.driver import run
from tests.unit.providers.idp import ISSUER, IdP, json_answer, rsa_key, sign, tokens
from tests.unit.providers.making import claims, log_of, logged_in, made

REDEEM = f"{ISSUER}/token"


def access_token(*realm: str, forged: bool = False, **more: Any) -> str:
    """
    Return an access token with roles of the realm.
    """
    key = rsa_key("foreign") if forged else rsa_key()
    return sign(claims(realm_access={"roles": list(realm)}, **more), key)


def answer(access: str, id_token: str | None = None, **more: Any) -> FetchResponse:
    return tokens(id_token, access_token=access, **more)


def provider(*answers: FetchResponse, **flat: Any) -> KeycloakOIDCProvider:
    idp = IdP.usual()
    idp.at(REDEEM, *answers, method="POST")
    idp.at(f"{ISSUER}/userinfo", {})
    return made(KeycloakOIDCProvider, idp, **flat)


def test_roles_of_realm_and_clients_become_groups() -> None:
    """
    They follow the groups of the ID token, each once.
    """
    access = access_token(
        "admin", "admin", resource_access={"app": {"roles": ["edit"]}, "x": None}
    )
    made_by = provider(answer(access, sign(claims(groups=["g1"]))))

    assert logged_in(made_by).groups == ("g1", "role:admin", "role:app:edit")


@pytest.mark.parametrize("value", [None, "admin", {"roles": "admin"}, {"roles": [1]}])
def test_odd_roles_are_no_roles(value: Any) -> None:
    """
    A claim of another shape gives nobody a role, and no crash.
    """
    access = sign(claims(realm_access=value, resource_access=value))
    made_by = provider(answer(access, sign(claims())))

    assert logged_in(made_by).groups == ()


@pytest.mark.parametrize(
    "access",
    ["opaque", access_token("admin", forged=True), access_token("admin", sub="x")],
    ids=["opaque", "signed by somebody else", "of another user"],
)
def test_a_strange_access_token_ends_the_login(access: str) -> None:
    """
    Roles are believed only in a token that the realm signed for this user.
    """
    with pytest.raises(ProviderRefused):
        logged_in(provider(answer(access, sign(claims()))))


def test_a_refresh_takes_revoked_roles_away() -> None:
    """
    Without a new ID token the groups stay and the roles are those of now.
    """
    made_by = provider(answer(access_token("viewer")))
    before = Session(
        refresh_token="RT", user="u-17", groups=("g1", "role:admin", "role:viewer")
    )

    after = run(made_by.refresh(before))

    assert after is not None
    assert after.groups == ("g1", "role:viewer")


def test_a_refresh_with_an_id_token_renews_groups_and_roles() -> None:
    """
    Groups come from the ID token, roles from the access token.
    """
    id_token = sign(claims(groups=["g2"]))
    made_by = provider(answer(access_token("viewer"), id_token))
    before = Session(
        refresh_token="RT", user="u-17", id_token=id_token, groups=("g1", "role:admin")
    )

    after = run(made_by.refresh(before))

    assert after is not None
    assert after.groups == ("g2", "role:viewer")


def test_a_refresh_keeps_the_roles_when_the_keys_cannot_be_had() -> None:
    """
    An outage takes nothing away, and the new tokens are not lost.
    """
    made_by = provider(answer(access_token("viewer"), refresh_token="RT2"))
    fetcher = made_by.fetcher
    assert isinstance(fetcher, IdP)
    fetcher.at(f"{ISSUER}/keys", json_answer({}, 503))

    after = run(
        made_by.refresh(
            Session(refresh_token="RT", user="u-17", groups=("g1", "role:admin"))
        )
    )

    assert after is not None
    assert (after.groups, after.refresh_token) == (("g1", "role:admin"), "RT2")
    assert "stay as they were" in log_of(made_by)


def test_a_refresh_with_a_forged_access_token_ends_the_session() -> None:
    """
    What a login would refuse ends a session.
    """
    made_by = provider(answer(access_token("admin", forged=True)))

    with pytest.raises(RefreshRefused):
        run(made_by.refresh(Session(refresh_token="RT", user="u-17")))


def test_nothing_is_refreshed_without_a_refresh_token() -> None:
    """
    It is as with any OpenID provider.
    """
    assert run(provider().refresh(Session())) is None


def test_a_bearer_token_brings_its_roles() -> None:
    """
    Applications that call with an access token are in the groups of its roles.
    """
    session = run(provider().session_from_token(access_token("admin", groups=["g"])))

    assert session.groups == ("g", "role:admin")


@pytest.mark.parametrize(
    ("groups", "authorized"),
    [(("g",), True), (("role:app:edit",), True), (("role:edit",), False)],
)
def test_groups_and_roles_are_alternatives(
    groups: tuple[str, ...], authorized: bool
) -> None:
    """
    An allowed group or an allowed role is enough.
    """
    made_by = provider(allowed_groups=["g"], allowed_roles=["app:edit"])

    assert made_by.authorize(Session(groups=groups)) is authorized


def test_keycloak_groups_keep_people_out() -> None:
    """
    The option that the reference does not look at restricts, unless switched off.
    """
    strict = provider(keycloak_groups=["g"])
    loose = made(
        KeycloakOIDCProvider,
        IdP.usual(),
        surroundings=Surroundings(drop_allowed_groups=True),
        keycloak_groups=["g"],
    )

    assert not strict.authorize(Session(groups=("x",)))
    assert strict.authorize(Session(groups=("g",)))
    assert loose.authorize(Session(groups=("x",)))
