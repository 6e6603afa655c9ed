"""
Starting a login, signing in by password, signing out.
"""

from typing import Any

import pytest

from oauthproxy.answer import NO_CACHE, Answer, Page, Redirect
from oauthproxy.session.session import Session
from oauthproxy.wire.cookies import Cookies
from oauthproxy.wire.form import FormError, parse_form, parse_query
from tests.unit.driver import run
from tests.unit.login.desk import Desk, clears, login_query, sets
from tests.unit.providers.idp import ISSUER, IdP, metadata


def test_k01_a_dead_provider_costs_a_retry_page() -> None:
    """
    A login that cannot start says so, sets nothing, and works when the provider is
    back.
    """
    desk = Desk(IdP())

    page = desk.start("/oauth2/start?rd=/home")
    desk.idp.at(f"{ISSUER}/.well-known/openid-configuration", metadata())
    desk.clock.time += 2_000_000_000
    again = desk.start("/oauth2/start?rd=/home")

    assert isinstance(page, Page)
    assert (page.status, page.cookies) == (503, ())
    assert page.fields == (*NO_CACHE, ("Retry-After", "5"))
    assert page.values["RetryURL"] == "/oauth2/start?rd=%2Fhome"
    assert "does not answer" in page.values["Message"]
    assert again.status == 302


def test_d19_browsers_choose_no_parameters_of_ours() -> None:
    """
    Only what the operator listed can come from the query, and nothing comes twice.
    """
    wished = (
        "scope=admin&prompt=none&redirect_uri=https://evil.test&client_id=x&nonce=n"
    )
    desk = Desk(insecure_oidc_skip_nonce=False)

    sent = login_query(
        desk.start(f"/oauth2/start?{wished}&state=s&response_type=token")
    )

    assert sent["scope"] == "openid email profile"
    assert sent["client_id"] == "cid"
    assert sent["redirect_uri"] == "http://app.test/oauth2/callback"
    assert sent["response_type"] == "code"
    assert len(sent["nonce"]) == 43
    assert "prompt" not in sent


def test_every_login_has_its_own_secrets() -> None:
    """
    State, nonce and challenge are new for each login.
    """
    desk = Desk(insecure_oidc_skip_nonce=False, code_challenge_method="S256")

    first, second = login_query(desk.start()), login_query(desk.start())

    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]


def test_an_unknown_challenge_method() -> None:
    """
    A method that does not exist fails each login, as in the reference.
    """
    assert Desk(code_challenge_method="S512").start().status == 500


def test_deletions_come_before_the_new_cookie() -> None:
    """
    The oldest logins beyond the limit end when a new one starts.
    """
    desk = Desk(cookie_csrf_per_request=True, cookie_csrf_per_request_limit=1)
    desk.start()
    desk.start()

    answer = desk.start()

    assert [
        bool(line.partition("=")[2].partition(";")[0]) for line in answer.cookies
    ] == [
        False,
        True,
    ]


def sign_in(
    desk: Desk, body: str, query: str = "rd=/home", method: str = "POST"
) -> Answer:
    scope = desk.scope(f"/oauth2/sign_in?{query}", method=method)
    kind = "application/x-www-form-urlencoded"
    form = parse_form(scope.query, kind, body.encode(), method)
    return run(desk.login.sign_in(scope, desk.sent(), form))


@pytest.fixture
def desk() -> Desk:
    return Desk(htpasswd_file="users", htpasswd_user_groups=["local"])


def test_the_right_password(desk: Desk) -> None:
    """
    A user of the file gets a session with the configured groups.
    """
    answer = desk._kept(sign_in(desk, "username=kim&password=right"))

    assert isinstance(answer, Redirect)
    assert answer.location == "/home"
    session = desk.session()
    assert (session.user, session.email, session.groups) == ("kim", "", ("local",))
    assert desk.log.lines == [
        ("auth", "AuthSuccess kim: Authenticated via HtpasswdFile")
    ]


@pytest.mark.parametrize(
    ("body", "query", "status"),
    [
        ("username=kim&password=wrong", "", 401),
        ("username=kim", "", 401),
        ("username=&password=right", "", 400),
        ("", "", 400),
        ("username=kim", "password=right", 401),
        ("username=kim&password=right", "password=right", 401),
    ],
)
def test_wrong_passwords(desk: Desk, body: str, query: str, status: int) -> None:
    """
    Nobody comes in with a wrong password, an empty name, or a password in the query.
    """
    answer = sign_in(desk, body, query)

    assert isinstance(answer, Page)
    assert (answer.name, answer.status, sets(answer)) == ("sign_in", status, [])


def test_passwords_are_posted(desk: Desk) -> None:
    """
    A GET is never a login.
    """
    answer = sign_in(desk, "", "username=kim&password=right", "GET")

    assert (answer.status, sets(answer)) == (200, [])


def test_without_a_button_the_provider_is_next() -> None:
    """
    With the button skipped, a wrong password leads to the provider as well.
    """
    desk = Desk(htpasswd_file="users", skip_provider_button=True)

    answer = sign_in(desk, "username=kim&password=wrong")

    assert isinstance(answer, Redirect)
    assert answer.location.startswith(f"{ISSUER}/authorize?")


def test_d17_the_sign_in_page_forgets_the_session(desk: Desk) -> None:
    """
    What the browser had is gone before anybody signs in.
    """
    desk._kept(sign_in(desk, "username=kim&password=right"))

    page = sign_in(desk, "", method="GET")

    assert clears(page) == ["_oauth2_proxy"]


