"""
Outgoing calls against real servers: good, slow, huge, broken and hostile ones.
"""

import gzip
import socket
import ssl
import threading
from pathlib import Path

import pytest
from twisted.internet.defer import CancelledError, Deferred

from oauthproxy.errors import FetchError
from oauthproxy.net.fetch import TreqFetcher
from oauthproxy.net.outgoing import OutgoingProxies
from oauthproxy.net.trust import ClientTrust
from oauthproxy.ports import FetchRequest, FetchResponse
from oauthproxy.settings.kinds import SECOND
from tests.unit.net.authority import Authority
from tests.unit.net.servers import RawServer, http, read_request, serving
from tests.unit.reactor import on_reactor, reactor

AUTHORITY = Authority()


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    path.write_bytes(AUTHORITY.pem)
    return str(path)


def fetch(
    request: FetchRequest | str,
    *,
    trust: ClientTrust | None = None,
    seconds: float = 10,
    max_bytes: int = 100_000,
    proxies: OutgoingProxies | None = None,
) -> FetchResponse:
    if isinstance(request, str):
        request = FetchRequest(url=request)

    async def call() -> FetchResponse:
        fetcher = TreqFetcher(
            reactor,
            timeout_ns=int(seconds * SECOND),
            max_bytes=max_bytes,
            trust=trust or ClientTrust(skip_verify=True),
            user_agent="oauthproxy/test",
            proxies=proxies,
        )
        try:
            return await fetcher.fetch(request)
        finally:
            await fetcher.close()

    return on_reactor(call)


def test_answer_of_any_status_is_returned_whole():
    """Any status is an answer, with its fields and its body."""
    with serving(http("418 Teapot", b"short", "X-Pot: a", "X-Pot: b")) as server:
        response = fetch(f"{server.origin}/pot?size=1")

    assert response.status == 418
    assert response.body == b"short"
    assert [v for n, v in response.fields if n.lower() == "x-pot"] == ["a", "b"]
    assert server.requests[0].startswith(b"GET /pot?size=1 HTTP/1.1\r\n")


def test_our_name_is_sent_unless_the_caller_gives_one():
    """Calls carry one User-Agent: ours, or that of the caller."""
    with serving(http("200 OK")) as server:
        fetch(server.origin)
        fetch(FetchRequest(url=server.origin, fields=(("User-Agent", "other"),)))

    assert b"User-Agent: oauthproxy/test\r\n" in server.requests[0]
    assert b"User-Agent: other\r\n" in server.requests[1]
    assert b"oauthproxy/test" not in server.requests[1]


def test_form_is_sent_url_encoded():
    """A form goes as application/x-www-form-urlencoded, in its order."""
    form = (("code", "a b&c"), ("redirect_uri", "https://ü/"))
    with serving(http("200 OK")) as server:
        fetch(FetchRequest(url=server.origin, method="POST", form=form))

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert body == b"code=a+b%26c&redirect_uri=https%3A%2F%2F%C3%BC%2F"
    assert b"Content-Type: application/x-www-form-urlencoded\r\n" in head


def test_compressed_answer_is_unpacked():
    """A gzip answer reaches the caller unpacked."""
    packed = gzip.compress(b'{"a": 1}')
    with serving(http("200 OK", packed, "Content-Encoding: gzip")) as server:
        response = fetch(server.origin)

    assert response.json() == {"a": 1}


def test_compressed_bomb_is_refused():
    """The size limit holds for what an answer unpacks to."""
    packed = gzip.compress(bytes(5_000_000))
    with (
        serving(http("200 OK", packed, "Content-Encoding: gzip")) as server,
        pytest.raises(FetchError, match="larger than 100000 bytes"),
    ):
        fetch(server.origin)


