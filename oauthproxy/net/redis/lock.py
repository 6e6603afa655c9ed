"""
Locks in Redis that the reference respects, and the other way round.

A lock is a key with a token for a value and a lifetime (`reference/sessions.md`, 10).
"""

from oauthproxy.crypto.base64 import encode_raw_url
from oauthproxy.net.redis.caller import Caller
from oauthproxy.ports import Entropy
from oauthproxy.settings.kinds import MILLISECOND

TOKEN_BYTES = 16

EXTEND = (
    "if redis.call('get', KEYS[1]) == ARGV[1] then "
    "return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0"
)
RELEASE = (
    "if redis.call('get', KEYS[1]) == ARGV[1] then "
    "return redis.call('del', KEYS[1]) end return 0"
)


class RedisLock:
    """
    The lock of one session (`ports.Lock`).
    """

    def __init__(self, caller: Caller, key: str, entropy: Entropy) -> None:
        self._caller = caller
        self._key = f"{key}.lock"
        self._token = encode_raw_url(entropy(TOKEN_BYTES)).encode("ascii")

    async def obtain(self, lifetime: int) -> bool:
        """
        Try once; True when the lock is ours now.
        """
        reply = await self._caller.call(
            self._key,
            "SET",
            _octets(self._key),
            self._token,
            "NX",
            "PX",
            lifetime // MILLISECOND,
            again=False,
        )
        return reply is not None

    async def extend(self, lifetime: int) -> bool:
        """
        Start its lifetime again; False when it is no longer ours.
        """
        milliseconds = lifetime // MILLISECOND
        return bool(await self._script(EXTEND, self._token, milliseconds))

    async def release(self) -> None:
        """
        Give it back; nothing happens when it is no longer ours.
        """
        await self._script(RELEASE, self._token)

    async def _script(self, script: str, *arguments: bytes | int) -> int:
        return int(
            await self._caller.call(
                self._key, "EVAL", script, 1, _octets(self._key), *arguments
            )
        )


def _octets(key: str) -> bytes:
    return key.encode("utf-8", "surrogateescape")
