"""
Sizes and times that bound what one client, upstream or provider can cost.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from tests.conformance.effects.scene import Effect, Scene, login_status, status
from tests.conformance.effects.upstream import OPEN
from tests.integration.harness.client import EndedError, RawClient, request
from tests.integration.harness.provider import Call, Reply
from tests.integration.harness.upstream import Exchange

MANY = tuple(f"X-A{number}: 1" for number in range(20))
QUICK = f'{OPEN}\nhead_timeout = "80ms"'
A_WHILE = 0.5


def is_cut(begin: Callable[[RawClient], object]) -> Any:
    """
    Look whether a client is cut off soon that does nothing more.
    """

    def look(scene: Scene) -> bool:
        with RawClient(scene.address) as client:
            begin(client)
            client.socket.settimeout(A_WHILE)
            try:
                client.rest()
            except TimeoutError:
                return False
            except EndedError:
                return True
            return True

    return look


def half_a_head(client: RawClient) -> None:
    """
    Begin a request and stop.
    """
    client.send(b"GET / HTTP/1.1\r\nHost: app.test\r\n")


def a_request(client: RawClient) -> None:
    """
    Send a request, read its answer and stop.
    """
    assert client.ask(request("GET", "/ping")).status == 200


def half_a_body(client: RawClient) -> None:
    """
    Begin a body and stop.
    """
    client.send(request("POST", "/page", ["Content-Length: 10"]) + b"half")


def first_is_cut(scene: Scene) -> bool:
    """
    Look whether a second client takes the place of a first one.
    """
    with RawClient(scene.address) as first:
        a_request(first)
        with RawClient(scene.address) as second:
            a_request(second)
            return first.ended()


def at_once(scene: Scene) -> int:
    """
    Look at how many of two requests an application gets at a time.
    """
    over = threading.Event()

    def slow(exchange: Exchange) -> None:
        over.wait(5)
        exchange.answer()

    scene.upstream.on("/slow", slow)
    with RawClient(scene.address) as first, RawClient(scene.address) as second:
        for client in (first, second):
            client.send(request("GET", "/slow"))
        scene.upstream.wait(lambda: scene.upstream.seen, "a request")
        time.sleep(A_WHILE / 3)
        count = len(scene.upstream.seen)
        over.set()
        answers = [client.answer().status for client in (first, second)]
    assert answers == [200, 200]
    return count


def still_open(scene: Scene) -> int:
    """
    Look at the connections to an application a while after a request.
    """
    scene.ask("/page")
    end = time.monotonic() + A_WHILE
    while scene.upstream.open and time.monotonic() < end:
        time.sleep(0.01)
    return scene.upstream.open


def unanswered(scene: Scene) -> int:
    """
    Look at the answer for an application that takes no connections; 0 for none soon.
    """
    with RawClient(scene.address) as client:
        client.send(request("GET", "/page"))
        client.socket.settimeout(A_WHILE)
        try:
            return client.answer().status
        except TimeoutError:
            return 0


def slow_login(scene: Scene) -> int:
    """
    Look at a login for which the provider takes its time.
    """

    def slow(call: Call) -> Reply:
        time.sleep(A_WHILE)
        return scene.provider.redeem(call)

    scene.provider.behaviours["/token"] = slow
    return login_status(scene)


def long_login(scene: Scene) -> int:
    """
    Look at a login for which the provider says much.
    """
    scene.provider.token["more"] = "x" * 10_000
    return login_status(scene)


def is_waited_for(scene: Scene) -> bool:
    """
    Look whether a request is answered before the program has stopped.
    """
    done = threading.Event()

    def slow(exchange: Exchange) -> None:
        time.sleep(A_WHILE)
        done.set()
        exchange.answer()

    scene.upstream.on("/slow", slow)
    with RawClient(scene.address) as client:
        client.send(request("GET", "/slow"))
        scene.upstream.wait(lambda: scene.upstream.seen, "a request")
        scene.running.stop()
        was_done = done.is_set()
        assert done.wait(5)
        return was_done


def scraped(scene: Scene) -> str:
    """
    What the metrics at the last door tell.
    """
    address = ("127.0.0.1", scene.running.port(number=-1))
    with RawClient(address) as client:
        return client.ask(request("GET", "/metrics", close=True)).body.decode()


def is_remembered(scene: Scene) -> bool:
    """
    Look whether the metrics tell of a session that was known from before.
    """
    alice = scene.alice()
    for _ in range(3):
        assert alice.ask("/page").status == 200
    told = scraped(scene)
    assert 'oauthproxy_session_cache_total{result="miss"}' in told
    return 'oauthproxy_session_cache_total{result="hit"} 0.0' not in told


EFFECTS = (
    Effect("max_head_bytes", "20000", status("/", "X-A: " + "x" * 200_000), 403, 431),
    Effect("max_head_fields", "10", status("/", *MANY), 403, 431),
    Effect("head_timeout", '"80ms"', is_cut(half_a_head), False, True),
    Effect("idle_timeout", '"80ms"', is_cut(a_request), False, True),
    Effect("body_timeout", '"80ms"', is_cut(half_a_body), False, True, OPEN),
    Effect("max_client_connections", "1", first_is_cut, False, True),
    Effect("max_upstream_connections", "1", at_once, 2, 1, OPEN),
    Effect("upstream_idle_timeout", '"80ms"', still_open, 1, 0, QUICK),
    Effect(
        "upstream_connect_timeout",
        '"80ms"',
        unanswered,
        0,
        502,
        f'{QUICK}\nupstreams = ["{{deaf}}"]',
    ),
    Effect("provider_timeout", '"100ms"', slow_login, 302, 503),
    Effect("provider_max_bytes", "8000", long_login, 302, 503),
    Effect(
        "session_cache_entries",
        "0",
        is_remembered,
        True,
        False,
        'metrics_address = "127.0.0.1:0"',
    ),
    Effect("drain_timeout", '"50ms"', is_waited_for, True, False, OPEN),
)