def test_cookies_are_not_kept():
    """A cookie that one answer sets is not sent with the next call."""
    with serving(http("200 OK", b"", "Set-Cookie: a=b; Path=/")) as server:

        async def twice() -> None:
            fetcher = TreqFetcher(
                reactor,
                timeout_ns=5 * SECOND,
                max_bytes=1000,
                trust=ClientTrust(),
                user_agent="x",
            )
            await fetcher.fetch(FetchRequest(url=server.origin))
            await fetcher.fetch(FetchRequest(url=server.origin))
            await fetcher.close()

        on_reactor(twice)

    assert len(server.requests) == 2
    assert b"ookie" not in server.requests[1]


def test_connection_is_used_again():
    """Calls one after the other share a connection."""
    connections: list[socket.socket] = []

    def talk(connection: socket.socket) -> None:
        connections.append(connection)
        while read_request(connection):
            connection.sendall(http("200 OK"))

    async def twice() -> None:
        fetcher = TreqFetcher(
            reactor,
            timeout_ns=5 * SECOND,
            max_bytes=1000,
            trust=ClientTrust(),
            user_agent="x",
        )
        await fetcher.fetch(FetchRequest(url=server.origin))
        await fetcher.fetch(FetchRequest(url=server.origin))
        await fetcher.close()

    with serving(talk) as server:
        on_reactor(twice)

    assert len(connections) == 1


def test_redirect_of_a_get_is_followed():
    """A GET follows redirects to its answer."""
    pages = {
        "/a": http("302 Found", b"", "Location: /b"),
        "/b": http("307 Temporary Redirect", b"", "Location: c?x=1"),
        "/c?x=1": http("200 OK", b"there"),
    }
    with serving(pages) as server:
        response = fetch(f"{server.origin}/a")

    assert response.body == b"there"


def test_redirect_of_a_post_is_an_answer():
    """A form is never sent to where a redirect points."""
    with serving(http("307 Temporary Redirect", b"", "Location: /b")) as server:
        response = fetch(
            FetchRequest(url=server.origin, method="POST", form=(("code", "c"),))
        )

    assert response.status == 307
    assert len(server.requests) == 1


def test_redirect_does_not_take_credentials_elsewhere():
    """With an Authorization field, a redirect to another origin is not followed."""
    with serving(http("200 OK")) as other:
        location = f"Location: {other.origin}/"
        with serving(http("302 Found", b"", location)) as server:
            secret = (("Authorization", "Bearer s3cret"),)
            response = fetch(FetchRequest(url=server.origin, fields=secret))

    assert response.status == 302
    assert other.requests == []


def test_redirect_from_https_to_http_is_not_followed(ca_file: str):
    """A redirect does not lead out of TLS."""
    with serving(http("200 OK")) as other:
        answer = http("302 Found", b"", f"Location: {other.origin}/")
        with serving(answer, AUTHORITY.sign("127.0.0.1")) as server:
            response = fetch(server.origin, trust=ClientTrust(ca_files=[ca_file]))

    assert response.status == 302
    assert other.requests == []


def test_redirects_without_end_are_given_up():
    """A circle of redirects ends in an error."""
    with (
        serving(http("302 Found", b"", "Location: /again")) as server,
        pytest.raises(FetchError, match="more than 10 redirects"),
    ):
        fetch(f"{server.origin}/again")


def test_huge_answer_is_cut_off():
    """An answer larger than the limit is an error, and its connection is closed."""
    closed = threading.Event()

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                connection.sendall(bytes(65536))
        except OSError:
            closed.set()

    with serving(talk) as server:
        with pytest.raises(FetchError, match="larger than 100000 bytes"):
            fetch(server.origin)
        assert closed.wait(10)


def test_huge_answer_over_tls_is_cut_off():
    """Over TLS too, the connection of a too large answer is closed at once."""
    closed = threading.Event()

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                connection.sendall(bytes(65536))
        except OSError:
            closed.set()

    with serving(talk, AUTHORITY.sign("127.0.0.1")) as server:
        with pytest.raises(FetchError, match="larger than 100000 bytes"):
            fetch(server.origin)
        assert closed.wait(10)


