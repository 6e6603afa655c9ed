"""
No login ends where a person cannot go on (attacks D06, D07 and D23).
"""

import os
import re
import time
from collections.abc import Callable
from html import unescape

import pytest

from oauthproxy.crypto.secret import Secret
from oauthproxy.session.csrf import USUAL_LIMIT, CSRFJar
from oauthproxy.session.secrets import CookieSecrets
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.wire.cookies import Cookies, CookieWriter
from tests.conftest import OpenStage
from tests.integration.harness.client import Answer
from tests.integration.harness.program import Program, free_address
from tests.integration.harness.provider import Provider, Reply
from tests.integration.harness.stage import COOKIE_SECRET, Stage, configuration
from tests.integration.harness.upstream import Upstream
from tests.integration.harness.visitor import Visitor
from tests.unit.driver import FakeClock

SKIPPING = "skip_provider_button = true"
PER_REQUEST = "cookie_csrf_per_request = true"


def _only_button(answer: Answer) -> str:
    """
    The one button of an error page: where it leads.
    """
    page = answer.body.decode()
    actions = re.findall(r"<button|<a [^>]*class=\"button", page)
    (found,) = re.findall(r'<a class="button primary" href="([^"]+)">', page)
    assert len(actions) == 1
    return unescape(found)


def _pressed(visitor: Visitor, answer: Answer) -> Answer:
    """
    Press the one button and go through the login it starts.
    """
    location = visitor.ask(_only_button(answer)).one("Location")
    assert location is not None
    return visitor.ask(visitor.authorize(location))


def test_two_tabs(stage: Stage) -> None:
    """
    The login of the tab that began first ends with a button that leads to its page.
    """
    visitor = stage.stranger()
    first, second = visitor.begin("/one"), visitor.begin("/two")

    failed = visitor.ask(first)
    again = _pressed(visitor, failed)

    assert (failed.status, again.status, again.one("Location")) == (403, 302, "/one")
    assert visitor.ask(second).one("Location") == "/two"


def test_two_tabs_the_later_ends_first(stage: Stage) -> None:
    """
    Who is signed in by the other tab goes on at once.
    """
    visitor = stage.stranger()
    first, second = visitor.begin("/one"), visitor.begin("/two")

    ends = [visitor.ask(second), visitor.ask(first)]

    assert [end.one("Location") for end in ends] == ["/two", "/one"]


def test_back_button(stage: Stage) -> None:
    """
    Going back to the callback after a login leads to the page again.
    """
    visitor = stage.stranger()
    callback = visitor.begin("/page")
    visitor.ask(callback)
    redeemed = len(stage.provider.called("/token"))

    back = visitor.ask(callback)

    assert (back.status, back.one("Location")) == (302, "/page")
    assert len(stage.provider.called("/token")) == redeemed


@pytest.mark.parametrize(
    "bookmark",
    [
        "/oauth2/callback",
        "/oauth2/callback?code=old&state=b2xk%3A%2F",
        "/oauth2/callback?error=access_denied",
        "/oauth2/callback?error=login_required&state=b2xk%3A%2F",
    ],
)
def test_bookmarked_callback_of_a_stranger(stage: Stage, bookmark: str) -> None:
    """
    A bookmark of the way back shows a button that signs in.
    """
    visitor = stage.stranger()

    again = _pressed(visitor, visitor.ask(bookmark))

    assert (again.status, again.one("Location")) == (302, "/")


def test_bookmarked_callback_of_a_user(stage: Stage) -> None:
    """
    Who is signed in and opens that bookmark comes to the application.
    """
    visitor = stage.alice()

    answer = visitor.ask("/oauth2/callback")

    assert (answer.status, answer.one("Location")) == (302, "/")


