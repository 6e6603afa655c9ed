"""
Logins that people bend, in a real browser.
"""

from collections.abc import Iterator
from html import escape
from typing import Any

import pytest

from tests.browser.script import ran
from tests.integration.harness.program import Program, free_address
from tests.integration.harness.provider import Call, Provider, Reply
from tests.integration.harness.stage import configuration
from tests.integration.harness.upstream import Upstream


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """
    What the browser saw, with a provider whose page waits for a click.
    """
    provider = Provider().start()

    def waits(call: Call) -> Reply:
        back = escape(provider.authorize(call).fields["Location"])
        page = f'<!doctype html><title>Log in</title><a id="back" href="{back}">Go</a>'
        return Reply(200, {"Content-Type": "text/html"}, page.encode())

    provider.behaviours["/authorize"] = waits
    provider.behaviours["/site"] = lambda _: Reply(
        200, {"Content-Type": "text/html"}, b"<!doctype html>"
    )
    address, upstream = free_address(), Upstream()
    origin = f"http://127.0.0.1:{address[1]}"
    options = f"""
redirect_url = "{origin}/oauth2/callback"
whitelist_domains = ["localhost:{provider.port}"]
"""
    text = configuration(
        options,
        provider=provider,
        upstream=upstream,
        port=address[1],
    )
    folder = tmp_path_factory.mktemp("tabs")
    with Program(text, folder=folder, address=address):
        sites = {"listed": f"{provider.origin}/site", "unlisted": upstream.url}
        yield ran("tabs.mjs", {"origin": origin, **sites})
    provider.stop()
    upstream.close()


def test_two_tabs(seen: dict[str, Any]) -> None:
    """
    The tab that began first has one button to press; then both are where they wanted.
    """
    tabs = seen["twoTabs"]

    assert tabs["failed"]["path"].startswith("/oauth2/callback?")
    assert tabs["failed"]["actions"] == 1
    assert (tabs["ended"], tabs["other"]) == ("/one?a=1", "/two")


def test_back_button(seen: dict[str, Any]) -> None:
    """
    Going back to the provider and on again ends at the page.
    """
    assert seen["backButton"] == {"before": "/page", "after": "/page"}


def test_bookmarked_callback(seen: dict[str, Any]) -> None:
    """
    A bookmark of the way back shows one button, which signs in.
    """
    assert seen["bookmarkedCallback"] == {"actions": 1, "ended": "/"}


def test_lost_cookie(seen: dict[str, Any]) -> None:
    """
    Who comes back without the login's cookie has one button, which leads to the page.
    """
    assert seen["lostCookie"] == {"actions": 1, "ended": "/page?b=2"}


def test_script_of_another_site(seen: dict[str, Any]) -> None:
    """
    A page of a listed site reads the 401, that of another sees an error; no login
    begins.
    """
    asked = seen["fetchFromOtherSites"]

    assert asked["listed"] == {"status": 401, "body": "{}"}
    assert asked["unlisted"] == {"error": "TypeError"}
    assert asked["cookies"] == []


def test_page_that_outlives_its_session(seen: dict[str, Any]) -> None:
    """
    Its script is told 401 on the spot, and leaves no login cookie behind.
    """
    asked = seen["fetchAfterSignOut"]

    assert asked["signedIn"] == {"status": 200, "redirected": False}
    assert asked["signedOut"] == {"status": 401, "redirected": False}
    assert [name for name in asked["cookies"] if "csrf" in name] == []
