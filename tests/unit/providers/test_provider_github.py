"""
GitHub and its like: organisations, teams, repositories, users.
"""

from typing import Any

import pytest

from oauthproxy.errors import ProviderRefused, ProviderUnavailable, RefreshRefused
from oauthproxy.ports import FetchResponse
from oauthproxy.providers.github import GitHubProvider
from oauthproxy.providers.membership import NotMember
from oauthproxy.session.session import Session
from tests.unit.driver import run
from tests.unit.providers.idp import IdP, json_answer, tokens
from tests.unit.providers.making import is_admitted, log_of, logged_in, made

API = "https://api.github.com"
TEAM = {"name": "Core Team", "slug": "core", "organization": {"login": "acme"}}
EMAILS = [
    {"email": "old@x.test", "primary": False, "verified": True},
    {"email": "kim@x.test", "primary": True, "verified": True},
]


class GitHub(IdP):
    """
    An account: two organisations on two pages, one team.
    """

    @classmethod
    def account(cls, base: str = API) -> "GitHub":
        github = cls()
        github.at(
            "https://github.com/login/oauth/access_token", tokens(), method="POST"
        )
        github.at(f"{base}/user", {"login": "kim", "email": "public@x.test"})
        github.at(f"{base}/user/emails", EMAILS)
        github.pages("/user/orgs", [{"login": "acme"}], [{"login": "crew"}], base=base)
        github.pages("/user/teams", [TEAM], base=base)
        return github

    def pages(self, path: str, *pages: Any, base: str = API) -> None:
        for number, page in enumerate([*pages, []], 1):
            self.at(f"{base}{path}?page={number}&per_page=100", page)


def test_a_login_knows_organisations_and_teams() -> None:
    """
    All pages count, and the primary verified address.
    """
    session = logged_in(made(GitHubProvider, GitHub.account()))

    assert session.groups == ("acme", "crew", "acme:core")
    assert (session.user, session.email) == ("kim", "kim@x.test")


def test_calls_carry_the_token_in_githubs_scheme() -> None:
    """
    The token is in a field of every call of the API, and in no URL.
    """
    github = GitHub.account()

    logged_in(made(GitHubProvider, github))

    calls = [request for request in github.requests if request.method == "GET"]
    assert {dict(call.fields)["Authorization"] for call in calls} == {"token AT"}
    assert not [call for call in calls if "AT" in call.url]


@pytest.mark.parametrize(
    ("flat", "admitted"),
    [
        ({"github_org": "crew"}, True),
        ({"github_org": "CREW"}, False),
        ({"github_org": "acme:core"}, True),
        ({"github_org": "acme", "github_team": "x, CORE"}, True),
        ({"github_org": "acme", "github_team": "x,y"}, False),
        ({"github_org": "crew", "github_team": "core"}, False),
        ({"github_team": "Acme:Core"}, True),
        ({"github_team": "acme:x"}, False),
        ({"github_users": ["kim"]}, True),
        ({"github_users": ["kim"], "github_org": "other"}, True),
        ({"github_users": ["lee"]}, False),
        ({"github_users": ["lee"], "github_team": "acme:core"}, False),
        ({"github_users": ["lee"], "github_org": "acme"}, True),
        ({"github_users": [""]}, True),
    ],
)
def test_restrictions(flat: dict[str, Any], admitted: bool) -> None:
    """
    Users, organisation and team let in whom they name, and nobody else.
    """
    provider = made(GitHubProvider, GitHub.account(), **flat)

    assert is_admitted(provider) is admitted


def test_a_team_without_its_organisation_is_a_mistake() -> None:
    """
    It lets nobody in, and the log says why.
    """
    with pytest.raises(ProviderRefused, match="github_team"):
        logged_in(made(GitHubProvider, GitHub.account(), github_team="core"))


@pytest.mark.parametrize(
    ("answer", "admitted"),
    [
        (json_answer({"permissions": {"push": True}}), True),
        (json_answer({"permissions": {"pull": True}, "private": True}), True),
        (json_answer({"permissions": {"pull": True}, "private": False}), False),
        (json_answer({"permissions": None}), False),
        (json_answer([]), False),
        (json_answer({}, 404), False),
    ],
)
def test_a_repository_of_the_user(answer: FetchResponse, admitted: bool) -> None:
    """
    Who may push, or read what is private, is let in.
    """
    github = GitHub.account()
    github.at(f"{API}/repos/acme/app", answer)
    provider = made(GitHubProvider, github, github_repo="acme/app")

    assert is_admitted(provider) is admitted


