"""
What the application is sent: the client's request, less what is the proxy's business,
plus who the client is.
"""

import socket
from pathlib import Path

import pytest

from tests.conftest import OpenStage
from tests.integration.harness.authority import Authority
from tests.integration.harness.client import request
from tests.integration.harness.program import Program, free_address
from tests.integration.harness.provider import Provider
from tests.integration.harness.stage import Stage, configuration
from tests.integration.harness.upstream import Upstream
from tests.integration.harness.visitor import Visitor

TARGETS = [
    "/plain",
    "/a%2Fb/c",
    "/x%2E%2Fy",
    "/q?",
    "/q?a=1&a=2&b",
    "/q?x=a+b%20c&y=%zz",
    "/semi;colon?a;b",
    "/q?u=http://x//y/../z",
    "/sub!$&'()*,;=:@-._~",
    "/pipe|caret^brace{}",
    "/trailing/",
    "/%C3%BC",
]


@pytest.mark.parametrize("target", TARGETS)
def test_targets_pass_byte_for_byte(stage: Stage, target: str) -> None:
    """
    The application sees the target that the client sent.
    """
    stage.ask(stage.get(target))

    assert stage.upstream.last().target == target


def test_fields_keep_case_order_and_repeats(stage: Stage) -> None:
    """
    What a client sends in its own fields arrives as it was.
    """
    sent = ["X-Mixed-Case: a", "x-lower: b", "X-Mixed-Case: c", "Accept-Language: de"]

    stage.ask(stage.get("/", *sent))

    seen = stage.upstream.last()
    assert ("x-lower", "b") in seen.pairs
    assert ",".join(seen.all("X-Mixed-Case")) == "a,c"


def test_values_keep_their_bytes(stage: Stage) -> None:
    """
    Bytes beyond ASCII in a value pass untouched.
    """
    stage.ask(stage.get("/", "X-Name: J\u00fcrgen", "X-Quoted: \"a, b\" ;c='d'"))

    seen = stage.upstream.last()
    assert seen.all("X-Name") == ["J\u00fcrgen"]
    assert seen.all("X-Quoted") == ["\"a, b\" ;c='d'"]


def test_hop_by_hop_fields_stay_here(stage: Stage) -> None:
    """
    Fields about this connection, named ones among them, are not passed on.
    """
    stage.ask(
        stage.get(
            "/",
            "Connection: keep-alive, X-Mine",
            "X-Mine: 1",
            "Keep-Alive: timeout=5",
            "Proxy-Connection: keep-alive",
            "Proxy-Authorization: Basic x",
            "TE: deflate",
            "Upgrade-Insecure-Requests: 1",
        )
    )

    names = {name.lower() for name, _ in stage.upstream.last().pairs}
    gone = {"x-mine", "keep-alive", "proxy-connection", "proxy-authorization"}
    assert not names & gone
    assert "upgrade-insecure-requests" in names
    assert "deflate" not in stage.upstream.last().all("TE")


def test_hop_by_hop_fields_of_the_answer_stay_here(stage: Stage) -> None:
    """
    The same holds for the answer.
    """
    answer = stage.ask(stage.get("/hop"))

    names = {name.lower() for name, _ in answer.pairs}
    assert not names & {"x-hop", "keep-alive", "proxy-authenticate", "te"}
    assert "x-hop" not in " ".join(answer.all("Connection")).lower()


def test_client_address_is_appended(stage: Stage) -> None:
    """
    `X-Forwarded-For` is the client's own value and then its address, in one line.
    """
    stage.ask(stage.get("/", "X-Forwarded-For: 10.1.2.3", "X-Forwarded-For: 10.4.5.6"))

    given = ", ".join(stage.upstream.last().all("X-Forwarded-For"))
    assert given.replace(" ", "") == "10.1.2.3,10.4.5.6,127.0.0.1"


def test_other_forwarding_fields_pass(stage: Stage) -> None:
    """
    `Forwarded`, `X-Forwarded-Proto` and `X-Forwarded-Host` are the balancer's word.
    """
    sent = ["Forwarded: for=1.2.3.4", "X-Forwarded-Proto: https"]

    stage.ask(stage.get("/", *sent))

    seen = stage.upstream.last()
    assert seen.all("Forwarded") == ["for=1.2.3.4"]
    assert seen.all("X-Forwarded-Proto") == ["https"]


def test_host_of_the_application_is_sent_when_asked(open_stage: OpenStage) -> None:
    """
    Without `pass_host_header` the application sees its own name.
    """
    stage = open_stage("pass_host_header = false")

    stage.ask(stage.get("/"))

    assert stage.upstream.last().all("Host") == [f"localhost:{stage.upstream.port}"]


