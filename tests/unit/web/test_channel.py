"""
A client connection, in every state.
"""

import pytest

from oauthproxy.net.sweep import NEVER
from oauthproxy.web.channel import FrontChannel
from oauthproxy.web.limits import (
    DRAIN_BYTES,
    DRAIN_SECONDS,
    HELD_LIMIT,
    LINGER_SECONDS,
    PARSED_AHEAD,
)
from oauthproxy.web.request import FrontRequest
from tests.unit.net.wire import Wire
from tests.unit.web.stage import (
    GET,
    LIMITS,
    Collected,
    Stage,
    answer,
    channel_of,
    get,
    post,
    statuses,
)

UPGRADE = ("Connection: Upgrade", "Upgrade: websocket")


class Taker:
    """
    A protocol that takes over.
    """

    def __init__(self) -> None:
        self.data = b""
        self.lost = 0

    def dataReceived(self, data: bytes) -> None:
        self.data += data

    def connectionLost(self, reason: object) -> None:
        self.lost += 1


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


# --- pipelining


def test_pipelined_requests_are_begun_one_by_one() -> None:
    """
    The second request begins when the first is answered.
    """
    stage = Stage()
    stage.connect().receive(get("/1") + get("/2"))
    begun = len(stage.requests)

    answer(stage.requests[0])
    stage.turn()

    assert begun == 1
    assert [request.uri for request in stage.requests] == [b"/1", b"/2"]


def test_each_pipelined_request_is_begun_once() -> None:
    """
    However turns of the reactor and answers fall, nothing is asked twice.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/1") + get("/2"))
    wire.receive(get("/3"))

    for number in range(3):
        answer(stage.requests[number])
        wire.receive(b"")
        stage.turn()
        stage.turn()

    assert [request.uri for request in stage.requests] == [b"/1", b"/2", b"/3"]
    assert statuses(wire.take()) == [200, 200, 200]


def test_a_flood_of_requests_is_parsed_a_little_ahead() -> None:
    """
    A read full of small requests becomes few request objects at a time.
    """
    stage = Stage()
    wire = stage.connect()

    wire.receive(GET * 2000)

    most = PARSED_AHEAD // len(GET) + 1
    assert len(channel_of(wire).requests) <= most


def test_a_flood_of_requests_is_answered_whole() -> None:
    """
    What was held back is answered in its turn.
    """
    stage = Stage(answer)
    wire = stage.connect()

    wire.receive(GET * 2000)
    for _ in range(2000):
        stage.turn()

    assert len(statuses(wire.take())) == 2000


def test_what_is_sent_ahead_is_bounded() -> None:
    """
    A client that sends on and on while it is being answered is not read any more,
    until it is answered.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/1") + get("/2"))
    for _ in range(HELD_LIMIT // len(GET) + 1):
        wire.receive(GET)
    before = wire.reading

    stage.react = answer
    answer(stage.requests[0])
    for _ in range(HELD_LIMIT // len(GET) + 10):
        stage.turn()

    assert (before, wire.reading) == (False, True)


def test_a_client_that_sent_ahead_is_still_noticed_to_leave() -> None:
    """
    While a little waits the socket is read: a client that leaves frees everything.
    """
    stage = Stage()
    wire = stage.connect()

    wire.receive(get("/1") + get("/2"))

    assert wire.reading


def test_requests_that_never_began_are_not_counted_as_answered() -> None:
    """
    Requests that were only queued when the client left leave no trace.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/1") + get("/2"))

    wire.lose()

    assert [request.uri for request in stage.notes.answered_] == [b"/1"]
    assert stage.site.live == 0


def test_a_body_behind_a_request_does_not_end_that_one() -> None:
    """
    A slow body that is queued has no deadline while another request is answered.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/long-poll") + post(b"x", length=10))

    stage.wait(10 * LIMITS.body_time)

    assert not wire.aborted


def test_a_pipelined_body_arrives_whole() -> None:
    """
    The body of a queued request waits for it.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/1") + post(b"hello") + get("/3"))

    answer(stage.requests[0])
    stage.turn()
    taken = Collected()
    assert stage.requests[1].body is not None
    stage.requests[1].body.deliver(taken)

    assert (taken.data, taken.finished) == (b"hello", 1)


# --- a client that does not read


def test_the_next_request_waits_for_a_client_that_does_not_read() -> None:
    """
    Answers do not pile up: while the client is behind, nothing new begins.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/1"))
    wire.fill()
    answer(stage.requests[0])

    wire.receive(get("/2"))
    stage.turn()
    waiting = len(stage.requests)
    wire.drain()
    stage.turn()

    assert (waiting, len(stage.requests)) == (1, 2)


def test_a_client_that_does_not_read_is_cut() -> None:
    """
    Not reading an answer has an end.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET)
    wire.fill()
    answer(stage.requests[0])

    stage.wait(LIMITS.body_time + 1)

    assert wire.aborted


def test_a_client_that_reads_again_is_kept() -> None:
    """
    The deadline is gone with its reason.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET)
    wire.fill()
    wire.drain()

    stage.wait(10 * LIMITS.body_time)

    assert not wire.aborted


def test_a_producer_is_paused_with_the_client() -> None:
    """
    Whoever produces the answer waits for a client that does not read, also when it
    was behind already.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET)
    wire.fill()
    producer = Producer()

    stage.requests[0].registerProducer(producer, True)
    wire.drain()

    assert producer.heard == ["pause", "resume"]


def test_a_pull_producer_is_asked_until_it_has_ended() -> None:
    """
    A producer that waits to be asked gives everything, though each piece goes out at
    once.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET)
    request = stage.requests[0]
    producer = Pieces(request, 20)

    request.registerProducer(producer, False)
    for _ in range(20):
        stage.turn()

    assert wire.take().count(b"piece") == 20
    assert producer.pieces == 0


