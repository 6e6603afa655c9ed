"""
cidaas: groups with roles.
"""

from typing import Any

import pytest

from oauthproxy.errors import ProviderRefused
from oauthproxy.providers.cidaas import CidaasProvider, group_roles
from oauthproxy.session.session import Session
from tests.unit.driver import run
from tests.unit.providers.idp import ISSUER, IdP, json_answer, sign, tokens
from tests.unit.providers.making import claims, log_of, logged_in, made

ID_TOKEN = sign(claims(groups=["g1"], preferred_username="kim", email_verified=True))
USERINFO = {
    "sub": "u-17",
    "email": "c@x.test",
    "groups": [{"groupId": "CUSTOMERS", "roles": ["customer", "vip"]}],
    "roles": ["USER"],
}
GROUPS = ("CUSTOMERS:customer", "CUSTOMERS:vip", "cidaas:USER")


def cidaas(id_token: str = ID_TOKEN, status: int = 200, **more: Any) -> IdP:
    idp = IdP.usual()
    answer = tokens(id_token, refresh_token="RT2")
    idp.at(f"{ISSUER}/token", answer, method="POST")
    idp.at(f"{ISSUER}/userinfo", json_answer(USERINFO | more, status))
    return idp


def test_groups_and_roles_come_from_userinfo() -> None:
    """
    They take the place of the token's groups; the address is the token's.
    """
    session = logged_in(made(CidaasProvider, cidaas()))

    assert (session.groups, session.email) == (GROUPS, "kim@x.test")


@pytest.mark.parametrize(
    ("userinfo", "groups"),
    [
        ({}, []),
        ([], []),
        ({"groups": "x", "roles": "y"}, []),
        (
            {"groups": [1, {"groupId": "G"}, {"groupId": "H", "roles": [1, "r"]}]},
            ["H:r"],
        ),
        ({"roles": ["a", None, ""]}, ["cidaas:a"]),
    ],
)
def test_odd_groups_are_no_groups(userinfo: Any, groups: list[str]) -> None:
    """
    A member of another shape gives nobody a role, and no crash.
    """
    assert list(group_roles(userinfo, "groups")) == groups


def test_userinfo_tells_a_missing_address() -> None:
    """
    Without any address the login is refused.
    """
    id_token = sign({n: v for n, v in claims().items() if n != "email"})

    session = logged_in(made(CidaasProvider, cidaas(id_token)))

    assert session.email == "c@x.test"
    with pytest.raises(ProviderRefused, match="e-mail"):
        logged_in(made(CidaasProvider, cidaas(id_token, email="")))


def test_userinfo_that_fails_leaves_the_groups_of_the_token() -> None:
    """
    The log says so.
    """
    provider = made(CidaasProvider, cidaas(status=500))

    assert logged_in(provider).groups == ("g1",)
    assert "cannot be read" in log_of(provider)


def test_userinfo_of_another_user_is_not_believed() -> None:
    """
    Its subject must be that of the ID token.
    """
    assert logged_in(made(CidaasProvider, cidaas(sub="other"))).groups == ("g1",)


@pytest.mark.parametrize(("status", "groups"), [(200, GROUPS), (503, ("old",))])
def test_groups_survive_a_refresh(status: int, groups: tuple[str, ...]) -> None:
    """
    They are read anew, or stay while nobody can tell.
    """
    provider = made(CidaasProvider, cidaas(status=status))
    before = Session(refresh_token="RT", id_token=ID_TOKEN, groups=("old",))

    after = run(provider.refresh(before))

    assert after is not None
    assert (after.groups, after.refresh_token) == (groups, "RT2")
    assert run(provider.refresh(Session())) is None


def test_the_scope_has_groups_and_roles() -> None:
    """
    Nothing is added for allowed groups.
    """
    scope = made(CidaasProvider, IdP.usual(), allowed_groups=["g"]).scope

    assert scope == "openid email profile roles groups"
