"""
Section I: a hostile or broken application behind the proxy.
"""

import pytest

from tests.integration.harness.stage import Stage
from tests.integration.harness.upstream import Exchange
from tests.integration.harness.wire import CutError


def _raw(stage: Stage, path: str, answer: bytes) -> None:
    def behave(exchange: Exchange) -> None:
        exchange.body()
        exchange.send(answer)
        exchange.close()

    stage.upstream.on(path, behave)


@pytest.mark.parametrize(
    "head",
    [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: five\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n",
        "HTTP/2.0 200 OK\r\n",
        "HTTP/1.1 2x0 OK\r\n",
        "HTTP/1.1 20 OK\r\n",
        "HTTP/1.1 99999 OK\r\n",
        "HTTP/1.1 000 OK\r\n",
        "garbage\r\n",
        "HTTP/1.1 200 OK\r\nX-A: 1\nX-B: 2\r\n",
        "HTTP/1.1 200 OK\r\nX-A: a\x00b\r\n",
        "HTTP/1.1 200 OK\r\nX-A: a\rb\r\n",
        "HTTP/1.1 200 OK\r\nX A: 1\r\n",
        "HTTP/1.1 200 OK\r\nX-A : 1\r\n",
        "HTTP/1.1 200 OK\r\nX-A: 1\r\n 2\r\n",
    ],
)
def test_i01_broken_heads_are_502(stage: Stage, head: str) -> None:
    """
    A head that can be read in two ways reaches nobody.
    """
    _raw(stage, "/broken", f"{head}\r\nhello\r\n0\r\n\r\n".encode())

    answer = stage.ask(stage.get("/broken"))
    after = stage.ask(stage.get("/after"))

    assert answer.status == 502
    assert after.status == 200
    assert b"hello" not in answer.body


def test_i01_nothing_at_all_is_502(stage: Stage) -> None:
    """
    An application that closes without a word is a 502.
    """
    _raw(stage, "/nothing", b"")

    assert stage.ask(stage.get("/nothing")).status == 502


def test_i02_flood_of_interim_answers_ends(stage: Stage) -> None:
    """
    Interim answers without end are ended.
    """

    def flood(exchange: Exchange) -> None:
        exchange.close()
        for _ in range(100_000):
            exchange.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")

    stage.upstream.on("/flood", flood)

    answer = stage.ask(stage.get("/flood"))

    assert answer.status == 502
    assert len(answer.interim) < 10_000


def test_i03_huge_head_is_502(stage: Stage) -> None:
    """
    The head of an answer has a size.
    """
    fields = "".join(f"X-{number}: {'x' * 8000}\r\n" for number in range(400))
    _raw(stage, "/huge", f"HTTP/1.1 200 OK\r\n{fields}\r\n".encode())

    assert stage.ask(stage.get("/huge")).status == 502


@pytest.mark.parametrize("status", [204, 304])
def test_i05_body_where_none_may_be_is_dropped(stage: Stage, status: int) -> None:
    """
    A body behind 204 or 304 does not become the next answer.
    """
    answer = f"HTTP/1.1 {status} X\r\nContent-Length: 5\r\n\r\nhello".encode()
    _raw(stage, "/bodiless", answer)
    with stage.connect() as client:
        first = client.ask(stage.get("/bodiless"))
        second = client.ask(stage.get("/next"))

    assert first.status == status
    assert second.json()["target"] == "/next"


def test_i05_body_behind_head_is_dropped(stage: Stage) -> None:
    """
    A body behind the answer to HEAD does not become the next answer.
    """
    _raw(stage, "/bodiless", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    with stage.connect() as client:
        client.ask(stage.get("/bodiless", method="HEAD"))
        second = client.ask(stage.get("/next"))

    assert second.json()["target"] == "/next"


def test_i07_internal_redirects_pass(stage: Stage) -> None:
    """
    Where an application sends its user is its own business.
    """
    _raw(
        stage,
        "/moved",
        b"HTTP/1.1 302 X\r\nLocation: http://internal/\r\nContent-Length: 0\r\n\r\n",
    )

    assert stage.ask(stage.get("/moved")).one("Location") == "http://internal/"


def test_i09_break_before_the_head_is_502(stage: Stage) -> None:
    """
    An application that breaks off within its head is a 502 page.
    """
    _raw(stage, "/break", b"HTTP/1.1 200 OK\r\nContent-")

    answer = stage.ask(stage.get("/break"))

    assert answer.status == 502
    assert answer.one("Content-Type") == "text/html; charset=utf-8"


def test_i09_break_within_the_body_is_an_abort(stage: Stage) -> None:
    """
    After the first byte of a body there is no other answer, only an end.
    """
    _raw(stage, "/break", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
    with stage.connect() as client, pytest.raises((CutError, ConnectionError)):
        client.ask(stage.get("/break"))