def test_a_pull_producer_waits_for_the_client() -> None:
    """
    A client that does not read is not asked for.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET)
    request = stage.requests[0]
    producer = Pieces(request, 100)
    request.registerProducer(producer, False)

    wire.fill()
    before = producer.pieces
    stage.turn()
    paused = producer.pieces
    wire.drain()
    stage.turn()

    assert before == paused > producer.pieces


def test_a_pull_producer_that_cannot_read_cuts_the_answer() -> None:
    """
    A file that breaks in the middle is no whole answer.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET)
    producer = Broken(stage.requests[0])

    stage.requests[0].registerProducer(producer, False)

    assert wire.aborted
    assert producer.stopped


class Producer:
    """
    Writes down what it hears.
    """

    def __init__(self) -> None:
        self.heard: list[str] = []

    def pauseProducing(self) -> None:
        self.heard.append("pause")

    def resumeProducing(self) -> None:
        self.heard.append("resume")

    def stopProducing(self) -> None:
        self.heard.append("stop")


class Pieces:
    """
    Gives so many pieces, each when asked.
    """

    def __init__(self, request: FrontRequest, pieces: int) -> None:
        self.request = request
        self.pieces = pieces
        self.stopped = False

    def resumeProducing(self) -> None:
        if self.pieces:
            self.pieces -= 1
            self.request.write(b"piece")
        else:
            self.request.unregisterProducer()
            self.request.finish()

    def stopProducing(self) -> None:
        self.stopped = True


class Broken(Pieces):
    """
    Breaks when asked.
    """

    def __init__(self, request: FrontRequest) -> None:
        super().__init__(request, 1)

    def resumeProducing(self) -> None:
        raise OSError("the disk is gone")


# --- bodies


def test_a_body_is_invited_when_it_is_wanted() -> None:
    """
    A client that waits for `100 Continue` gets it when somebody takes its body, once.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(post(b"", "Expect: 100-continue", length=5))
    before = wire.take()
    body = stage.requests[0].body
    assert body is not None

    body.deliver(Collected())

    assert (before, wire.take()) == (b"", b"HTTP/1.1 100 Continue\r\n\r\n")


def test_a_body_that_came_uninvited_is_not_invited() -> None:
    """
    A client that did not wait needs no invitation.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(post(b"he", "Expect: 100-continue", length=5))
    body = stage.requests[0].body
    assert body is not None

    body.deliver(Collected())

    assert wire.take() == b""


