"""
Section K: denial of service, and what happens around the program.

K03 (throttling logins by address) is not built. K05, K09 and K13 are integration tests
(`test_certificate_is_changed_under_way`, `test_large_upload_arrives_whole` and
`test_running_request_is_finished_before_the_end` among them). K04, K08, K12: no numbers
of the list; from K15 on they are ours.
"""

import base64
import json
import re
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import bcrypt
import pytest

from tests.attacks.outcome import ask
from tests.conftest import OpenStage
from tests.integration.harness.client import RawClient, request
from tests.integration.harness.ports import PATIENCE, accepts, free_port, until
from tests.integration.harness.program import Program, free_address, run
from tests.integration.harness.provider import Call, Provider, Reply
from tests.integration.harness.stage import HOST, Stage, configuration
from tests.integration.harness.upstream import Upstream
from tests.integration.harness.visitor import Visitor


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """
    An application of its own.
    """
    with Upstream() as upstream:
        yield upstream


def test_k01_provider_that_is_down(upstream: Upstream, tmp_path: Path) -> None:
    """
    Hundreds who want to sign in meanwhile are told to wait, and the provider is asked
    only now and then; everything else goes on.
    """
    provider = Provider(port=free_port())
    address = free_address()
    options = 'skip_auth_routes = ["^/open"]'
    text = configuration(options, provider=provider, upstream=upstream, port=address[1])
    with Program(text, folder=tmp_path, address=address) as program:
        visitor = Visitor(address, HOST)
        begun = program.memory()
        with ThreadPoolExecutor(4) as threads:
            asked = [visitor.ask] * 400
            answers = list(threads.map(lambda ask: ask("/oauth2/start"), asked))

        assert {answer.status for answer in answers} == {503}
        assert all((a.one("Retry-After") or "").isdigit() for a in answers)
        assert all(answer.all("Set-Cookie") == [] for answer in answers)
        assert visitor.ask("/open").status == 200
        assert visitor.ask("/ready").status == 503
        assert visitor.ask("/ping").status == 200
        assert program.memory() - begun < 40 << 20


def test_k02_provider_that_is_slow(stage: Stage) -> None:
    """
    Who waits for the provider waits alone.
    """
    visitors = [stage.stranger() for _ in range(30)]
    callbacks = [visitor.begin() for visitor in visitors]
    alice = stage.alice()
    honest, patience = stage.provider.redeem, threading.Event()
    before = len(stage.provider.called("/token"))

    def slow(call: Call) -> Reply:
        patience.wait(PATIENCE)
        return honest(call)

    stage.provider.behaviours["/token"] = slow
    with ThreadPoolExecutor(30) as threads:
        logins = [
            threads.submit(visitor.ask, callback)
            for visitor, callback in zip(visitors, callbacks, strict=True)
        ]
        until(
            lambda: len(stage.provider.called("/token")) - before == 30, "all to wait"
        )
        others = [alice.ask("/page").status, alice.ask("/ping").status]
        done = [login.done() for login in logins]
        patience.set()
        statuses = {login.result().status for login in logins}

    assert others == [200, 200]
    assert not any(done)
    assert statuses == {302}


