"""
Answers turned into bytes, and errors into answers.
"""

from collections.abc import Coroutine
from typing import Any

import pytest

from oauthproxy.answer import Answer, Empty, Json, Text
from oauthproxy.errors import ConnectFailed, ProxyError
from oauthproxy.web.request import FrontRequest
from oauthproxy.web.resource import (
    FORM_LIMIT,
    Answerer,
    AnswerResource,
    BodyTooLarge,
    FixedResource,
    read_body,
    read_form,
)
from tests.unit.driver import RecordingLog
from tests.unit.net.wire import Wire
from tests.unit.web.stage import GET, Stage, get, post, statuses


class Desk:
    """
    An answerer, its log, and a stage on which resources answer.
    """

    def __init__(self) -> None:
        self.log = RecordingLog()
        self.answerer = Answerer(
            None,  # type: ignore[arg-type]  # no pages in these tests
            self.log,
            self.error_answer,
            self.turn,
        )

    async def turn(self) -> None:
        pass

    def error_answer(self, request: FrontRequest, error: ProxyError) -> Answer:
        return Text(status=error.status, body=error.sentence)

    def ask(self, resource: Any, sent: bytes = GET) -> Wire:
        """
        Return the wire that a resource has answered on.
        """
        self.stage = Stage(resource=resource)
        self.stage.site.broke = self.answerer.broke
        wire = self.stage.connect()
        wire.receive(sent)
        return wire

    def fixed(self, answer: Answer, sent: bytes = GET) -> Wire:
        """
        Return the wire that a fixed answer was written to.
        """
        return self.ask(FixedResource(self.answerer, answer), sent)

    def working(self, work: Any, sent: bytes = GET) -> Wire:
        """
        Return the wire that a coroutine has answered on.
        """

        class Working(AnswerResource):
            def answer(self, request: FrontRequest) -> Coroutine[Any, Any, Any]:
                return work(request)  # type: ignore[no-any-return]

        return self.ask(Working(self.answerer), sent)


def test_an_answer_has_its_length() -> None:
    """
    Whole answers are never chunked.
    """
    wire = Desk().fixed(Json(body="{}"))

    written = wire.take()
    assert b"\r\nContent-Length: 2\r\n" in written
    assert written.endswith(b"\r\n\r\n{}")


def test_an_answer_to_head_has_only_its_length() -> None:
    """
    The length of what GET would get.
    """
    written = Desk().fixed(Json(body="{}"), GET.replace(b"GET", b"HEAD")).take()

    assert b"\r\nContent-Length: 2\r\n" in written
    assert written.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_has_none(status: int) -> None:
    """
    Whatever is configured as the body: bytes behind such a head would be taken for the
    next answer.
    """
    wire = Desk().fixed(Text(status=status, body="Authenticated"))

    written = wire.take()
    assert b"Content-Length" not in written
    assert written.endswith(b"\r\n\r\n")
    assert not wire.disconnecting


def test_fields_cannot_break_lines() -> None:
    """
    A line end within a value is a blank.
    """
    answer = Empty(fields=(("X-A", "b\r\nX-Evil: 1"),), cookies=("a=b\r\nX-Evil: 1",))

    written = Desk().fixed(answer).take()

    assert b"\r\nX-Evil" not in written


def test_an_error_is_answered_and_logged_with_its_request() -> None:
    """
    The log line names the request, so that it can be found again.
    """

    async def fails(request: FrontRequest) -> Answer:
        raise ConnectFailed("app: cannot connect")

    desk = Desk()
    wire = desk.working(fails)

    assert statuses(wire.take()) == [502]
    [(kind, line)] = desk.log.lines
    request = desk.stage.notes.answered_[0]
    assert kind == "error"
    assert line == f"{request.request_id}: ConnectFailed: app: cannot connect"


def test_what_nobody_foresaw_is_500_and_logged_whole() -> None:
    """
    The user sees nothing of it, the log sees where it happened.
    """

    async def breaks(request: FrontRequest) -> Answer:
        raise ValueError("a bug")

    desk = Desk()
    wire = desk.working(breaks)

    written = wire.take()
    assert statuses(written) == [500]
    assert b"a bug" not in written
    text = desk.log.lines[0][1]
    assert "ValueError: a bug" in text
    assert text.startswith(desk.stage.notes.answered_[0].request_id)