def test_collaborators_are_asked_for_with_the_token_of_the_repository() -> None:
    """
    The user's own token need not see the repository.
    """
    github = GitHub.account()
    url = f"{API}/repos/acme/app/collaborators/kim"
    github.at(url, FetchResponse(status=204), json_answer({}, 404))
    provider = made(
        GitHubProvider, github, github_repo="acme/app", github_token="ADMIN"
    )

    assert logged_in(provider).user == "kim"
    with pytest.raises(NotMember):
        logged_in(provider)
    assert dict(github.asked(url)[0].fields)["Authorization"] == "token ADMIN"


@pytest.mark.parametrize(
    ("validate", "base"),
    [
        ("https://ghe.test/api/v3/user?x=1", "https://ghe.test/api/v3"),
        ("https://git.test/api/v1/user/emails", "https://git.test/api/v1"),
        ("https://git.test/api/v1", "https://git.test/api/v1"),
        ("https://api.test/", "https://api.test"),
        ("https://x.test/gh/", "https://x.test/gh"),
        ("https://x.test/api/v3x", "https://x.test/api/v3x"),
    ],
)
def test_the_api_is_where_the_validate_url_is(validate: str, base: str) -> None:
    """
    Everything after /api/vN is dropped, and the query.
    """
    provider = made(GitHubProvider, IdP(), validate_url=validate)

    assert provider.api("/user") == f"{base}/user"


def test_gitea_has_names_in_place_of_logins_and_slugs() -> None:
    """
    Organisations and teams are called by their names there.
    """
    base = "https://git.test/api/v1"
    gitea = GitHub.account(base)
    gitea.pages("/user/orgs", [{"name": "acme"}, {"x": 1}, 3], base=base)
    gitea.pages(
        "/user/teams",
        [{"name": "core", "organization": {"name": "acme"}}, {"name": "lost"}],
        base=base,
    )
    provider = made(GitHubProvider, gitea, validate_url=f"{base}/user/emails")

    assert logged_in(provider).groups == ("acme", "acme:core")


@pytest.mark.parametrize(
    "emails", [[], [{"email": "kim@x.test", "primary": True}], {"message": "x"}]
)
def test_no_verified_primary_address_is_no_address(emails: Any) -> None:
    """
    The public address of a profile proves nothing.
    """
    github = GitHub.account()
    github.at(f"{API}/user/emails", emails)

    assert logged_in(made(GitHubProvider, github)).email == ""


def test_a_rate_limit_is_an_outage() -> None:
    """
    Whoever is told to wait is not told to go away.
    """
    github = GitHub.account()
    fields = (("X-RateLimit-Remaining", "0"),)
    github.at(f"{API}/user", FetchResponse(status=403, fields=fields, body=b"{}"))

    with pytest.raises(ProviderUnavailable):
        logged_in(made(GitHubProvider, github))


SESSION = Session(access_token="AT", email="kim@x.test", user="kim", groups=("old",))


def test_a_refresh_reads_the_groups_anew() -> None:
    """
    E-mail address and tokens stay.
    """
    session = run(made(GitHubProvider, GitHub.account()).refresh(SESSION))

    assert session is not None
    assert session.groups == ("acme", "crew", "acme:core")
    assert session.email == "kim@x.test"


def test_who_left_the_organisation_is_signed_out_at_the_refresh() -> None:
    """
    Membership is not for ever.
    """
    provider = made(GitHubProvider, GitHub.account(), github_org="gone")

    with pytest.raises(RefreshRefused):
        run(provider.refresh(SESSION))


def test_a_refresh_without_an_answer_leaves_the_groups() -> None:
    """
    A refusal is for the validate URL to judge; an outage is said.
    """
    github = GitHub.account()
    github.at(f"{API}/user", json_answer({}, 401), json_answer({}, 503))
    provider = made(GitHubProvider, github)

    assert run(provider.refresh(SESSION)) == SESSION
    assert "stay as they were" in log_of(provider)
    with pytest.raises(ProviderUnavailable):
        run(provider.refresh(SESSION))


@pytest.mark.parametrize(("status", "valid"), [(200, True), (401, False)])
def test_validation_asks_the_api(status: int, valid: bool) -> None:
    """
    A revoked token ends the session.
    """
    github = GitHub.account()
    github.at(f"{API}/", json_answer({}, status))

    assert run(made(GitHubProvider, github).validate(SESSION)) is valid
