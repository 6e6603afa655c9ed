"""
Attacks on the way back from the provider (attack list, D), and accidents.
"""

from typing import Any
from urllib.parse import urlencode

import pytest
from attrs import evolve

from oauthproxy.answer import NO_CACHE, Page, Redirect
from oauthproxy.errors import LoginNotStored
from oauthproxy.login.callback import NO_CSRF, PROVIDER_ERROR, USED
from oauthproxy.ports import FetchResponse
from oauthproxy.session.session import Session
from oauthproxy.wire.cookies import Cookies
from tests.unit.login.desk import Desk, clears, login_query, sets
from tests.unit.providers.idp import ISSUER, IdP, json_answer, sign, tokens

SECOND = 1_000_000_000
TOKEN = f"{ISSUER}/token"
KIM = Session(email="kim@example.test", user="u")


def desk(
    *, email: str = "kim@example.test", idp: IdP | None = None, **flat: Any
) -> Desk:
    made = Desk(idp, **flat)
    now = made.clock.now() // SECOND
    claims = {"iss": ISSUER, "aud": "cid", "sub": "u", "iat": now, "exp": now + 300}
    claims |= {"email": email, "groups": [], "preferred_username": "kim"}
    made.idp.at(TOKEN, tokens(sign(claims | {"email_verified": True})), method="POST")
    return made


def state_of(made: Desk, target: str = "/home") -> str:
    return login_query(made.start(f"/oauth2/start?{urlencode({'rd': target})}"))[
        "state"
    ]


def query(state: str, **more: str) -> str:
    return urlencode({"code": "c", "state": state, **more})


def message(answer: Any) -> str:
    assert isinstance(answer, Page)
    return str(answer.values["Message"])


def asked(made: Desk) -> int:
    return len(made.idp.asked(TOKEN))


def test_a_login() -> None:
    """
    The browser goes where it wanted to; its login's cookie ends, its session begins.
    """
    made = desk()

    answer = made.callback(query(state_of(made)))

    assert isinstance(answer, Redirect)
    assert (answer.location, answer.fields) == ("/home", NO_CACHE)
    assert [clears(answer), sets(answer)] == [["_oauth2_proxy_csrf"], ["_oauth2_proxy"]]
    assert answer.cookies[0].startswith("_oauth2_proxy_csrf=;")
    assert made.session().user == "u"


def test_a_login_is_logged_without_tokens() -> None:
    """
    The log says who came, and neither code nor token.
    """
    made = desk()

    made.callback(query(state_of(made), code="SECRETCODE"))

    ((kind, line),) = made.log.lines
    assert kind == "auth"
    assert line.startswith(
        "AuthSuccess kim@example.test: Authenticated via OAuth2: "
        "Session{email:kim@example.test user:u PreferredUsername:kim token:true "
        "id_token:true created:"
    )
    assert not [text for text in ("SECRETCODE", "eyJ") if text in line]


def test_d01_without_the_cookie_nothing_is_redeemed() -> None:
    """
    An attacker's callback in another browser makes no session.
    """
    made = desk()
    state = state_of(made)

    answer = made.callback(query(state), cookies=Cookies())

    assert (answer.status, message(answer), sets(answer)) == (403, NO_CSRF, [])
    assert asked(made) == 0
    assert answer.values["RetryURL"] == "/oauth2/start?rd=%2Fhome"  # type: ignore[attr-defined]


def test_d02_a_state_of_another_login_redeems_nothing() -> None:
    """
    The state is compared before the code is sent anywhere, and the other login's
    cookie stays.
    """
    made = desk()
    state = state_of(made, "/one")
    state_of(made, "/two")

    answer = made.callback(query(state))

    assert (answer.status, message(answer), answer.cookies) == (403, NO_CSRF, ())
    assert asked(made) == 0
    assert answer.values["RetryURL"] == "/oauth2/start?rd=%2Fone"  # type: ignore[attr-defined]


def test_d02_parallel_logins_with_cookies_of_their_own() -> None:
    """
    With a cookie for each login, both end well in any order.
    """
    made = desk(cookie_csrf_per_request=True)
    first, second = state_of(made, "/one"), state_of(made, "/two")

    answers = [made.callback(query(state)) for state in (second, first)]

    assert [answer.location for answer in answers] == ["/two", "/one"]  # type: ignore[attr-defined]


def test_d03_a_replayed_callback_redeems_nothing() -> None:
    """
    The second time there is no login to finish.
    """
    made = desk()
    state = state_of(made)
    made.callback(query(state))

    answer = made.callback(query(state))

    assert answer.status == 403
    assert asked(made) == 1


def test_d23_who_is_signed_in_goes_on() -> None:
    """
    The back button, or a bookmark of the provider's page, is no error.
    """
    made = desk()
    state = state_of(made)

    answer = made.callback(query(state), cookies=Cookies(), session=KIM)

    assert isinstance(answer, Redirect)
    assert (answer.location, answer.cookies, asked(made)) == ("/home", (), 0)