def test_a_refused_body_is_not_invited() -> None:
    """
    A client that waits is answered and closed, its body never sent.
    """
    stage = Stage(lambda request: answer(request, status=401))
    wire = stage.connect()

    wire.receive(post(b"", "Expect: 100-continue", length=5))

    written = wire.take()
    assert statuses(written) == [401]
    assert b"Connection: close\r\n" in written
    assert wire.disconnecting


def test_a_body_nobody_takes_is_bounded() -> None:
    """
    What comes before somebody takes it is held, and soon not read any more.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(post(b"", length=1 << 20))

    for _ in range(20):
        wire.receive(b"x" * 8192)

    assert not wire.reading


def test_a_body_nobody_takes_yet_has_no_deadline() -> None:
    """
    A client need not hurry while nobody wants its body.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(post(b"", "Expect: 100-continue", length=5))

    stage.wait(10 * LIMITS.body_time)

    assert not wire.aborted


def test_a_wanted_body_that_stops_is_cut() -> None:
    """
    A pause within a body has an end; its request hears of it.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(post(b"", length=100))
    body = stage.requests[0].body
    assert body is not None
    body.deliver(Collected())

    stage.wait(LIMITS.body_time - 1)
    wire.receive(b"x")
    stage.wait(LIMITS.body_time - 1)
    early = wire.aborted
    stage.wait(LIMITS.body_time + 1)

    assert (early, wire.aborted) == (False, True)


def test_a_body_is_waited_for_although_the_client_reads_slowly() -> None:
    """
    A client that catches up with its answer still owes the rest of its body.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(post(b"", length=100))
    body = stage.requests[0].body
    assert body is not None
    body.deliver(Collected())
    wire.fill()
    wire.drain()

    stage.wait(LIMITS.body_time + 1)

    assert wire.aborted


def test_a_consumer_pauses_the_client() -> None:
    """
    A consumer that is slow stops the reading, and there is no deadline for the client.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(post(b"", length=1 << 20))
    body = stage.requests[0].body
    assert body is not None
    body.deliver(Collected())

    body.pauseProducing()
    paused = wire.reading
    stage.wait(10 * LIMITS.body_time)
    body.resumeProducing()

    assert (paused, wire.reading, wire.aborted) == (False, True, False)


# --- answers before the end of the request


def test_an_early_answer_says_that_the_connection_ends() -> None:
    """
    A client whose body nobody takes is told not to use the connection again.
    """
    stage = Stage(lambda request: answer(request, status=403))
    wire = stage.connect()

    wire.receive(post(b"abc", length=1000))

    assert b"\r\nConnection: close\r\n" in wire.take()


def test_the_rest_of_a_body_is_thrown_away() -> None:
    """
    Behind an early answer the body is read to its end, then the connection ends.
    """
    stage = Stage(answer)
    wire = stage.connect()
    wire.receive(post(b"abc", length=6))
    kept = not wire.disconnecting

    wire.receive(b"def" + GET)

    assert kept
    assert wire.disconnecting
    assert len(stage.requests) == 1


def test_no_more_than_a_little_is_thrown_away() -> None:
    """
    A body without end is not read for ever.
    """
    stage = Stage(answer)
    wire = stage.connect()
    wire.receive(post(b"", length=1 << 30))

    for _ in range(DRAIN_BYTES // 65536 + 1):
        wire.receive(b"x" * 65536)

    assert wire.disconnecting


def test_a_slow_rest_of_a_body_is_not_waited_for() -> None:
    """
    Throwing away has an end in time too.
    """
    stage = Stage(answer)
    wire = stage.connect()
    wire.receive(post(b"", length=1 << 30))

    stage.wait(DRAIN_SECONDS + 1)
    closed = wire.disconnecting
    stage.wait(DRAIN_SECONDS + 1)

    assert closed
    assert wire.aborted


# --- what is no request


def test_garbage_is_answered_and_closed() -> None:
    """
    Bytes that are no request get 400, and the connection ends.
    """
    stage = Stage()
    wire = stage.connect()

    wire.receive(b"\x00\x01\x02\r\n\r\n")

    assert statuses(wire.take()) == [400]
    assert wire.disconnecting
    assert stage.notes.refused_ == [400]


def test_garbage_behind_a_request_waits_for_its_answer() -> None:
    """
    The order of answers holds for refusals too.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET + b"\x00\r\n\r\n")
    before = wire.take()

    answer(stage.requests[0])
    stage.turn()

    assert before == b""
    assert statuses(wire.take()) == [200, 400]
    assert wire.disconnecting


