"""
Connections are kept, reused, given up and limited as they should be.
"""

import json
import threading
from contextlib import ExitStack

import pytest

from tests.conftest import OpenStage
from tests.integration.harness.ports import free_port, until
from tests.integration.harness.stage import Stage
from tests.integration.harness.upstream import (
    Exchange,
    Upstream,
    breakdown,
    last_answer,
)


def test_requests_share_one_upstream_connection(stage: Stage) -> None:
    """
    One request after the other uses one connection to the application.
    """
    for number in range(5):
        stage.ask(stage.get(f"/{number}"))

    assert len({seen.connection for seen in stage.upstream.seen}) == 1


def test_requests_at_once_get_connections_of_their_own(stage: Stage) -> None:
    """
    A slow answer does not keep another request waiting.
    """
    go_on = threading.Event()

    def slow(exchange: Exchange) -> None:
        go_on.wait(15)
        exchange.answer(200, [], b"slow")

    stage.upstream.on("/slow", slow)
    with stage.connect() as first, stage.connect() as second:
        first.send(stage.get("/slow"))
        stage.upstream.wait(lambda: stage.upstream.of("/slow"), "the slow request")
        quick = second.ask(stage.get("/quick"))
        go_on.set()

        assert quick.status == 200
        assert first.answer().body == b"slow"


def test_connection_with_an_answer_left_is_not_reused(stage: Stage) -> None:
    """
    `Connection: close` of the application, in any case, ends the connection.
    """

    def closing(exchange: Exchange) -> None:
        exchange.answer(200, ["Connection: CLOSE"], b"bye")

    stage.upstream.on("/closing", closing)
    stage.ask(stage.get("/closing"))
    answer = stage.ask(stage.get("/next"))

    first, second = stage.upstream.seen
    assert answer.status == 200
    assert first.connection != second.connection


def test_bytes_after_an_answer_poison_no_other_request(stage: Stage) -> None:
    """
    What an application sends behind its answer is never anybody's answer.
    """

    def double(exchange: Exchange) -> None:
        exchange.send(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
        )

    stage.upstream.on("/double", double)
    first = stage.ask(stage.get("/double"))
    second = stage.ask(stage.get("/second"))

    assert first.body == b"ok"
    assert second.json()["target"] == "/second"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_connection_that_ended_while_idle_is_replaced(
    stage: Stage, method: str
) -> None:
    """
    An application that closes a kept connection between two requests is not noticed
    by the client.
    """
    stage.upstream.on("/last", last_answer)
    stage.ask(stage.get("/last"))
    used = stage.upstream.last().connection
    stage.upstream.wait(lambda: used in stage.upstream.ended, "the connection to end")

    answer = stage.ask(
        stage.get("/next", method=method, body=b"x" * (method == "POST"))
    )

    assert answer.status == 200
    assert len(stage.upstream.of("/next")) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_request_that_may_have_acted_is_not_sent_twice(
    stage: Stage, method: str
) -> None:
    """
    When a kept connection breaks after an unsafe request was sent, the client is told;
    the request is not sent again.
    """
    stage.upstream.on("/act", breakdown)
    stage.ask(stage.get("/warm"))

    answer = stage.ask(stage.get("/act", method=method, body=b"order"))

    assert answer.status == 502
    assert len(stage.upstream.of("/act")) == 1


def test_safe_request_is_sent_at_most_twice(stage: Stage) -> None:
    """
    A GET on a kept connection that breaks may be tried once more, not for ever.
    """
    stage.upstream.on("/gone", breakdown)
    stage.ask(stage.get("/warm"))

    answer = stage.ask(stage.get("/gone"))

    assert answer.status == 502
    assert len(stage.upstream.of("/gone")) <= 2


@pytest.fixture
def dead(open_stage: OpenStage) -> Stage:
    """
    A proxy in front of an application that is not there.
    """
    return open_stage('upstreams = ["http://127.0.0.1:1/"]')


def test_dead_application_is_a_page(dead: Stage) -> None:
    """
    A browser gets a 502 page that says what is wrong, without a way to sign in again.
    """
    answer = dead.ask(dead.get("/", "Accept: text/html"))

    assert answer.status == 502
    assert answer.one("Content-Type") == "text/html; charset=utf-8"
    assert b"There was a problem connecting to the upstream server." in answer.body
    assert b"sign_in" not in answer.body


@pytest.mark.parametrize(
    ("method", "target", "button"),
    [
        ("GET", "/page?a=1&b=2", b'href="/page?a=1&amp;b=2">Try again</a>'),
        ("POST", "/page", b""),
    ],
)
def test_page_of_a_dead_application_asks_again(
    dead: Stage, method: str, target: str, button: bytes
) -> None:
    """
    A button asks for the same page again, where a link can do that and stays here.
    """
    answer = dead.ask(dead.get(target, "Content-Length: 0", method=method))

    assert answer.status == 502
    assert (b"Try again" in answer.body) is bool(button)
    assert button in answer.body


def test_dead_application_is_json_for_programs(dead: Stage) -> None:
    """
    A client that asks for JSON gets the 502 as JSON.
    """
    answer = dead.ask(dead.get("/", "Accept: application/json"))

    assert answer.status == 502
    assert answer.one("Content-Type") == "application/json"
    assert set(json.loads(answer.body)) == {"error", "request_id"}
    assert isinstance(json.loads(answer.body), dict)