def test_slow_head_ends_in_an_error():
    """A server that does not answer is given up after the time limit."""

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.recv(1)

    with (
        serving(talk) as server,
        pytest.raises(FetchError, match=r"no answer within 0\.2 s"),
    ):
        fetch(server.origin, seconds=0.2)


def test_slow_body_ends_in_an_error():
    """The time limit covers the body, however steadily it drips."""
    closed = threading.Event()

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        while not connection.recv(1):
            closed.set()
            return

    with serving(talk) as server:
        with pytest.raises(FetchError, match=r"no answer within 0\.3 s"):
            fetch(server.origin, seconds=0.3)
        assert closed.wait(10)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "closed before"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "not a proper answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "closed before"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nabc", "not a proper answer"),
    ],
)
def test_broken_answer_is_an_error(answer: bytes, words: str):
    """What is not a whole HTTP answer is an error that says so."""

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(answer)

    with (
        serving(talk) as server,
        pytest.raises(FetchError, match=words),
    ):
        fetch(server.origin)


def test_error_names_the_call_without_its_secrets():
    """An error names method, host and path, and neither query, user nor body."""
    with serving(b"") as server:
        port = server.port
    request = FetchRequest(
        url=f"http://127.0.0.1:{port}/token?code=query1#f",
        method="POST",
        form=(("code", "form1"),),
    )

    with pytest.raises(FetchError) as caught:
        fetch(request)

    text = str(caught.value)
    assert text == f"POST http://127.0.0.1:{port}/token: connection refused"


@pytest.mark.parametrize(
    "url", ["", "ftp://host/", "http:///", "//x", "https://[::1", "http://a:b@c/"]
)
def test_address_that_is_none_is_an_error(url: str):
    """A URL that cannot be called is an error of the call."""
    with pytest.raises(FetchError):
        fetch(url)


def test_name_that_does_not_exist_is_an_error():
    """An unknown host name is said to be one."""
    with pytest.raises(FetchError, match=r"nowhere\.invalid.*not found"):
        fetch("http://nowhere.invalid/")


def test_certificate_of_own_authority_is_accepted(ca_file: str):
    """Servers signed by the given authority are trusted."""
    with serving(http("200 OK", b"safe"), AUTHORITY.sign("127.0.0.1")) as server:
        response = fetch(server.origin, trust=ClientTrust(ca_files=[ca_file]))

    assert response.body == b"safe"


@pytest.mark.parametrize(
    ("names", "last_day", "believed", "words"),
    [
        (("other.example",), 20, True, "it is for another name"),
        (("127.0.0.2",), 20, True, "it is for another name"),
        (("127.0.0.1",), -1, True, "it has expired"),
        (("127.0.0.1",), 20, False, "not trusted"),
    ],
)
def test_wrong_certificate_is_refused_before_anything_is_sent(
    ca_file: str, names: tuple[str, ...], last_day: int, believed: bool, words: str
):
    """A certificate that is not right ends the call; the server reads nothing."""
    certificate = AUTHORITY.sign(*names, last_day=last_day)
    trust = ClientTrust(ca_files=[ca_file]) if believed else ClientTrust()

    with (
        serving(http("200 OK"), certificate) as server,
        pytest.raises(FetchError, match=words),
    ):
        fetch(server.origin, trust=trust)

    assert server.requests == []


def test_unverified_connection_is_made_on_request():
    """With verification off, any certificate does."""
    certificate = AUTHORITY.sign("other.example", last_day=-1)
    with serving(http("200 OK", b"fine"), certificate) as server:
        response = fetch(server.origin, trust=ClientTrust(skip_verify=True))

    assert response.body == b"fine"


def test_old_tls_is_refused(ca_file: str):
    """A server that speaks TLS 1.1 at most is not talked to."""
    with serving(lambda c: None) as server:
        server.talk = _old_tls
        with pytest.raises(FetchError, match=r"TLS failed|closed before"):
            fetch(server.origin.replace("http:", "https:"))


