"""
Keycloak by plain OAuth 2: what the profile says.
"""

from typing import Any

import pytest

from oauthproxy.errors import ProviderRefused
from oauthproxy.providers.keycloak import KeycloakProvider
from oauthproxy.providers.surroundings import Surroundings
from oauthproxy.session.session import Session
from tests.unit.driver import run
from tests.unit.providers.idp import IdP, json_answer, tokens
from tests.unit.providers.making import log_of, logged_in, made

REDEEM = "https://k.test/token"
USERINFO = "https://k.test/userinfo"
URLS: dict[str, Any] = {"redeem_url": REDEEM, "validate_url": USERINFO}
PROFILE = {
    "email": "kim@x.test",
    "groups": ["a", "", "b"],
    "preferred_username": "kim",
}
SESSION = Session(access_token="AT", email="kim@x.test", groups=("old",))


def keycloak(*answers: Any, **flat: Any) -> KeycloakProvider:
    idp = IdP()
    idp.at(REDEEM, tokens(), method="POST")
    idp.at(USERINFO, *answers)
    return made(KeycloakProvider, idp, **URLS, **flat)


def test_the_profile_tells_everything() -> None:
    """
    The preferred name stands for a user that is not named; empty groups are none.
    """
    session = logged_in(keycloak(PROFILE))

    assert (session.user, session.preferred_username) == ("kim", "kim")
    assert (session.email, session.groups) == ("kim@x.test", ("a", "b"))
    assert logged_in(keycloak(PROFILE | {"user": "u"})).user == "u"


@pytest.mark.parametrize("profile", [{}, [], {"email": None}, {"email": 1}])
def test_a_profile_without_an_address_is_refused(profile: Any) -> None:
    """
    An empty one is left to the rules.
    """
    with pytest.raises(ProviderRefused):
        logged_in(keycloak(profile))
    assert logged_in(keycloak({"email": ""})).email == ""


@pytest.mark.parametrize(
    ("loose", "groups", "authorized"),
    [
        (False, ("k", "a"), True),
        (False, ("k",), False),
        (False, ("a",), False),
        (True, ("k",), True),
        (True, ("a",), False),
    ],
)
def test_both_lists_of_groups_count(
    loose: bool, groups: tuple[str, ...], authorized: bool
) -> None:
    """
    The reference forgets the general one; the switch does so too.
    """
    provider = made(
        KeycloakProvider,
        IdP(),
        surroundings=Surroundings(drop_allowed_groups=loose),
        keycloak_groups=["k"],
        allowed_groups=["a"],
    )

    assert provider.authorize(Session(groups=groups)) is authorized


def test_a_refresh_reads_the_groups_anew() -> None:
    """
    They stay when the answer cannot be used.
    """
    provider = keycloak(PROFILE, json_answer({}, 401))

    renewed = run(provider.refresh(SESSION))
    unchanged = run(provider.refresh(SESSION))

    assert renewed is not None
    assert renewed.groups == ("a", "b")
    assert unchanged == SESSION
    assert "stay as they were" in log_of(provider)


@pytest.mark.parametrize(("status", "valid"), [(200, True), (401, False)])
def test_validation_sends_the_token_in_a_field(status: int, valid: bool) -> None:
    """
    A revoked token ends the session.
    """
    assert run(keycloak(json_answer({}, status)).validate(SESSION)) is valid
