"""
Answers of the application reach the client as they come, framed right.
"""

import hashlib
import threading
from itertools import pairwise

import pytest

from tests.conftest import OpenStage
from tests.integration.harness.client import RawClient
from tests.integration.harness.stage import Stage
from tests.integration.harness.upstream import Exchange
from tests.integration.harness.wire import CutError

MEGABYTE = 1 << 20


def _raw(stage: Stage, path: str, answer: bytes, *, close: bool = False) -> None:
    def behave(exchange: Exchange) -> None:
        exchange.body()
        exchange.send(answer)
        if close:
            exchange.close()

    stage.upstream.on(path, behave)


def test_first_bytes_arrive_before_the_last_are_sent(stage: Stage) -> None:
    """
    An answer of known length is streamed: no part waits for the rest.
    """
    go_on = threading.Event()

    def slow(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegin")
        go_on.wait(15)
        exchange.send(b"+-end")

    stage.upstream.on("/slow", slow)
    with stage.connect() as client:
        client.send(stage.get("/slow"))
        head = client.head()
        first = client.exactly(5)
        go_on.set()
        last = client.exactly(5)

    assert head.value("Content-Length") == b"10"
    assert (first, last) == (b"begin", b"+-end")


def test_events_arrive_one_by_one(stage: Stage) -> None:
    """
    A chunked stream of events is not gathered: each event is out before the next one.
    """
    step = threading.Semaphore(0)

    def events(exchange: Exchange) -> None:
        exchange.send(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        for _ in range(3):
            exchange.send(b"9\r\ndata: 1\n\n\r\n")
            step.acquire(timeout=15)
        exchange.send(b"0\r\n\r\n")

    stage.upstream.on("/events", events)
    with stage.connect() as client:
        client.send(stage.get("/events"))
        head = client.head()
        for _ in range(3):
            assert client.chunk() == b"data: 1\n\n"
            step.release()
        assert client.chunk() == b""

    assert head.value("Transfer-Encoding") == b"chunked"
    assert head.value("Content-Type") == b"text/event-stream"


def test_large_download_arrives_whole(stage: Stage) -> None:
    """
    Sixteen megabytes arrive byte for byte.
    """
    body = bytes(range(256)) * (16 * MEGABYTE // 256)
    stage.upstream.on("/big", lambda exchange: exchange.answer(200, [], body))

    answer = stage.ask(stage.get("/big"))

    assert hashlib.sha256(answer.body).digest() == hashlib.sha256(body).digest()


def test_slow_client_holds_the_application_back(stage: Stage) -> None:
    """
    When the client does not read, the application cannot send on and the proxy's
    memory does not grow with the answer.
    """
    size, sent, stuck = 96 * MEGABYTE, [0], threading.Event()

    def generous(exchange: Exchange) -> None:
        exchange.send(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
        exchange.stream.socket.settimeout(1)
        part = b"x" * 65536
        while sent[0] < size:
            try:
                sent[0] += exchange.stream.socket.send(part[: size - sent[0]])
            except TimeoutError:
                if stuck.is_set():
                    raise
                stuck.set()
                exchange.stream.socket.settimeout(30)

    stage.upstream.on("/generous", generous)
    before = stage.program.memory()
    with stage.connect(receive_buffer=65536) as client:
        client.send(stage.get("/generous"))
        assert stuck.wait(20)
        held, grown = sent[0], stage.program.memory() - before
        answer = client.answer()

    assert held < 32 * MEGABYTE
    assert grown < 20 * MEGABYTE
    assert len(answer.body) == size


def test_client_that_leaves_frees_the_application(stage: Stage) -> None:
    """
    A client that leaves while the answer is made takes the upstream connection along.
    """
    left = threading.Event()

    def long_poll(exchange: Exchange) -> None:
        if exchange.left():
            left.set()

    stage.upstream.on("/poll", long_poll)
    with stage.connect() as client:
        client.send(stage.get("/poll"))
        stage.upstream.wait(lambda: stage.upstream.of("/poll"), "the request")

    assert left.wait(10)


def test_client_that_leaves_within_a_download_frees_the_application(
    stage: Stage,
) -> None:
    """
    A client that leaves within an endless answer ends it.
    """
    failed = threading.Event()

    def endless(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                exchange.send(b"1000\r\n" + b"x" * 4096 + b"\r\n")
        except OSError:
            failed.set()
            raise

    stage.upstream.on("/endless", endless)
    with stage.connect() as client:
        client.send(stage.get("/endless"))
        client.head()
        client.reset()

    assert failed.wait(10)


def test_repeated_fields_stay_repeated(stage: Stage) -> None:
    """
    Several lines of one field arrive as several lines in their order, cookies too.
    """
    _raw(
        stage,
        "/repeated",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nLink: <x>\r\nSet-Cookie: b=2\r\n"
        b"Link: <y>\r\nContent-Length: 0\r\n\r\n",
    )

    answer = stage.ask(stage.get("/repeated"))

    assert answer.all("Set-Cookie") == ["a=1", "b=2"]
    assert answer.all("Link") == ["<x>", "<y>"]


def test_trailers_reach_the_client(stage: Stage) -> None:
    """
    Fields after a chunked answer are passed on.
    """
    _raw(
        stage,
        "/trailers",
        b"HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n",
    )

    answer = stage.ask(stage.get("/trailers", "TE: trailers"))

    assert answer.body == b"hello"
    assert answer.trailers == ((b"X-Sum", b"42"),)


def test_interim_answers_reach_the_client(stage: Stage) -> None:
    """
    A 103 with its links comes before the final answer.
    """
    _raw(
        stage,
        "/hints",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    )

    answer = stage.ask(stage.get("/hints"))

    assert [head.value("Link") for head in answer.interim] == [b"</a.css>; rel=preload"]
    assert answer.body == b"ok"


def test_head_answers_have_no_body(stage: Stage) -> None:
    """
    The answer to HEAD keeps its length and ends after its head.
    """
    _raw(stage, "/head", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    with stage.connect() as client:
        answer = client.ask(stage.get("/head", method="HEAD"))
        again = client.ask(stage.get("/again"))

    assert answer.one("Content-Length") == "1000"
    assert again.status == 200


@pytest.mark.parametrize("status", [204, 304])
def test_bodiless_statuses_have_no_body(stage: Stage, status: int) -> None:
    """
    204 and 304 end after their head, and the connection goes on.
    """
    head = f'HTTP/1.1 {status} Status\r\nETag: "1"\r\n\r\n'.encode()
    _raw(stage, f"/bodiless/{status}", head)
    with stage.connect() as client:
        answer = client.ask(stage.get(f"/bodiless/{status}"))
        again = client.ask(stage.get("/again"))

    assert answer.status == status
    assert answer.one("ETag") == '"1"'
    assert again.status == 200


def test_answer_that_ends_with_the_connection_is_whole(stage: Stage) -> None:
    """
    An answer framed by the end of its connection arrives in a frame of its own.
    """
    _raw(stage, "/until-close", b"HTTP/1.1 200 OK\r\n\r\nhello", close=True)
    with stage.connect() as client:
        answer = client.ask(stage.get("/until-close"))
        again = client.ask(stage.get("/again"))

    assert answer.body == b"hello"
    assert answer.one("Transfer-Encoding") == "chunked"
    assert again.status == 200


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
    ],
    ids=["length", "chunked", "garbage"],
)
def test_cut_answer_never_looks_whole(stage: Stage, answer: bytes) -> None:
    """
    When the application breaks off within a body, the client's connection is cut
    before the body's end.
    """
    _raw(stage, "/cut", answer, close=True)
    with stage.connect() as client, pytest.raises((CutError, ConnectionError)):
        client.ask(stage.get("/cut"))


def _answers(client: RawClient, count: int) -> list[str]:
    return [client.answer().json()["target"] for _ in range(count)]


def test_pipelined_requests_are_answered_in_order(stage: Stage) -> None:
    """
    Requests sent in one packet get their answers in order.
    """
    targets = [f"/{number}" for number in range(20)]
    with stage.connect() as client:
        client.send(b"".join(stage.get(target) for target in targets))

        assert _answers(client, 20) == targets


def test_pipelined_uploads_do_not_mix(stage: Stage) -> None:
    """
    Bodies between pipelined requests stay with their own request.
    """
    with stage.connect() as client:
        client.send(
            stage.get("/a", method="POST", body=b"first")
            + stage.get("/b", "Transfer-Encoding: chunked", method="POST")
            + b"6\r\nsecond\r\n0\r\n\r\n"
            + stage.get("/c")
        )

        assert _answers(client, 3) == ["/a", "/b", "/c"]

    bodies = [bytes(seen.body) for seen in stage.upstream.seen]
    assert bodies == [b"first", b"second", b""]


def test_compressed_answers_pass_untouched(stage: Stage) -> None:
    """
    What the application compressed for the client stays compressed.
    """
    _raw(
        stage,
        "/gzip",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nGZIP",
    )

    answer = stage.ask(stage.get("/gzip", "Accept-Encoding: gzip"))

    assert answer.one("Content-Encoding") == "gzip"
    assert answer.body == b"GZIP"


def test_slow_reader_is_cut(open_stage: OpenStage) -> None:
    """
    A client that stops reading for longer than the body timeout is cut off, and the
    application is free again.
    """
    stage = open_stage('body_timeout = "1s"')
    failed = threading.Event()

    def endless(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        exchange.stream.socket.settimeout(20)
        try:
            while True:
                exchange.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        except TimeoutError:
            raise
        except OSError:
            failed.set()
            raise

    stage.upstream.on("/endless", endless)
    with stage.connect(receive_buffer=4096) as client:
        client.send(stage.get("/endless"))

        assert failed.wait(15)


def test_answers_in_many_pieces_are_understood(stage: Stage) -> None:
    """
    An answer that comes byte by byte is the same answer.
    """
    whole = (
        b"HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\nok\r\n0\r\n\r\n"
    )

    def crumbs(exchange: Exchange) -> None:
        for start, end in pairwise(range(len(whole) + 1)):
            exchange.send(whole[start:end])

    stage.upstream.on("/crumbs", crumbs)

    answer = stage.ask(stage.get("/crumbs"))

    assert answer.body == b"ok"
    assert answer.one("X-A") == "1"
