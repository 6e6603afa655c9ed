"""
Find sessions in Redis by label: a sorted set a label, its members the sessions' keys,
scored by when they expire.

The keys begin as those of sessions do, so that a user who may touch only those keys
can keep an index; the reference never looks at them.
"""

import time

from oauthproxy.net.redis.caller import Caller
from oauthproxy.settings.kinds import MILLISECOND

ADD = (
    "redis.call('zadd', KEYS[1], ARGV[1], ARGV[2]) "
    "redis.call('zremrangebyscore', KEYS[1], '-inf', ARGV[3]) "
    "if ARGV[4] == '0' then return redis.call('persist', KEYS[1]) end "
    "return redis.call('pexpire', KEYS[1], ARGV[4])"
)


class RedisIndex:
    """
    Labels of sessions (`ports.Index`).
    """

    def __init__(self, caller: Caller, prefix: str) -> None:
        self._caller = caller
        self._prefix = prefix

    async def add(self, label: str, key: str, lifetime: int) -> None:
        """
        Put a label on a key for `lifetime` nanoseconds, for ever when 0.
        """
        name = self._name(label)
        now = time.time_ns() // MILLISECOND
        ends = str(now + lifetime // MILLISECOND) if lifetime else "+inf"
        await self._caller.try_once(
            name, "EVAL", ADD, 1, name, ends, key, now, lifetime // MILLISECOND
        )

    async def find(self, label: str) -> tuple[str, ...]:
        """
        Return the keys with a label that still have a value.
        """
        name = self._name(label)
        now = time.time_ns() // MILLISECOND
        found = await self._caller.call(name, "ZRANGEBYSCORE", name, now, "+inf")
        keys = [each.decode("utf-8", "surrogateescape") for each in found]
        return tuple(
            [key for key in keys if await self._caller.call(key, "EXISTS", key)]
        )

    def _name(self, label: str) -> str:
        return f"{self._prefix}index-{label}"