def test_d23_also_beside_a_login_of_another_tab() -> None:
    """
    Who is signed in goes on from any callback; the other tab's login stays.
    """
    made = desk()
    state = state_of(made, "/one")
    state_of(made, "/two")

    answer = made.callback(query(state), session=KIM)

    assert isinstance(answer, Redirect)
    assert (answer.location, answer.cookies, asked(made)) == ("/one", (), 0)


def test_d23_a_bookmarked_callback_leads_home() -> None:
    """
    Nothing is left of the login, but the session is.
    """
    answer = desk().callback("", session=KIM)

    assert isinstance(answer, Redirect)
    assert (answer.location, answer.cookies) == ("/", ())


def test_d23_only_to_valid_targets() -> None:
    """
    The target of a state that nobody vouches for is judged like any other.
    """
    made = desk()

    answer = made.callback(
        query("x:https://evil.test/"), cookies=Cookies(), session=KIM
    )

    assert isinstance(answer, Redirect)
    assert answer.location == "/"


def test_c11_the_target_is_judged_again() -> None:
    """
    The target in a state is not trusted because the nonce is right.
    """
    made = desk()
    nonce = state_of(made).partition(":")[0]

    answer = made.callback(query(f"{nonce}:https://evil.test/"))

    assert isinstance(answer, Redirect)
    assert answer.location == "/"


@pytest.mark.parametrize("name", ["code", "state", "error", "iss"])
def test_d13_a_parameter_comes_once(name: str) -> None:
    """
    A callback that says a thing twice says nothing.
    """
    made = desk()
    twice = urlencode([(name, "a"), (name, "a")])

    answer = made.callback(f"{query(state_of(made))}&{twice}")

    assert answer.status == 400
    assert asked(made) == 0


def test_d13_an_error_beside_a_code_is_an_error() -> None:
    """
    A code beside an error is not used.
    """
    made = desk()

    answer = made.callback(query(state_of(made), error="access_denied"))

    assert (answer.status, answer.cookies, asked(made)) == (403, (), 0)
    assert message(answer) == f"{PROVIDER_ERROR}: access_denied"


def test_d14_errors_are_shown_to_those_who_asked() -> None:
    """
    Without a login of this browser the page repeats nothing of the callback; the
    description is in the log alone, in one line.
    """
    made = desk()
    given = {"error": "<script>", "error_description": "a\nb", "state": "x:/"}

    answer = made.callback(urlencode(given), cookies=Cookies())

    assert answer.status == 403
    assert message(answer) == f"{PROVIDER_ERROR}."
    assert made.log.lines == [
        ("error", 'the provider answered with "<script>" "a\\nb"')
    ]


def test_d14_error_texts_are_no_formats() -> None:
    """
    Percent signs are percent signs.
    """
    made = desk()

    answer = made.callback(urlencode({"error": "5%d%s{0}", "state": state_of(made)}))

    assert message(answer) == f"{PROVIDER_ERROR}: 5%d%s{{0}}"


def test_d11_another_providers_answer_is_refused() -> None:
    """
    A callback that names another issuer sends its code nowhere.
    """
    made = desk()

    answer = made.callback(query(state_of(made), iss="https://other.test"))

    assert (answer.status, sets(answer), asked(made)) == (403, [], 0)


def test_d11_an_announced_issuer_must_be_named() -> None:
    """
    A provider that says it names itself must do so.
    """
    idp = IdP.usual(authorization_response_iss_parameter_supported=True)
    made = desk(idp=idp)

    assert made.callback(query(state_of(made))).status == 403
    assert made.callback(query(state_of(made), iss=ISSUER)).status == 302


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="no state"),
        pytest.param({"state": "abc", "code": "c"}, id="no target in the state"),
        pytest.param({"state": "", "code": "c"}, id="empty state"),
    ],
)
def test_a_callback_without_a_state_of_ours(given: dict[str, str]) -> None:
    """
    Nothing happens for a callback that we cannot have asked for; a button starts anew.
    """
    made = desk()

    answer = made.callback(urlencode(given))

    assert (answer.status, sets(answer), asked(made)) == (500, [], 0)
    assert answer.values["RetryURL"] == "/oauth2/start?rd=%2F"  # type: ignore[attr-defined]


def test_a_callback_without_a_code() -> None:
    """
    A state without a code is answered 500, as the reference does.
    """
    made = desk()

    answer = made.callback(urlencode({"state": state_of(made)}))

    assert (answer.status, asked(made)) == (500, 0)


