"""
A request body as a producer: bytes go on as they arrive and are never spooled.

Rule 1: nothing is read from the client beyond `HELD_LIMIT` and one read, until
somebody wants the body; wanting it is also what invites a client that expects
`100 Continue`.
Rule 2: a consumer that is slow pauses the client's socket, not our memory.
Rule 3: `finished` is called exactly once, after the last byte was written.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

HELD_LIMIT = 65536


class BodyConsumer(Protocol):
    """
    Takes a request body.
    """

    def body_written(self, data: bytes) -> None:
        """
        Take the next bytes.
        """

    def body_finished(self) -> None:
        """
        Learn that there are no more.
        """


class BodySource(Protocol):
    """
    The client connection, as a body needs it.
    """

    def body_wanted(self) -> None:
        """
        Invite the body (100 Continue) if its client waits for that.
        """

    def body_paused(self) -> None:
        """
        Stop reading from the client.
        """

    def body_resumed(self) -> None:
        """
        Read from the client again.
        """


@implementer(IPushProducer)
class Body:
    """
    One request body. `length` is in bytes, or -1 for a chunked one.
    """

    __slots__ = (
        "_consumer",
        "_ended",
        "_held",
        "_holding",
        "_paused",
        "_source",
        "length",
        "size",
    )

    def __init__(self, source: BodySource, length: int) -> None:
        self._source = source
        self._consumer: BodyConsumer | None = None
        self._held: deque[bytes] = deque()
        self._holding = 0
        self._paused = False
        self._ended = False
        self.length = length
        self.size = 0

    @property
    def complete(self) -> bool:
        """
        Whether all of it has arrived from the client.
        """
        return self._ended

    @property
    def wanted(self) -> bool:
        """
        Whether somebody takes it.
        """
        return self._consumer is not None

    def deliver(self, consumer: BodyConsumer) -> None:
        """
        Give the body to `consumer`, from its first byte on.
        """
        self._consumer = consumer
        if not self._ended:
            self._source.body_wanted()
        self._pour()

    def received(self, data: bytes) -> None:
        """
        Take bytes that came from the client.
        """
        self.size += len(data)
        if self._consumer is not None and not self._paused:
            self._consumer.body_written(data)
            return
        before, self._holding = self._holding, self._holding + len(data)
        self._held.append(data)
        if not self._paused and before < HELD_LIMIT <= self._holding:
            self._source.body_paused()

    def ended(self) -> None:
        """
        Learn that the client has sent all of it.
        """
        self._ended = True
        if self._consumer is not None and not self._held:
            consumer, self._consumer = self._consumer, None
            consumer.body_finished()

    def abandon(self) -> None:
        """
        Let go of the consumer; what still arrives is not wanted.
        """
        self._consumer = None
        self._held.clear()
        self._holding = 0

    def pauseProducing(self) -> None:
        """
        Wait: the consumer's buffer is full.
        """
        self._paused = True
        if not self._ended:
            self._source.body_paused()

    def resumeProducing(self) -> None:
        """
        Go on.
        """
        self._paused = False
        if self._consumer is not None:
            self._pour()

    def stopProducing(self) -> None:
        """
        Stop for good: the consumer is gone.
        """
        self.abandon()

    def _pour(self) -> None:
        consumer = self._consumer
        while self._held and not self._paused and consumer is not None:
            data = self._held.popleft()
            self._holding -= len(data)
            consumer.body_written(data)
        if self._paused or self._held or self._consumer is None:
            return
        if self._ended:
            self.ended()
        else:
            self._source.body_resumed()


class CollectedBody:
    """
    Read a body whole, up to `limit` bytes; then call `done` with it, or with None when
    it is larger.
    """

    def __init__(self, limit: int, done: Callable[[bytes | None], None]) -> None:
        self._limit = limit
        self._done: Callable[[bytes | None], None] | None = done
        self._parts: list[bytes] = []
        self._size = 0

    def body_written(self, data: bytes) -> None:
        """
        Keep the bytes, or give up.
        """
        self._size += len(data)
        if self._size > self._limit:
            self._finish(None)
        else:
            self._parts.append(data)

    def body_finished(self) -> None:
        """
        Hand the whole over.
        """
        self._finish(b"".join(self._parts))

    def _finish(self, body: bytes | None) -> None:
        done, self._done = self._done, None
        if done is not None:
            done(body)