def test_a_body_that_breaks_ends_its_request() -> None:
    """
    A chunk that is none makes the request none: it is given up and refused.
    """
    stage = Stage()
    wire = stage.connect()
    gone: list[int] = []
    wire.receive(get("/", "Transfer-Encoding: chunked"))
    stage.requests[0].abandoned = lambda: gone.append(1)

    wire.receive(b"xyz\r\n")

    assert gone == [1]
    assert statuses(wire.take()) == [400]
    assert [request.status for request in stage.notes.answered_] == [400]


def test_a_body_that_breaks_cuts_an_answer_that_began() -> None:
    """
    Two answers to one request would be one too many.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/", "Transfer-Encoding: chunked"))
    stage.requests[0].write(b"begun")

    wire.receive(b"xyz\r\n")

    assert statuses(wire.take()) == [200]
    assert wire.aborted


def test_a_queued_body_that_breaks_leaves_the_first_answer_alone() -> None:
    """
    Only what is broken is refused.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/1") + get("/2", "Transfer-Encoding: chunked") + b"xyz\r\n")

    answer(stage.requests[0])
    stage.turn()

    assert statuses(wire.take()) == [200, 400]
    assert stage.site.live == 0


def test_nothing_is_read_behind_a_refusal() -> None:
    """
    What comes behind garbage is ignored.
    """
    stage = Stage()
    wire = stage.connect()

    wire.receive(b"\x00\r\n\r\n")
    wire.receive(GET)

    assert stage.requests == []


def test_a_refused_client_is_not_waited_for() -> None:
    """
    It has a moment to read, then the connection is cut.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(b"\x00\r\n\r\n")

    stage.wait(LINGER_SECONDS + 1)

    assert wire.aborted


# --- deadlines


def test_a_silent_client_is_closed() -> None:
    """
    A connection without a request ends.
    """
    stage = Stage()
    wire = stage.connect()

    stage.wait(LIMITS.head_time + 1)

    assert wire.disconnecting
    assert wire.take() == b""


def test_a_slow_head_is_408() -> None:
    """
    Drops of a head do not make more time for it.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(b"GET / HT")
    stage.wait(LIMITS.head_time - 1)
    wire.receive(b"TP/1.1\r\n")

    stage.wait(2)

    assert statuses(wire.take()) == [408]


def test_the_time_for_a_head_begins_with_its_first_byte() -> None:
    """
    Idle time does not count.
    """
    stage = Stage(answer)
    wire = stage.connect()
    wire.receive(GET)
    stage.wait(LIMITS.idle_time - 1)
    wire.receive(b"GET / HT")

    stage.wait(LIMITS.head_time - 1)
    early = wire.disconnecting
    stage.wait(2)

    assert (early, wire.disconnecting) == (False, True)


def test_an_idle_connection_is_closed() -> None:
    """
    Between requests there is a time as well.
    """
    stage = Stage(answer)
    wire = stage.connect()
    wire.receive(GET)

    stage.wait(LIMITS.idle_time + 1)

    assert wire.disconnecting


def test_a_request_that_is_handled_has_no_deadline_here() -> None:
    """
    Long polls and event streams take their time.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET)

    stage.wait(10_000)

    assert not wire.aborted
    assert not wire.disconnecting


def test_a_closed_connection_that_stays_is_cut() -> None:
    """
    Closing has an end as well.
    """
    stage = Stage(answer)
    wire = stage.connect()
    wire.receive(get("/", "Connection: close"))

    stage.wait(DRAIN_SECONDS + 1)

    assert wire.aborted


# --- a client that leaves


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HT",
        GET,
        GET + GET,
        post(b"abc", length=10),
        get("/", *UPGRADE) + b"early",
        b"\x00\r\n\r\n",
    ],
)
def test_a_client_may_leave_at_any_time(sent: bytes) -> None:
    """
    Whatever state a connection is in, its end is the end of everything it had.
    """
    stage = Stage()
    wire = stage.connect()
    if sent:
        wire.receive(sent)

    wire.lose()
    stage.wait(1000)

    assert stage.site.live == 0
    assert not stage.site.channels
    assert not stage.site.idle
    assert channel_of(wire).deadline == NEVER


def test_a_request_hears_that_its_client_left() -> None:
    """
    Whoever works for a client that left can stop; the log says 499.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET)
    gone: list[int] = []
    stage.requests[0].abandoned = lambda: gone.append(1)

    wire.lose()

    assert gone == [1]
    assert [request.status for request in stage.notes.answered_] == [499]


