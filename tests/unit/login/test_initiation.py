"""
Logins that begin elsewhere (OpenID Connect Core, 4).
"""

from typing import Any
from urllib.parse import urlencode

import pytest

from oauthproxy.answer import Answer, Page
from oauthproxy.wire.form import parse_form
from tests.unit.driver import run
from tests.unit.login.desk import Desk, login_query
from tests.unit.providers.idp import ISSUER


def begun(desk: Desk, **query: str) -> Answer:
    return desk.start(f"/oauth2/start?{urlencode({'iss': ISSUER} | query)}")


def target_of(answer: Answer) -> str:
    return login_query(answer)["state"].partition(":")[2]


def test_the_hint_goes_to_the_provider() -> None:
    """
    The provider learns whom it is about.
    """
    answer = begun(Desk(), login_hint="kim@example.test")

    assert login_query(answer)["login_hint"] == "kim@example.test"


@pytest.mark.parametrize(
    "query", [{"login_hint": "k" * 1001}, {"login_hint": ""}, {"hint": "kim"}]
)
def test_other_hints_stay_here(query: dict[str, str]) -> None:
    """
    An absurdly long one, an empty one, another parameter.
    """
    assert "login_hint" not in login_query(begun(Desk(), **query))


def test_without_an_issuer_there_is_no_hint() -> None:
    """
    Parameters of the login stay configured ones.
    """
    answer = Desk().start("/oauth2/start?login_hint=kim&target_link_uri=/x")

    assert "login_hint" not in login_query(answer)
    assert target_of(answer) == "/"


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("http://app.test/page?x=1", "/page?x=1"),
        ("https://app.test/page", "/page"),
        ("http://app.test", "/"),
        ("/page", "/page"),
        ("https://friend.test/page", "https://friend.test/page"),
        ("", "/"),
        ("https://evil.test/", "/"),
        ("http://app.test.evil.test/", "/"),
        ("http://app.test@evil.test/", "/"),
        ("http://app.test//evil.test", "/"),
        ("http://app.test/\\evil.test", "/"),
        ("//evil.test", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_the_link_is_judged_like_any_target(link: str, target: str) -> None:
    """
    It leads to this host or a listed one, else home (OpenID Connect Core, 4).
    """
    desk = Desk(whitelist_domains=["friend.test"])

    assert target_of(begun(desk, target_link_uri=link)) == target


def test_our_own_parameter_comes_first() -> None:
    """
    A link that names both was written for this program.
    """
    answer = begun(Desk(), rd="/a", target_link_uri="/b")

    assert target_of(answer) == "/a"


@pytest.mark.parametrize(
    "query", ["iss=https%3A%2F%2Fother.test", "iss=", f"iss={ISSUER}&iss=x"]
)
def test_another_issuer_is_refused(query: str) -> None:
    """
    No login begins that was meant for another provider.
    """
    answer = Desk().start(f"/oauth2/start?{query}")

    assert isinstance(answer, Page)
    assert (answer.status, answer.cookies) == (403, ())


def test_a_form_may_begin_a_login() -> None:
    """
    Both GET and POST are allowed.
    """
    desk = Desk()
    body = urlencode({"iss": ISSUER, "target_link_uri": "/x"}).encode()
    scope = desk.scope("/oauth2/start", method="POST")
    form = parse_form("", "application/x-www-form-urlencoded", body, "POST")

    answer = run(desk.login.start(scope, desk.sent(), form, overrides=True))

    assert target_of(answer) == "/x"


def test_pages_of_the_application_may_have_an_iss() -> None:
    """
    Only our own endpoints read it.
    """
    desk = Desk()
    scope = desk.scope("/page?iss=x")
    form = parse_form(scope.query, "", b"", "GET")

    answer: Any = run(desk.login.start(scope, desk.sent(), form, overrides=False))

    assert answer.status == 302


def test_types_without_an_issuer_do_not_look() -> None:
    """
    Plain OAuth 2 has no issuers to compare.
    """
    answer = Desk(provider="github").start("/oauth2/start?iss=x")

    assert answer.status == 302
