"""
Section B: claiming an identity towards the application.

Tests are named after the rows of the attack list; numbers that the list leaves out are
attacks we thought of.
"""

import base64

import pytest

from tests.attacks.outcome import ask
from tests.conftest import OpenStage
from tests.integration.harness.client import request
from tests.integration.harness.stage import Stage
from tests.integration.harness.upstream import Exchange

EVERYTHING = """
pass_access_token = true
set_xauthrequest = true
skip_auth_routes = ["^/open"]
"""
OURS = {
    "X-Forwarded-User": "user-1",
    "X-Forwarded-Email": "alice@example.com",
    "X-Forwarded-Groups": "dev,ops",
    "X-Forwarded-Preferred-Username": "alice.p",
    "X-Forwarded-Access-Token": "access-1",
}


@pytest.fixture
def rich(open_stage: OpenStage) -> Stage:
    """
    A proxy that sends everything it may about a user.
    """
    return open_stage(EVERYTHING)


def _spellings(name: str) -> list[str]:
    return [
        name,
        name.lower(),
        name.upper(),
        name.swapcase(),
        name.replace("-", "_"),
        name.replace("-", "_", 1),
        name.replace("-", "_").lower(),
        name.lower().replace("-", "_", 1),
        name.replace("-", "."),
        name.replace("-", ".", 1).lower(),
    ]


def _assert_only_ours(stage: Stage) -> None:
    seen = stage.upstream.last()
    for name, value in OURS.items():
        assert seen.named_like(name) == {name: [value]}


@pytest.mark.parametrize("name", OURS)
def test_b01_every_spelling_is_replaced(rich: Stage, name: str) -> None:
    """
    A field that an application could take for ours is removed, whatever its case and
    separators.
    """
    for spelling in _spellings(name):
        rich.ask(rich.get("/", f"{spelling}: admin"))

        _assert_only_ours(rich)


@pytest.mark.parametrize(
    "name",
    ["X.Forwarded.User", "X!Forwarded!User", "X~Forwarded~User", "X'Forwarded'User"],
)
def test_b02_other_separators_are_replaced(rich: Stage, name: str) -> None:
    """
    CGI programs turn more than the underscore into one.
    """
    rich.ask(rich.get("/", f"{name}: admin"))

    _assert_only_ours(rich)


@pytest.mark.parametrize(
    "line",
    [
        "X Forwarded User: admin",
        "X-Forwarded-User : admin",
        "X-Forwarded-User\t: admin",
        " X-Forwarded-User: admin",
        "X-Forwarded-User",
        ": admin",
        "X-Forwarded-User\x00: admin",
        "X-Forwarded-Üser: admin",
    ],
)
def test_b02_blanks_in_a_name_are_400(rich: Stage, line: str) -> None:
    """
    A field name has no blanks, control bytes or letters beyond ASCII.
    """
    answer = rich.ask(rich.get("/", "X-First: 1", line))

    assert answer.status == 400
    assert rich.upstream.seen == []


@pytest.mark.parametrize("name", OURS)
def test_b03_skipped_route_claims_nobody(rich: Stage, name: str) -> None:
    """
    Where no login is needed, a stranger is nobody.
    """
    for spelling in _spellings(name):
        answer = ask(rich, "/open", f"{spelling}: admin")

        assert answer.status == 200
        assert rich.upstream.last().named_like(name) == {}


def test_b03_basic_credentials_are_not_ours_to_forge(open_stage: OpenStage) -> None:
    """
    Where we vouch by Authorization, a stranger's own is removed.
    """
    stage = open_stage(
        'pass_authorization_header = true\nskip_auth_routes = ["^/open"]'
    )

    ask(stage, "/open", "Authorization: Basic cm9vdDpyb290")

    assert stage.upstream.last().all("Authorization") == []


def test_b04_missing_claim_is_not_the_clients_to_give(open_stage: OpenStage) -> None:
    """
    A session without groups has none, whatever the client says.
    """
    stage = open_stage(EVERYTHING)
    stage.provider.claims.pop("groups")
    stage.provider.claims.pop("preferred_username")
    stage.provider.userinfo.clear()
    stage.provider.userinfo["sub"] = "user-1"
    visitor = stage.stranger().signed_in()

    claims = ["X-Forwarded-Groups: admin", "x_forwarded_preferred_username: root"]
    visitor.ask("/", *claims)

    seen = stage.upstream.last()
    assert seen.named_like("X-Forwarded-Groups") == {}
    assert seen.named_like("X-Forwarded-Preferred-Username") == {}


