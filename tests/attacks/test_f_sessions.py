"""
Section F: session cookies that are forged, mixed, replayed or too large.

F03: sessions are not bound to a host. F13 and F14 need a real Redis; they are in
`tests/integration/test_redis_program.py` and `test_redis_failover.py`. F04, F08, F12,
F16: no numbers of the list; F20 is ours.
"""

import base64
import hashlib
import hmac
import re
import time
from pathlib import Path

import pytest

from oauthproxy.crypto.signed_value import sign
from tests.attacks.outcome import ask, asks_for_login
from tests.conftest import OpenStage
from tests.integration.harness.client import request
from tests.integration.harness.program import run
from tests.integration.harness.provider import Call, Provider, Reply
from tests.integration.harness.stage import (
    COOKIE_SECRET,
    HOST,
    Stage,
    configuration,
)
from tests.integration.harness.visitor import Visitor

NAME = "_oauth2_proxy"
MEMORY = 'session_store_type = "memory"\n'
SEED = COOKIE_SECRET.encode()


def _refused(stage: Stage, *cookies: str) -> None:
    answer = ask(stage, "/oauth2/auth", f"Cookie: {'; '.join(cookies)}")

    assert answer.status == 401, answer
    assert stage.upstream.seen == []


def _accepted(stage: Stage, *cookies: str) -> None:
    answer = ask(stage, "/oauth2/auth", f"Cookie: {'; '.join(cookies)}")

    assert answer.status == 202, answer


def _parts(cookie: str) -> list[str]:
    return cookie.split("|")


def test_f01_signature_of_another_kind(stage: Stage) -> None:
    """
    Neither SHA-1, nor a key of nobody, nor another message makes a signature.
    """
    value, stamp, _ = _parts(stage.alice().cookies[NAME])
    message = f"{NAME}{value}{stamp}".encode()
    macs = [
        hmac.digest(SEED, message, "sha1"),
        hmac.digest(b"", message, "sha256"),
        hmac.digest(SEED.rstrip(b"="), message, "sha256"),
        hmac.digest(base64.urlsafe_b64decode(SEED), message, "sha256"),
        hmac.digest(SEED, f"{value}{stamp}".encode(), "sha256"),
        hmac.digest(SEED, f"{NAME}|{value}|{stamp}".encode(), "sha256"),
        hashlib.sha256(SEED + message).digest(),
        b"",
        bytes(32),
    ]

    for mac in macs:
        _refused(
            stage, f"{NAME}={value}|{stamp}|{base64.urlsafe_b64encode(mac).decode()}"
        )


def test_f01_times_that_were_changed(stage: Stage) -> None:
    """
    The time is in the signature, however it is written.
    """
    value, stamp, signature = _parts(stage.alice().cookies[NAME])
    for other in (f"+{stamp}", f"0{stamp}", f"{stamp}0", f"{stamp} ", stamp[:-1], ""):
        _refused(stage, f"{NAME}={value}|{other}|{signature}")


def test_f01_digits_that_change_sides(stage: Stage) -> None:
    """
    What stands between value and time cannot be moved, though both are signed as one.
    """
    value, stamp, signature = _parts(stage.alice().cookies[NAME])
    for count in range(1, 9):
        _refused(stage, f"{NAME}={value}{stamp[:count]}|{stamp[count:]}|{signature}")
        _refused(stage, f"{NAME}={value[:-count]}|{value[-count:]}{stamp}|{signature}")


def test_f01_cookie_of_another_name(stage: Stage) -> None:
    """
    A login's cookie is no session, a session no login, nor a part of one.
    """
    visitor = stage.stranger()
    visitor.begin()
    login = visitor.cookies[f"{NAME}_csrf"]
    session = stage.alice().cookies[NAME]

    _refused(stage, f"{NAME}={login}")
    _refused(stage, f"{NAME}=_csrf{login}")
    _refused(stage, f"{NAME}_0={session}")
    _refused(stage, f"{NAME}_0={session}", f"{NAME}_0={session}")
    _refused(stage, f"{NAME}={NAME}_0={session}")
    answer = ask(
        stage, "/oauth2/callback?code=c&state=x%3A%2F", f"Cookie: {NAME}_csrf={session}"
    )
    assert answer.status == 403