def test_the_values_of_the_sign_in_page(desk: Desk) -> None:
    """
    Custom templates find the names they know.
    """
    page = sign_in(desk, "", "rd=/oauth2/sign_in", "GET")

    assert isinstance(page, Page)
    assert page.fields == NO_CACHE
    assert page.values == {
        "ProviderName": "OpenID Connect",
        "SignInMessage": "",
        "StatusCode": 200,
        "CustomLogin": True,
        "Redirect": "/",
        "ProxyPrefix": "/oauth2",
    }


def test_f15_sign_out_ends_the_session_whatever_the_provider_does() -> None:
    """
    A provider that is down does not keep anybody signed in.
    """
    desk = Desk(backend_logout_url="https://idp.test/logout")
    desk.cookies["_oauth2_proxy"] = "x"
    scope = desk.scope("/oauth2/sign_out?rd=/bye")
    session = Session(email="kim@example.test")

    answer = run(
        desk.login.sign_out(scope, desk.sent(), parse_query(scope.query), session)
    )

    assert isinstance(answer, Redirect)
    assert (answer.location, clears(answer)) == ("/bye", ["_oauth2_proxy"])


def test_error_pages() -> None:
    """
    With a form the buttons lead to the request's target, without one there are none.
    """
    desk = Desk()
    scope = desk.scope("/page?x=1")

    bare = desk.login.error_page(scope, 502, "gone")
    full = desk.login.error_page(scope, 403, form=parse_query("x=1"))

    assert bare.values["Redirect"] == ""
    assert (bare.values["Title"], bare.values["Message"]) == ("Bad Gateway", "gone")
    assert full.values["Redirect"] == "/page?x=1"
    assert full.values["RequestID"] == "req-1"
    assert full.fields == ()


def test_forms_that_cannot_be_read() -> None:
    """
    The page for such a form leads home.
    """
    page = Desk().login.form_refused(Desk().scope("/"), 500, FormError("semicolon"))

    assert (page.status, page.values["Redirect"]) == (500, "/")


def test_cookies_are_bound_to_the_effective_host() -> None:
    """
    Behind a trusted proxy the domain of cookies follows the forwarded host.
    """
    desk = Desk(reverse_proxy=True, cookie_domains=["corp.test", "app.test"])
    headers: Any = [("X-Forwarded-Host", "a.corp.test")]

    answer = desk.start(headers=headers)

    assert "Domain=corp.test" in answer.cookies[0]
    assert desk.sent() != Cookies()


CROSS = ("Sec-Fetch-Site", "cross-site")
SUBMIT = ("Sec-Fetch-Mode", "navigate")
IMAGE = ("Sec-Fetch-Mode", "no-cors")
WITH = ("Sec-Fetch-Mode", "cors")
EVIL, FRIEND = ("Origin", "https://evil.test"), ("Origin", "https://friend.test")


def _sent_by(desk: Desk, *headers: tuple[str, str]) -> Answer:
    scope = desk.scope("/oauth2/sign_in", method="POST", headers=headers)
    body = b"username=kim&password=right"
    form = parse_form("", "application/x-www-form-urlencoded", body, "POST")
    return run(desk.login.sign_in(scope, desk.sent(), form))


@pytest.mark.parametrize("headers", [(CROSS, SUBMIT, EVIL), (CROSS,), (CROSS, WITH)])
def test_another_site_cannot_sign_its_visitor_in(
    desk: Desk, headers: tuple[tuple[str, str], ...]
) -> None:
    """
    A form on a foreign page does not make its visitor somebody else here.
    """
    answer = _sent_by(desk, *headers)

    assert (answer.status, answer.cookies) == (403, ())


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("Sec-Fetch-Site", "same-origin"), EVIL),
        (("Sec-Fetch-Site", "same-site"), EVIL),
        (("Sec-Fetch-Site", "none"),),
        (CROSS, SUBMIT, FRIEND),
    ],
)
def test_own_and_listed_sites_sign_in(headers: tuple[tuple[str, str], ...]) -> None:
    """
    Our own form, older browsers, and sites that users may be sent to go on.
    """
    desk = Desk(htpasswd_file="users", whitelist_domains=["friend.test"])

    assert sets(_sent_by(desk, *headers)) == ["_oauth2_proxy"]


def _sign_out(desk: Desk, *headers: tuple[str, str]) -> Answer:
    scope = desk.scope("/oauth2/sign_out", headers=headers)
    return run(desk.login.sign_out(scope, desk.sent(), parse_query(""), None))


@pytest.mark.parametrize("headers", [(CROSS, IMAGE), (CROSS, WITH, EVIL), (CROSS,)])
def test_d18_another_site_cannot_sign_out(
    desk: Desk, headers: tuple[tuple[str, str], ...]
) -> None:
    """
    An image or a script of a foreign page does not end the session.
    """
    desk._kept(sign_in(desk, "username=kim&password=right"))

    answer = _sign_out(desk, *headers)

    assert (answer.status, answer.cookies) == (403, ())


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (CROSS, SUBMIT),
        (CROSS, SUBMIT, ("Sec-Fetch-Dest", "iframe")),
        (("Sec-Fetch-Site", "same-site"), WITH),
        (CROSS, WITH, FRIEND),
    ],
)
def test_d18_links_frames_and_listed_sites_sign_out(
    headers: tuple[tuple[str, str], ...],
) -> None:
    """
    Links, the provider's frames and the scripts of listed sites sign out.
    """
    desk = Desk(htpasswd_file="users", whitelist_domains=["friend.test"])
    desk._kept(sign_in(desk, "username=kim&password=right"))

    answer = _sign_out(desk, *headers)

    assert (answer.status, clears(answer)) == (302, ["_oauth2_proxy"])