POISON = ["\x1b[2J", '"}\\n{"forged":1', "\\n127.0.0.1 - forged", "\xc2\x85forged"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_k06_lines_of_the_log(open_stage: OpenStage, form: str) -> None:
    """
    No field of a request ends a line, moves a cursor or breaks an object.
    """
    stage = open_stage(f'logging_format = "{form}"\nskip_jwt_bearer_tokens = true')
    before = len(stage.program.output())
    for number, poison in enumerate(POISON):
        safe = poison.replace("\x1b", "")
        name = quote("\n127.0.0.1 forged\r\n\x1b[31m")
        fields = [f"User-Agent: {safe}{number}", f"X-Request-Id: {safe}"]
        ask(stage, f"/{quote(poison)}%0aforged%1b", *fields)
        ask(stage, f"/oauth2/callback?error={name}&error_description={name}", *fields)
        ask(stage, f"/oauth2/sign_out?rd={name}", *fields)
        token = base64.b64encode(b"a\nforged\x1b:b").decode()
        ask(stage, "/", f"Authorization: Basic {token}", *fields)
    visitor = stage.stranger()
    stage.provider.claims["email"] = "a@b.c\n127.0.0.1 - forged\x1b[31m\u2028forged"
    visitor.login()
    visitor.ask("/page")

    lines = stage.program.output()[before:].splitlines()

    assert lines
    for line in lines:
        assert line.isprintable(), ascii(line)
        assert not line.startswith(("forged", "127.0.0.1 - forged", '{"forged"'))
        if form == "json":
            assert "forged" not in json.loads(line)
        else:
            assert re.match(r"\[\d{4}/|127\.0\.0\.1:\d+ - ", line), line


def test_k07_labels_are_few(open_stage: OpenStage) -> None:
    """
    Invented methods, paths, hosts and fields make no new series.
    """
    port = free_port()
    stage = open_stage(f'metrics_address = "127.0.0.1:{port}"')

    def series() -> set[str]:
        with RawClient(("127.0.0.1", port)) as client:
            text = client.ask(request("GET", "/metrics")).body.decode()
        return {line.rpartition(" ")[0] for line in text.splitlines() if line[0] != "#"}

    for method in ("GET", "BREW"):
        ask(stage, "/", method=method)
    before = series()
    for number in range(50):
        stage.ask(
            request(
                "GET",
                f"/path{number}?q={number}",
                [f"User-Agent: {number}", f"X-Forwarded-Host: h{number}"],
                host=f"host{number}.test",
            )
        )

    assert [line for line in series() - before if "{" in line] == []
    assert not [line for line in before if "BREW" in line or "path" in line]


def test_k10_log_that_takes_nothing(
    the_provider: Provider, upstream: Upstream, tmp_path: Path
) -> None:
    """
    A full disk under the log stops nobody.
    """
    address = free_address()
    text = configuration(
        'skip_auth_routes = ["^/open"]',
        provider=the_provider,
        upstream=upstream,
        port=address[1],
    )
    log = tmp_path / "full.log"
    log.symlink_to("/dev/full")
    text = f'logging_filename = "{log}"\n{text}'
    configured = tmp_path / "proxy"
    configured.mkdir()
    program = _Silent(text, folder=configured, address=address)
    try:
        visitor = Visitor(address, HOST)
        until(lambda: accepts(address[1]), "the program to listen")
        statuses = [visitor.ask("/open").status for _ in range(20)]
    finally:
        program.stop()

    assert statuses == [200] * 20


class _Silent(Program):
    """
    A program whose log nobody can read.
    """

    def _wait(self) -> None:
        """
        Return: it cannot say that it listens.
        """


@pytest.fixture
def files(open_stage: OpenStage, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """
    A proxy in front of a folder, beside which there is a secret.
    """
    base = tmp_path_factory.getbasetemp() / "served"
    folder = base / "public"
    if not base.exists():
        (folder / "sub").mkdir(parents=True)
        (folder / "index.txt").write_text("open")
        (folder / "sub" / "a.txt").write_text("open")
        (folder / "<script>alert(1)<").write_text("open")
        (base / "secret.txt").write_text("of-the-neighbour")
        (base / "public-not").mkdir()
        (base / "public-not" / "x.txt").write_text("of-the-neighbour")
        (folder / "link").symlink_to(base / "secret.txt")
        (folder / "links").symlink_to(base)
    return open_stage(f'upstreams = ["file://{folder}#/"]')


OUTSIDE = [
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/..%5csecret.txt",
    "/%2e%2e%2fsecret.txt",
    "/%252e%252e%252fsecret.txt",
    "/sub/../../secret.txt",
    "/sub/%2e%2e/%2e%2e/secret.txt",
    "/sub/..%2f..%2fsecret.txt",
    "/sub%2f..%2f..%2fsecret.txt",
    "/..;/secret.txt",
    "/.%00./secret.txt",
    "/index.txt%00.html",
    "/%00",
    "/sub/%00/a.txt",
    "/link",
    "/links/secret.txt",
    "/links/",
    "/..%2fpublic-not/x.txt",
    "/../public-not/x.txt",
    "//etc/passwd",
    "/%2fetc/passwd",
    "/%2fetc%2fpasswd",
    "/etc/passwd",
    "/c:/secret.txt",
    "/~/secret.txt",
    "/%ff%fe",
    "/" + "a" * 5000,
    "/" + "%2e%2e%2f" * 500 + "etc/passwd",
]


@pytest.mark.parametrize("number", range(len(OUTSIDE)))
def test_k11_nothing_outside_of_the_folder(files: Stage, number: int) -> None:
    """
    No spelling of a path, no link and no NUL leads out, and none breaks anything.
    """
    target = OUTSIDE[number]

    answer = files.ask(files.get(target))

    assert answer.status in (301, 400, 404), answer
    assert b"of-the-neighbour" not in answer.body
    assert b"root:" not in answer.body


def test_k11_names_in_a_list_are_text(files: Stage) -> None:
    """
    A file's name becomes no markup where a folder is listed.
    """
    answer = files.ask(files.get("/"))

    assert b"<script>alert" not in answer.body
    assert files.ask(files.get("/sub/a.txt")).body == b"open"


def test_k11_stranger_sees_no_file(files: Stage) -> None:
    """
    Files are behind the login as well.
    """
    assert ask(files, "/index.txt").status == 403
    assert ask(files, "/", method="HEAD").status == 403


@pytest.mark.parametrize("mode", ["600", "660"])
def test_k14_mode_of_a_socket_file(
    the_provider: Provider, upstream: Upstream, tmp_path: Path, mode: str
) -> None:
    """
    The file has the mode that was asked for, from the beginning.
    """
    path = tmp_path / "s"
    options = f'http_address = "unix://{path},mode={mode}"'
    text = configuration(options, provider=the_provider, upstream=upstream, port=0)
    folder = tmp_path / "proxy"
    folder.mkdir()

    with Program(text, folder=folder, address=path) as program:
        found = stat.S_IMODE(path.stat().st_mode)
        answer = program.ask(request("GET", "/ping"))

    assert f"{found:o}" == mode
    assert answer.status == 200


def test_k15_flood_of_passwords(
    open_stage: OpenStage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """
    Passwords that take long to check keep nobody else waiting, whether they come by the
    form or in a field.
    """
    file = tmp_path_factory.getbasetemp() / "slow"
    if not file.exists():
        hashed = bcrypt.hashpw(b"right", bcrypt.gensalt(10)).decode()
        file.write_text(f"kim:{hashed}\n", encoding="ascii")
    stage = open_stage(f'htpasswd_file = "{file}"')
    alice = stage.alice()
    kind = "Content-Type: application/x-www-form-urlencoded"

    def guess(number: int) -> Any:
        secret = base64.b64encode(f"kim:{number}".encode()).decode()
        if number % 2:
            return ask(stage, "/x", f"Authorization: Basic {secret}")
        body = f"username=kim&password={number}".encode()
        return stage.ask(request("POST", "/oauth2/sign_in", [kind], body=body))

    with ThreadPoolExecutor(20) as threads:
        guesses = [threads.submit(guess, number) for number in range(20)]
        until(lambda: any(each.done() for each in guesses), "the first refusal")
        status = alice.ask("/page").status
        waiting = [each for each in guesses if not each.done()]
        refused = {each.result().status for each in guesses}

    assert status == 200
    assert waiting
    assert refused <= {401, 403}


HUGE = 400_000
LONG: dict[str, str] = {
    "commas": "Accept: " + "," * HUGE,
    "types": "Accept: " + "a/b;q=1, " * (HUGE // 9),
    "semicolons": "Content-Type: " + ";" * HUGE,
    "parameters": "Content-Type: text/plain" + "; a=b" * (HUGE // 5),
    "blanks": "Content-Type: a" + " " * HUGE + ";",
    "quotes": 'Content-Type: a; b="' + "\\" * HUGE,
    "cookies": "Cookie: " + "a=b; " * (HUGE // 5),
    "one cookie": "Cookie: _oauth2_proxy=" + "A" * HUGE,
    "bars": "Cookie: _oauth2_proxy=" + "|" * HUGE,
    "equals": "Cookie: _oauth2_proxy" + "=" * HUGE,
    "basic": "Authorization: Basic " + "A" * HUGE,
    "bearer": "Authorization: Bearer " + "ey.ey." * (HUGE // 6),
    "dots": "Authorization: Bearer ey" + "." * HUGE,
    "one token": "Authorization: Bearer ey" + "A" * HUGE,
    "tokens": "X-Request-Id: " + "-eyJ" * (HUGE // 4),
    "agent": "User-Agent: " + '"' * HUGE,
    "addresses": "X-Forwarded-For: " + "1.2.3.4, " * (HUGE // 9),
    "colons": "X-Real-Ip: " + ":" * HUGE,
    "slashes": "X-Forwarded-Uri: " + "/%2e" * (HUGE // 4),
    "parameters of paths": "X-Forwarded-Uri: " + "/;" * (HUGE // 2),
    "percents": "X-Forwarded-Uri: /" + "%25" * (HUGE // 3),
    "redirect": "X-Auth-Request-Redirect: /" + " " * HUGE + "x",
    "redirects": "X-Auth-Request-Redirect: /" + "/ ." * (HUGE // 3),
    "origin": "Origin: https://" + "a." * (HUGE // 2),
    "ranges": "Range: bytes=" + "0-," * (HUGE // 3),
}


@pytest.mark.parametrize("name", LONG)
def test_k16_long_fields(open_stage: OpenStage, name: str) -> None:
    """
    No field is read in more than one pass: many long ones are answered as well.
    """
    stage = open_stage(
        "skip_jwt_bearer_tokens = true\nreverse_proxy = true\n"
        'skip_auth_routes = ["^/(a+)+$", "GET=^/public/.*/x"]\n'
        'api_routes = ["^/(b+)+$"]\nwhitelist_domains = [".sub.test"]\n'
        'trusted_ips = ["10.0.0.0/8"]\nwebsocket_origins = [".sub.test"]'
    )
    with stage.connect() as client:
        for target in ("/page", "/oauth2/auth", "/oauth2/sign_in", "/oauth2/start"):
            answer = client.ask(request("GET", target, [LONG[name]]))
            assert answer.status < 500


@pytest.mark.parametrize(
    "query",
    [
        "&" * HUGE,
        "a=b&" * 9000,
        "%61llowed_groups=x&" * 9000,
        "a" * HUGE,
        "%" * HUGE,
        "+" * HUGE,
        "rd=" + "/" * 20_000,
        "rd=/" + "%20" * 5000 + "x",
        "rd=http://" + "a." * 10_000,
        "state=" + "A" * HUGE,
        "error=" + "%22" * (HUGE // 3),
    ],
    ids=range(11),
)
def test_k16_long_queries(stage: Stage, query: str) -> None:
    """
    Nor is a query.
    """
    with stage.connect() as client:
        for path in ("/page", "/oauth2/auth", "/oauth2/sign_in", "/oauth2/callback"):
            answer = client.ask(request("GET", f"{path}?{query}"))
            assert answer.status in (200, 302, 400, 401, 403, 500)
        answer = client.ask(stage.get(f"/oauth2/auth?{query}"))
        assert answer.status in (202, 403)


def test_k17_start_tells_no_password(tmp_path: Path, the_provider: Provider) -> None:
    """
    What is wrong with a URL is said without its password.
    """
    wrong = (
        'session_store_type = "redis"\n'
        'redis_connection_url = "http://user:hush-hush@127.0.0.1:x/"\n'
        'redirect_url = "http://user:hush-hush@[/"\n'
        'oidc_jwks_url = "http://user:hush-hush@[/"'
    )
    text = configuration(wrong, provider=the_provider, upstream=None, port=0)
    file = tmp_path / "cfg"
    file.write_text(text, encoding="utf-8")

    ended = run("--config", str(file), "--config-test", folder=tmp_path)

    assert ended.returncode == 1
    assert "hush-hush" not in ended.stdout + ended.stderr
    assert "the-client-secret" not in ended.stdout + ended.stderr