def test_b05_preserved_values_are_the_operators_wish(open_stage: OpenStage) -> None:
    """
    With stripping off the client's value stays beside ours, first the client's.
    """
    stage = open_stage("skip_auth_strip_headers = false")

    stage.ask(stage.get("/", "X-Forwarded-User: client"))

    values = ",".join(stage.upstream.last().all("X-Forwarded-User"))
    assert values == "client,user-1"


@pytest.mark.parametrize("name", OURS)
def test_b06_connection_field_removes_nothing_of_ours(rich: Stage, name: str) -> None:
    """
    Names listed in the client's Connection are the client's own fields, never ours.
    """
    rich.ask(rich.get("/", f"Connection: close, {name}, Cookie, X-Forwarded-For"))

    _assert_only_ours(rich)
    assert rich.upstream.last().all("X-Forwarded-For") == ["127.0.0.1"]


@pytest.mark.parametrize("name", ["Host", "Content-Length", "Transfer-Encoding"])
def test_b06_connection_field_changes_no_framing(rich: Stage, name: str) -> None:
    """
    Fields that a message cannot do without are not the client's to list.
    """
    answer = rich.ask(
        rich.get("/", f"Connection: {name}", method="POST", body=b"hello")
    )

    assert answer.status in (200, 400)
    if answer.status == 200:
        seen = rich.upstream.last()
        assert bytes(seen.body) == b"hello"
        assert seen.all("Host") == ["app.test"]


def test_b07_repeated_fields_are_one_value_of_ours(rich: Stage) -> None:
    """
    However often and however written, one value arrives, and it is ours.
    """
    claims = ["x-forwarded-user: a", "X-FORWARDED-USER: b", "X-Forwarded-User: c"]

    rich.ask(rich.get("/", *claims, "X-Forwarded-Email: d", "X-Forwarded-Email: e"))

    _assert_only_ours(rich)


@pytest.mark.parametrize("name", ["preferred_username", "email", "sub"])
@pytest.mark.parametrize(
    "value", ["x\r\nX-Admin: 1", "x\nX-Admin: 1", "x\rX-Admin: 1", "x\0y", "x\x7fy"]
)
def test_b08_line_breaks_in_a_claim_break_no_line(
    rich: Stage, name: str, value: str
) -> None:
    """
    A claim cannot end its field and begin another one.
    """
    rich.provider.claims[name] = value
    rich.provider.userinfo[name] = value
    visitor = rich.stranger()
    visitor.login()

    answer = visitor.ask("/")

    assert answer.status in (200, 302, 403, 500)
    for seen in rich.upstream.seen:
        assert seen.all("X-Admin") == []
    assert b"\r\nX-Admin" not in answer.head.raw


@pytest.mark.parametrize(
    "value", ["Ünïcode", "\U0001f600" * 100, "\ud800", "\u202egro.live", "x" * 3000]
)
def test_b09_odd_claims_are_sent_as_utf8(rich: Stage, value: str) -> None:
    """
    Claims beyond ASCII arrive as UTF-8; what is no text arrives harmlessly or not.
    """
    rich.provider.claims["preferred_username"] = value
    visitor = rich.stranger().signed_in()

    answer = visitor.ask("/")

    assert answer.status == 200
    sent = rich.upstream.last().all("X-Forwarded-Preferred-Username")
    if value == "\ud800":
        assert len(sent) <= 1
    else:
        assert [one.encode("latin-1").decode() for one in sent] == [value]


def test_b09_huge_claims_break_nothing(rich: Stage) -> None:
    """
    Claims of 70 KiB end in an answer, and the next user is served.
    """
    rich.provider.claims["groups"] = ["g" * 70] * 1000
    visitor = rich.stranger()
    started = visitor.login()
    answer = visitor.ask("/")

    assert started.status in (302, 403, 500)
    assert answer.status in (200, 403, 431, 500, 502)
    assert rich.alice().ask("/").status == 200


