"""
A request and its response, the short way and the stock way, and what we assume about
Twisted's requests.
"""

from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web import http, server
from twisted.web.resource import Resource

from oauthproxy.web.request import FrontRequest, status_line
from tests.unit.net.wire import Wire
from tests.unit.web.stage import GET, Stage, answer, get, post, statuses


def begun(sent: bytes = GET, react: Any = None) -> tuple[Stage, Wire, FrontRequest]:
    """
    Return a stage, a client that has asked, and its request.
    """
    stage = Stage(react)
    wire = stage.connect()
    wire.receive(sent)
    return stage, wire, stage.requests[0]


# --- the short way


def test_an_unknown_status_has_a_line() -> None:
    """
    Any number makes a status line.
    """
    assert status_line(299) == b"HTTP/1.1 299 status code 299\r\n"


def test_the_id_of_a_request_is_made_once() -> None:
    """
    Log, page and scope name the same id.
    """
    _, _, request = begun()

    assert request.request_id == request.request_id == request.scope.request_id
    assert len(request.request_id) == 36


def test_bytes_of_the_body_are_counted() -> None:
    """
    The log tells the size of the body, without head or chunks.
    """
    _, _, request = begun()
    request.send_head(200, [], "stream")

    framed = request.frame(b"hello")

    assert framed == b"5\r\nhello\r\n"
    assert request.sent == 5


def test_a_stream_to_head_is_not_framed() -> None:
    """
    Neither coding nor last chunk where there is no body.
    """
    _, _, request = begun(GET.replace(b"GET", b"HEAD"))

    head = b"".join(request.send_head(200, [], "stream"))

    assert b"Transfer-Encoding" not in head
    assert request.last_chunk([]) == b""


# --- the stock way


def test_a_stock_answer_has_head_and_body() -> None:
    """
    Fields that were set, our date, and the body.
    """
    _, wire, request = begun()
    request.setHeader(b"Content-Length", b"5")
    request.setResponseCode(201)

    request.write(b"hello")
    request.finish()

    written = wire.take()
    assert statuses(written) == [201]
    assert b"\r\nDate: " in written
    assert b"\r\nServer: " not in written
    assert written.endswith(b"\r\n\r\nhello")


