"""
A client connection: its requests, one after the other, and the site it is one of.
"""

from oauthproxy.web.channel import FrontChannel
from oauthproxy.web.request import FrontRequest
from tests.unit.net.wire import Wire
from tests.unit.web.stage import (
    GET,
    Stage,
    answer,
    channel_of,
    get,
    post,
    statuses,
)

# --- one request after the other


def test_a_request_begins_with_its_head() -> None:
    """
    Nothing is waited for once the head is in, the body least of all.
    """
    stage = Stage()

    stage.connect().receive(post(length=1000))

    assert len(stage.requests) == 1


def test_a_connection_is_kept_for_the_next_request() -> None:
    """
    One connection carries one request after the other.
    """
    stage = Stage(answer)
    wire = stage.connect()

    wire.receive(GET)
    wire.receive(GET)

    assert statuses(wire.take()) == [200, 200]
    assert not wire.disconnecting


def test_close_ends_the_connection_behind_the_answer() -> None:
    """
    A client that wants to close is told so and closed.
    """
    stage = Stage(answer)
    wire = stage.connect()

    wire.receive(get("/", "Connection: close"))

    assert b"\r\nConnection: close\r\n" in wire.take()
    assert wire.disconnecting


def test_http_1_0_ends_the_connection() -> None:
    """
    HTTP/1.0 keeps a connection only when asked to, and is then told so.
    """
    stage = Stage(answer)
    ended, kept = stage.connect(), stage.connect()

    ended.receive(get(version="1.0"))
    kept.receive(get("/", "Connection: keep-alive", version="1.0"))

    assert ended.disconnecting
    assert b"\r\nConnection: keep-alive\r\n" in kept.take()
    assert not kept.disconnecting


# --- the site


def test_draining_closes_what_is_idle() -> None:
    """
    At the end idle connections close at once, busy ones behind their answer, and half
    a head may become a request.
    """
    stage = Stage()
    idle, busy, half = stage.connect(), stage.connect(), stage.connect()
    busy.receive(GET)
    half.receive(GET[:10])

    stage.site.drain()
    closed = (idle.disconnecting, busy.disconnecting, half.disconnecting)
    answer(stage.requests[0])
    half.receive(GET[10:])
    answer(stage.requests[1])

    assert closed == (True, False, False)
    assert busy.disconnecting
    assert b"\r\nConnection: close\r\n" in half.take()


def test_the_longest_idle_makes_room() -> None:
    """
    Beyond the limit the connection goes that has been idle for longest.
    """
    stage = Stage(answer, most_channels=2)
    first, second = stage.connect(), stage.connect()
    first.receive(GET)

    third = stage.connect()

    assert (first.aborted, second.aborted, third.aborted) == (False, True, False)


def test_a_newcomer_goes_when_everybody_is_busy() -> None:
    """
    Nobody who is being served is cut for a newcomer.
    """
    stage = Stage(most_channels=1)
    busy = stage.connect()
    busy.receive(GET)

    newcomer = stage.connect()

    assert (busy.aborted, newcomer.aborted) == (False, True)


def test_a_resource_that_breaks_is_told_to_the_site() -> None:
    """
    An exception while a request begins ends that request, not more.
    """

    def breaks(request: FrontRequest) -> None:
        raise ValueError("a bug")

    stage = Stage(breaks)
    wire = stage.connect()

    wire.receive(GET)

    assert [type(why.value) for why in stage.broken] == [ValueError]


def test_channels_are_small() -> None:
    """
    An idle connection has no buffers.
    """
    stage = Stage(answer)
    wire = stage.connect()
    wire.receive(GET)

    channel = channel_of(wire)

    assert isinstance(channel, FrontChannel)
    assert not channel.requests
    assert not channel.intake.holding
    assert isinstance(wire, Wire)
