"""
Sessions in Redis: one server, Sentinel or Cluster, behind the vault's port.
"""

import os
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any

from attrs import evolve

from oauthproxy.crypto.base64 import encode_raw_url
from oauthproxy.errors import StoreUnavailable
from oauthproxy.net.background import Background
from oauthproxy.net.redis.caller import Caller
from oauthproxy.net.redis.index import RedisIndex
from oauthproxy.net.redis.lock import RedisLock
from oauthproxy.net.redis.router import Router
from oauthproxy.ports import Entropy, Log, Watcher
from oauthproxy.session.redis_plan import RedisPlan, redis_plan
from oauthproxy.session.redis_url import Endpoint
from oauthproxy.settings.groups.limits import LimitOptions
from oauthproxy.settings.groups.session import SessionOptions
from oauthproxy.settings.kinds import MILLISECOND, SECOND

TRIAL_BYTES = 32
TRIAL_LIFETIME = 60 * SECOND


Attend = Callable[[Watcher | None], Iterable[Coroutine[Any, Any, None]]]
"""Return what goes on beside the commands: tell the watcher, follow the master."""


class RedisVault:
    """
    Keep bytes in Redis (`ports.Vault`), by the commands of the reference; `index` finds
    them by label.
    """

    def __init__(
        self,
        caller: Caller,
        router: Router,
        attend: Attend,
        prefix: str,
        entropy: Entropy = os.urandom,
    ) -> None:
        self.index = RedisIndex(caller, prefix)
        self._prefix = prefix
        self._caller = caller
        self._router = router
        self._attend = attend
        self._entropy = entropy
        self._watcher: Watcher | None = None
        self._background = Background()

    async def get(self, key: str) -> bytes | None:
        """
        Return the value, or None when there is none.
        """
        value = await self._caller.call(key, "GET", _octets(key))
        if value is None or isinstance(value, bytes):
            return value
        raise StoreUnavailable("Redis: a value is not a string")

    async def set(self, key: str, value: bytes, lifetime: int) -> None:
        """
        Store a value for `lifetime` nanoseconds, for ever when 0.
        """
        expiry = _expiry(lifetime)
        await self._caller.call(key, "SET", _octets(key), value, *expiry)

    async def delete(self, key: str) -> None:
        """
        Forget a value.
        """
        await self._caller.call(key, "DEL", _octets(key))

    async def ping(self) -> None:
        """
        Return when all servers answer.
        """
        await self._caller.ping()

    def lock(self, key: str) -> RedisLock:
        """
        Return the lock that guards `key`.
        """
        return RedisLock(self._caller, key, self._entropy)

    def watch(self, watcher: Watcher) -> None:
        """
        Tell `watcher` of changes, once started.
        """
        self._watcher = watcher
        watcher.lost()

    async def start(self) -> None:
        """
        Begin to watch for changes and for masters that are replaced, and try out in
        the background whether sessions can be kept; the log tells if not.
        """
        self._background(self._try_out())
        for work in self._attend(self._watcher):
            self._background(work)

    async def stop(self) -> None:
        """
        Close all connections.
        """
        self._background.stop()
        self._router.stop()

    async def check(self) -> None:
        """
        Try whether sessions can be stored, read and deleted; raise StoreUnavailable.
        """
        trial = encode_raw_url(self._entropy(TRIAL_BYTES))
        key = f"{self._prefix}healthcheck-{trial}"
        try:
            await self.set(key, trial.encode("ascii"), TRIAL_LIFETIME)
            if await self.get(key) != trial.encode("ascii"):
                raise StoreUnavailable("Redis: it does not return what was stored")
        finally:
            await self.delete(key)

    async def _try_out(self) -> None:
        try:
            await self.check()
        except StoreUnavailable:
            # The caller of commands has told the log.
            return


def _expiry(lifetime: int) -> tuple[str | int, ...]:
    if not lifetime:
        return ()
    if lifetime >= SECOND and not lifetime % SECOND:
        return ("EX", lifetime // SECOND)
    return ("PX", max(lifetime // MILLISECOND, 1))


def _octets(key: str) -> bytes:
    return key.encode("utf-8", "surrogateescape")


def make_vault(
    reactor: Any,
    options: SessionOptions,
    limits: LimitOptions,
    log: Log,
    *,
    prefix: str = "",
) -> RedisVault:
    """
    Return the vault that the options describe; raise ValueError for a bad URL and
    OSError or `trust.CertificateRefused` for a bad CA file.

    `prefix` is what all keys of sessions begin with: changes of others are not heard.
    """
    # Not at the top: these import txredisapi, which installs the global reactor.
    from oauthproxy.net.redis.dial import Dialer
    from oauthproxy.net.redis.watch import Watch

    plan = _bounded(redis_plan(options), limits.store_timeout)
    dialer = Dialer(reactor, plan)
    router, follow = _router(reactor, plan, dialer)
    limit = limits.store_timeout / SECOND
    caller = Caller(reactor, router, log, limit, plan.retries)

    def attend(watcher: Watcher | None) -> Iterator[Coroutine[Any, Any, None]]:
        switched = router.forget
        if watcher is not None:
            watch = Watch(reactor, dialer, router, log, watcher, prefix)
            switched = watch.look_again
            yield watch.run()
        if follow is not None:
            yield follow(switched)

    return RedisVault(caller, router, attend, prefix)


def _bounded(plan: RedisPlan, limit: int) -> RedisPlan:
    """
    Have a connection that is silent given up before the command that waits for it, so
    that the next one gets another connection.
    """
    longest = limit * 3 // 4
    read_timeout = min(plan.read_timeout or longest, longest)
    return evolve(plan, read_timeout=read_timeout)


Follow = Callable[[Callable[[], None]], Coroutine[Any, Any, None]]


def _router(reactor: Any, plan: RedisPlan, dialer: Any) -> tuple[Router, Follow | None]:
    """
    Return the router of a plan, and what follows a master that may be replaced.
    """
    from oauthproxy.net.redis.cluster import Cluster
    from oauthproxy.net.redis.link import Link
    from oauthproxy.net.redis.sentinel import Sentinels
    from oauthproxy.net.redis.single import OneServer

    idle = plan.idle_time / SECOND
    if plan.cluster:
        return Cluster(reactor, dialer, plan.servers, idle), None
    if plan.master_name:
        sentinels = Sentinels(reactor, dialer, plan.servers, plan.master_name)
        link = Link(reactor, sentinels.open_master, idle)
        return OneServer(link, sentinels.locate), sentinels.listen

    async def locate() -> Endpoint:
        return plan.servers[0]

    link = Link(reactor, lambda: dialer.server(plan.servers[0]), idle)
    return OneServer(link, locate), None