def test_a_stock_answer_without_length_is_chunked() -> None:
    """
    Each write is a chunk.
    """
    _, wire, request = begun()

    request.write(b"hello")
    request.write(b"")
    request.write(b"!")
    request.finish()

    assert wire.take().endswith(b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n")


def test_a_stock_answer_is_no_longer_than_it_says() -> None:
    """
    Bytes beyond the length are not sent.
    """
    _, wire, request = begun()
    request.setHeader(b"Content-Length", b"5")

    request.write(b"hello world")
    request.write(b"more")
    request.finish()

    assert wire.take().endswith(b"\r\n\r\nhello")
    assert not wire.aborted


def test_a_stock_answer_that_is_too_short_cuts_the_connection() -> None:
    """
    The client is not left waiting, nor made to believe that it has everything.
    """
    stage, wire, request = begun()
    request.setHeader(b"Content-Length", b"5")

    request.write(b"hel")
    request.finish()

    assert wire.aborted
    assert stage.site.live == 0


@pytest.mark.parametrize("code", [204, 304])
def test_a_stock_answer_may_have_no_body(code: int) -> None:
    """
    Where none may be, neither body nor length are sent.
    """
    _, wire, request = begun()
    request.setResponseCode(code)
    request.setHeader(b"Content-Length", b"5")

    request.write(b"hello")
    request.finish()

    written = wire.take()
    assert b"Content-Length" not in written
    assert written.endswith(b"\r\n\r\n")
    assert not wire.disconnecting


def test_an_empty_stock_answer_has_a_head() -> None:
    """
    `finish` without `write` is an answer.
    """
    _, wire, request = begun()

    request.finish()

    assert statuses(wire.take()) == [200]


def test_who_waits_for_the_end_is_told() -> None:
    """
    `notifyFinish` fires when the answer is out, or fails when the client leaves.
    """
    told: list[Any] = []
    _, _, request = begun()
    request.notifyFinish().addBoth(told.append)
    _, wire, left = begun()
    left.notifyFinish().addBoth(told.append)

    answer(request)
    wire.lose()

    assert told[0] is None
    assert isinstance(told[1], Failure)


def test_stock_resources_find_what_they_look_for() -> None:
    """
    Fields, parameters, addresses and the like are made when somebody asks.
    """
    _, _, request = begun(get("/a?x=1&y=", "X-A: b"))

    assert request.getHeader(b"x-a") == b"b"
    assert request.args == {b"x": [b"1"], b"y": [b""]}
    assert request.getClientAddress().host == "192.0.2.7"
    assert request.isSecure() is False
    assert request.transport is request.channel.transport


# --- ends


def test_a_request_ends_once() -> None:
    """
    Ending, aborting or losing it afterwards changes nothing.
    """
    stage, wire, request = begun()
    answer(request)

    request.end()
    request.abort()
    request.tunnel_closed()
    wire.lose()

    assert len(stage.notes.answered_) == 1
    assert not wire.aborted


def test_an_aborted_request_cuts_its_client() -> None:
    """
    Who waits for its end is told that it failed.
    """
    stage, wire, request = begun()
    told: list[Any] = []
    request.notifyFinish().addErrback(told.append)

    request.abort()
    wire.lose()

    assert wire.aborted
    assert len(told) == 1
    assert stage.site.live == 0


def test_an_answer_to_a_whole_request_keeps_the_connection() -> None:
    """
    A body that has been read to its end is no reason to close.
    """
    _, wire, request = begun(post(b"hello"))

    answer(request)

    assert b"Connection: close" not in wire.take()
    assert not wire.disconnecting


# --- what we assume about Twisted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_disconnected", False),
        ("finished", 0),
        ("startedWriting", 0),
        ("code", 200),
        ("etag", None),
        ("lastModified", None),
        ("producer", None),
        ("args", None),
        ("content", None),
        ("_inFakeHead", False),
    ],
)
def test_stock_requests_have_defaults_on_the_class(name: str, value: object) -> None:
    """
    Twisted: our constructor does not call the stock one, whose defaults are these.
    """
    assert getattr(server.Request, name) == value


def test_the_stock_constructor_sets_nothing_that_we_do_not() -> None:
    """
    Twisted: a new attribute of `http.Request` would be missing in ours.
    """

    class Channel:
        transport = None
        site = None

        def getPeer(self) -> None:
            """
            Return nobody.
            """

        getHost = getPeer  # noqa: N815

    stock = server.Request(Channel(), parsePOSTFormSubmission=False)
    _, _, ours = begun()

    missing = [name for name in vars(stock) if not hasattr(ours, name)]

    of_components_and_forms = {
        "_adapterCache",
        "_parsePOSTFormSubmission",
        "received_cookies",
    }
    assert set(missing) <= of_components_and_forms


def test_stock_requests_ask_only_for_what_is_there() -> None:
    """
    Twisted: `render`, `redirect`, `setLastModified`, `setETag` and `notifyFinish` work
    on a request that was made our way.
    """

    class Stock(Resource):
        isLeaf = True  # noqa: N815

        def render_GET(self, request: Any) -> bytes:
            request.setLastModified(0)
            request.setETag(b'"x"')
            request.redirect(b"/there")
            assert isinstance(request.notifyFinish(), Deferred)
            return b"hello"

    _, wire, request = begun()

    server.Request.render(request, Stock())

    written = wire.take()
    assert statuses(written) == [302]
    for line in (b"Location: /there", b'ETag: "x"', b"Last-Modified: Thu, 01 Jan 1970"):
        assert line.lower() in written.lower()
    assert written.endswith(b"hello")


def test_stock_defaults_for_types_are_off() -> None:
    """
    Twisted: `defaultContentType` None means that no type is made up.
    """
    assert FrontRequest.defaultContentType is None
    assert server.Request.defaultContentType is not None


def test_phrases_are_those_of_twisted() -> None:
    """
    Twisted: `http.RESPONSES` has the phrases of our status lines.
    """
    assert http.RESPONSES[404] == b"Not Found"
    assert status_line(404) == b"HTTP/1.1 404 Not Found\r\n"
