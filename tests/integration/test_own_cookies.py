"""
The proxy's own cookies, and what the application sees of them.
"""

import os

import pytest

from tests.conftest import OpenStage
from tests.integration.harness.stage import Stage
from tests.integration.harness.upstream import Seen

WITHHELD = "pass_own_cookies = false"
PER_REQUEST = "cookie_csrf_per_request = true"


def _names(seen: Seen) -> list[str]:
    return [
        pair.strip().partition("=")[0]
        for line in seen.all("Cookie")
        for pair in line.split(";")
    ]


def _asked(stage: Stage, *, large: bool = False) -> Seen:
    """
    The request that the application gets from a user who has many cookies.
    """
    if large:
        stage.provider.token["access_token"] = "access-" + os.urandom(2000).hex()
    visitor = stage.stranger().signed_in()
    visitor.begin("/unfinished")
    cookies = {"app": "1", **visitor.cookies, "_oauth2_proxy_like": "2", "z": "a b=c"}
    visitor.cookies = cookies

    visitor.ask("/page")

    return stage.upstream.last()


@pytest.mark.parametrize("login", ["", PER_REQUEST], ids=["one", "per request"])
@pytest.mark.parametrize("large", [False, True], ids=["whole", "parts"])
def test_own_cookies_are_withheld(
    open_stage: OpenStage, login: str, *, large: bool
) -> None:
    """
    Neither the session, whole or in parts, nor a login under way reaches the
    application; all other cookies do, as they came.
    """
    seen = _asked(open_stage(f"{WITHHELD}\n{login}"), large=large)

    assert seen.all("Cookie") == ["app=1; _oauth2_proxy_like=2; z=a b=c"]
    assert seen.all("X-Forwarded-Email") == ["alice@example.com"]


@pytest.mark.parametrize("large", [False, True], ids=["whole", "parts"])
def test_own_cookies_are_passed_on_as_ever(stage: Stage, *, large: bool) -> None:
    """
    Without the option the application gets every cookie, as from the reference.
    """
    seen = _asked(stage, large=large)

    session = ["_oauth2_proxy_0", "_oauth2_proxy_1"] if large else ["_oauth2_proxy"]
    assert {"app", *session, "_oauth2_proxy_csrf"} <= set(_names(seen))


def test_nothing_is_left_of_the_field_without_others(open_stage: OpenStage) -> None:
    """
    A browser with no other cookie sends the application none.
    """
    stage = open_stage(WITHHELD)

    stage.alice().ask("/page")

    assert stage.upstream.last().all("Cookie") == []


def test_own_cookies_stay_out_of_tunnels(open_stage: OpenStage) -> None:
    """
    The handshake of a WebSocket carries none of them either.
    """
    stage = open_stage(WITHHELD)
    visitor = stage.alice()
    visitor.cookies["app"] = "1"

    visitor.ask("/status/400", "Connection: Upgrade", "Upgrade: websocket")

    seen = stage.upstream.last()
    assert (seen.all("Upgrade"), seen.all("Cookie")) == (["websocket"], ["app=1"])


def test_a_large_session_is_cut(stage: Stage) -> None:
    """
    The tests above have a session in parts where they say so.
    """
    assert "_oauth2_proxy_1" in _names(_asked(stage, large=True))
