"""
Section A, continued: prefix, constraints, cookies, tokens and methods before the login.
"""

import base64

import pytest

from tests.attacks.outcome import ask, asks_for_login, kept_out, shows_nobody
from tests.conftest import OpenStage
from tests.integration.harness.client import request
from tests.integration.harness.provider import CLIENT
from tests.integration.harness.stage import Stage
from tests.integration.harness.tokens import SigningKey, unsigned
from tests.integration.harness.upstream import Exchange

XAUTH = "set_xauthrequest = true\nset_authorization_header = true\n"


@pytest.mark.parametrize(
    "target",
    [
        "/oauth2/../secret",
        "/oauth2%2fauth",
        "/oauth2%2Fcallback",
        "/oauth2//auth",
        "/OAUTH2/auth",
        "/Oauth2/sign_in",
        "/oauth2/callbackX",
        "/oauth2/auth/",
        "/oauth2/auth/x",
        "/oauth2/%61uth",
        "/oauth2/unknown",
        "/oauth2/",
        "/oauth2",
        "/oauth2;/auth",
        "/oauth2/auth;x",
        "/oauth2/static",
        "/oauth2/static/../../secret",
        "/oauth2/static/%2e%2e/%2e%2e/secret",
        "/oauth2/static/..%2f..%2fetc/passwd",
    ],
)
def test_a21_only_exact_paths_are_ours(stage: Stage, target: str) -> None:
    """
    What merely looks like one of our endpoints needs a session like everything else.
    """
    assert kept_out(stage, ask(stage, target))


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("allowed_groups=dev", 202),
        ("allowed_groups=nope", 403),
        ("allowed_groups=nope&allowed_groups=", 403),
        ("allowed_groups=&allowed_groups=nope", 403),
        ("allowed_groups=,nope", 403),
        ("allowed_groups=a&allowed_groups=b", 403),
        ("allowed_groups=a&allowed_groups=dev", 202),
        ("allowed_groups=DEV", 403),
        ("allowed_groups=de", 403),
        ("allowed_groups=dev%00", 403),
        ("allowed_emails=%00", 403),
        ("allowed_emails=alice@example.com%00", 403),
        ("allowed_emails=alice@example.com", 202),
        ("allowed_emails=bob@example.com", 403),
        ("allowed_email_domains=example.com", 202),
        ("allowed_email_domains=ample.com", 403),
        ("allowed_email_domains=*", 403),
        ("allowed_groups=dev&allowed_emails=bob@example.com", 403),
        ("allowed_groups=nope&allowed_emails=alice@example.com", 403),
        ("%61llowed_groups=nope", 403),
    ],
)
def test_a22_constraints_of_a_query_narrow(
    stage: Stage, query: str, status: int
) -> None:
    """
    Every constraint given must hold; an empty item among others weakens none.
    """
    alice = stage.alice()

    assert alice.ask(f"/oauth2/auth?{query}").status == status


def test_a22_empty_constraint_lets_no_stranger_in(stage: Stage) -> None:
    """
    Constraints are about sessions; without one there is no answer but 401.
    """
    for query in ("allowed_groups=", "allowed_emails=", "allowed_groups=,"):
        assert ask(stage, f"/oauth2/auth?{query}").status == 401


@pytest.mark.parametrize("target", ["/app", "/oauth2/auth"])
def test_a22_query_does_not_widen_the_configured_rule(
    open_stage: OpenStage, target: str
) -> None:
    """
    Somebody outside the configured groups stays outside, whatever the query allows.
    """
    stage = open_stage("")
    cookies = stage.alice().cookies
    strict = open_stage('allowed_groups = ["admins"]')
    visitor = strict.stranger()
    visitor.cookies.update(cookies)

    answer = visitor.ask(f"{target}?allowed_groups=dev&allowed_groups=admins")

    assert answer.status in (401, 403)
    assert strict.upstream.seen == []


def test_a23_query_of_a_page_only_narrows(stage: Stage) -> None:
    """
    A constraint in the URL of a page locks out its own sender at most.
    """
    assert asks_for_login(stage, ask(stage, "/app?allowed_groups=dev"))
    assert stage.alice().ask("/app?allowed_groups=nope").status in (200, 403)
    assert stage.alice().ask("/app?allowed_groups=dev").status == 200