def test_f01_expired_and_future_cookies(stage: Stage) -> None:
    """
    A signature of long ago, or of tomorrow, is none.
    """
    value, _, _ = _parts(stage.alice().cookies[NAME])
    payload = base64.urlsafe_b64decode(value)
    now = int(time.time())

    for moment in (0, -1, now - 168 * 3600 - 60, now + 600, 1 << 62):
        _refused(stage, f"{NAME}={sign(SEED, NAME, payload, moment)}")
    _accepted(stage, f"{NAME}={sign(SEED, NAME, payload, now)}")


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 40, 5000])
def test_f01_signed_garbage(open_stage: OpenStage, size: int) -> None:
    """
    Even what is signed must be a session: garbage is refused and breaks nothing.
    """
    for options in ("", MEMORY):
        stage = open_stage(options)
        for fill in (b"\0", b"\xff", b"A", b"."):
            value = sign(SEED, NAME, fill * size, int(time.time()))
            _refused(stage, f"{NAME}={value}")


def test_f02_replay_after_the_logout(open_stage: OpenStage) -> None:
    """
    With sessions on the server a cookie opens nothing after the sign-out.
    """
    stage = open_stage(MEMORY)
    visitor = stage.stranger().signed_in()
    kept = visitor.cookies[NAME]
    _accepted(stage, f"{NAME}={kept}")

    visitor.ask("/oauth2/sign_out")

    _refused(stage, f"{NAME}={kept}")


def test_f02_every_browser_signs_out_for_itself(open_stage: OpenStage) -> None:
    """
    The end of one session of a user is not that of the others.
    """
    stage = open_stage(MEMORY)
    first, second = stage.stranger().signed_in(), stage.stranger().signed_in()

    first.ask("/oauth2/sign_out")

    assert second.ask("/oauth2/auth").status == 202


@pytest.mark.parametrize("options", ["", MEMORY])
@pytest.mark.parametrize("foreign", ["x", "", "a|1|b", "AAAA|1700000000|AAAA", '"x"'])
def test_f05_tossed_session_cookies(
    open_stage: OpenStage, options: str, foreign: str
) -> None:
    """
    Cookies of our name that another site has set hide no session, wherever they stand.
    """
    stage = open_stage(options)
    ours, theirs = f"{NAME}={stage.alice().cookies[NAME]}", f"{NAME}={foreign}"

    _accepted(stage, ours, theirs)
    _accepted(stage, theirs, ours)
    _accepted(stage, theirs, "other=1", theirs, ours)
    fields = [f"Cookie: {theirs}", f"Cookie: {ours}"]
    assert stage.ask(request("GET", "/oauth2/auth", fields)).status == 202


def test_f05_tossed_cookie_does_not_end_the_session(open_stage: OpenStage) -> None:
    """
    What is refused is not the reason to sign anybody out.
    """
    stage = open_stage(MEMORY)
    cookie = stage.alice().cookies[NAME]

    answer = ask(stage, "/page", f"Cookie: {NAME}=evil; {NAME}={cookie}")

    assert answer.status == 200
    assert answer.all("Set-Cookie") == []


BAD_NAMES = {
    "__Host- without TLS": 'cookie_name = "__Host-x"\ncookie_secure = false',
    "__Host- with a path": 'cookie_name = "__Host-x"\ncookie_path = "/app"\n'
    "cookie_secure = true",
    "__Host- with a domain": 'cookie_name = "__Host-x"\ncookie_secure = true\n'
    'cookie_domains = [".app.test"]',
    "__Secure- without TLS": 'cookie_name = "__Secure-x"\ncookie_secure = false',
    "no secret": 'cookie_secret = ""',
    "short secret": 'cookie_secret = "tooshort"',
    "long secret": 'cookie_secret = "0123456789012345678901234567890123456789"',
    "bad SameSite": 'cookie_samesite = "sometimes"',
}


@pytest.mark.parametrize("kind", BAD_NAMES)
def test_f06_cookies_that_cannot_work(
    the_provider: Provider, tmp_path: Path, kind: str
) -> None:
    """
    F06, F09, F17: the start says what no browser, or no cipher, would take.
    """
    text = configuration(BAD_NAMES[kind], provider=the_provider, upstream=None, port=0)
    file = tmp_path / "cfg"
    file.write_text(text, encoding="utf-8")

    ended = run("--config", str(file), "--config-test", folder=tmp_path)

    assert ended.returncode == 1
    assert "cookie_" in ended.stdout + ended.stderr
    assert "0123456789" not in ended.stdout + ended.stderr


@pytest.fixture
def large(stage: Stage) -> Visitor:
    """
    A browser with a session in several cookies.
    """
    noise = hashlib.shake_256(b"noise").hexdigest(7000)
    stage.provider.claims["noise"] = noise
    visitor = stage.stranger().signed_in()
    assert len(_sorted(visitor)) >= 4
    return visitor


def _sorted(visitor: Visitor) -> list[tuple[str, str]]:
    found = [n for n in visitor.cookies if re.fullmatch(rf"{NAME}_\d+", n)]
    found.sort(key=lambda name: int(name.rpartition("_")[2]))
    return [(name, visitor.cookies[name]) for name in found]


