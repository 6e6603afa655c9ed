"""
Bitbucket: primary addresses, teams, repositories, all pages.
"""

from typing import Any

import pytest

from oauthproxy.errors import ProviderUnavailable, RefreshRefused
from oauthproxy.providers.bitbucket import BitbucketProvider
from oauthproxy.providers.surroundings import Surroundings
from oauthproxy.session.session import Session
from tests.unit.driver import run
from tests.unit.providers.idp import IdP, json_answer, tokens
from tests.unit.providers.making import log_of, logged_in, made

API = "https://api.bitbucket.org/2.0"
TOKEN = "access_token=a%2Bb%26c"
EMAILS = f"{API}/user/emails?{TOKEN}"
TEAMS = f"{API}/teams?role=member&{TOKEN}"
REPOSITORY = (
    f"{API}/repositories/crew?role=contributor&q=full_name=%22crew%2Fapp%22&{TOKEN}"
)
SESSION = Session(access_token="a+b&c", email="kim@x.test")


def bitbucket() -> IdP:
    idp = IdP()
    redeem = "https://bitbucket.org/site/oauth2/access_token"
    idp.at(redeem, tokens(access_token="a+b&c"), method="POST")
    idp.at(
        EMAILS,
        {
            "values": [{"email": "a@x.test", "is_primary": False}],
            "next": f"{API}/user/emails?page=2",
        },
    )
    idp.at(
        f"{API}/user/emails?page=2&{TOKEN}",
        {"values": [{"email": "kim@x.test", "is_primary": True}]},
    )
    return idp


def test_the_primary_address_may_be_on_any_page() -> None:
    """
    The token is escaped, and put into the link of a next page that lacks it.
    """
    assert logged_in(made(BitbucketProvider, bitbucket())).email == "kim@x.test"


def test_a_link_that_has_the_token_is_followed_as_it_is() -> None:
    """
    It does not get the token twice.
    """
    idp = bitbucket()
    second = f"{API}/user/emails?{TOKEN}&page=2"
    idp.at(EMAILS, {"values": [], "next": second})
    idp.at(second, {"values": [{"email": "kim@x.test", "is_primary": True}]})

    assert logged_in(made(BitbucketProvider, idp)).email == "kim@x.test"


@pytest.mark.parametrize(
    "values", [[], [{"email": "kim@x.test"}], "x", [{"is_primary": True}]]
)
def test_without_a_primary_address_there_is_none(values: Any) -> None:
    """
    Other addresses prove nothing.
    """
    idp = bitbucket()
    idp.at(EMAILS, {"values": values})

    assert logged_in(made(BitbucketProvider, idp)).email == ""


def test_an_unconfirmed_address_is_none() -> None:
    """
    Anybody could claim it; the reference's way can be had.
    """
    idp = bitbucket()
    value = {"email": "kim@x.test", "is_primary": True, "is_confirmed": False}
    idp.at(EMAILS, {"values": [value]})
    believing = Surroundings(believe_unverified=True)

    assert logged_in(made(BitbucketProvider, idp)).email == ""
    anyhow = made(BitbucketProvider, idp, surroundings=believing)
    assert logged_in(anyhow).email == "kim@x.test"


@pytest.mark.parametrize(("team", "email"), [("crew", "kim@x.test"), ("Crew", "")])
def test_a_team_lets_its_members_in(team: str, email: str) -> None:
    """
    It is compared exactly, on all pages.
    """
    idp = bitbucket()
    idp.at(TEAMS, {"values": [{"username": "x"}], "next": f"{API}/teams?page=2"})
    idp.at(f"{API}/teams?page=2&{TOKEN}", {"values": [{"username": "crew"}]})
    provider = made(BitbucketProvider, idp, bitbucket_team=team)

    assert logged_in(provider).email == email
    assert ("bitbucket_team" in log_of(provider)) is not bool(email)


@pytest.mark.parametrize(("found", "email"), [("crew/app", "kim@x.test"), ("x", "")])
def test_a_repository_lets_in_who_may_see_it(found: str, email: str) -> None:
    """
    Its whole name must be listed.
    """
    idp = bitbucket()
    idp.at(REPOSITORY, {"values": [{"full_name": found}]})
    provider = made(BitbucketProvider, idp, bitbucket_repository="crew/app")

    assert logged_in(provider).email == email


def test_team_and_repository_are_both_needed() -> None:
    """
    One does not do for the other.
    """
    idp = bitbucket()
    idp.at(TEAMS, {"values": [{"username": "crew"}]})
    idp.at(REPOSITORY, {"values": []})
    flat: dict[str, Any] = {
        "bitbucket_team": "crew",
        "bitbucket_repository": "crew/app",
    }

    assert logged_in(made(BitbucketProvider, idp, **flat)).email == ""


@pytest.mark.parametrize(
    ("flat", "scope"),
    [
        ({}, "email"),
        (
            {"bitbucket_team": "t", "bitbucket_repository": "t/r"},
            "email team repository",
        ),
        ({"bitbucket_team": "t", "scope": "steam"}, "steam"),
    ],
)
def test_the_scope_covers_what_is_asked_about(flat: dict[str, Any], scope: str) -> None:
    """
    A word that is in the text already is not added.
    """
    assert made(BitbucketProvider, IdP(), **flat).scope == scope


def test_who_left_the_team_is_signed_out_at_the_refresh() -> None:
    """
    Who stays, stays.
    """
    idp = bitbucket()
    there: Any = {"values": [{"username": "crew"}]}
    gone: Any = {"values": []}
    idp.at(TEAMS, there, gone)
    provider = made(BitbucketProvider, idp, bitbucket_team="crew")

    assert run(provider.refresh(SESSION)) == SESSION
    with pytest.raises(RefreshRefused):
        run(provider.refresh(SESSION))


def test_an_outage_names_no_token() -> None:
    """
    The token is in the query, which nobody shows.
    """
    idp = bitbucket()
    idp.at(EMAILS, json_answer({}, 503))

    with pytest.raises(ProviderUnavailable) as caught:
        logged_in(made(BitbucketProvider, idp))

    assert "a%2Bb" not in caught.value.detail


@pytest.mark.parametrize(("status", "valid"), [(200, True), (401, False)])
def test_validation_sends_the_token_in_the_query(status: int, valid: bool) -> None:
    """
    The log shows little of it.
    """
    idp = bitbucket()
    idp.at(EMAILS, json_answer({}, status))
    provider = made(BitbucketProvider, idp)

    assert run(provider.validate(SESSION)) is valid
    assert "a%2Bb%26c" not in log_of(provider)
