"""
Section D: sessions, sign-outs and logins that another site wants for somebody, and what
a login leaves behind.

D20, D24: no numbers of the list.
"""

import base64
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import bcrypt
import pytest

from tests.attacks.outcome import SESSION, ask, no_session, redeemed
from tests.conftest import OpenStage
from tests.integration.harness.client import Answer, request
from tests.integration.harness.ports import until
from tests.integration.harness.provider import Behaviour, Reply
from tests.integration.harness.stage import HOST, Stage
from tests.integration.harness.visitor import Visitor, parameters

FORM = "Content-Type: application/x-www-form-urlencoded"
CSRF = "_oauth2_proxy_csrf"


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

        no_session(visitor, visitor.login(), 500)


def test_d23_back_to_the_callback(stage: Stage) -> None:
    """
    Who is signed in and comes to the callback again goes on; no code is used.
    """
    visitor = stage.stranger()
    callback = visitor.begin("/page")
    visitor.ask(callback)

    answer = visitor.ask(callback)

    assert (answer.status, answer.one("Location")) == (302, "/page")
    assert redeemed(stage) == 1


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