def test_f07_games_with_parts(stage: Stage, large: Visitor) -> None:
    """
    Parts make a session when all are there, each in its place, and of one session.
    """
    pairs = _sorted(large)
    whole = [f"{name}={value}" for name, value in pairs]
    other = _sorted(_another(stage))
    swapped = [whole[0], f"{NAME}_1={pairs[2][1]}", f"{NAME}_2={pairs[1][1]}"]

    _accepted(stage, *whole)
    _accepted(stage, *reversed(whole))
    _accepted(stage, *whole, f"{NAME}_99=x")
    _refused(stage, *whole[:1], *whole[2:])
    _refused(stage, *whole[1:])
    _refused(stage, *whole[:-1])
    _refused(stage, *swapped, *whole[3:])
    _refused(stage, *whole[:1], f"{NAME}_1={other[1][1]}", *whole[2:])
    _refused(stage, *whole, f"{NAME}_{len(whole)}=x")
    _refused(stage, *(f"{NAME}_00={pairs[0][1]}",), *whole[1:])
    _refused(stage, f"{NAME}={''.join(value for _, value in pairs[:-1])}")


def _another(stage: Stage) -> Visitor:
    return stage.stranger().signed_in()


@pytest.mark.parametrize("count", [1000, 2900, 5000])
def test_f07_thousands_of_parts(stage: Stage, count: int) -> None:
    """
    As many parts as fit into a request are refused, and everybody else is served.
    """
    names = [f"{NAME}_{n}=A" for n in range(count)]
    line = f"Cookie: {'; '.join(names)}"

    for _ in range(5):
        answer = ask(stage, "/oauth2/auth", line)
        assert answer.status in (401, 431)
    assert stage.alice().ask("/oauth2/auth").status == 202


def test_f07_thousands_of_logins(open_stage: OpenStage) -> None:
    """
    Nor do as many login cookies keep the next login from beginning.
    """
    stage = open_stage("cookie_csrf_per_request = true")
    names = [f"{NAME}_{n:08d}_csrf=A|1|B" for n in range(2500)]

    answer = ask(stage, "/oauth2/start", f"Cookie: {'; '.join(names)}")

    assert answer.status == 302


OLD = "b2xkLXNlY3JldC0tMzItYnl0ZXMtLWxvbmctLS1vbGQ="


def test_f10_rotated_secrets(open_stage: OpenStage) -> None:
    """
    A cookie of the previous secret is good while that is listed, and not longer.
    """
    cookie = open_stage("").alice().cookies[NAME]
    listed = open_stage(
        f'cookie_secret = "{OLD}"\ncookie_secret_previous = ["{COOKIE_SECRET}"]'
    )
    other = open_stage(f'cookie_secret = "{OLD}"')

    _accepted(listed, f"{NAME}={cookie}")
    _refused(other, f"{NAME}={cookie}")
    fresh = listed.stranger().signed_in().cookies[NAME]
    _accepted(other, f"{NAME}={fresh}")


def _ticket(text: bytes) -> str:
    return f"{NAME}={sign(SEED, NAME, text, int(time.time()))}"


def _encoded(text: bytes) -> bytes:
    return base64.urlsafe_b64encode(text).rstrip(b"=")


def test_f11_tickets_that_were_mixed(open_stage: OpenStage) -> None:
    """
    The id of one session with the secret of another opens neither, even if signed.
    """
    stage = open_stage(MEMORY)
    texts = [
        base64.urlsafe_b64decode(_parts(stage.stranger().signed_in().cookies[NAME])[0])
        for _ in range(2)
    ]
    (_, first, _), (_, second, secret) = (text.split(b".") for text in texts)

    _accepted(stage, _ticket(b".".join((b"v2", second, secret))))
    _refused(stage, _ticket(b".".join((b"v2", first, secret))))


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"*",
        b"/../../x",
        b"x\r\nFLUSHALL\r\n",
        b"x\0y",
        b"\xff\xfe",
        b"x" * 10_000,
        b"_oauth2_proxy-*",
        b"a b",
        b"{x}.lock",
    ],
    ids=range(10),
)
def test_f11_odd_ids(open_stage: OpenStage, key: bytes) -> None:
    """
    Whatever stands in a ticket, it is a key, and there is nothing under it.
    """
    stage = open_stage(MEMORY)
    secret = _encoded(bytes(16))

    _refused(stage, _ticket(b".".join((b"v2", _encoded(key), secret))))
    _refused(stage, _ticket(b".".join((key, secret))))
    _refused(stage, _ticket(b".".join((b"v3", _encoded(key), secret))))
    _refused(stage, _ticket(b".".join((b"v2", _encoded(key), b""))))