def test_expired_login(stage: Stage) -> None:
    """
    Who took too long at the provider starts again with one button.
    """
    visitor = stage.stranger()
    state = _old_login(visitor)

    failed = visitor.ask(f"/oauth2/callback?code=late&state={state}%3A%2Fpage")
    again = _pressed(visitor, failed)

    assert failed.status == 403
    assert (again.status, again.one("Location")) == (302, "/page")


def _old_login(visitor: Visitor) -> str:
    """
    Give a browser the cookie of a login that began an hour ago; its state.
    """
    options = CookieOptions(cookie_secret=Secret(COOKIE_SECRET), cookie_secure=False)
    clock = FakeClock()
    clock.time = (int(time.time()) - 3600) * 1_000_000_000
    jar = CSRFJar(
        options,
        CookieSecrets.of(COOKIE_SECRET),
        CookieWriter(options),
        clock,
        os.urandom,
    )
    csrf = jar.create("")
    (line,) = jar.cookies(csrf, Cookies(), visitor.host)
    name, _, value = line.partition(";")[0].partition("=")
    visitor.cookies[name] = value
    return csrf.state_hash


def test_refusal_at_the_provider(stage: Stage) -> None:
    """
    Who changed their mind at the provider can change it again.
    """
    visitor = stage.stranger()
    callback = visitor.begin("/page")
    _, _, state = callback.partition("state=")

    refused = visitor.ask(f"/oauth2/callback?error=access_denied&state={state}")
    again = _pressed(visitor, refused)

    assert b"access_denied" in refused.body
    assert (again.status, again.one("Location")) == (302, "/page")


