"""
Send commands to the right node of a Redis Cluster.

Rule 1: a slot's node is looked up in a map; MOVED corrects one entry and has the map
read again, ASK is followed once and remembered by nobody.
Rule 2: after a lost connection the map is read again, from whichever node answers.
"""

from collections.abc import Sequence
from typing import Any

from attrs import define
from twisted.internet.defer import CancelledError

from oauthproxy.net.background import Background
from oauthproxy.net.gate import Gate
from oauthproxy.net.redis.dial import Dialer
from oauthproxy.net.redis.link import Link
from oauthproxy.net.redis.replies import Argument, Lost, Refused, Reply
from oauthproxy.net.redis.slots import SLOTS, read_slots, redirected_to, slot_of
from oauthproxy.session.redis_url import Endpoint

MOST_REDIRECTS = 5
FRESH = 5.0
"""Seconds for which whoever only looks at the masters believes the map."""


@define(eq=False)
class _Reading:
    gate: Gate
    error: Lost | None = None


class Cluster:
    """
    Know which node has which slot (`router.Router`).
    """

    def __init__(
        self,
        reactor: Any,
        dialer: Dialer,
        seeds: Sequence[Endpoint],
        idle_time: float,
    ) -> None:
        self._reactor = reactor
        self._dialer = dialer
        self._seeds = tuple(seeds)
        self._idle_time = idle_time
        self._links: dict[Endpoint, Link] = {}
        self._suspects: set[Endpoint] = set()
        self._slots: list[Endpoint | None] = [None] * SLOTS
        self._stale = True
        self._read_at = 0.0
        self._reading: _Reading | None = None
        self._background = Background()

    async def run(self, key: bytes, command: tuple[Argument, ...]) -> Reply:
        """
        Run a command on the node of its key, following redirections.
        """
        slot = slot_of(key)
        if self._stale:
            await self._read()
        node = self._slots[slot]
        if node is None:
            self._stale = True
            raise Lost(f"no node has slot {slot}")
        asking = False
        for _ in range(MOST_REDIRECTS):
            try:
                return await self._run_on(node, command, asking=asking)
            except Refused as refusal:
                if refusal.code not in ("MOVED", "ASK"):
                    self._stale = self._stale or refusal.passing
                    raise
                node = redirected_to(refusal.rest, node)
                asking = refusal.code == "ASK"
            except Lost:
                self._stale = True
                raise
            if not asking:
                self._slots[slot] = node
                self._stale = True
        raise Lost("too many redirections")

    async def ping(self) -> None:
        """
        Return when every slot has a node and every such node answers.
        """
        for node in await self.masters():
            await self._run_on(node, ("PING",), asking=False)
        if None in self._slots:
            raise Lost("some slots have no node")

    async def masters(self) -> Sequence[Endpoint]:
        """
        Return the nodes that have slots.
        """
        if self._stale or self._reactor.seconds() - self._read_at > FRESH:
            await self._read()
        return sorted({node for node in self._slots if node is not None}, key=str)

    def forget(self) -> None:
        """
        Read the map again before the next command.
        """
        self._stale = True

    def stop(self) -> None:
        """
        Close all connections.
        """
        self._background.stop()
        for link in self._links.values():
            link.stop()
        self._links.clear()

    async def _run_on(
        self, node: Endpoint, command: tuple[Argument, ...], *, asking: bool
    ) -> Reply:
        try:
            client = await self._link(node).client()
            if asking:
                return await client.call_both(("ASKING",), command)
            return await client.call(*command)
        except Lost:
            self._suspects.add(node)
            raise

    def _link(self, node: Endpoint) -> Link:
        link = self._links.get(node)
        if link is None:
            link = Link(
                self._reactor, lambda: self._dialer.server(node), self._idle_time
            )
            self._links[node] = link
        return link

    async def _read(self) -> None:
        """
        Read the map, or wait for whoever is reading it.
        """
        reading = self._reading
        if reading is None:
            reading = self._reading = _Reading(Gate())
            self._background(self._read_from_any(reading))
        await reading.gate.wait()
        if reading.error is not None:
            raise Lost(str(reading.error))

    async def _read_from_any(self, reading: _Reading) -> None:
        reasons: list[str] = []
        try:
            for node in self._candidates():
                try:
                    reply = await self._run_on(node, ("CLUSTER", "SLOTS"), asking=False)
                except (Lost, Refused) as error:
                    reasons.append(str(error))
                    continue
                if reply:
                    self._learn(reply, node)
                    return
                reasons.append(f"{node} knows no slots")
            reading.error = Lost(f"no node of the cluster answers: {reasons}")
        except CancelledError:
            reading.error = Lost("given up")
            raise
        finally:
            self._reading = None
            reading.gate.open()

    def _candidates(self) -> list[Endpoint]:
        """
        Return all nodes we know of, those that did not answer last.
        """
        known = dict.fromkeys((*self._links, *self._seeds))
        return sorted(known, key=lambda node: node in self._suspects)

    def _learn(self, reply: Reply, asked: Endpoint) -> None:
        slots: list[Endpoint | None] = [None] * SLOTS
        for numbers, node in read_slots(reply, asked):
            slots[numbers.start : numbers.stop] = [node] * len(numbers)
        self._slots = slots
        self._stale = False
        self._read_at = self._reactor.seconds()
        self._suspects.discard(asked)
        self._forget_others({node for node in slots if node is not None})

    def _forget_others(self, nodes: set[Endpoint]) -> None:
        for node in [each for each in self._links if each not in nodes]:
            self._links.pop(node).stop()
