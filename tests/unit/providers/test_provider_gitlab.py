"""
GitLab: groups, projects and their levels.
"""

import json
from typing import Any

import pytest

from oauthproxy.errors import ProviderRefused
from oauthproxy.providers import jsontext
from oauthproxy.providers.gitlab import GitLabProvider, level
from oauthproxy.providers.surroundings import Surroundings
from oauthproxy.session.session import Session
from tests.unit.driver import run
from tests.unit.providers.idp import ISSUER, IdP, json_answer, sign, tokens
from tests.unit.providers.making import claims, log_of, logged_in, made

USERINFO = {
    "sub": "77",
    "nickname": "kim",
    "email": "kim@x.test",
    "email_verified": True,
    "groups": ["grp", "grp/sub"],
}
ID_TOKEN = sign(claims(sub="77", email="token@x.test"))
PROJECT = f"{ISSUER}/api/v4/projects/grp%2Fapp"


def gitlab(**more: Any) -> IdP:
    idp = IdP.usual()
    answer = tokens(ID_TOKEN, refresh_token="RT2")
    idp.at(f"{ISSUER}/token", answer, method="POST")
    idp.at(f"{ISSUER}/userinfo", {"sub": "77"})
    idp.at(f"{ISSUER}/oauth/userinfo", USERINFO | more)
    return idp


def access(number: int, kind: str = "project_access", **more: Any) -> dict[str, Any]:
    return {"permissions": {kind: {"access_level": number}}} | more


def test_userinfo_replaces_what_the_token_says() -> None:
    """
    The nickname is the user; e-mail address and groups are those of now.
    """
    session = logged_in(made(GitLabProvider, gitlab()))

    assert (session.user, session.email) == ("kim", "kim@x.test")
    assert session.groups == ("grp", "grp/sub")


@pytest.mark.parametrize(
    ("flat", "admitted"),
    [({}, False), ({"insecure_oidc_allow_unverified_email": True}, True)],
)
@pytest.mark.parametrize("verified", [False, None, "true"])
def test_an_unverified_address_is_refused(
    flat: dict[str, Any], verified: Any, admitted: bool
) -> None:
    """
    Only the word true counts, unless anything goes.
    """
    provider = made(GitLabProvider, gitlab(email_verified=verified), **flat)

    if admitted:
        assert logged_in(provider).email == "kim@x.test"
    else:
        with pytest.raises(ProviderRefused, match="unverified"):
            logged_in(provider)


def test_userinfo_of_another_user_is_refused() -> None:
    """
    Its subject must be that of the ID token.
    """
    with pytest.raises(ProviderRefused, match="another user"):
        logged_in(made(GitLabProvider, gitlab(sub="78")))


@pytest.mark.parametrize(
    ("answer", "held"),
    [
        (access(30), True),
        (access(20), False),
        (access(40, "group_access"), True),
        (access(40, archived=True), False),
        ({"permissions": {"project_access": {"access_level": "30"}}}, False),
        ({"permissions": None}, False),
        ([], False),
        (json_answer({}, 404), False),
        (json_answer({}, 503), False),
    ],
)
def test_access_to_a_project_is_a_group(answer: Any, held: bool) -> None:
    """
    A level high enough, in a project that is in use.
    """
    idp = gitlab()
    idp.at(PROJECT, answer)
    provider = made(GitLabProvider, idp, gitlab_projects=["grp/app=30"])

    session = logged_in(provider)

    assert ("project:grp/app" in session.groups) is held
    assert provider.authorize(session) is held


def test_the_projects_own_level_comes_first() -> None:
    """
    A better level in the group does not count beside it.
    """
    permissions = access(10)["permissions"] | access(40, "group_access")["permissions"]
    project = jsontext.parse(json.dumps({"permissions": permissions}))

    assert level(project) == 10


@pytest.mark.parametrize(
    ("flat", "scope"),
    [
        ({}, "openid email"),
        ({"gitlab_groups": ["g"], "allowed_groups": ["g"]}, "openid email"),
        ({"gitlab_projects": ["g/p"]}, "openid email read_api"),
        ({"gitlab_projects": ["g/p"], "scope": "openid"}, "openid read_api"),
        ({"gitlab_projects": ["g/p"], "scope": "read_api x"}, "read_api x"),
    ],
)
def test_the_scope_covers_projects(flat: dict[str, Any], scope: str) -> None:
    """
    Projects need the interface, whatever the configured scope.
    """
    assert made(GitLabProvider, gitlab(), **flat).scope == scope


@pytest.mark.parametrize(
    ("groups", "authorized"),
    [(("grp",), True), (("project:o/p",), True), (("x",), False)],
)
def test_groups_and_projects_are_alternatives(
    groups: tuple[str, ...], authorized: bool
) -> None:
    """
    One of gitlab_groups, or one project, is enough.
    """
    flat: dict[str, Any] = {"gitlab_groups": ["grp"], "gitlab_projects": ["o/p"]}
    provider = made(GitLabProvider, gitlab(), **flat)

    assert provider.authorize(Session(groups=groups)) is authorized


def test_allowed_groups_count_unless_dropped_on_purpose() -> None:
    """
    The reference forgets them; the switch does so too.
    """
    loose = Surroundings(drop_allowed_groups=True)
    flat: dict[str, Any] = {"allowed_groups": ["staff"]}

    strict = made(GitLabProvider, gitlab(), **flat)
    dropping = made(GitLabProvider, gitlab(), surroundings=loose, **flat)

    assert not strict.authorize(Session(groups=("x",)))
    assert dropping.authorize(Session(groups=("x",)))


SESSION = Session(
    user="kim",
    email="old@x.test",
    id_token=ID_TOKEN,
    refresh_token="RT",
    groups=("old", "project:grp/app"),
)


def test_a_refresh_reads_groups_and_projects_anew() -> None:
    """
    What was lost at GitLab is lost here.
    """
    idp = gitlab()
    idp.at(PROJECT, access(10))
    provider = made(GitLabProvider, idp, gitlab_projects=["grp/app"])

    session = run(provider.refresh(SESSION))

    assert session is not None
    assert session.groups == ("grp", "grp/sub")
    assert (session.user, session.email) == ("kim", "kim@x.test")


def test_a_refresh_during_an_outage_keeps_what_was_known() -> None:
    """
    The new tokens are kept, and so is what could not be asked.
    """
    idp = gitlab()
    idp.at(PROJECT, json_answer({}, 502))
    provider = made(GitLabProvider, idp, gitlab_projects=["grp/app"])

    partly = run(provider.refresh(SESSION))
    idp.at(f"{ISSUER}/oauth/userinfo", json_answer({}, 502))
    wholly = run(provider.refresh(SESSION))

    assert partly is not None
    assert wholly is not None
    assert partly.groups == ("grp", "grp/sub", "project:grp/app")
    assert (wholly.groups, wholly.user, wholly.email) == (
        SESSION.groups,
        SESSION.user,
        SESSION.email,
    )
    assert wholly.refresh_token == "RT2"
    assert "stay as they were" in log_of(provider)


def test_nothing_is_refreshed_without_a_refresh_token() -> None:
    """
    It is as with any OpenID provider.
    """
    assert run(made(GitLabProvider, gitlab()).refresh(Session())) is None