def test_b10_commas_in_a_group_make_no_other_group(rich: Stage) -> None:
    """
    A group whose name holds the separator is not taken for two.
    """
    rich.provider.claims["groups"] = ["a,b", "c"]
    visitor = rich.stranger().signed_in()

    answer = visitor.ask("/")

    sent = ",".join(rich.upstream.last().all("X-Forwarded-Groups")).split(",")
    told = ",".join(answer.all("X-Auth-Request-Groups")).split(",")
    assert "b" not in [group.strip() for group in sent + told]
    assert "c" in sent


def test_b11_own_cookies_stay_here_when_asked(open_stage: OpenStage) -> None:
    """
    With `pass_own_cookies` off the session and login cookies do not reach the
    application; all others do, byte for byte.
    """
    stage = open_stage("pass_own_cookies = false")
    ours = stage.alice().cookie_field()[0].removeprefix("Cookie: ")
    theirs = 'a=1; _oauth2_proxyx=2;c="x y"'

    stage.ask(
        request(
            "GET", "/", [f"Cookie: first=0; {ours}; {theirs}; _oauth2_proxy_csrf=3"]
        )
    )

    sent = "; ".join(stage.upstream.last().all("Cookie"))
    assert "_oauth2_proxy=" not in sent
    assert "_oauth2_proxy_csrf" not in sent
    for cookie in ("first=0", "a=1", "_oauth2_proxyx=2", 'c="x y"'):
        assert cookie in sent


@pytest.mark.parametrize("name", ["GAP-Auth", "GAP-Signature", "gap_auth"])
def test_b12_google_style_identity_is_not_the_clients(rich: Stage, name: str) -> None:
    """
    The fields of signed requests are ours or absent.
    """
    rich.ask(rich.get("/", f"{name}: admin"))

    assert "admin" not in str(rich.upstream.last().named_like(name))


def test_b12_email_is_stripped_where_the_user_field_holds_it(
    open_stage: OpenStage,
) -> None:
    """
    With `prefer_email_to_user` no client value is left in X-Forwarded-Email.
    """
    stage = open_stage("prefer_email_to_user = true")

    stage.ask(stage.get("/", "X-Forwarded-Email: root@x"))

    seen = stage.upstream.last()
    assert seen.all("X-Forwarded-User") == ["alice@example.com"]
    assert "root@x" not in seen.all("X-Forwarded-Email")


def test_b13_application_does_not_answer_our_fields(rich: Stage) -> None:
    """
    Where we tell who the user is in the answer, the application's word is replaced.
    """

    def liar(exchange: Exchange) -> None:
        exchange.answer(
            200, ["X-Auth-Request-User: admin", "x-auth-request-email: root@x"]
        )

    rich.upstream.on("/liar", liar)

    answer = rich.ask(rich.get("/liar"))

    assert answer.all("X-Auth-Request-User") == ["user-1"]
    assert answer.all("X-Auth-Request-Email") == ["alice@example.com"]


HOSTS = 'allowed_hosts = ["app.test", ".wide.test", "one.test:8443"]'


@pytest.mark.parametrize(
    "host",
    [
        "internal-admin",
        "app.test.evil.test",
        "xapp.test",
        "127.0.0.1",
        "app.test@evil.test",
        "evil.test:80",
        "widextest",
        "one.test.evil",
    ],
)
@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize("target", ["/", "/oauth2/start", "http://{host}/"])
def test_b14_other_hosts_are_not_served(
    open_stage: OpenStage, host: str, target: str, *, signed_in: bool
) -> None:
    """
    With `allowed_hosts` a request for any other host reaches nothing.
    """
    stage = open_stage(HOSTS)
    cookies = stage.alice().cookie_field() if signed_in else []
    spoofed = "X-Forwarded-Host: app.test"

    answer = stage.ask(
        request("GET", target.format(host=host), [spoofed, *cookies], host=host)
    )

    assert answer.status in (400, 421)
    assert answer.all("Set-Cookie") == []
    assert stage.upstream.seen == []


