"""
Section D: callbacks that somebody else began, changed or repeats.

D04, D08, D12, D16: no numbers of the list. D11 knows one provider, so "the other
provider" is any issuer that is not ours.
"""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit

import pytest

from tests.attacks.outcome import ask, no_session, redeemed
from tests.conftest import OpenStage
from tests.integration.harness.client import request
from tests.integration.harness.provider import (
    Behaviour,
    Call,
    Provider,
    Reply,
    reply_json,
)
from tests.integration.harness.stage import HOST, Stage
from tests.integration.harness.visitor import Visitor, parameters

NONCED = "insecure_oidc_skip_nonce = false"
FORM = "Content-Type: application/x-www-form-urlencoded"
CSRF = "_oauth2_proxy_csrf"


def test_d01_callback_of_an_attacker(stage: Stage) -> None:
    """
    A callback without the login's cookie signs nobody in, and its code is not used.
    """
    callback = stage.stranger().begin("/page")
    victim = stage.stranger()

    answer = victim.ask(callback)

    no_session(victim, answer)
    assert redeemed(stage) == 0
    assert stage.upstream.seen == []


@pytest.mark.parametrize("options", ["", "cookie_csrf_per_request = true"])
def test_d02_state_of_another_login(open_stage: OpenStage, options: str) -> None:
    """
    One's own login cookie does not go with somebody else's state.
    """
    stage = open_stage(options)
    callback = stage.stranger().begin("/page")
    victim = stage.stranger()
    victim.begin("/own")

    answer = victim.ask(callback)

    no_session(victim, answer)
    assert redeemed(stage) == 0
    assert b'href="/oauth2/start?rd=%2Fpage"' in answer.body


def test_d02_each_login_finds_its_cookie(open_stage: OpenStage) -> None:
    """
    With a cookie for each login, all of them can be finished, in any order.
    """
    stage = open_stage("cookie_csrf_per_request = true")
    visitor = stage.stranger()
    callbacks = [visitor.begin(f"/{n}") for n in range(3)]
    cookies = dict(visitor.cookies)

    for number, callback in reversed(list(enumerate(callbacks))):
        visitor.cookies = dict(cookies)
        assert visitor.ask(callback).one("Location") == f"/{number}"


def test_d03_callback_that_comes_twice(stage: Stage) -> None:
    """
    The same callback with the same cookie brings the code to the provider once.
    """
    visitor = stage.stranger()
    callback = visitor.begin("/page")
    before = dict(visitor.cookies)
    visitor.ask(callback)
    thief = Visitor(visitor.address, HOST, before)

    answer = thief.ask(callback)

    no_session(thief, answer)
    assert redeemed(stage) == 1


def test_d03_callbacks_at_the_same_time(stage: Stage) -> None:
    """
    Ten of the same at once: one of them signs in.
    """
    visitor = stage.stranger()
    callback = visitor.begin("/page")
    data = request("GET", callback, visitor.cookie_field())

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(stage.ask, [data] * 10))

    assert sorted(answer.status for answer in answers) == [302] + [403] * 9
    assert redeemed(stage) == 1


@pytest.mark.parametrize("bad", ["bad", "", "a|1|b", '"x"'])
def test_d05_tossed_login_cookies(stage: Stage, bad: str) -> None:
    """
    Cookies of the same name that are not ours, before and behind, do not matter.
    """
    for order in ("{bad}; {good}", "{good}; {bad}", "{bad}; {bad}; {good}; {bad}"):
        visitor = stage.stranger()
        callback = visitor.begin("/page")
        good = f"{CSRF}={visitor.cookies.pop(CSRF)}"
        line = order.format(bad=f"{CSRF}={bad}", good=good)

        answer = visitor.ask(callback, f"Cookie: {line}")

        assert (answer.status, answer.one("Location")) == (302, "/page")