@pytest.mark.parametrize("secret", ["same", "new"])
def test_restarted_proxy(
    secret: str, the_provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """
    A login survives a restart; with a new cookie secret one button starts it again.
    """
    upstream, address = Upstream(), free_address()

    def started(options: str) -> Program:
        text = configuration(
            options, provider=the_provider, upstream=upstream, port=address[1]
        )
        folder = tmp_path_factory.mktemp("restarted")
        return Program(text, folder=folder, address=address)

    visitor = Visitor(address)
    with started(""):
        callback = visitor.begin("/page")
    other = 'cookie_secret = "another-secret-of-32-characters!"'
    with started("" if secret == "same" else other):
        end = visitor.ask(callback)
        if secret == "new":
            assert end.status == 403
            end = _pressed(visitor, end)
    upstream.close()

    assert (end.status, end.one("Location")) == (302, "/page")


def test_provider_that_is_down(open_stage: OpenStage) -> None:
    """
    A login that the provider could not finish has its button as well.
    """
    stage = open_stage()
    visitor = stage.stranger()
    callback = visitor.begin("/page")
    stage.provider.behaviours["/token"] = lambda _: Reply(503, {}, b"down")

    failed = visitor.ask(callback)
    stage.provider.restore()
    again = _pressed(visitor, failed)

    assert failed.status == 503
    assert (again.status, again.one("Location")) == (302, "/page")


def _csrf(visitor: Visitor) -> list[str]:
    return [name for name in visitor.cookies if name.endswith("_csrf")]


@pytest.mark.parametrize("options", ["", SKIPPING], ids=["page", "redirect"])
def test_logins_do_not_pile_up(open_stage: OpenStage, options: str) -> None:
    """
    Many pages opened without a session leave few login cookies, and a short request.
    """
    stage = open_stage(f"{PER_REQUEST}\n{options}")
    visitor = stage.stranger()

    for number in range(40):
        visitor.ask(f"/page/{number}")
        visitor.ask(f"/oauth2/start?rd=/page/{number}")

    assert len(_csrf(visitor)) == USUAL_LIMIT + 1
    assert visitor.login("/last").one("Location") == "/last"


def test_latest_logins_can_all_be_finished(open_stage: OpenStage) -> None:
    """
    With a cookie each, logins of several tabs end well in any order.
    """
    visitor = open_stage(PER_REQUEST).stranger()
    callbacks = [visitor.begin(f"/{tab}") for tab in range(5)]

    ends = [visitor.ask(callback) for callback in reversed(callbacks)]

    assert [end.one("Location") for end in ends] == ["/4", "/3", "/2", "/1", "/0"]


SCRIPTS = (
    ("Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"),
    ("Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"),
    ("Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"),
    ("Sec-Fetch-Mode: same-origin", "Sec-Fetch-Dest: serviceworker"),
    ("Sec-Fetch-Dest: style",),
    ("X-Requested-With: XMLHttpRequest",),
    ("Accept: application/json",),
)


@pytest.mark.parametrize("options", ["", SKIPPING, PER_REQUEST])
@pytest.mark.parametrize("fields", SCRIPTS, ids="|".join)
def test_script_without_a_session_gets_401(
    open_stage: OpenStage, fields: tuple[str, ...], options: str
) -> None:
    """
    What cannot show a login is told so, and starts none.
    """
    stage = open_stage(options)

    answer = stage.stranger().ask("/data", *fields)

    assert (answer.status, answer.body) == (401, b"{}")
    assert answer.one("Content-Type") == "application/json"
    assert answer.all("Set-Cookie") == []
    assert answer.all("WWW-Authenticate") == []
    assert stage.upstream.seen == []


@pytest.mark.parametrize("path", ["/oauth2/start", "/oauth2/sign_in"])
@pytest.mark.parametrize("options", ["", SKIPPING])
def test_script_that_is_led_to_a_login_gets_401(
    open_stage: OpenStage, path: str, options: str
) -> None:
    """
    A script that follows a redirect to our endpoints starts nothing either.
    """
    stage = open_stage(options)

    answer = stage.stranger().ask(f"{path}?rd=/data", "Sec-Fetch-Mode: cors")

    assert (answer.status, answer.body, answer.all("Set-Cookie")) == (401, b"{}", [])


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        ("https://app.example.com", ["https://app.example.com"]),
        ("https://evil.test", []),
    ],
)
def test_script_of_a_listed_origin_may_read_it(
    open_stage: OpenStage, origin: str, told: list[str]
) -> None:
    """
    A page of a site in `whitelist_domains` sees the 401, others a network error.
    """
    stage = open_stage('whitelist_domains = [".example.com"]')

    answer = stage.stranger().ask("/data", "Sec-Fetch-Mode: cors", f"Origin: {origin}")

    assert answer.status == 401
    assert answer.all("Access-Control-Allow-Origin") == told
    assert answer.all("Access-Control-Allow-Credentials") == ["true"] * len(told)
    assert answer.all("Vary") == ["Origin"]


def _page(answer: Answer) -> bool:
    return (answer.status, b"Sign in with" in answer.body) == (403, True)


def _redirect(answer: Answer) -> bool:
    return answer.status == 302


@pytest.mark.parametrize(("options", "shown"), [("", _page), (SKIPPING, _redirect)])
@pytest.mark.parametrize("switch", ["show_login_to_scripts", "reference_behaviour"])
def test_old_way_can_be_had(
    open_stage: OpenStage,
    switch: str,
    options: str,
    shown: Callable[[Answer], bool],
) -> None:
    """
    A switch shows logins to scripts, too.
    """
    stage = open_stage(f"{switch} = true\n{options}")

    assert shown(stage.stranger().ask("/data", "Sec-Fetch-Mode: cors"))


@pytest.mark.parametrize(("options", "shown"), [("", _page), (SKIPPING, _redirect)])
@pytest.mark.parametrize(
    "fields",
    [
        ("Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"),
        ("Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"),
        ("Accept: text/html,*/*;q=0.8",),
        (),
    ],
    ids="|".join,
)
def test_person_is_shown_a_login(
    open_stage: OpenStage,
    fields: tuple[str, ...],
    options: str,
    shown: Callable[[Answer], bool],
) -> None:
    """
    Whoever opens a page sees how to sign in.
    """
    assert shown(open_stage(options).stranger().ask("/page", *fields))