def test_application_that_comes_back_is_used(open_stage: OpenStage) -> None:
    """
    After a failure the next request tries again.
    """
    port = free_port()
    stage = open_stage(f'upstreams = ["http://127.0.0.1:{port}/"]')
    failed = stage.ask(stage.get("/"))
    with Upstream(port=port):
        answer = stage.ask(stage.get("/"))

    assert (failed.status, answer.status) == (502, 200)


def test_silent_application_times_out(open_stage: OpenStage) -> None:
    """
    An application that does not begin to answer in time is a 504, and is left.
    """
    stage = open_stage('upstream_timeout = "500ms"')
    left = threading.Event()

    def silent(exchange: Exchange) -> None:
        if exchange.left():
            left.set()

    stage.upstream.on("/silent", silent)

    answer = stage.ask(stage.get("/silent"))

    assert answer.status == 504
    assert left.wait(10)


def test_body_may_take_longer_than_the_upstream_timeout(open_stage: OpenStage) -> None:
    """
    The upstream timeout ends with the head of the answer.
    """
    stage = open_stage('upstream_timeout = "500ms"')

    def slow(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")
        threading.Event().wait(1)
        exchange.send(b"k")

    stage.upstream.on("/slow", slow)

    assert stage.ask(stage.get("/slow")).body == b"ok"


def test_idle_client_is_closed(open_stage: OpenStage) -> None:
    """
    A connection without a request ends after the idle timeout, without a word.
    """
    stage = open_stage('idle_timeout = "1s"')
    with stage.connect() as client:
        client.ask(stage.get("/"))

        assert client.rest() == b""


def test_slow_head_is_closed(open_stage: OpenStage) -> None:
    """
    A head that is not complete in time ends the connection, however many bytes came.
    """
    stage = open_stage('head_timeout = "1s"')
    ended = threading.Event()
    with stage.connect() as client:

        def drip() -> None:
            client.send(b"GET / HTTP/1.1\r\nHost: app.test\r\n")
            while not ended.wait(0.2):
                client.send(b"X-A: 1\r\n")

        dripping = threading.Thread(target=drip)
        dripping.start()
        rest = client.rest()
        ended.set()
        dripping.join()

    assert not rest or rest.startswith(b"HTTP/1.1 408 ")


def test_idle_upstream_connections_end(open_stage: OpenStage) -> None:
    """
    A kept connection to the application is closed after its idle timeout.
    """
    stage = open_stage('upstream_idle_timeout = "1s"')
    stage.ask(stage.get("/"))

    stage.upstream.wait(lambda: stage.upstream.open == 0, "the connection to end")


def test_upstream_connections_are_bounded(open_stage: OpenStage) -> None:
    """
    More requests than connections wait for one; none fails.
    """
    stage = open_stage("max_upstream_connections = 2")
    gate = threading.Semaphore(0)

    def slow(exchange: Exchange) -> None:
        gate.acquire(timeout=15)
        exchange.answer()

    stage.upstream.on("/slow", slow)
    with ExitStack() as opened:
        clients = [opened.enter_context(stage.connect()) for _ in range(6)]
        for client in clients:
            client.send(stage.get("/slow"))
        stage.upstream.wait(lambda: len(stage.upstream.of("/slow")) == 2, "two")
        most = stage.upstream.open
        for _ in clients:
            gate.release()
        statuses = [client.answer().status for client in clients]

    assert most <= 2
    assert statuses == [200] * 6


def test_oldest_idle_client_makes_room(open_stage: OpenStage) -> None:
    """
    Beyond the limit of client connections the longest idle one is closed.
    """
    stage = open_stage("max_client_connections = 3")
    with ExitStack() as opened:
        first = opened.enter_context(stage.connect())
        first.ask(stage.get("/"))
        others = [opened.enter_context(stage.connect()) for _ in range(3)]

        statuses = [client.ask(stage.get("/")).status for client in others]

        assert statuses == [200, 200, 200]
        assert first.closed()


def test_http_1_0_client_gets_an_answer_and_an_end(stage: Stage) -> None:
    """
    An HTTP/1.0 client is served without chunks and the connection ends.
    """
    head = "GET /old HTTP/1.0\r\nHost: app.test\r\n"
    head += "\r\n".join(stage.alice().cookie_field()) + "\r\n\r\n"

    def chunked(exchange: Exchange) -> None:
        exchange.send(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"5\r\nhello\r\n0\r\n\r\n"
        )

    stage.upstream.on("/old", chunked)
    with stage.connect() as client:
        client.send(head.encode())
        rest = client.rest()

    assert rest.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200"))
    assert rest.endswith(b"\r\n\r\nhello")


def test_answers_to_many_clients_do_not_mix(stage: Stage) -> None:
    """
    Two hundred requests on twenty connections each get their own answer.
    """
    wrong: list[str] = []

    def visit(name: str) -> None:
        with stage.connect() as client:
            for number in range(10):
                target = f"/{name}/{number}"
                if client.ask(stage.get(target)).json()["target"] != target:
                    wrong.append(target)

    visits = [threading.Thread(target=visit, args=(str(n),)) for n in range(20)]
    for one in visits:
        one.start()
    for one in visits:
        one.join(30)

    assert wrong == []
    until(lambda: len(stage.upstream.seen) == 200, "two hundred requests")