def test_d06_cookies_do_not_pile_up(open_stage: OpenStage) -> None:
    """
    However many logins a browser begins, it carries a bounded number of cookies.
    """
    stage = open_stage("skip_provider_button = true\ncookie_csrf_per_request = true")
    visitor = stage.stranger()

    answers = [visitor.ask(f"/page{n}") for n in range(40)]

    assert {answer.status for answer in answers} == {302}
    assert len(visitor.cookies) <= 12
    assert len(visitor.cookie_field()[0]) < 8192
    assert visitor.login("/last").one("Location") == "/last"


SCRIPTS = [
    ("Sec-Fetch-Mode: cors",),
    ("Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"),
    ("Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"),
    ("Sec-Fetch-Mode: same-origin", "Sec-Fetch-Dest: serviceworker"),
    ("Sec-Fetch-Dest: empty",),
    ("Accept: application/json",),
    ("X-Requested-With: XMLHttpRequest",),
]


@pytest.mark.parametrize("fields", SCRIPTS)
def test_d07_parts_of_pages_start_no_login(
    open_stage: OpenStage, fields: tuple[str, ...]
) -> None:
    """
    What cannot show a login gets 401 and no cookie.
    """
    stage = open_stage("skip_provider_button = true")

    answer = ask(stage, "/logo.png", *fields)

    assert answer.status == 401
    assert answer.all("Set-Cookie") == []


def test_d09_stolen_code(open_stage: OpenStage) -> None:
    """
    A code of somebody else's login fails at the provider, by the PKCE verifier.
    """
    stage = open_stage('code_challenge_method = "S256"')
    (stolen,) = parameters(stage.stranger().begin())["code"]
    attacker = stage.stranger()
    (state,) = parameters(attacker.begin())["state"]

    answer = attacker.ask(f"/oauth2/callback?code={stolen}&state={quote(state)}")

    no_session(attacker, answer, 500)


def test_d09_stolen_code_without_pkce(open_stage: OpenStage) -> None:
    """
    Where the provider does not check that, the nonce in the ID token does.
    """
    stage = open_stage(NONCED)
    stage.provider.behaviours["/token"] = _without_pkce(stage.provider)
    (stolen,) = parameters(stage.stranger().begin())["code"]
    attacker = stage.stranger()
    (state,) = parameters(attacker.begin())["state"]

    answer = attacker.ask(f"/oauth2/callback?code={stolen}&state={quote(state)}")

    no_session(attacker, answer)


def _without_pkce(provider: Provider) -> Behaviour:
    def redeem(call: Call) -> Reply:
        given = provider.codes[call.value("code")]
        return reply_json(
            {"access_token": "access-1", "id_token": provider.id_token(given)}
        )

    return redeem


@pytest.mark.parametrize("nonce", [None, "", "other", 1, ["a"], {"a": 1}, True])
def test_d10_wrong_nonces(open_stage: OpenStage, nonce: object) -> None:
    """
    An ID token without this login's nonce makes no session.
    """
    stage = open_stage(NONCED)
    stage.provider.claims["nonce"] = nonce
    visitor = stage.stranger()

    no_session(visitor, visitor.login())


def test_d10_nonce_of_an_earlier_login(open_stage: OpenStage) -> None:
    """
    The nonce of another login of the same browser is another one.
    """
    stage = open_stage(NONCED)
    visitor = stage.stranger()
    visitor.begin()
    stage.provider.claims["nonce"] = stage.provider.called("/authorize")[-1].value(
        "nonce"
    )

    no_session(visitor, visitor.login())


ANNOUNCING = 'request_id_header = "X-Announcing"'
"""Nothing but a proxy of its own, that meets a provider which names itself."""


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("&iss=https%3A%2F%2Fother.test", ""),
        ("&iss=https%3A%2F%2Fother.test", ANNOUNCING),
        ("&iss=", ""),
        ("&iss=", ANNOUNCING),
        ("", ANNOUNCING),
    ],
)
def test_d11_answer_of_another_provider(
    open_stage: OpenStage, the_provider: Provider, query: str, options: str
) -> None:
    """
    A callback that names another issuer, or none where one is announced, brings its
    code nowhere.
    """
    if options:
        announced = {"authorization_response_iss_parameter_supported": True}
        the_provider.metadata.update(announced)
    stage = open_stage(options)
    visitor = stage.stranger()

    answer = visitor.ask(visitor.begin() + query)

    no_session(visitor, answer)
    assert redeemed(stage) == 0


