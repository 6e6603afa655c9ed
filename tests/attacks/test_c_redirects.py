"""
Section C: nobody is led away from this host.

C12, C08: no number of the list. The list of C06 is ours (`cases/open_redirects.txt`).
"""

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import quote

import bcrypt
import pytest

from tests.attacks.payloads import WHITELIST, escaped, in_fields
from tests.conftest import OpenStage
from tests.integration.harness.client import Answer, RawClient, request
from tests.integration.harness.stage import HOST, Stage
from tests.integration.harness.tokens import decode, encode
from tests.integration.harness.visitor import parameters

FORM = "Content-Type: application/x-www-form-urlencoded"
_TARGET = re.compile(r'<input type="hidden" name="rd" value="([^"]*)">')


def shown_target(answer: Answer) -> str:
    """
    Where the forms of a page lead after a login.
    """
    found = {unescape(value) for value in _TARGET.findall(answer.body.decode())}
    assert len(found) == 1, found
    return found.pop()


def _location(answer: Answer) -> str:
    return answer.one("Location") or f"none, but {answer.status}"


def _state_target(answer: Answer) -> str:
    state = parameters(_location(answer)).get("state", ["none:none"])[0]
    return state.partition(":")[2]


Try = Callable[[Stage, RawClient, str], str]


def _sign_out(_: Stage, client: RawClient, payload: str) -> str:
    answer = client.ask(request("GET", f"/oauth2/sign_out?rd={payload}"))
    return _location(answer)


def _sign_in(_: Stage, client: RawClient, payload: str) -> str:
    answer = client.ask(request("GET", f"/oauth2/sign_in?rd={payload}"))
    return shown_target(answer)


def _posted(_: Stage, client: RawClient, payload: str) -> str:
    data = f"username=kim&password=right&rd={payload}".encode()
    answer = client.ask(request("POST", "/oauth2/sign_in", [FORM], body=data))
    return _location(answer)


def _start(_: Stage, client: RawClient, payload: str) -> str:
    return _state_target(client.ask(request("GET", f"/oauth2/start?rd={payload}")))


def _page(_: Stage, client: RawClient, payload: str) -> str:
    itself = f"/page?rd={payload}"
    target = shown_target(client.ask(request("GET", itself)))
    return "/" if target == itself else target


def _callback(stage: Stage, client: RawClient, payload: str) -> str:
    target = f"/oauth2/callback?code=c&state=old%3A{payload}"
    return _location(client.ask(stage.get(target)))


def _failed_callback(_: Stage, client: RawClient, payload: str) -> str:
    target = f"/oauth2/callback?code=c&state=old%3A{payload}"
    answer = client.ask(request("GET", target))
    (link,) = re.findall(r'href="(/oauth2/start[^"]*)"', answer.body.decode())
    return parameters(unescape(link))["rd"][0]


