"""
What a request without a login gets.
"""

import pytest

from oauthproxy.access.unauthenticated import LoginWays
from tests.unit.requests import a_request

SKIPPING = LoginWays.compile(skip_button=True)
SCRIPTS = [
    ("Sec-Fetch-Mode", "cors"),
    ("Sec-Fetch-Mode", "no-cors"),
    ("Sec-Fetch-Mode", "same-origin"),
    ("Sec-Fetch-Dest", "image"),
    ("Sec-Fetch-Dest", "empty"),
    ("Sec-Fetch-Dest", "serviceworker"),
    ("X-Requested-With", "XMLHttpRequest"),
    ("Upgrade", "WebSocket"),
]


@pytest.mark.parametrize("ways", [SKIPPING, LoginWays()], ids=["provider", "page"])
@pytest.mark.parametrize("field", SCRIPTS)
def test_script_is_shown_no_login(field: tuple[str, str], ways: LoginWays) -> None:
    """What cannot show a login gets 401, and starts none."""
    assert ways.answer_to(a_request("/x", field)) == "json401"


@pytest.mark.parametrize("field", SCRIPTS)
def test_script_is_shown_one_by_the_reference(field: tuple[str, str]) -> None:
    """The reference's way can be had."""
    page = LoginWays.compile(show_anyone=True)
    provider = LoginWays.compile(skip_button=True, show_anyone=True)

    assert page.answer_to(a_request("/x", field)) == "sign_in_page"
    assert provider.answer_to(a_request("/x", field)) == "login"


@pytest.mark.parametrize(
    "fields",
    [
        (),
        (("Sec-Fetch-Mode", "navigate"),),
        (("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")),
        (("Sec-Fetch-Dest", "document"),),
        (("X-Requested-With", "org.example.browser"),),
    ],
)
def test_page_that_is_opened_gets_a_login(fields: tuple[tuple[str, str], ...]) -> None:
    """A navigation, of old browsers and in apps too, shows a login."""
    assert SKIPPING.answer_to(a_request("/x", *fields)) == "login"
    assert LoginWays().answer_to(a_request("/x", *fields)) == "sign_in_page"