def test_d11_answer_of_the_right_provider(
    open_stage: OpenStage, the_provider: Provider
) -> None:
    """
    The provider that names itself signs people in.
    """
    the_provider.metadata["authorization_response_iss_parameter_supported"] = True
    visitor = open_stage(ANNOUNCING).stranger()
    issuer = quote(the_provider.issuer, safe="")

    assert visitor.ask(f"{visitor.begin()}&iss={issuer}").status == 302


TWICE = [
    "code={code}&code={code}&state={state}",
    "code={code}&code=b&state={state}",
    "code={code}&state={state}&state={state}",
    "code={code}&state={state}&state=x",
    "error=a&error=b&state={state}",
    "code={code}&state={state}&iss=a&iss=b",
]


@pytest.mark.parametrize("query", TWICE)
def test_d13_parameters_that_come_twice(stage: Stage, query: str) -> None:
    """
    A callback that two readers could understand in two ways is refused.
    """
    visitor = stage.stranger()
    sent = parameters(visitor.begin())
    target = query.format(code=sent["code"][0], state=quote(sent["state"][0]))

    no_session(visitor, visitor.ask(f"/oauth2/callback?{target}"), 400)
    assert redeemed(stage) == 0


def test_d13_error_beside_a_code(stage: Stage) -> None:
    """
    An error is an error, whatever stands beside it.
    """
    visitor = stage.stranger()

    answer = visitor.ask(visitor.begin() + "&error=access_denied")

    no_session(visitor, answer)
    assert redeemed(stage) == 0


def test_d13_body_and_query_disagree(stage: Stage) -> None:
    """
    A code in the body does not replace one in the query.
    """
    visitor = stage.stranger()
    callback = visitor.begin()

    answer = visitor.ask(callback, FORM, method="POST", body=b"code=other&state=x")

    no_session(visitor, answer, 400)


def test_d14_errors_show_nothing_to_strangers(stage: Stage) -> None:
    """
    Only who began a login reads the provider's error, as text.
    """
    visitor = stage.stranger()
    (state,) = parameters(visitor.begin())["state"]
    error = quote("<b>access_denied</b>")

    own = visitor.ask(f"/oauth2/callback?error={error}&state={quote(state)}")
    other = stage.stranger().ask(f"/oauth2/callback?error={error}&state={state}")

    assert (own.status, other.status) == (403, 403)
    assert b"&lt;b&gt;access_denied" in own.body
    assert b"access_denied" not in other.body


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"code": "c", "state": "s"}'),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n--x--"),
        ("text/plain", b"code=c&state=s"),
        ("", b"code=c&state=s"),
    ],
)
def test_d15_answers_in_other_forms(stage: Stage, kind: str, body: bytes) -> None:
    """
    A posted callback is a form, or it is nothing.
    """
    visitor = stage.stranger()
    visitor.begin()
    field = [f"Content-Type: {kind}"] if kind else []

    answer = visitor.ask("/oauth2/callback", *field, method="POST", body=body)

    no_session(visitor, answer, 500)
    assert redeemed(stage) == 0


def test_d15_posted_answer_still_needs_the_cookie(stage: Stage) -> None:
    """
    A foreign page that posts a callback has no login cookie to go with it.
    """
    callback = stage.stranger().begin()
    victim = stage.stranger()
    body = urlsplit(callback).query.encode()

    answer = victim.ask(
        "/oauth2/callback", FORM, "Origin: https://evil.test", method="POST", body=body
    )

    no_session(victim, answer)
    assert redeemed(stage) == 0