def _old_tls(connection: socket.socket) -> None:
    """Answer a ClientHello with a ServerHello of TLS 1.1."""
    connection.recv(4096)
    hello = bytes([3, 2]) + bytes(32) + bytes([0]) + bytes([0xC0, 0x13, 0])
    body = bytes([2]) + len(hello).to_bytes(3, "big") + hello
    connection.sendall(bytes([22, 3, 2]) + len(body).to_bytes(2, "big") + body)
    connection.recv(4096)


def test_cancelled_call_closes_its_connection():
    """Who gives up a call frees its connection at once."""
    asked, closed = threading.Event(), threading.Event()

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        asked.set()
        try:
            connection.recv(1)
        finally:
            closed.set()

    async def give_up() -> None:
        fetcher = TreqFetcher(
            reactor,
            timeout_ns=60 * SECOND,
            max_bytes=100,
            trust=ClientTrust(),
            user_agent="x",
        )
        call = Deferred.fromCoroutine(fetcher.fetch(FetchRequest(url=server.origin)))
        while not asked.is_set():
            await _moment()
        call.cancel()
        with pytest.raises(CancelledError):
            await call

    with serving(talk) as server:
        on_reactor(give_up)
        assert closed.wait(10)


async def _moment() -> None:
    pause: Deferred[None] = Deferred()
    reactor.callLater(0.01, pause.callback, None)
    await pause


def _proxy(server: RawServer, *asked: bytes) -> str:
    return f"http://user:pa%40ss@127.0.0.1:{server.port}"


def test_plain_call_goes_through_the_proxy_in_absolute_form():
    """HTTP_PROXY gets the whole address and its credentials."""
    with serving(http("200 OK", b"proxied")) as proxy:
        proxies = OutgoingProxies(http=_proxy(proxy))
        response = fetch("http://idp.example/path?q", proxies=proxies)

    assert response.body == b"proxied"
    head = proxy.requests[0]
    assert head.startswith(b"GET http://idp.example/path?q HTTP/1.1\r\n")
    assert b"Host: idp.example\r\n" in head
    assert b"Proxy-Authorization: Basic dXNlcjpwYUBzcw==\r\n" in head


def test_tls_call_goes_through_a_tunnel(ca_file: str):
    """HTTPS_PROXY is asked for a tunnel, and sees neither target nor credentials."""
    asked: list[bytes] = []
    certificate = AUTHORITY.sign("idp.example")

    def talk(connection: socket.socket) -> None:
        asked.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate.save(Path(ca_file).parent, "tunnel"))
        with context.wrap_socket(connection, server_side=True) as inner:
            assert read_request(inner).startswith(b"GET /secret?q HTTP/1.1\r\n")
            inner.sendall(http("200 OK", b"through"))

    with serving(talk) as proxy:
        response = fetch(
            "https://idp.example/secret?q",
            trust=ClientTrust(ca_files=[ca_file]),
            proxies=OutgoingProxies(https=_proxy(proxy)),
        )

    assert response.body == b"through"
    assert b"".join(asked) == (
        b"CONNECT idp.example:443 HTTP/1.1\r\nHost: idp.example:443\r\n"
        b"Proxy-Authorization: Basic dXNlcjpwYUBzcw==\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (http("407 Proxy Authentication Required"), "it answered 407"),
        (b"nonsense\r\n\r\n", "its answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000, "its answer is too long"),
    ],
)
def test_refusal_of_the_proxy_is_an_error(answer: bytes, words: str):
    """A proxy that opens no tunnel is named as the reason."""
    with (
        serving(answer) as proxy,
        pytest.raises(FetchError, match=words),
    ):
        fetch("https://idp.example/", proxies=OutgoingProxies(https=_proxy(proxy)))


def test_silent_proxy_is_given_up():
    """The time limit covers the proxy's answer."""

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.recv(1)

    with serving(talk) as proxy:
        proxies = OutgoingProxies(https=_proxy(proxy))
        with pytest.raises(FetchError, match=r"no answer within 0\.2 s"):
            fetch("https://idp.example/", proxies=proxies, seconds=0.2)
