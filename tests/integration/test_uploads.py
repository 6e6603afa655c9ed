"""
Request bodies reach the application as they arrive, whole and framed right.
"""

import hashlib
import threading

import pytest

from tests.conftest import OpenStage
from tests.integration.harness.client import RawClient, request
from tests.integration.harness.stage import HOST, Stage
from tests.integration.harness.upstream import Exchange

MEGABYTE = 1 << 20


def _head(stage: Stage, length: int, *fields: str) -> bytes:
    return stage.get("/up", f"Content-Length: {length}", *fields, method="POST")


def test_first_bytes_arrive_before_the_last_are_sent(stage: Stage) -> None:
    """
    An upload is streamed: the application has its beginning while the client still
    holds its end back.
    """
    with stage.connect() as client:
        client.send(_head(stage, 10) + b"begin")
        stage.upstream.wait(
            lambda: stage.upstream.seen and stage.upstream.seen[-1].body == b"begin",
            "the beginning of the body",
        )
        answer = client.ask(b"+-end")

    assert answer.json()["len"] == 10


def test_chunked_upload_is_streamed_chunk_by_chunk(stage: Stage) -> None:
    """
    A chunked body of unknown length reaches the application while it grows.
    """
    with stage.connect() as client:
        client.send(stage.get("/up", "Transfer-Encoding: chunked", method="PUT"))
        client.send(b"5\r\nhello\r\n")
        stage.upstream.wait(
            lambda: stage.upstream.seen and stage.upstream.seen[-1].body == b"hello",
            "the first chunk",
        )
        answer = client.ask(b"6;ext=1\r\n world\r\n0\r\n\r\n")

    seen = stage.upstream.last()
    assert answer.json()["len"] == 11
    assert seen.all("Transfer-Encoding") == ["chunked"]
    assert seen.all("Content-Length") == []


def test_large_upload_arrives_whole(stage: Stage) -> None:
    """
    Sixteen megabytes arrive byte for byte.
    """
    body = bytes(range(256)) * (16 * MEGABYTE // 256)

    answer = stage.ask(_head(stage, len(body)) + body)

    assert answer.json()["len"] == len(body)
    assert answer.json()["body"] == hashlib.sha256(body).hexdigest()[:16]


def _push(client: RawClient, size: int) -> int:
    client.socket.settimeout(1)
    part, sent = b"x" * 65536, 0
    try:
        while sent < size:
            sent += client.socket.send(part[: size - sent])
    except TimeoutError:
        pass
    client.socket.settimeout(15)
    return sent


def test_slow_application_holds_the_client_back(stage: Stage) -> None:
    """
    When the application does not read, the client cannot send on and the proxy's
    memory does not grow with the body.
    """
    size, go_on = 96 * MEGABYTE, threading.Event()

    def hungry(exchange: Exchange) -> None:
        go_on.wait(30)
        total = len(exchange.stream.exactly(size))
        exchange.seen.complete = True
        exchange.answer(200, [], str(total).encode())

    stage.upstream.on("/slow", hungry)
    before = stage.program.memory()
    head = stage.get("/slow", f"Content-Length: {size}", method="POST")
    with stage.connect() as client:
        client.send(head)
        sent = _push(client, size)
        grown = stage.program.memory() - before
        go_on.set()
        client.send(b"x" * (size - sent))
        answer = client.answer()

    assert sent < 32 * MEGABYTE
    assert grown < 20 * MEGABYTE
    assert answer.body == str(size).encode()


def test_expected_upload_is_invited(stage: Stage) -> None:
    """
    `Expect: 100-continue` of a signed-in client is answered 100 before the body.
    """
    with stage.connect() as client:
        client.send(_head(stage, 5, "Expect: 100-continue"))
        invited = client.head()
        answer = client.ask(b"hello")

    assert invited.start.startswith(b"HTTP/1.1 100")
    assert answer.json()["len"] == 5


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_denied_upload_is_not_invited(stage: Stage, accept: str) -> None:
    """
    A client without a session gets the final answer at once, never a 100.
    """
    fields = [f"Accept: {accept}", "Content-Length: 5", "Expect: 100-continue"]
    with stage.connect() as client:
        answer = client.ask(request("POST", "/up", fields))

    assert answer.status in (401, 403)
    assert answer.interim == ()
    assert stage.upstream.seen == []


def test_denied_upload_does_not_become_a_request(stage: Stage) -> None:
    """
    The body of a refused request is drained or the connection ends; it is never read
    as the next request.
    """
    smuggled = stage.get("/smuggled")
    fields = ["Accept: application/json", f"Content-Length: {len(smuggled)}"]
    with stage.connect() as client:
        answer = client.ask(request("POST", "/up", fields) + smuggled)
        client.send(stage.get("/next", "Connection: close"))
        client.rest()

    assert answer.status == 401
    assert "/smuggled" not in [seen.path for seen in stage.upstream.seen]


def test_early_answer_reaches_the_client(stage: Stage) -> None:
    """
    An application may answer before it has read the body; the client gets the answer.
    """

    def refuse(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
        exchange.seen.complete = True
        exchange.close()

    stage.upstream.on("/refuse", refuse)
    head = stage.get("/refuse", "Content-Length: 1000000", method="POST")
    with stage.connect() as client:
        answer = client.ask(head + b"x" * 1000)

    assert answer.status == 413
    assert answer.body == b"big"


def test_body_of_zero_length_is_kept(stage: Stage) -> None:
    """
    A POST with `Content-Length: 0` has it towards the application, too.
    """
    stage.ask(_head(stage, 0))

    assert stage.upstream.last().all("Content-Length") == ["0"]


@pytest.mark.parametrize("method", ["GET", "DELETE", "HEAD", "OPTIONS", "PROPFIND"])
def test_body_goes_with_any_method(stage: Stage, method: str) -> None:
    """
    A body is framed by its fields, whatever the method.
    """
    stage.ask(stage.get("/up", "Content-Length: 5", method=method) + b"hello")

    seen = stage.upstream.last()
    assert seen.method == method
    assert bytes(seen.body) == b"hello"


def test_client_that_breaks_off_takes_the_upload_with_it(stage: Stage) -> None:
    """
    A client that leaves within its body frees the application at once, and the
    unfinished request never looks complete.
    """
    with stage.connect() as client:
        client.send(stage.get("/up", "Transfer-Encoding: chunked", method="POST"))
        client.send(b"5\r\nhello\r\n")
        stage.upstream.wait(
            lambda: stage.upstream.seen and stage.upstream.seen[-1].body == b"hello",
            "the first chunk",
        )
        used = stage.upstream.seen[-1].connection
        client.reset()

    stage.upstream.wait(lambda: used in stage.upstream.ended, "the connection to end")
    assert not stage.upstream.seen[-1].complete


def test_slow_sender_is_cut(open_stage: OpenStage) -> None:
    """
    A client that pauses within its body for longer than the body timeout is cut off.
    """
    stage = open_stage('body_timeout = "1s"')
    with stage.connect() as client:
        client.send(_head(stage, 10) + b"begin")
        rest = client.rest()

    assert not rest or b" 408 " in rest.splitlines()[0]
    stage.upstream.wait(lambda: not stage.upstream.open, "the application to be freed")


def test_host_of_the_client_is_kept(stage: Stage) -> None:
    """
    The application sees the Host that the client asked for.
    """
    stage.ask(stage.get("/"))

    assert stage.upstream.last().all("Host") == [HOST]