@pytest.mark.parametrize("kind", ["slow", "failing", "redirecting", "unknown"])
def test_f15_provider_that_hinders_a_logout(
    open_stage: OpenStage, the_provider: Provider, kind: str
) -> None:
    """
    The session here ends, whatever the provider says, within a bounded time.
    """
    place = f"{the_provider.origin}/logout?t={{id_token}}"
    stage = open_stage(
        f'{MEMORY}backend_logout_url = "{place}"\nprovider_timeout = "1s"'
    )
    visitor = stage.stranger().signed_in()
    kept = visitor.cookies[NAME]
    if kind != "unknown":
        the_provider.behaviours["/logout"] = {
            "slow": _late,
            "failing": lambda _: Reply(500),
            "redirecting": lambda _: Reply(302, {"Location": "/logout"}),
        }[kind]

    answer = visitor.ask("/oauth2/sign_out")

    assert answer.status == 302
    assert NAME not in visitor.cookies
    _refused(stage, f"{NAME}={kept}")


def _late(_: Call) -> Reply:
    time.sleep(3)
    return Reply()


@pytest.mark.parametrize("path", ["/application", "/app2", "/appx/y"])
def test_f17_paths_are_the_browsers(open_stage: OpenStage, path: str) -> None:
    """
    A cookie path is written as configured; what it covers the browser knows.
    """
    stage = open_stage('cookie_path = "/app"')

    answer = ask(stage, f"/oauth2/start?rd={path}")

    (line,) = answer.all("Set-Cookie")
    assert "; Path=/app;" in line
    assert "; HttpOnly" in line


def test_f17_attributes(open_stage: OpenStage) -> None:
    """
    Cookies are for browsers only, and for TLS unless that is switched off.
    """
    stage = open_stage('cookie_secure = true\ncookie_samesite = "lax"')

    (line,) = ask(stage, "/oauth2/start").all("Set-Cookie")

    assert line.endswith("; HttpOnly; Secure; SameSite=Lax")


def test_f18_session_that_is_too_large(stage: Stage) -> None:
    """
    A token of 30 kB is cut into cookies that browsers take; the log says what to do.
    """
    stage.provider.claims["noise"] = hashlib.shake_256(b"n").hexdigest(15_000)
    visitor = stage.stranger()

    answer = visitor.login("/page")

    assert answer.status == 302
    assert max(map(len, answer.all("Set-Cookie"))) <= 4096
    assert visitor.ask("/page").status == 200
    assert "server side session storage" in stage.program.output()


def test_f19_login_cookie_tells_nothing(open_stage: OpenStage) -> None:
    """
    Neither verifier nor nonce nor state can be read from the login's cookie.
    """
    stage = open_stage('code_challenge_method = "plain"')
    visitor = stage.stranger()
    visitor.begin("/where-i-go")
    asked = stage.provider.called("/authorize")[-1]
    value = visitor.cookies[f"{NAME}_csrf"]

    raw = base64.urlsafe_b64decode(_parts(value)[0])

    for name in ("state", "code_challenge", "nonce"):
        text = asked.value(name).encode()
        assert text
        assert text not in raw + value.encode()
    assert b"where-i-go" not in raw


def test_f19_session_cookie_tells_nothing(stage: Stage) -> None:
    """
    Neither tokens nor the user can be read from the session's cookie.
    """
    raw = base64.urlsafe_b64decode(_parts(stage.alice().cookies[NAME])[0])

    assert b"alice" not in raw
    assert b"access-1" not in raw


def test_f20_skipped_routes_and_kept_sessions(open_stage: OpenStage) -> None:
    """
    What passes without a login makes nobody known: the next request needs one.
    """
    stage = open_stage('skip_auth_routes = ["^/public"]')
    for cookie in ("x", "AAAA|1700000000|AAAA"):
        field = f"Cookie: {NAME}={cookie}"
        assert ask(stage, "/public", field).status == 200
        stage.upstream.forget()
        assert asks_for_login(stage, ask(stage, "/secret", field))


def test_f20_who_may_not_come_in_is_not_known(open_stage: OpenStage) -> None:
    """
    Somebody outside the groups who was on a public page is as unknown as before.
    """
    cookies = open_stage("").alice().cookies
    stage = open_stage('skip_auth_routes = ["^/public"]\nallowed_groups = ["admins"]')
    for target, statuses in (("/public", (200,)), ("/secret", (401, 403))) * 2:
        visitor = Visitor(stage.program.address, HOST, dict(cookies))
        assert visitor.ask(target).status in statuses
    assert [seen.path for seen in stage.upstream.seen] == ["/public"] * 2
