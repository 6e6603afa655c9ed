"""
An identity provider that is dead, slow or talks nonsense signs nobody in, and the user
is told what to do.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import OpenStage
from tests.integration.harness.client import Answer
from tests.integration.harness.ports import free_port, until
from tests.integration.harness.program import Program, free_address
from tests.integration.harness.provider import Call, Provider, Reply, reply_json
from tests.integration.harness.stage import HOST, Stage, configuration
from tests.integration.harness.tokens import SigningKey, unsigned
from tests.integration.harness.upstream import Upstream
from tests.integration.harness.visitor import Visitor


def _program(
    provider: Provider, upstream: Upstream, folder: Path, options: str = ""
) -> Program:
    address = free_address()
    text = configuration(options, provider=provider, upstream=upstream, port=address[1])
    return Program(text, folder=folder, address=address)


def test_dead_provider_at_the_start_is_waited_for(tmp_path: Path) -> None:
    """
    The program starts, says so, is not ready, offers to try again, and recovers.
    """
    provider = Provider(port=free_port())
    with Upstream() as upstream, _program(provider, upstream, tmp_path) as program:
        address = program.address
        visitor = Visitor(address, HOST)
        program.says("provider")
        ready = visitor.ask("/ready").status
        ping = visitor.ask("/ping").status
        login = visitor.ask("/oauth2/start?rd=/home")

        provider.start()
        until(lambda: visitor.ask("/ready").status == 200, "the program to recover", 30)
        visitor.signed_in()
        page = visitor.ask("/home")
        provider.stop()

    assert (ready, ping) == (503, 200)
    assert login.status == 503
    assert login.one("Content-Type") == "text/html; charset=utf-8"
    assert (login.one("Retry-After") or "").isdigit()
    assert login.all("Set-Cookie") == []
    assert page.status == 200


@pytest.fixture
def nonced(open_stage: OpenStage) -> Stage:
    """
    A proxy that checks nonces and has little patience.
    """
    return open_stage(
        "insecure_oidc_skip_nonce = false\nprovider_timeout = '1s'\n"
        "provider_max_bytes = 20000"
    )


def _no_session(stage: Stage, visitor: Visitor, answer: Answer) -> None:
    assert answer.status in (403, 500, 502, 503)
    assert answer.one("Content-Type") == "text/html; charset=utf-8"
    assert b"Sign in" in answer.body
    assert "_oauth2_proxy" not in visitor.cookies
    assert visitor.ask("/oauth2/auth").status == 401
    assert stage.upstream.seen == []


def _refused(stage: Stage) -> None:
    visitor = stage.stranger()
    before = len(stage.program.output().splitlines())

    answer = visitor.login("/home")

    _no_session(stage, visitor, answer)
    said = stage.program.output().splitlines()[before:]
    told = [line for line in said if "/oauth2/callback" not in line]
    assert told, "nothing in the log says what happened"


def _text(body: bytes, kind: str = "application/json", status: int = 200) -> Reply:
    return Reply(status, {"Content-Type": kind}, body)


NONSENSE: dict[str, Callable[[Call], Reply]] = {
    "page": lambda _: _text(b"<html>Welcome</html>", "text/html"),
    "empty": lambda _: _text(b""),
    "broken": lambda _: _text(b'{"access_token": "access-1", '),
    "list": lambda _: _text(b'["access-1"]'),
    "null": lambda _: _text(b"null"),
    "number": lambda _: _text(b"1e999"),
    "deep": lambda _: _text(b"[" * 10000),
    "no id token": lambda _: reply_json({"access_token": "access-1"}),
    "id token of wrong type": lambda _: reply_json(
        {"access_token": "access-1", "id_token": {"a": 1}}
    ),
    "garbled id token": lambda _: reply_json(
        {"access_token": "access-1", "id_token": "a.b.c"}
    ),
    "huge": lambda _: _text(b'{"access_token": "' + b"x" * 100_000 + b'"}'),
    "error with 200": lambda _: reply_json({"error": "invalid_grant"}),
    "error with 400": lambda _: reply_json({"error": "invalid_grant"}, 400),
    "failure": lambda _: _text(b"oops", "text/plain", 500),
    "redirect": lambda _: Reply(302, {"Location": "/token2"}, b""),
    "bytes": lambda _: _text(b"\xff\xfe\x00"),
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_nonsense_of_the_token_endpoint_is_an_error_page(
    nonced: Stage, kind: str
) -> None:
    """
    Whatever it answers, there is a page, a line in the log, and no session.
    """
    nonced.provider.behaviours["/token"] = NONSENSE[kind]

    _refused(nonced)


def test_redirect_of_the_token_endpoint_takes_no_secret_along(nonced: Stage) -> None:
    """
    Credentials are sent where the metadata says, nowhere else.
    """
    elsewhere = Provider().start()
    target = {"Location": f"{elsewhere.origin}/token"}
    nonced.provider.behaviours["/token"] = lambda _: Reply(307, target, b"")

    _refused(nonced)
    elsewhere.stop()

    assert elsewhere.calls == []


def test_silent_token_endpoint_is_given_up(nonced: Stage) -> None:
    """
    A provider that does not answer in time is an error page, and others are served
    meanwhile.
    """
    go_on = threading.Event()

    def silent(_: Call) -> Reply:
        go_on.wait(20)
        return Reply(500, {}, b"")

    nonced.provider.behaviours["/token"] = silent

    _refused(nonced)
    go_on.set()


CLAIMS: dict[str, dict[str, Any]] = {
    "nonce of another login": {"nonce": "other"},
    "empty nonce": {"nonce": ""},
    "issuer": {"iss": "https://evil.test"},
    "issuer with a slash": {"iss": None},
    "audience": {"aud": "client-2"},
    "audiences": {"aud": ["client-2", "client-3"]},
    "no audience": {"aud": None},
    "expired": {"exp": 1000000000},
    "no expiry": {"exp": None},
    "no subject": {"sub": None},
    "no issue time": {"iat": None},
    "authorized party": {"aud": ["client-1", "client-2"], "azp": "client-2"},
    "expiry as text": {"exp": "tomorrow"},
    "expiry as infinity": {"exp": 1e400},
    "from the future": {"iat": 9999999999, "nbf": 9999999999, "exp": 99999999999},
}


@pytest.mark.parametrize("kind", CLAIMS)
def test_wrong_claims_are_an_error_page(nonced: Stage, kind: str) -> None:
    """
    An ID token that is not for this client, this login and this hour signs nobody in.
    """
    claims = dict(CLAIMS[kind])
    if kind == "issuer with a slash":
        claims["iss"] = f"{nonced.provider.issuer}/"
    nonced.provider.claims.update(claims)

    _refused(nonced)


@pytest.mark.parametrize("kind", ["key", "none", "header none", "hmac", "cut"])
def test_wrong_signatures_are_an_error_page(nonced: Stage, kind: str) -> None:
    """
    An ID token that the provider's key did not sign signs nobody in.
    """
    provider, honest = nonced.provider, nonced.provider.redeem

    def forge(call: Call) -> Reply:
        honest(call)
        token = provider.id_tokens[-1]
        head, body, signature = token.split(".")
        claims = {"iss": provider.issuer, "aud": "client-1", "sub": "x", "exp": 9e9}
        forged = {
            "key": SigningKey("k1").sign(claims),
            "none": unsigned(claims),
            "header none": provider.key.sign(claims, alg="none"),
            "hmac": provider.key.sign(claims, alg="HS256"),
            "cut": f"{head}.{body}.{signature[:-8]}",
        }[kind]
        return reply_json({"access_token": "access-1", "id_token": forged})

    provider.behaviours["/token"] = forge

    _refused(nonced)


@pytest.mark.parametrize("status", [500, 404, 200])
def test_broken_key_document_is_an_error_page(
    open_stage: OpenStage, status: int
) -> None:
    """
    Keys that cannot be had are a reason to try again, not to believe; those that were
    there before are good still.
    """
    stage = open_stage(f"head_timeout = '1{status}s'")
    stage.stranger().signed_in()
    stage.provider.header = {"kid": "new"}
    stage.provider.behaviours["/keys"] = lambda _: _text(b"[]", status=status)

    _refused(stage)
    stage.provider.header = {}
    stage.stranger().signed_in()


def test_key_that_is_not_published_is_an_error_page(open_stage: OpenStage) -> None:
    """
    A key that the provider does not publish is asked for, and then refused.
    """
    stage = open_stage("head_timeout = '77s'")
    stage.provider.published = [SigningKey("k9")]
    stage.provider.header = {"kid": "k77"}

    _refused(stage)


def test_rotated_key_is_fetched(tmp_path: Path) -> None:
    """
    A key that is new since the start is fetched when a token names it.
    """
    provider = Provider().start()
    with Upstream() as upstream, _program(provider, upstream, tmp_path) as program:
        address = program.address
        Visitor(address, HOST).signed_in()
        provider.key = SigningKey("k2")

        Visitor(address, HOST).signed_in()
    provider.stop()


def test_missing_claims_are_asked_for(nonced: Stage) -> None:
    """
    What the ID token does not say, userinfo does; the subject must be the same.
    """
    nonced.provider.claims["email"] = None
    visitor = nonced.stranger().signed_in()

    assert visitor.ask("/oauth2/userinfo").json()["email"] == "alice@example.com"


def test_userinfo_of_somebody_else_is_an_error_page(nonced: Stage) -> None:
    """
    Userinfo about another subject signs nobody in.
    """
    nonced.provider.claims["email"] = None
    nonced.provider.userinfo["sub"] = "user-2"

    _refused(nonced)


def test_wrong_state_is_an_error_page_and_redeems_nothing(nonced: Stage) -> None:
    """
    A callback of another login is refused before its code is used.
    """
    visitor = nonced.stranger()
    visitor.begin()
    other = nonced.stranger().begin()
    redeemed = len(nonced.provider.called("/token"))

    answer = visitor.ask(other)

    _no_session(nonced, visitor, answer)
    assert len(nonced.provider.called("/token")) == redeemed


def test_callback_without_a_login_is_an_error_page(nonced: Stage) -> None:
    """
    A callback that this browser did not ask for is refused before its code is used.
    """
    target = nonced.stranger().begin()
    redeemed = len(nonced.provider.called("/token"))
    visitor = nonced.stranger()

    answer = visitor.ask(target)

    _no_session(nonced, visitor, answer)
    assert len(nonced.provider.called("/token")) == redeemed


def test_word_of_the_provider_is_escaped(nonced: Stage) -> None:
    """
    What the provider says in an error is shown as text.
    """
    visitor = nonced.stranger()

    answer = visitor.ask(
        "/oauth2/callback?error=%3Cscript%3E%25d&error_description=%3Cimg"
    )

    assert answer.status == 403
    assert b"<script>%" not in answer.body
    assert b"<img" not in answer.body
    assert b"MISSING" not in answer.body


def test_provider_that_dies_after_the_start_is_a_retry_page(tmp_path: Path) -> None:
    """
    A provider that cannot be reached at the callback is a 5xx page; sessions go on.
    """
    provider = Provider().start()
    with Upstream() as upstream, _program(provider, upstream, tmp_path) as program:
        address = program.address
        alice = Visitor(address, HOST).signed_in()
        late = Visitor(address, HOST)
        target = late.begin()
        provider.stop()

        answer = late.ask(target)

        assert answer.status in (500, 502, 503)
        assert b"Sign in again" in answer.body
        assert "_oauth2_proxy" not in late.cookies
        assert alice.ask("/").status == 200


def test_provider_that_is_away_keeps_nobody_beyond_the_expiry(tmp_path: Path) -> None:
    """
    While a session cannot be refreshed it lasts until it expires; then its owner waits
    with the cookie for the provider, and goes on with it.
    """
    provider = Provider().start()
    refreshes: list[Call] = []

    def away(call: Call) -> Reply:
        refreshes.append(call)
        return Reply(503, {}, b"")

    with (
        Upstream() as upstream,
        _program(provider, upstream, tmp_path, 'cookie_refresh = "1s"') as program,
    ):
        visitor = Visitor(program.address, HOST)
        provider.claims["exp"] = int(time.time()) + 5
        provider.token["expires_in"] = 5
        visitor.signed_in()
        provider.behaviours["/token"] = away

        def page() -> Answer:
            return visitor.ask("/home", "Accept: text/html")

        until(lambda: page().status and refreshes, "an attempt to refresh")
        during = page()
        until(lambda: page().status != 200, "the session to expire")
        late = page()
        provider.restore()
        until(lambda: page().status == 200, "the refresh")
    provider.stop()

    assert during.status == 200
    assert late.status == 503
    assert b"Try again" in late.body
    assert late.all("Set-Cookie") == []
