"""
What is no request, or too much of one, is refused.
"""

from tests.conftest import OpenStage
from tests.integration.harness.client import request
from tests.integration.harness.stage import Stage


def test_garbage_is_400_and_the_end(stage: Stage) -> None:
    """
    Bytes that are no request get a 400 and the connection ends.
    """
    with stage.connect() as client:
        answer = client.ask(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")

        assert answer.status == 400
        assert client.closed()


def test_requests_before_garbage_are_answered(stage: Stage) -> None:
    """
    A good request before the garbage is served.
    """
    with stage.connect() as client:
        client.send(stage.get("/good") + b"\x00\x01garbage\r\n\r\n")
        good = client.answer()
        bad = client.answer()

        assert good.json()["target"] == "/good"
        assert bad.status == 400
        assert client.closed()


def test_large_head_is_passed_on(stage: Stage) -> None:
    """
    Heads of half a megabyte are fine, as with the reference.
    """
    fields = [f"X-Large-{number}: {'x' * 8000}" for number in range(64)]

    answer = stage.ask(stage.get("/", *fields))

    assert answer.status == 200
    assert stage.upstream.last().all("X-Large-63") == ["x" * 8000]


def test_head_beyond_the_limit_is_431(stage: Stage) -> None:
    """
    A head of more than a megabyte is answered 431.
    """
    with stage.connect() as client:
        answer = client.ask(request("GET", "/", [f"X-Large: {'x' * (5 << 18)}"]))

        assert answer.status == 431
        assert client.closed()


def test_head_limit_is_a_setting(open_stage: OpenStage) -> None:
    """
    `max_head_bytes` and `max_head_fields` bound a head.
    """
    stage = open_stage("max_head_bytes = 20000\nmax_head_fields = 20")

    large = stage.ask(request("GET", "/", [f"X-Large: {'x' * 200_000}"]))
    many = stage.ask(request("GET", "/", [f"X-{n}: 1" for n in range(30)]))
    fine = stage.ask(stage.get("/"))

    assert (large.status, many.status, fine.status) == (431, 431, 200)
