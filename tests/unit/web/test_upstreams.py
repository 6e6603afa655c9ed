"""
What goes to an application, and when.
"""

from typing import Any

import pytest
from attrs import evolve

from oauthproxy.crypto.secret import Secret
from oauthproxy.session.session import Session
from oauthproxy.settings.kinds import SECOND
from oauthproxy.settings.model import UpstreamSettings
from oauthproxy.upstream.headers import Injector
from oauthproxy.upstream.hop import Hop
from oauthproxy.upstream.signature import Signer
from oauthproxy.web.request import FrontRequest
from oauthproxy.web.resource import Answerer
from oauthproxy.web.session import Known
from oauthproxy.web.upstreams import HTTPServer, StaticServer
from tests.unit.driver import RecordingLog
from tests.unit.net.upstreams import OK, Upstream
from tests.unit.net.wire import Wire
from tests.unit.web.stage import Stage, get, post, statuses

SETTINGS = UpstreamSettings(id="app", path="/", timeout=30 * SECOND)
ALICE = Known(
    Session(email="a@b.c"),
    ((b"X-Forwarded-Email", b"a@b.c"),),
    b"X-Forwarded-Email: a@b.c\r\n",
    b"",
    "a@b.c",
)


class Application:
    """
    An upstream behind a site all of whose requests go to it.
    """

    def __init__(self, **changes: Any) -> None:
        self.upstream = Upstream()
        self.answerer = Answerer(
            None,  # type: ignore[arg-type]  # no pages in these tests
            RecordingLog(),
            None,  # type: ignore[arg-type]  # nor error pages
            None,  # type: ignore[arg-type]  # and nobody who takes turns
        )
        server = HTTPServer(
            settings=SETTINGS,
            pool=self.upstream.pool,
            hop=Hop(),
            injector=Injector((), (), lambda source: ""),
            host=b"",
            answerer=self.answerer,
        )
        self.server = evolve(server, **changes)
        self.stage = Stage(self._serve)

    def _serve(self, request: FrontRequest) -> None:
        self.server.serve(request, ALICE, request.uri, ())

    def ask(self, sent: bytes) -> tuple[Wire, bytes]:
        """
        Return a client that has asked, and what the application got.
        """
        client = self.stage.connect()
        client.receive(sent)
        return client, self.upstream.accept().take()


def fields_of(sent: bytes) -> dict[bytes, bytes]:
    """
    Return the fields of a request by their lower-case names.
    """
    lines = sent.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    pairs = (line.partition(b": ") for line in lines)
    return {name.lower(): value for name, _, value in pairs}


def test_a_target_goes_on_as_it_came() -> None:
    """
    Escapes, empty queries and odd characters are not touched.
    """
    _, sent = Application().ask(get("/a%2Fb;c=1/?"))

    assert sent.startswith(b"GET /a%2Fb;c=1/? HTTP/1.1\r\nHost: app.test\r\n")


def test_the_identity_goes_behind_the_client_fields() -> None:
    """
    What we say stands last.
    """
    _, sent = Application().ask(get("/", "Accept: x", "Accept-Encoding: gzip"))

    assert sent.endswith(b"X-Forwarded-Email: a@b.c\r\n\r\n")


def test_an_upstream_may_have_a_host_of_its_own() -> None:
    """
    `pass_host_header` off sends the upstream's name.
    """
    _, sent = Application(host=b"inner.test").ask(get())

    assert fields_of(sent)[b"host"] == b"inner.test"


def test_http_1_0_without_a_host_is_localhost() -> None:
    """
    HTTP/1.1 needs a Host.
    """
    _, sent = Application().ask(b"GET / HTTP/1.0\r\n\r\n")

    assert fields_of(sent)[b"host"] == b"localhost"


@pytest.mark.parametrize(
    ("sent", "asked"),
    [
        (get(), True),
        (get("/", "Accept-Encoding: br"), False),
        (get("/", "ACCEPT-encoding: br"), False),
        (get("/", "Range: bytes=0-1"), False),
        (get("/", "RANGE: bytes=0-1"), False),
        (get().replace(b"GET", b"HEAD"), False),
    ],
)
def test_gzip_is_asked_for_where_the_client_is_not_picky(
    sent: bytes, asked: bool
) -> None:
    """
    In whatever case a client says what it wants.
    """
    _, got = Application().ask(sent)

    assert (b"Accept-Encoding: gzip" in got) is asked


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("websocket", True),
        ("WebSocket", True),
        ("custom/1", True),
        ("h2c", False),
        ("H2C", False),
        ("h2c/1", False),
        ("HTTP/2.0", False),
        ("TLS/1.0", False),
        ("websocket, h2c", False),
        ("h2c, websocket", False),
    ],
)
def test_only_harmless_upgrades_go_on(wanted: str, goes: bool) -> None:
    """
    Another HTTP behind our back is never asked for, nor in a list.
    """
    lines = (f"Upgrade: {wanted}", "Connection: Upgrade, HTTP2-Settings")

    _, sent = Application().ask(get("/", *lines, "HTTP2-Settings: AAMAAABk"))

    fields = fields_of(sent)
    assert (b"upgrade" in fields) is goes
    assert (b"connection" in fields) is goes
    assert b"http2-settings" not in fields


def test_websockets_may_be_switched_off() -> None:
    """
    Then the request is an ordinary one.
    """
    lines = ("Upgrade: websocket", "Connection: Upgrade")

    _, sent = Application(websockets=False).ask(get("/", *lines))

    assert b"upgrade" not in fields_of(sent)


def test_a_signed_request_has_its_body_in_one_piece() -> None:
    """
    It is read whole, its length is known, and what the client claims is replaced.
    """
    signer = Signer.parse(Secret("sha256:key"))
    application = Application(signer=signer)
    client = application.stage.connect()
    client.receive(get("/", "Transfer-Encoding: chunked", "Gap-Signature: forged"))
    early = len(application.upstream.asked)

    client.receive(b"5\r\nhello\r\n0\r\n\r\n")
    wire = application.upstream.accept()
    sent = wire.take()
    wire.receive(OK)

    fields = fields_of(sent)
    assert early == 0
    assert sent.endswith(b"\r\n\r\nhello")
    assert fields[b"content-length"] == b"5"
    assert b"transfer-encoding" not in fields
    assert fields[b"gap-signature"].startswith(b"sha256 ")
    assert sent.count(b"Gap-Signature") == 1
    assert application.upstream.pool.idle == 1


def test_a_client_that_leaves_while_its_body_is_read() -> None:
    """
    Nothing is asked for it.
    """
    application = Application(signer=Signer.parse(Secret("sha256:key")))
    client = application.stage.connect()
    client.receive(post(b"he", length=5))

    client.lose()

    assert application.upstream.asked == []


@pytest.mark.parametrize("code", [200, 204, 403])
def test_a_fixed_answer(code: int) -> None:
    """
    A status and a word, or just the status where no word may be.
    """
    application = Application()
    settings = evolve(SETTINGS, static=True, static_code=code)
    server = StaticServer(settings=settings, answerer=application.answerer)
    stage = Stage(lambda request: server.serve(request, ALICE, b"/", ()))
    client = stage.connect()

    client.receive(get() + get())
    stage.turn()

    written = client.take()
    assert statuses(written) == [code, code]
    assert written.endswith(b"Authenticated") is (code != 204)
