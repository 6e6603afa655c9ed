"""
Tokens of the tutorials' providers are read as they are written there.
"""

from typing import Any

import pytest

from tests.conftest import OpenStage
from tests.integration.harness.stage import Stage

ROLES = "urn:zitadel:iam:org:project:roles"
BY_ROLES = f'oidc_groups_claim = "{ROLES}"'
BIG = 12345678901234567890
MANY = [f"group-{number}" for number in range(800)]
HELD = {
    "admin": {"69234230193872955": "acme.zitadel.test"},
    "dev": {"69234230193872955": "acme.zitadel.test"},
}


def _groups(stage: Stage) -> list[str]:
    visitor = stage.stranger().signed_in()
    visitor.ask("/")
    return stage.upstream.last().all("X-Forwarded-Groups")


@pytest.mark.parametrize("source", ["claims", "userinfo"])
def test_roles_that_are_an_object_are_groups(
    open_stage: OpenStage, source: str
) -> None:
    """
    ZITADEL's roles are an object whose keys are the names, in either place, under a
    name with colons.
    """
    stage = open_stage(BY_ROLES)
    getattr(stage.provider, source)[ROLES] = HELD

    assert _groups(stage) == ["admin,dev"]


DOTTED = "https://acme.test/roles"
SHAPES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("groups", {"groups": ["a", "b"]}, ["a", "b"]),
    ("groups", {"groups": "a"}, ["a"]),
    ("groups", {"groups": "a,b c"}, ["a,b c"]),
    ("groups", {"groups": {"a": {"1": "acme"}, "b": []}}, ["a", "b"]),
    ("groups", {"groups": [1, 2.50, BIG]}, ["1", "2.5", f"{BIG}"]),
    ("groups", {"groups": 7}, ["7"]),
    ("groups", {"groups": [{"name": "a"}, True]}, ['{"name":"a"}', "true"]),
    ("groups", {"groups": [["a"], "b"]}, ['["a"]', "b"]),
    ("realm_access.roles", {"realm_access": {"roles": ["a"]}}, ["a"]),
    ("a.b.c", {"a": {"b": {"c": "deep"}}}, ["deep"]),
    ("a.b", {"a.b": ["whole"], "a": {"b": ["parts"]}}, ["whole"]),
    (DOTTED, {DOTTED: ["a"], "https://acme": {"test/roles": ["b"]}}, ["a"]),
    (ROLES, {ROLES: ["a"], "urn": {"zitadel": "b"}}, ["a"]),
    ("groups", {"groups": MANY}, MANY),
]


@pytest.mark.parametrize("source", ["claims", "userinfo"])
@pytest.mark.parametrize(("name", "claims", "groups"), SHAPES, ids=range(len(SHAPES)))
def test_every_shape_of_groups(
    open_stage: OpenStage,
    name: str,
    claims: dict[str, Any],
    groups: list[str],
    source: str,
) -> None:
    """
    Lists, texts, objects, numbers, paths and names with dots, few groups and many: in
    the token or told by userinfo, the application and the user see the same groups.
    """
    stage = open_stage(f'oidc_groups_claim = "{name}"')
    del stage.provider.claims["groups"]
    stage.provider.userinfo.pop("groups", None)
    getattr(stage.provider, source).update(claims)

    visitor = stage.stranger().signed_in()
    told = visitor.ask("/oauth2/userinfo").json()
    visitor.ask("/")

    assert told["groups"] == groups
    listed = ",".join(group.replace(",", "%2C") for group in groups)
    assert stage.upstream.last().all("X-Forwarded-Groups") == [listed]


@pytest.mark.parametrize("claims", [{}, {"groups": None}, {"groups": []}])
def test_nobody_without_groups_is_a_member(
    open_stage: OpenStage, claims: dict[str, Any]
) -> None:
    """
    A claim that is missing, null or empty holds no group.
    """
    stage = open_stage('allowed_groups = ["", "null", "None", "[]"]')
    stage.provider.claims.pop("groups", None)
    stage.provider.userinfo.pop("groups", None)
    stage.provider.claims.update(claims)

    assert stage.stranger().login().status == 403


def test_group_that_is_one_text_is_one_group(open_stage: OpenStage) -> None:
    """
    WSO2 writes a single group without a list around it.
    """
    stage = open_stage("")
    stage.provider.claims["groups"] = "Internal/everyone"

    assert _groups(stage) == ["Internal/everyone"]


def test_audience_that_is_a_list_names_us(open_stage: OpenStage) -> None:
    """
    ZITADEL's audience holds the project beside the client; `azp` is the client.
    """
    stage = open_stage("")
    stage.provider.claims["aud"] = ["client-1", "69234237810729019"]
    stage.provider.claims["azp"] = "client-1"

    stage.stranger().signed_in()


def test_email_that_only_userinfo_has_is_found(open_stage: OpenStage) -> None:
    """
    ZITADEL's ID token names nobody but the subject.
    """
    stage = open_stage("")
    for name in ("email", "email_verified", "preferred_username", "groups", "name"):
        stage.provider.claims.pop(name)

    visitor = stage.stranger().signed_in()
    told = visitor.ask("/oauth2/userinfo").json()

    assert told["email"] == "alice@example.com"
    assert told["user"] == "user-1"


def test_restriction_by_such_a_group_holds(open_stage: OpenStage) -> None:
    """
    `allowed_groups` sees the keys of the object, and nothing inside.
    """
    admins = open_stage(f'{BY_ROLES}\nallowed_groups = ["admin"]')
    admins.provider.claims[ROLES] = HELD
    others = open_stage(f'{BY_ROLES}\nallowed_groups = ["acme.zitadel.test"]')

    assert admins.stranger().login().status == 302
    assert others.stranger().login().status == 403