@pytest.mark.parametrize(
    "state",
    ["\udcff:/", "é:/", "n" * 100_000 + ":/", ":/", "::::", "\x00:/x"],
)
def test_odd_states(state: str) -> None:
    """
    A state of any characters is refused and no accident.
    """
    made = desk()
    state_of(made)
    encoded = urlencode({"state": state, "code": "c"}, errors="surrogateescape")

    answer = made.callback(encoded)

    assert (answer.status, asked(made)) == (403, 0)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(json_answer({"error": "invalid_grant"}, 400), id="refused"),
        pytest.param(FetchResponse(status=200, body=b"<html>"), id="html"),
        pytest.param(FetchResponse(status=302), id="redirect"),
        pytest.param(tokens(), id="no id token"),
        pytest.param(tokens("a.b.c"), id="bad id token"),
    ],
)
def test_d22_nonsense_of_the_token_endpoint(answer: FetchResponse) -> None:
    """
    The user may start again; there is no session, and the log knows why.
    """
    made = desk()
    made.idp.at(TOKEN, answer, method="POST")

    page = made.callback(query(state_of(made)))

    assert (page.status, sets(page)) == (500, [])
    assert "sign in again" in message(page)
    assert page.values["RetryURL"] == "/oauth2/start?rd=%2Fhome"  # type: ignore[attr-defined]
    assert made.log.lines[-1][1].startswith(
        "Error redeeming code during OAuth2 callback: "
    )


def test_a_dead_token_endpoint() -> None:
    """
    A provider that does not answer costs a retry page, and the login can go on.
    """
    made = desk()
    good = made.idp.answers.pop(f"POST {TOKEN}")
    sent = query(state_of(made))

    page = made.callback(sent)
    made.idp.answers[f"POST {TOKEN}"] = good
    again = made.callback(sent)

    assert page.status == 503
    assert ("Retry-After", "5") in page.fields
    assert page.cookies == ()
    assert again.status == 302


def test_debug_pages_show_the_reason() -> None:
    """
    Internal details are shown only where that is configured.
    """
    made = desk(show_debug_on_error=True)
    made.idp.at(TOKEN, tokens(), method="POST")

    page = made.callback(query(state_of(made)))

    assert "no ID token" in message(page)


def test_who_is_not_allowed_gets_no_session() -> None:
    """
    The login ends, the session does not begin.
    """
    made = desk(email="eve@other.test", email_domains=["example.test"])

    page = made.callback(query(state_of(made)))

    assert (page.status, sets(page)) == (403, [])
    assert clears(page) == ["_oauth2_proxy_csrf"]
    assert made.log.lines[-1][1].startswith("AuthFailure eve@other.test: ")


def test_a_session_without_a_time_gets_one() -> None:
    """
    A provider that says nothing of times makes a session of the cookie's life.
    """
    made = desk(cookie_expire=3600 * SECOND)

    dated = made.login._callback._dated(Session())

    assert dated.created_at == made.clock.now()
    assert dated.expires_on == made.clock.now() + 3600 * SECOND


def test_d17_a_login_replaces_what_the_browser_had() -> None:
    """
    All parts of an older session's cookie end with the login.
    """
    made = desk()
    state = state_of(made)
    made.cookies |= {"_oauth2_proxy_0": "attacker", "_oauth2_proxy_1": "attacker"}

    answer = made.callback(query(state))

    assert {"_oauth2_proxy_0", "_oauth2_proxy_1"} <= set(clears(answer))


def test_nobody_comes_in_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A provider that tells no address lets nobody in, not even with `*`.
    """
    made = desk()

    async def enrich(session: Session) -> Session:
        return evolve(session, email="")

    monkeypatch.setattr(made.provider, "enrich", enrich)

    page = made.callback(query(state_of(made)))

    assert (page.status, sets(page)) == (403, [])


def test_d17_a_login_makes_a_fresh_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The store is told to forget whatever identified the browser before.
    """
    made = desk()
    told: list[bool] = []
    save = made.store.save

    async def recorded(*given: Any, fresh: bool = False) -> tuple[str, ...]:
        told.append(fresh)
        return await save(*given, fresh=fresh)

    monkeypatch.setattr(made.store, "save", recorded)

    made.callback(query(state_of(made)))

    assert told == [True]


def test_d03_a_login_brings_one_code() -> None:
    """
    The same callback with the same cookie, again, is not sent to the provider.
    """
    made = desk()
    state = state_of(made)
    before = made.sent()
    made.callback(query(state), cookies=before)
    calls = asked(made)

    again = made.callback(query(state, code="another"), cookies=before)

    assert (again.status, sets(again)) == (403, [])
    assert message(again) == USED
    assert asked(made) == calls


def test_a_login_that_cannot_be_stored_begins_anew() -> None:
    """
    The provider takes its code once: the page leads to the login again, and from there
    to where the browser wanted to go; the session that it has is left alone.
    """
    made = desk()
    state = state_of(made, "/reports")

    async def down(*_: Any, **__: Any) -> tuple[str, ...]:
        raise LoginNotStored("Redis: refused")

    made.store.save = down  # type: ignore[method-assign]
    answer = made.callback(query(state))

    assert isinstance(answer, Page)
    assert answer.status == 503
    assert ("Retry-After", "5") in answer.fields
    assert answer.values["RetryURL"] == "/oauth2/start?rd=%2Freports"
    assert "could not be signed in" in message(answer)
    assert clears(answer)
    assert not sets(answer)
    assert any("Redis: refused" in line for _, line in made.log.lines)