def test_a_resource_that_breaks_at_once_is_500() -> None:
    """
    The same holds outside of coroutines.
    """

    class Breaks(FixedResource):
        def render(self, request: FrontRequest) -> int:
            raise ValueError("a bug")

    desk = Desk()
    wire = desk.ask(Breaks(desk.answerer, Empty()))

    assert statuses(wire.take()) == [500]
    assert "a bug" in desk.log.lines[0][1]
    assert desk.stage.site.live == 0


def test_an_error_page_that_breaks_leaves_nobody_waiting() -> None:
    """
    The last resort is a few words.
    """

    class Broken(Desk):
        def error_answer(self, request: FrontRequest, error: ProxyError) -> Answer:
            raise ValueError("the template")

    async def fails(request: FrontRequest) -> Answer:
        raise ConnectFailed("app")

    desk = Broken()
    wire = desk.working(fails)

    assert statuses(wire.take()) == [500]
    assert "the template" in desk.log.lines[-1][1]


def test_an_error_behind_the_first_byte_cuts() -> None:
    """
    A short body never looks complete.
    """

    async def breaks(request: FrontRequest) -> Answer:
        request.write(b"begun")
        raise ValueError("a bug")

    wire = Desk().working(breaks)

    assert statuses(wire.take()) == [200]
    assert wire.aborted


def test_an_answer_for_nobody_is_not_written() -> None:
    """
    A client that left while the answer was made gets none.
    """
    desk = Desk()

    async def leaves(request: FrontRequest) -> Answer:
        request.channel.transport.lose()
        return Text(body="late")

    wire = desk.working(leaves)

    assert wire.take() == b""
    assert desk.log.lines == []


def form(body: bytes, *lines: str) -> bytes:
    """
    Return a request with a form.
    """
    return post(body, "Content-Type: application/x-www-form-urlencoded", *lines)


def test_a_form_is_read_when_it_comes() -> None:
    """
    Its pieces are collected, and the connection is kept.
    """

    async def first(request: FrontRequest) -> Answer:
        return Text(body=(await read_form(request)).first("a"))

    wire = Desk().working(first, form(b"a=b%20c")[:-3])
    early = wire.take()
    wire.receive(b"20c")

    assert early == b""
    assert wire.take().endswith(b"\r\n\r\nb c")
    assert not wire.disconnecting


def test_a_form_that_is_too_large_is_413() -> None:
    """
    At once: the rest is not waited for, and the client is told so.
    """

    async def first(request: FrontRequest) -> Answer:
        return Text(body=(await read_form(request)).first("a"))

    head = get("/", "Content-Type: application/x-www-form-urlencoded").replace(
        b"GET", b"POST"
    )
    head = head[:-2] + b"Content-Length: %d\r\n\r\n" % (2 * FORM_LIMIT)
    wire = Desk().working(first, head)

    wire.receive(b"a" * (FORM_LIMIT + 1))

    written = wire.take()
    assert statuses(written) == [413]
    assert b"\r\nConnection: close\r\n" in written


def test_a_body_has_its_limit() -> None:
    """
    Exactly the limit is fine.
    """
    sizes: list[int] = []

    async def whole(request: FrontRequest) -> Answer:
        sizes.append(len(await read_body(request, 5)))
        return Empty()

    desk = Desk()
    desk.working(whole, post(b"12345"))
    wire = desk.working(whole, post(b"123456"))

    assert sizes == [5]
    assert statuses(wire.take()) == [BodyTooLarge.status]


def test_a_client_that_leaves_within_its_body_ends_the_work() -> None:
    """
    Nobody waits for the rest, and nothing is logged.
    """

    async def whole(request: FrontRequest) -> Answer:
        await read_body(request, 100)
        raise AssertionError("the body was never whole")

    desk = Desk()
    wire = desk.working(whole, post(b"1", length=5))

    wire.lose()

    assert desk.stage.site.live == 0
    assert desk.log.lines == []
