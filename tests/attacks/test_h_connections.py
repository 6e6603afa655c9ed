"""
Section H: several requests, slow ones and half ones on a connection.

All are sent raw, with a session, so that only the parser can keep them out. Tests are
named after the rows of the attack list; numbers that the list leaves out are attacks we
thought of.
"""

import threading
from contextlib import ExitStack

import pytest

from tests.conftest import OpenStage
from tests.integration.harness.client import request
from tests.integration.harness.ports import until
from tests.integration.harness.stage import Stage

CHUNKED = "Transfer-Encoding: chunked"
OPEN = 'skip_auth_routes = ["^/public"]'


@pytest.mark.parametrize(
    "fields",
    [
        ["Connection: close, close"],
        ["Connection: keep-alive, close", "Keep-Alive: junk, timeout=-1"],
        ["Connection: X-Gone", "X-Gone: 1"],
        ["Connection: ,,,X-Gone,", "X-Gone: 1"],
        ["Connection: keep-alive", "Connection: X-Gone", "X-Gone: 1"],
        ["Proxy-Connection: keep-alive", "Keep-Alive: timeout=5"],
    ],
)
def test_h31_fields_of_the_hop_stay(stage: Stage, fields: list[str]) -> None:
    """
    What concerns this connection does not reach the next.
    """
    answer = stage.ask(stage.get("/", *fields))

    names = {name.lower() for name, _ in stage.upstream.last().pairs}
    assert answer.status == 200
    assert not names & {"x-gone", "keep-alive", "proxy-connection"}


def test_h31_close_in_a_list_closes(stage: Stage) -> None:
    """
    `close` ends the connection wherever it stands in the list, in any case.
    """
    with stage.connect() as client:
        answer = client.ask(stage.get("/", "Connection: TE, Close", "TE: trailers"))

        assert answer.one("Connection") == "close"
        assert client.closed()


def test_h26_pipelined_requests_are_decided_one_by_one(open_stage: OpenStage) -> None:
    """
    Each request of a packet has its own cookies, its own decision, its own answer.
    """
    stage = open_stage(OPEN)
    stranger = request("GET", "/secret", ["Accept: application/json"])
    with stage.connect() as client:
        client.send(
            request("GET", "/public/1")
            + stranger
            + stage.get("/secret/2")
            + stranger
            + request("GET", "/public/3")
        )
        answers = [client.answer() for _ in range(5)]

    assert [answer.status for answer in answers] == [200, 401, 200, 401, 200]
    told = [answers[n].json() for n in (0, 2, 4)]
    assert [one["target"] for one in told] == ["/public/1", "/secret/2", "/public/3"]
    users = [dict(one["headers"]).get("X-Forwarded-User") for one in told]
    assert users == [None, "user-1", None]


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS"])
def test_h27_body_of_a_bodiless_method_is_framed(stage: Stage, method: str) -> None:
    """
    A body with any method is its body, and the next request is intact.
    """
    inner = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    with stage.connect() as client:
        client.send(
            stage.get("/one", f"Content-Length: {len(inner)}", method=method)
            + inner
            + stage.get("/two")
        )
        first = client.answer(to_head=method == "HEAD")
        second = client.answer()

    assert (first.status, second.status) == (200, 200)
    assert [seen.path for seen in stage.upstream.seen] == ["/one", "/two"]
    assert bytes(stage.upstream.seen[0].body) == inner


def test_h28_lone_surrounding_bytes_are_not_skipped(stage: Stage) -> None:
    """
    Bytes after a body of known length begin the next request, or end the connection.
    """
    with stage.connect() as client:
        client.send(stage.get("/one", method="POST", body=b"hello") + b"XGET / ")
        first = client.answer()
        client.send(b"HTTP/1.1\r\nHost: app.test\r\n\r\n")
        second = client.answer()

    assert first.status == 200
    assert second.status in (400, 501)


def test_h29_slow_clients_do_not_keep_others_waiting(stage: Stage) -> None:
    """
    A hundred clients that dawdle within their heads and bodies are no reason to wait.
    """
    with ExitStack() as opened:
        for number in range(100):
            client = opened.enter_context(stage.connect())
            client.send(b"GET / HT" if number % 2 else stage.get("/slow", CHUNKED))

        assert stage.ask(stage.get("/quick")).status == 200


def test_h30_idle_connections_are_bounded(open_stage: OpenStage) -> None:
    """
    The longest idle connections make room for new ones.
    """
    stage = open_stage("max_client_connections = 20")
    with ExitStack() as opened:
        idle = [opened.enter_context(stage.connect()) for _ in range(60)]

        statuses = {stage.ask(stage.get("/")).status for _ in range(5)}
        ended = [client.ended() for client in idle]

        assert statuses == {200}
        assert sum(ended) >= 40


def test_h32_half_a_request_is_no_request(stage: Stage) -> None:
    """
    A client that leaves within its head has asked nothing.
    """
    with stage.connect() as client:
        client.send(stage.get("/half")[:-2])
    with stage.connect() as client:
        client.send(stage.get("/half", "Content-Length: 10", method="POST") + b"hal")

    stage.ask(stage.get("/whole"))
    until(lambda: stage.upstream.of("/whole"), "the whole request")
    assert not any(seen.complete for seen in stage.upstream.of("/half"))


def test_h34_answers_are_never_split_between_clients(stage: Stage) -> None:
    """
    Many clients with broken requests in between leave every answer whole and in place.
    """
    wrong: list[str] = []

    def visit(name: int) -> None:
        for number in range(5):
            target = f"/{name}/{number}"
            stage.ask(b"BROKEN\r\n\r\n")
            if stage.ask(stage.get(target)).json()["target"] != target:
                wrong.append(target)

    visits = [threading.Thread(target=visit, args=(name,)) for name in range(10)]
    for one in visits:
        one.start()
    for one in visits:
        one.join(30)

    assert wrong == []