@pytest.mark.parametrize(
    "host", ["app.test", "APP.Test", "app.test.", "app.test:8080", "a.b.wide.test"]
)
def test_b14_named_hosts_are_served(open_stage: OpenStage, host: str) -> None:
    """
    The hosts that are named are served, in any case, with a port or a final dot.
    """
    stage = open_stage(HOSTS)

    answer = stage.ask(stage.get("/", host=host))

    assert answer.status == 200


def test_b15_forwarded_addresses_stay_bounded(rich: Stage) -> None:
    """
    A hundred lines of a kilobyte end in a refusal or in one line with ours last.
    """
    lines = [f"X-Forwarded-For: {'1.2.3.4, ' * 110}1.2.3.4" for _ in range(100)]

    answer = rich.ask(rich.get("/", *lines))

    assert answer.status in (200, 400, 431)
    if answer.status == 200:
        values = rich.upstream.last().all("X-Forwarded-For")
        assert values[-1].endswith("127.0.0.1")


@pytest.mark.parametrize(
    "field", ["Te: trailers, chunked", "Trailer: X-Forwarded-User"]
)
def test_b16_announcing_a_trailer_changes_nothing(rich: Stage, field: str) -> None:
    """
    Trailer negotiation of the client does not reach our own fields.
    """
    rich.ask(rich.get("/", field))

    _assert_only_ours(rich)
    assert rich.upstream.last().all("Transfer-Encoding") == []


BASIC = 'basic_auth_password = "pass:word"\n'


def test_b17_basic_credentials_of_a_plain_user(open_stage: OpenStage) -> None:
    """
    The operator's password goes with the user's name.
    """
    stage = open_stage(BASIC)

    stage.ask(stage.get("/"))

    sent = stage.upstream.last().all("Authorization")
    assert sent == ["Basic " + base64.b64encode(b"user-1:pass:word").decode()]


def test_b17_colon_in_a_user_is_no_basic_user(open_stage: OpenStage) -> None:
    """
    A user whose name holds the separator is not sent: the application would see
    another user.
    """
    stage = open_stage(BASIC)
    stage.provider.claims["sub"] = "root:x"
    stage.provider.userinfo["sub"] = "root:x"
    visitor = stage.stranger()
    visitor.login()

    visitor.ask("/")

    forged = base64.b64encode(b"root:x:pass:word").decode()
    for seen in stage.upstream.seen:
        assert seen.all("Authorization") != [f"Basic {forged}"]


@pytest.mark.parametrize("name", ["X-Forwarded-User", "x_forwarded_user", "Host"])
def test_b18_trailers_of_a_request_are_dropped(rich: Stage, name: str) -> None:
    """
    Nothing in a trailer becomes a field.
    """
    head = rich.get("/", "Transfer-Encoding: chunked", method="POST")
    body = f"5\r\nhello\r\n0\r\n{name}: evil\r\n\r\n".encode()

    answer = rich.ask(head + body)

    seen = rich.upstream.last()
    assert answer.status == 200
    assert "evil" not in str(seen.pairs)
    assert seen.trailers == ()
    _assert_only_ours(rich)


@pytest.mark.parametrize(
    "fields",
    [
        ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"],
        ["Connection: HTTP2-Settings, Upgrade", "Upgrade: H2C, websocket"],
        ["Connection: upgrade", "Upgrade: websocket, h2c"],
        ["Connection: Upgrade", "Upgrade: h2c"],
        ["Upgrade: h2c"],
        ["Connection: Upgrade", "Upgrade: HTTP/2.0"],
        ["Connection: Upgrade", "Upgrade: TLS/1.2"],
    ],
)
def test_b19_no_upgrade_to_another_http(rich: Stage, fields: list[str]) -> None:
    """
    A client does not get the application to speak HTTP/2 behind our back.
    """
    settings = "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA"

    answer = rich.ask(rich.get("/", *fields, settings))

    assert answer.status in (200, 400)
    for seen in rich.upstream.seen:
        upgrades = " ".join(seen.all("Upgrade")).lower()
        assert "h2c" not in upgrades
        assert "http" not in upgrades
        assert "tls" not in upgrades
        assert seen.all("HTTP2-Settings") == []