def test_an_answer_for_a_client_that_left_is_nothing() -> None:
    """
    Answering too late does no harm.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(GET)
    wire.lose()

    stage.requests[0].write(b"late")
    stage.requests[0].finish()

    assert wire.take() == b""
    assert len(stage.notes.answered_) == 1


# --- upgrades


def test_an_upgrade_begins_with_what_came_behind_held_back() -> None:
    """
    Bytes behind the request go to whom the connection is handed.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/", *UPGRADE) + b"early")
    wire.receive(b" bird")
    taker = Taker()

    early = channel_of(wire).take_over(taker)
    wire.receive(b"later")
    wire.lose()

    assert (early, taker.data, taker.lost) == (b"early bird", b"later", 1)


def test_a_declined_upgrade_is_an_ordinary_request() -> None:
    """
    What came behind it is the next request.
    """
    stage = Stage(answer)
    wire = stage.connect()

    wire.receive(get("/1", *UPGRADE) + get("/2"))
    wire.receive(get("/3"))
    stage.turn()

    assert [request.uri for request in stage.requests] == [b"/1", b"/2", b"/3"]
    assert statuses(wire.take()) == [200, 200, 200]


def test_many_declined_upgrades_do_not_nest() -> None:
    """
    A read full of declined upgrades is answered one after the other, each in a turn
    of its own.
    """
    stage = Stage(answer)
    wire = stage.connect()

    wire.receive(get("/", *UPGRADE) * 500)
    for _ in range(600):
        stage.turn()

    assert statuses(wire.take()) == [200] * 500


def test_an_upgrade_waits_for_the_answers_before_it() -> None:
    """
    A pipelined upgrade is begun in its turn, once.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/1") + get("/2", *UPGRADE) + b"early")
    begun = len(stage.requests)

    answer(stage.requests[0])
    stage.turn()
    stage.turn()

    assert (begun, len(stage.requests)) == (1, 2)
    assert channel_of(wire).take_over(Taker()) == b"early"


def test_two_upgrades_at_once_are_asked_once() -> None:
    """
    A request that names two protocols in two lines is begun once and answered once.
    """
    stage = Stage()
    wire = stage.connect()

    wire.receive(get("/", *UPGRADE, "Upgrade: h2c"))
    begun = len(stage.requests)
    answer(stage.requests[0])
    wire.receive(get("/2"))

    assert begun == 1
    assert [request.uri for request in stage.requests] == [b"/", b"/2"]


def test_what_waits_for_an_upgrade_is_bounded() -> None:
    """
    A client that sends on before the upgrade is decided is not read for ever.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/", *UPGRADE))

    for _ in range(20):
        wire.receive(b"x" * 8192)
    held = wire.reading
    channel_of(wire).take_over(Taker())

    assert (held, wire.reading) == (False, True)


def test_a_tunnel_has_no_deadline_until_it_ends() -> None:
    """
    A WebSocket may be silent for as long as it likes; its end has an end.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/", *UPGRADE))
    channel_of(wire).take_over(Taker())
    stage.wait(100_000)
    silent = wire.aborted

    channel_of(wire).loseConnection()
    stage.wait(DRAIN_SECONDS + 1)

    assert (silent, wire.aborted) == (False, True)


def test_nobody_is_the_producer_behind_a_take_over() -> None:
    """
    The new protocol may register its own.
    """
    stage = Stage()
    wire = stage.connect()
    wire.receive(get("/", *UPGRADE))

    channel_of(wire).take_over(Taker())

    assert wire.producer is None


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