@pytest.fixture
def listing(open_stage: OpenStage, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """
    A proxy with listed domains and a user who has a password.
    """
    file = tmp_path_factory.getbasetemp() / "passwords"
    if not file.exists():
        hashed = bcrypt.hashpw(b"right", bcrypt.gensalt(4)).decode()
        file.write_text(f"kim:{hashed}\n", encoding="ascii")
    return open_stage(f'{WHITELIST}htpasswd_file = "{file}"')


@pytest.mark.parametrize(
    "attempt",
    [_sign_out, _sign_in, _posted, _start, _page, _callback, _failed_callback],
)
def test_c06_no_payload_leads_away(listing: Stage, attempt: Try) -> None:
    """
    C01 to C04, C06, C07, C10, C11, C13: wherever a target can be named, each of the
    list is as good as none.
    """
    with listing.connect() as client:
        led = {each: attempt(listing, client, each) for each in escaped()}

    assert len(led) > 500
    assert {payload: to for payload, to in led.items() if to != "/"} == {}


def test_c10_nor_does_any_in_a_header(listing: Stage) -> None:
    """
    The field that a proxy before us may set is looked at in the same way.
    """
    with listing.connect() as client:
        led = {
            each: _location(client.ask(request("GET", "/oauth2/sign_out", [field])))
            for each, field in _fields()
        }

    assert len(led) > 300
    assert {payload: to for payload, to in led.items() if to != "/"} == {}


def _fields() -> Iterator[tuple[str, str]]:
    for each in in_fields():
        yield each, f"X-Auth-Request-Redirect: {each}"


LISTED = [
    "https://good.test/a?b=c#d",
    "http://good.test",
    "https://x.y.sub.test/",
    "https://sub.test/",
    "https://port.test:8443/",
    "http://any.test/",
    "http://any.test:1/",
    "/a/b?c=d",
    "/a?u=x.y",
    "/%2f%2fevil.test",
    "/%5cevil.test",
]


@pytest.mark.parametrize("target", LISTED)
def test_c05_listed_targets_are_followed(listing: Stage, target: str) -> None:
    """
    The feature that the attacks abuse works.
    """
    answer = listing.ask(
        request("GET", f"/oauth2/sign_out?rd={quote(target, safe='')}")
    )

    assert _location(answer) == target


@pytest.mark.parametrize(
    "target",
    [
        "http://evilgood.test",
        "http://evil.sub.test.evil.test",
        "http://good.test:3838/",
        "https://good.test:443/",
        "https://port.test/",
        "https://port.test:8444/",
    ],
)
def test_c09_ports_and_suffixes_are_exact(listing: Stage, target: str) -> None:
    """
    C05, C09: a host is listed with its dot and its port.
    """
    answer = listing.ask(request("GET", f"/oauth2/sign_out?rd={target}"))

    assert _location(answer) == "/"


FORWARDED = [
    ("X-Forwarded-Host: evil.test",),
    ("X-Forwarded-Host: evil.test", "X-Forwarded-Uri: //a"),
    ("X-Forwarded-Host: good.test@evil.test", "X-Forwarded-Proto: https"),
    ("X-Forwarded-Host: good.test/@evil.test", "X-Forwarded-Proto: http:"),
    ("X-Forwarded-Host: good.test", "X-Forwarded-Proto: javascript"),
    ("X-Forwarded-Host: good.test", "X-Forwarded-Proto: https://evil.test?"),
    ("X-Forwarded-Host: good.test", "X-Forwarded-Proto:"),
    ("X-Forwarded-Host: good.test", "X-Forwarded-Uri: .evil.test"),
    ("X-Forwarded-Host: good.test", "X-Forwarded-Uri: @evil.test"),
    ("X-Forwarded-Host: good.test", "X-Forwarded-Uri: :80@evil.test"),
    ("X-Forwarded-Host: evil.test", "X-Forwarded-Host: good.test"),
    ("X-Forwarded-Uri: //evil.test",),
    ("X-Forwarded-Uri: /\\evil.test",),
    ("X-Forwarded-Uri: https://evil.test/",),
]


@pytest.mark.parametrize("fields", FORWARDED)
@pytest.mark.parametrize("trusted", ["127.0.0.1/32", "192.0.2.1/32"])
def test_c10_forwarded_fields_lead_nowhere(
    open_stage: OpenStage, trusted: str, fields: tuple[str, ...]
) -> None:
    """
    Neither a trusted proxy nor anybody else can name another host by forwarding fields.
    """
    stage = open_stage(
        f'{WHITELIST}reverse_proxy = true\ntrusted_proxy_ips = ["{trusted}"]'
    )

    for endpoint in ("sign_out", "sign_in"):
        answer = stage.ask(request("GET", f"/oauth2/{endpoint}", fields))
        target = shown_target(answer) if answer.status == 200 else _location(answer)
        assert target == "/"


@pytest.mark.parametrize("options", ["", "encode_state = true"])
@pytest.mark.parametrize("target", ["https://evil.test", "//evil.test", "/\\evil.test"])
def test_c11_target_in_the_state_is_judged_again(
    open_stage: OpenStage, options: str, target: str
) -> None:
    """
    Who keeps the right nonce and changes the target comes home all the same.
    """
    stage = open_stage(options)
    visitor = stage.stranger()
    back = parameters(visitor.begin("/page"))
    (code,), (state,) = back["code"], back["state"]
    if options:
        state = decode(state).decode()
    state = f"{state.partition(':')[0]}:{target}"
    if options:
        state = encode(state.encode())

    answer = visitor.ask(f"/oauth2/callback?code={code}&state={quote(state, safe='')}")

    assert (answer.status, _location(answer)) == (302, "/")
    assert "_oauth2_proxy" in visitor.cookies


@pytest.mark.parametrize(
    ("sent", "location"),
    [
        ("/%0d%0aSet-Cookie:%20a=b", "/%0d%0aSet-Cookie:%20a=b"),
        ("/%0aX:1", "/%0aX:1"),
        ("/%00", "/%00"),
        ("/%c3%a9", "/%c3%a9"),
        ("/%ff", "/%ff"),
        ("/%7f%1b[31m", "/%7f%1b[31m"),
        ("/a%20b", "/a%20b"),
        ("/%e2%80%a8", "/%e2%80%a8"),
        ("/" + "a" * 61440, "/"),
        ("/" + "%0a" * 20000, "/"),
    ],
    ids=range(10),
)
def test_c14_a_location_is_one_line(stage: Stage, sent: str, location: str) -> None:
    """
    What cannot stand in a field is escaped, what is too long is not followed.
    """
    answer = stage.ask(request("GET", f"/oauth2/sign_out?rd={sent}"))

    assert _location(answer) == location
    assert [line for line in answer.all("Set-Cookie") if line.startswith("a")] == []


SCRIPT = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    "target",
    [
        f"/oauth2/sign_in?rd=/{quote(SCRIPT)}",
        f"/page?{quote(SCRIPT)}",
        f"/{quote(SCRIPT)}",
        f"/oauth2/callback?error={quote(SCRIPT)}",
        f"/oauth2/callback?error=a&error_description={quote(SCRIPT)}",
        f"/oauth2/callback?error=a&state=n%3A/{quote(SCRIPT)}",
        f"/oauth2/callback?code=a&state=n%3A/{quote(SCRIPT)}",
        f"/oauth2/callback?state={quote(SCRIPT)}",
    ],
)
def test_c15_pages_show_text(stage: Stage, target: str) -> None:
    """
    Nothing of a request becomes markup, and the policy would not run it.
    """
    answer = stage.ask(request("GET", target, [f"X-Request-Id: {SCRIPT}"], host=HOST))

    assert answer.one("Content-Type") == "text/html; charset=utf-8"
    assert b"<script>alert" not in answer.body
    assert b"<img" not in answer.body
    assert b"onerror=alert(1)>" not in answer.body
    policy = answer.one("Content-Security-Policy") or ""
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_c15_custom_pages_show_text(open_stage: OpenStage, tmp_path: Path) -> None:
    """
    An operator's template escapes for the place in which a value stands.
    """
    (tmp_path / "sign_in.html").write_text(
        '<a href="{{.Redirect}}" title={{.Redirect}}>{{.Redirect}}</a>'
        "<script>go({{.Redirect}})</script><style>a{b:{{.Redirect}}}</style>",
        encoding="utf-8",
    )
    stage = open_stage(f'custom_templates_dir = "{tmp_path}"')

    answer = stage.ask(request("GET", f"/oauth2/sign_in?rd=/{quote(SCRIPT)}"))

    page = answer.body.decode()
    assert answer.status == 200
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page
