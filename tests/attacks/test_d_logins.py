"""
Section D: logins that somebody else began, changed or repeats.

D04, D08, D12, D16, D20, D24: no numbers of the list. D11 knows one provider, so "the
other provider" is any issuer that is not ours.
"""

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import bcrypt
import pytest

from tests.attacks.outcome import ask
from tests.conftest import OpenStage
from tests.integration.harness.client import Answer, request
from tests.integration.harness.ports import until
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
CSRF, SESSION = "_oauth2_proxy_csrf", "_oauth2_proxy"


def _redeemed(stage: Stage) -> int:
    return len(stage.provider.called("/token"))


def _no_session(visitor: Visitor, answer: Answer, status: int = 403) -> None:
    assert answer.status == status, answer
    assert [name for name in visitor.cookies if name.startswith(SESSION + "_0")] == []
    assert SESSION not in visitor.cookies
    assert visitor.ask("/oauth2/auth").status == 401


def test_d01_callback_of_an_attacker(stage: Stage) -> None:
    """
    A callback without the login's cookie signs nobody in, and its code is not used.
    """
    callback = stage.stranger().begin("/page")
    victim = stage.stranger()

    answer = victim.ask(callback)

    _no_session(victim, answer)
    assert _redeemed(stage) == 0
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

    _no_session(victim, answer)
    assert _redeemed(stage) == 0
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

    _no_session(thief, answer)
    assert _redeemed(stage) == 1


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
    assert _redeemed(stage) == 1


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

    _no_session(attacker, answer, 500)


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

    _no_session(attacker, answer)


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

    _no_session(visitor, visitor.login())


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

    _no_session(visitor, visitor.login())


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

    _no_session(visitor, answer)
    assert _redeemed(stage) == 0


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

    _no_session(visitor, visitor.ask(f"/oauth2/callback?{target}"), 400)
    assert _redeemed(stage) == 0


def test_d13_error_beside_a_code(stage: Stage) -> None:
    """
    An error is an error, whatever stands beside it.
    """
    visitor = stage.stranger()

    answer = visitor.ask(visitor.begin() + "&error=access_denied")

    _no_session(visitor, answer)
    assert _redeemed(stage) == 0


def test_d13_body_and_query_disagree(stage: Stage) -> None:
    """
    A code in the body does not replace one in the query.
    """
    visitor = stage.stranger()
    callback = visitor.begin()

    answer = visitor.ask(callback, FORM, method="POST", body=b"code=other&state=x")

    _no_session(visitor, answer, 400)


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

    _no_session(visitor, answer, 500)
    assert _redeemed(stage) == 0


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

    _no_session(victim, answer)
    assert _redeemed(stage) == 0


MEMORY = 'session_store_type = "memory"'


def test_d17_planted_session(open_stage: OpenStage) -> None:
    """
    A login ends the session that was in the browser before: its ticket is replaced,
    and the old one opens nothing any more.
    """
    stage = open_stage(MEMORY)
    planted = stage.stranger().signed_in().cookies[SESSION]
    victim = Visitor(stage.program.address, HOST, {SESSION: planted})

    victim.login()

    fresh = victim.cookies[SESSION]
    attacker = Visitor(stage.program.address, HOST, {SESSION: planted})
    assert _ticket(fresh) != _ticket(planted)
    assert victim.ask("/oauth2/auth").status == 202
    assert attacker.ask("/oauth2/auth").status == 401


def test_d17_planted_session_ends_at_the_sign_in_page(open_stage: OpenStage) -> None:
    """
    Who opens the sign-in page with a planted session has it no longer.
    """
    stage = open_stage(MEMORY)
    planted = stage.stranger().signed_in().cookies[SESSION]
    victim = Visitor(stage.program.address, HOST, {SESSION: planted})

    victim.ask("/oauth2/sign_in")

    assert SESSION not in victim.cookies
    stolen = Visitor(stage.program.address, HOST, {SESSION: planted})
    assert stolen.ask("/oauth2/auth").status == 401


def _ticket(cookie: str) -> bytes:
    return base64.urlsafe_b64decode(cookie.partition("|")[0])


