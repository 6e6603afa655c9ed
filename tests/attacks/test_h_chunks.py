"""
Section H: chunked bodies that two parsers read differently.

All are sent raw, with a session, so that only the parser can keep them out. Tests are
named after the rows of the attack list; numbers that the list leaves out are attacks we
thought of.
"""

import contextlib

import pytest

from tests.attacks import raw
from tests.integration.harness.client import Answer
from tests.integration.harness.stage import Stage
from tests.integration.harness.wire import EndedError

CHUNKED = "Transfer-Encoding: chunked"


def _chunked(stage: Stage, body: str) -> Answer:
    with stage.connect() as client:
        head = raw.lines(stage, "Host: app.test", CHUNKED)
        client.send((head + body).encode("latin-1"))
        return client.answer()


def _cut(stage: Stage, body: str) -> None:
    head = raw.lines(stage, "Host: app.test", CHUNKED)
    with stage.connect() as client:
        client.send((head + body).encode("latin-1"))
        with contextlib.suppress(EndedError):
            assert client.answer().status in (400, 413, 502)
        assert client.closed()

    assert not any(seen.complete for seen in stage.upstream.seen)
    assert "/smuggled" not in [seen.path for seen in stage.upstream.seen]


@pytest.mark.parametrize("extension", ["x" * 70000, "a=1;" * 20000, "a\x01", "a\nb"])
def test_h13_odd_chunk_extensions_are_refused(stage: Stage, extension: str) -> None:
    """
    A chunk extension is bounded and has no control bytes.
    """
    _cut(stage, f"5;{extension}\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize(
    "size",
    [
        "f" * 40, "5" * 40, "-5", "+5", "0x5", " 5", "5 5", "g", "", ";a", "5_0",
        "10000000000000005", "5\x00", "5\x0b",
    ],
)  # fmt: skip
def test_h14_odd_chunk_sizes_are_refused_at_once(stage: Stage, size: str) -> None:
    """
    A chunk size is hexadecimal digits that fit a machine word; nothing is waited for.
    """
    _cut(stage, f"{size}\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize(
    "body",
    [
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhelloXX0\r\n\r\n",
        "5\rhello\r\n0\r\n\r\n",
        "0\r\nX-A: 1\nX-B: 2\r\n\r\n",
    ],
)
def test_h14_odd_chunk_ends_are_refused(stage: Stage, body: str) -> None:
    """
    A chunk is followed by CR LF and nothing else.
    """
    _cut(stage, body + "GET /smuggled HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize(
    "trailer",
    [
        "Host: evil.test", "Content-Length: 5", "Cookie: a=1", "X-Forwarded-User: root",
        "Authorization: Basic x", "Transfer-Encoding: chunked",
    ],
)  # fmt: skip
def test_h15_trailers_change_nothing(stage: Stage, trailer: str) -> None:
    """
    What comes behind the body changes neither its request nor the next.
    """
    answer = _chunked(stage, f"5\r\nhello\r\n0\r\n{trailer}\r\n\r\n")

    seen = stage.upstream.last()
    assert answer.status in (200, 400)
    assert seen.all("Host") == ["app.test"]
    assert seen.trailers == ()
    assert trailer == CHUNKED or trailer not in seen.head.raw.decode("latin-1")


def test_h16_endless_trailers_are_refused(stage: Stage) -> None:
    """
    A trailer section has a size.
    """
    _cut(stage, "5\r\nhello\r\n0\r\n" + "X-A: 1\r\n" * 300_000)