def _visit(
    upstream_url: str,
    provider: Provider,
    folder: Path,
    environment: dict[str, str] | None = None,
    options: str = "",
) -> int:
    address = free_address()
    text = configuration(
        f'upstreams = ["{upstream_url}"]\n{options}',
        provider=provider,
        upstream=None,
        port=address[1],
    )
    with Program(
        text, folder=folder, address=address, environment=environment
    ) as program:
        alice = Visitor(program.address).signed_in()
        return alice.ask("/over-there").status


def test_https_application_with_a_trusted_certificate(
    the_provider: Provider, authority: Authority, tmp_path: Path
) -> None:
    """
    An https application whose certificate is signed by a trusted authority is used.
    """
    trust = {"SSL_CERT_FILE": str(authority.root)}
    with Upstream(certificate=authority.issue("localhost")) as upstream:
        status = _visit(upstream.url, the_provider, tmp_path, trust)

    assert status == 200
    assert upstream.last().path == "/over-there"


def test_https_application_with_an_unknown_certificate(
    the_provider: Provider, authority: Authority, tmp_path: Path
) -> None:
    """
    A certificate of an unknown authority is refused, and nothing is sent.
    """
    with Upstream(certificate=authority.issue("localhost")) as upstream:
        status = _visit(upstream.url, the_provider, tmp_path)

    assert status == 502
    assert upstream.seen == []


def test_https_application_with_the_wrong_name(
    the_provider: Provider, authority: Authority, tmp_path: Path
) -> None:
    """
    A certificate for another name is refused, and nothing is sent.
    """
    trust = {"SSL_CERT_FILE": str(authority.root)}
    with Upstream(certificate=authority.issue("other.test")) as upstream:
        status = _visit(upstream.url, the_provider, tmp_path, trust)

    assert status == 502
    assert upstream.seen == []


def test_https_application_unverified_when_asked(
    the_provider: Provider, authority: Authority, tmp_path: Path
) -> None:
    """
    `ssl_upstream_insecure_skip_verify` takes any certificate.
    """
    skip = "ssl_upstream_insecure_skip_verify = true"
    with Upstream(certificate=authority.issue("other.test")) as upstream:
        status = _visit(upstream.url, the_provider, tmp_path, options=skip)

    assert status == 200


def test_application_on_a_unix_socket(the_provider: Provider, tmp_path: Path) -> None:
    """
    `unix://` reaches an application on a socket file.
    """
    path = tmp_path / "app.sock"
    with Upstream(path=path) as upstream:
        status = _visit(f"unix://{path}", the_provider, tmp_path)

    assert status == 200
    assert upstream.last().path == "/over-there"


def test_proxy_on_a_unix_socket(the_provider: Provider, tmp_path: Path) -> None:
    """
    The proxy itself listens on a socket file with the mode asked for; a client there
    has no address to append.
    """
    path = tmp_path / "proxy.sock"
    with Upstream() as upstream:
        text = configuration(
            f'http_address = "unix://{path},mode=0600"',
            provider=the_provider,
            upstream=upstream,
            port=0,
        )
        with Program(text, folder=tmp_path, address=path) as program:
            alice = Visitor(program.address).signed_in()
            answer = alice.ask("/here", "X-Forwarded-For: 10.1.2.3")
            mode = path.stat().st_mode & 0o777

    assert answer.status == 200
    assert mode == 0o600
    assert upstream.last().all("X-Forwarded-For") == ["10.1.2.3"]


def test_absolute_targets_name_their_host(stage: Stage) -> None:
    """
    An absolute-form target's authority is the host that the application sees.
    """
    answer = stage.ask(
        request(
            "GET",
            "http://app.test/absolute?x=1",
            stage.alice().cookie_field(),
            host="other.test",
        )
    )

    assert answer.status in (200, 400)
    if answer.status == 200:
        seen = stage.upstream.last()
        assert seen.all("Host") == ["app.test"]
        assert seen.target in ("/absolute?x=1", "http://app.test/absolute?x=1")


def test_options_for_the_server_itself(stage: Stage) -> None:
    """
    `OPTIONS *` is answered 200 here and goes to no application.
    """
    answer = stage.ask(request("OPTIONS", "*"))

    assert answer.status == 200
    assert answer.body == b""
    assert stage.upstream.seen == []


def test_small_segments_make_the_same_request(stage: Stage) -> None:
    """
    A request that comes byte by byte is the same request.
    """
    data = stage.get("/by-bytes", "X-A: 1")
    with stage.connect() as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in data[:-1]:
            client.send(bytes([byte]))
        answer = client.ask(data[-1:])

    assert answer.status == 200, answer
    assert stage.upstream.last().target == "/by-bytes"