@pytest.mark.parametrize(
    "field",
    [
        "Authorization: Basic YWxpY2U6",
        "Authorization: Basic Og==",
        "Authorization: Basic",
        "Authorization: Basic =",
        "Authorization: Basic YWxpY2U=",
    ],
)
def test_a24_basic_credentials_of_nobody(
    open_stage: OpenStage, field: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """
    Empty, broken and colonless credentials belong to no htpasswd user.
    """
    file = tmp_path_factory.getbasetemp() / "htpasswd"
    digest = base64.b64encode(bytes(20)).decode()
    file.write_text(f"alice:{{SHA}}{digest}\n", encoding="ascii")
    stage = open_stage(f'htpasswd_file = "{file}"')

    assert asks_for_login(stage, ask(stage, "/", field))


@pytest.mark.parametrize(
    "host",
    [
        "a.B.example.com",
        "APP.TEST",
        "app.test.",
        "app.test:443",
        "app.test:80",
        "xn--bcher-kva.example",
        "127.0.0.1",
        "[::1]",
    ],
)
def test_a25_no_spelling_of_a_host_opens_anything(stage: Stage, host: str) -> None:
    """
    Case, ports, trailing dots and other names lead to the login like any host.
    """
    answer = stage.ask(request("GET", "/secret", host=host))

    assert kept_out(stage, answer)


BAD_COOKIES = [
    "garbage",
    "",
    "|",
    "||",
    "a|b|c",
    "AAAA|1700000000|AAAA",
    "AAAA|99999999999999999999|AAAA",
    "%00%00",
    "=" * 100,
    "A" * 8192,
    '"quoted"',
    "é".encode().decode("latin-1"),
]


@pytest.mark.parametrize("value", BAD_COOKIES, ids=range(len(BAD_COOKIES)))
@pytest.mark.parametrize("target", ["/oauth2/auth", "/secret", "/oauth2/userinfo"])
def test_a26_malformed_cookies_are_nobody(
    open_stage: OpenStage, target: str, value: str
) -> None:
    """
    A cookie that is none of ours is as good as none.
    """
    stage = open_stage(XAUTH)

    answer = ask(stage, target, f"Cookie: _oauth2_proxy={value}")

    assert asks_for_login(stage, answer)
    assert shows_nobody(answer)


@pytest.mark.parametrize("change", ["cut", "flip", "time", "signature", "renamed"])
def test_a26_changed_cookies_are_nobody(open_stage: OpenStage, change: str) -> None:
    """
    A real cookie with one part changed is refused.
    """
    stage = open_stage(XAUTH)
    value, time, signature = stage.alice().cookies["_oauth2_proxy"].split("|")
    changed = {
        "cut": f"_oauth2_proxy={value[:-4]}|{time}|{signature}",
        "flip": f"_oauth2_proxy={_flipped(value)}|{time}|{signature}",
        "time": f"_oauth2_proxy={value}|{int(time) + 1}|{signature}",
        "signature": f"_oauth2_proxy={value}|{time}|{_flipped(signature)}",
        "renamed": f"_oauth2_proxy_csrf={value}|{time}|{signature}",
    }[change]

    answer = ask(stage, "/oauth2/auth", f"Cookie: {changed}")

    assert answer.status == 401
    assert shows_nobody(answer)


def _flipped(text: str) -> str:
    middle = len(text) // 2
    other = "B" if text[middle] == "A" else "A"
    return text[:middle] + other + text[middle + 1 :]


BEARERS = "skip_jwt_bearer_tokens = true\n"
STRICT_BEARERS = BEARERS + "bearer_token_login_fallback = false\n"


def _bad_tokens(stage: Stage) -> dict[str, str]:
    honest = stage.provider.id_token()
    head, body, signature = honest.split(".")
    claims = {
        "iss": stage.provider.issuer,
        "aud": CLIENT,
        "sub": "x",
        "exp": 9999999999,
    }
    return {
        "word": "x",
        "empty": "",
        "dots": "..",
        "unsigned": unsigned(claims),
        "stripped": f"{head}.{body}.",
        "flipped": f"{head}.{body}.{_flipped(signature)}",
        "own key": SigningKey("k1").sign(claims),
        "expired": stage.provider.key.sign({**claims, "exp": 1000000000}),
        "audience": stage.provider.key.sign({**claims, "aud": "other"}),
        "issuer": stage.provider.key.sign({**claims, "iss": "https://evil.test"}),
    }


TOKENS = [
    "word", "empty", "dots", "unsigned", "stripped", "flipped", "own key", "expired",
    "audience", "issuer",
]  # fmt: skip


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize("options", ["", BEARERS, STRICT_BEARERS])
def test_a27_presence_of_a_token_is_nothing(
    open_stage: OpenStage, options: str, name: str
) -> None:
    """
    A token that is not verified opens nothing, with and without bearer tokens on.
    """
    stage = open_stage(options)
    token = _bad_tokens(stage)[name]

    answer = ask(stage, "/secret", f"Authorization: Bearer {token}")
    asked = ask(stage, "/oauth2/auth", f"Authorization: Bearer {token}")

    assert asks_for_login(stage, answer)
    assert asked.status in (401, 403)


def test_a27_token_in_the_query_is_nothing(open_stage: OpenStage) -> None:
    """
    Tokens are not looked for in URLs.
    """
    stage = open_stage(BEARERS)
    token = stage.provider.id_token()

    for name in ("token", "access_token", "id_token"):
        assert asks_for_login(stage, ask(stage, f"/secret?{name}={token}"))


def test_a27_good_token_is_somebody(open_stage: OpenStage) -> None:
    """
    The feature that the attacks abuse works.
    """
    stage = open_stage(BEARERS)
    token = stage.provider.id_token()

    answer = ask(stage, "/secret", f"Authorization: Bearer {token}")

    assert answer.status == 200
    assert stage.upstream.last().all("X-Forwarded-User") == ["user-1"]


@pytest.mark.parametrize(
    "options",
    [
        "",
        "skip_provider_button = true",
        "force_json_errors = true",
        "api_routes = ['.']",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD"])
def test_a28_login_answer_holds_nothing_of_the_application(
    open_stage: OpenStage, options: str, method: str
) -> None:
    """
    In every login mode the application is not even asked.
    """
    stage = open_stage(options)

    def secret(exchange: Exchange) -> None:
        exchange.answer(200, ["X-Secret: of-the-application"], b"of-the-application")

    stage.upstream.on("/secret", secret)
    answer = ask(stage, "/secret", method=method)

    assert asks_for_login(stage, answer) or method == "HEAD"
    assert stage.upstream.seen == []
    assert b"of-the-application" not in answer.head.raw + answer.body


@pytest.mark.parametrize(
    ("method", "field"),
    [
        ("HEAD", "Accept: */*"),
        ("GET", "If-None-Match: *"),
        ("GET", "If-Match: *"),
        ("GET", "If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT"),
        ("GET", "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT"),
        ("GET", "Range: bytes=0-"),
        ("HEAD", "Range: bytes=0-"),
    ],
)
def test_a29_conditions_are_not_judged_before_the_login(
    stage: Stage, method: str, field: str
) -> None:
    """
    A stranger's HEAD, range and condition get the login answer.
    """
    answer = ask(stage, "/secret", field, method=method)

    assert answer.status == 403
    assert stage.upstream.seen == []


@pytest.mark.parametrize(
    "fields",
    [
        ("Connection: Upgrade", "Upgrade: websocket"),
        ("Connection: upgrade", "Upgrade: WebSocket", "Accept: application/json"),
        ("Connection: keep-alive, Upgrade", "Upgrade: websocket", "Origin: http://x"),
        ("Upgrade: websocket",),
    ],
)
def test_a30_stranger_gets_no_websocket(stage: Stage, fields: tuple[str, ...]) -> None:
    """
    Without a session there is no 101.
    """
    key = ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")

    answer = ask(stage, "/ws", *fields, *key)

    assert answer.status in (401, 403)
    assert stage.upstream.seen == []


ORIGINS = 'websocket_origins = ["friend.test"]'
HANDSHAKE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


@pytest.mark.parametrize(
    "origin",
    [
        ("https://evil.test",),
        ("https://app.test.evil.test",),
        ("https://xfriend.test",),
        ("null",),
        ("",),
        ("http://app.test", "https://evil.test"),
        ("https://evil.test/app.test",),
        ("https://app.test@evil.test",),
    ],
)
def test_a30_foreign_page_opens_no_websocket(
    open_stage: OpenStage, origin: tuple[str, ...]
) -> None:
    """
    With `websocket_origins` a page of another host cannot use the visitor's session.
    """
    stage = open_stage(ORIGINS)
    fields = [f"Origin: {value}" for value in origin]

    answer = stage.ask(stage.get("/ws", *HANDSHAKE, *fields))

    assert answer.status == 403
    assert stage.upstream.seen == []


@pytest.mark.parametrize("origin", ["http://app.test", "https://friend.test", None])
def test_a30_own_pages_open_websockets(
    open_stage: OpenStage, origin: str | None
) -> None:
    """
    Pages of the host itself and of those named, and programs, go on.
    """
    stage = open_stage(ORIGINS)
    fields = [f"Origin: {origin}"] if origin else []

    stage.ask(stage.get("/ws", *HANDSHAKE, *fields))

    assert stage.upstream.last().path == "/ws"