@pytest.mark.parametrize("store", ["", MEMORY])
def test_d18_image_that_signs_out(open_stage: OpenStage, store: str) -> None:
    """
    A foreign page cannot end the session by an image; a link can.
    """
    stage = open_stage(store)
    visitor = stage.stranger().signed_in()
    foreign = ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors")

    image = visitor.ask("/oauth2/sign_out", *foreign, "Sec-Fetch-Dest: image")
    still = visitor.ask("/oauth2/auth").status
    link = visitor.ask(
        "/oauth2/sign_out", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"
    )

    assert (image.status, still, link.status) == (403, 202, 302)
    assert visitor.ask("/oauth2/auth").status == 401


def test_d18_form_that_signs_in_as_somebody_else(
    open_stage: OpenStage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """
    A foreign page cannot post a name and a password of the attacker.
    """
    file: Path = tmp_path_factory.getbasetemp() / "kim"
    if not file.exists():
        hashed = bcrypt.hashpw(b"right", bcrypt.gensalt(4)).decode()
        file.write_text(f"kim:{hashed}\n", encoding="ascii")
    stage = open_stage(f'htpasswd_file = "{file}"')
    visitor = stage.stranger()
    form = b"username=kim&password=right"

    foreign = visitor.ask(
        "/oauth2/sign_in",
        FORM,
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Mode: navigate",
        "Origin: https://evil.test",
        method="POST",
        body=form,
    )
    own = visitor.ask("/oauth2/sign_in", FORM, method="POST", body=form)

    assert (foreign.status, foreign.all("Set-Cookie")) == (403, [])
    assert own.status == 302
    assert SESSION in visitor.cookies


def test_d19_parameters_of_the_login(stage: Stage) -> None:
    """
    A link to the start of a login chooses nothing that the operator did not list.
    """
    wished = (
        "scope=admin&prompt=none&redirect_uri=https%3A%2F%2Fevil.test&client_id=x"
        "&response_type=token&response_mode=fragment&nonce=n&state=s&code_challenge=c"
        "&login_hint=eve&acr_values=0&request=r&request_uri=https%3A%2F%2Fevil.test"
    )

    answer = ask(stage, f"/oauth2/start?{wished}&rd=/page")

    sent = parse_qs(urlsplit(answer.one("Location") or "").query)
    assert {len(values) for values in sent.values()} == {1}
    assert sent["scope"] == ["openid email profile"]
    assert sent["client_id"] == ["client-1"]
    assert sent["redirect_uri"] == [f"http://{HOST}/oauth2/callback"]
    assert sent["response_type"] == ["code"]
    assert len(sent["code_challenge"][0]) == 43
    assert not {"prompt", "login_hint", "acr_values", "request", "request_uri"} & {
        *sent
    }
    assert "evil.test" not in (answer.one("Location") or "")


@pytest.mark.parametrize("field", ["X-Forwarded-Host: evil.test", "Host: evil.test"])
def test_d21_host_of_a_stranger(open_stage: OpenStage, field: str) -> None:
    """
    Where the hosts are listed, no login begins for another one.
    """
    stage = open_stage(
        'redirect_url = ""\nallowed_hosts = ["app.test"]\n'
        'reverse_proxy = true\ntrusted_proxy_ips = ["192.0.2.1"]'
    )
    fields = [] if field.startswith("Host") else [field]
    host = "evil.test" if field.startswith("Host") else HOST

    answer = stage.ask(request("GET", "/oauth2/start", fields, host=host))

    assert "evil.test" not in (answer.one("Location") or "")
    assert answer.status == (421 if host != HOST else 302)


def test_d21_configured_address_wins(stage: Stage) -> None:
    """
    With `redirect_url` no Host changes where the code goes.
    """
    answer = stage.ask(request("GET", "/oauth2/start", host="evil.test"))

    (told,) = parameters(answer.one("Location") or "")["redirect_uri"]
    assert told == f"http://{HOST}/oauth2/callback"


def test_d22_redirect_of_the_token_endpoint(stage: Stage) -> None:
    """
    A code and the client's secret are not sent on to where a redirect leads.
    """
    for status in (301, 302, 303, 307, 308):
        stage.provider.behaviours["/token"] = _always(
            Reply(status, {"Location": f"{stage.provider.origin}/elsewhere"})
        )
        visitor = stage.stranger()

        assert visitor.login().status in (500, 502)
        assert SESSION not in visitor.cookies
    assert stage.provider.called("/elsewhere") == []


def _always(reply: Reply) -> Behaviour:
    return lambda _: reply


def test_d22_answers_that_are_none(stage: Stage) -> None:
    """
    An error with 200, a page and nothing at all make no session.
    """
    for body in (b'{"error": "invalid_grant"}', b"<html>", b"", b"[]", b'{"a": 1}'):
        stage.provider.behaviours["/token"] = _always(Reply(200, {}, body))
        visitor = stage.stranger()

        _no_session(visitor, visitor.login(), 500)


def test_d23_back_to_the_callback(stage: Stage) -> None:
    """
    Who is signed in and comes to the callback again goes on; no code is used.
    """
    visitor = stage.stranger()
    callback = visitor.begin("/page")
    visitor.ask(callback)

    answer = visitor.ask(callback)

    assert (answer.status, answer.one("Location")) == (302, "/page")
    assert _redeemed(stage) == 1


def test_d23_error_to_somebody_signed_in(stage: Stage) -> None:
    """
    A link with an error does not end the session of who follows it.
    """
    visitor = stage.alice()

    answer = visitor.ask("/oauth2/callback?error=access_denied&state=x%3A%2F")

    assert answer.status == 403
    assert answer.all("Set-Cookie") == []
    assert visitor.ask("/oauth2/auth").status == 202


def test_d25_answers_about_people_are_not_kept(open_stage: OpenStage) -> None:
    """
    Whatever sets a cookie or tells who somebody is, no cache keeps.
    """
    stage = open_stage("skip_provider_button = true")
    visitor = stage.stranger()
    callback = visitor.begin("/page")
    answers = [
        stage.stranger().ask("/"),
        stage.stranger().ask("/oauth2/start"),
        stage.stranger().ask("/oauth2/callback?error=a"),
        visitor.ask(callback),
        visitor.ask("/oauth2/userinfo"),
        visitor.ask("/oauth2/sign_out"),
        stage.stranger().ask("/oauth2/userinfo"),
    ]

    for answer in answers:
        assert "no-store" in (answer.one("Cache-Control") or ""), answer


def test_d25_page_that_brings_a_refreshed_session(open_stage: OpenStage) -> None:
    """
    A page that the application lets everybody keep is private when a session comes
    with it.
    """
    stage = open_stage('cookie_refresh = "1s"')
    stage.upstream.on(
        "/public",
        lambda exchange: exchange.answer(200, ["Cache-Control: public, max-age=60"]),
    )
    visitor = stage.stranger().signed_in()

    plain = visitor.ask("/public")
    brought: list[Answer] = []

    def refreshed() -> bool:
        brought.append(visitor.ask("/public"))
        return bool(brought[-1].all("Set-Cookie"))

    until(refreshed, "a refresh")

    assert plain.all("Cache-Control") == ["public, max-age=60"]
    assert "private" in ", ".join(brought[-1].all("Cache-Control"))


def test_d26_code_stays_here(stage: Stage) -> None:
    """
    The answers of the callback keep their address, and load nothing of others.
    """
    visitor = stage.stranger()
    good = visitor.ask(visitor.begin())
    bad = stage.stranger().ask("/oauth2/callback?code=c&state=x%3A%2F")

    assert good.one("Referrer-Policy") == "no-referrer"
    assert bad.one("Referrer-Policy") == "no-referrer"
    assert "default-src 'none'" in (bad.one("Content-Security-Policy") or "")


def test_d26_code_is_not_in_the_log(stage: Stage) -> None:
    """
    Neither code nor state nonce can be taken from the log.
    """
    visitor = stage.stranger()
    stage.provider.behaviours["/authorize"] = lambda call: Reply(
        302,
        {
            "Location": f"{call.value('redirect_uri')}?code=very-secret-code"
            f"&state={quote(call.value('state'))}"
        },
    )

    visitor.login()

    assert "very-secret-code" not in stage.program.output()
