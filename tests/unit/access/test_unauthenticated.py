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
    ("X-Requested-With", "XMLHttpRequest"),
    ("Upgrade", "WebSocket"),
]


@pytest.mark.parametrize("field", SCRIPTS)
def test_script_is_not_sent_to_the_provider(field: tuple[str, str]) -> None:
    """What cannot show a login gets 401, and starts none."""
    assert SKIPPING.answer_to(a_request("/x", field)) == "json401"


@pytest.mark.parametrize("field", SCRIPTS)
def test_script_is_sent_there_by_the_reference(field: tuple[str, str]) -> None:
    """The reference's way can be had."""
    ways = LoginWays.compile(skip_button=True, redirect_anyone=True)

    assert ways.answer_to(a_request("/x", field)) == "login"


@pytest.mark.parametrize("field", SCRIPTS)
def test_script_gets_the_page_where_there_is_one(field: tuple[str, str]) -> None:
    """The sign-in page goes to everybody, as ever."""
    assert LoginWays().answer_to(a_request("/x", field)) == "sign_in_page"


def test_browser_is_sent_to_the_provider() -> None:
    """A navigation, of old browsers too, starts a login."""
    assert SKIPPING.answer_to(a_request("/x")) == "login"
    navigation = a_request("/x", ("Sec-Fetch-Mode", "navigate"))
    assert SKIPPING.answer_to(navigation) == "login"
