"""
Sessions in Redis while masters die and slots move, on real fleets.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater

from oauthproxy.crypto.secret import Secret
from oauthproxy.errors import StoreUnavailable
from oauthproxy.net.redis.slots import slot_of
from oauthproxy.net.redis.vault import RedisVault, make_vault
from oauthproxy.session.cache import SessionCache
from oauthproxy.settings.groups.limits import LimitOptions
from oauthproxy.settings.groups.session import SessionOptions
from tests.integration.redis_fleet import HOST, Server, TLSFiles, cluster, sentinels
from tests.unit.driver import RecordingLog
from tests.unit.net.authority import Authority
from tests.unit.reactor import on_reactor, reactor

PREFIX = "_oauth2_proxy-"
KEYS = [f"{PREFIX}{number:032x}" for number in range(60)]


@define
class Traffic:
    """
    Readers that never stop, and what became of each read.
    """

    vault: RedisVault
    outcomes: Counter[str] = field(factory=Counter)
    running: bool = True

    async def fill(self) -> None:
        for key in KEYS:
            await self.vault.set(key, key.encode(), 0)

    async def read_on(self, number: int) -> None:
        while self.running:
            key = KEYS[number % len(KEYS)]
            number += 7
            try:
                value = await self.vault.get(key)
            except StoreUnavailable:
                self.outcomes["unavailable"] += 1
            else:
                self.outcomes[self._judge(key, value)] += 1
            await deferLater(reactor, 0.002)

    def _judge(self, key: str, value: bytes | None) -> str:
        if value is None:
            return "lost"
        return "right" if value == key.encode() else "wrong"

    def start(self, readers: int) -> "Deferred[Any]":
        return gatherResults(
            [Deferred.fromCoroutine(self.read_on(n)) for n in range(readers)]
        )


async def until(ask: Callable[[], bool], what: str) -> None:
    for _ in range(1500):
        if ask():
            return
        await deferLater(reactor, 0.01)
    raise AssertionError(f"waited for {what}")


async def works(vault: RedisVault) -> None:
    """
    Wait until values can be stored again.
    """
    for _ in range(100):
        try:
            for key in KEYS:
                await vault.set(key, key.encode(), 0)
        except StoreUnavailable:
            await deferLater(reactor, 0.1)
        else:
            return
    raise AssertionError("it does not recover")


def keeps(cache: SessionCache[int]) -> bool:
    cache.put("probe", 0)
    return cache.get("probe") is not None


def run(options: SessionOptions, work: Any) -> Any:
    async def go() -> Any:
        vault = make_vault(
            reactor, options, LimitOptions(), RecordingLog(), prefix=PREFIX
        )
        try:
            return await work(vault)
        finally:
            await vault.stop()

    return on_reactor(go)


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[Server, Server, SessionOptions]]:
    with sentinels(tmp_path, password="secret") as (master, replica, watchers):
        urls = tuple(f"redis://{HOST}:{watcher.port}" for watcher in watchers)
        yield (
            master,
            replica,
            SessionOptions(
                redis_use_sentinel=True,
                redis_sentinel_master_name="main",
                redis_sentinel_connection_urls=urls,
                redis_password=Secret("secret"),
            ),
        )


def test_failover_in_the_middle_of_traffic(
    guarded: tuple[Server, Server, SessionOptions],
) -> None:
    """
    While the master is replaced a read is right or unavailable, never wrong and never
    "no such session"; afterwards everything goes on by itself, the watch included.
    """
    master, replica, options = guarded
    cache: SessionCache[int] = SessionCache(10)

    async def work(vault: RedisVault) -> Counter[str]:
        vault.watch(cache)
        await vault.start()
        traffic = Traffic(vault)
        await traffic.fill()
        await until(lambda: keeps(cache), "the watch")
        await until(lambda: _has_all(replica), "the replica")
        done = traffic.start(16)
        await deferLater(reactor, 0.3)
        master.kill()
        await until(lambda: not keeps(cache), "the loss of the watch")
        await works(vault)
        traffic.running = False
        await done
        await until(lambda: keeps(cache), "the watch on the new master")
        cache.put("cookie", 1, KEYS[0])
        replica.cli("del", KEYS[0], introduce=("-a", "secret"))
        await until(lambda: cache.get("cookie") is None, "the invalidation")
        return traffic.outcomes

    outcomes = run(options, work)

    assert outcomes["right"] > 100
    assert set(outcomes) <= {"right", "unavailable"}


def _has_all(replica: Server) -> bool:
    return int(replica.cli("dbsize", introduce=("-a", "secret")) or 0) >= len(KEYS)


def test_orderly_failover_is_followed(
    guarded: tuple[Server, Server, SessionOptions],
) -> None:
    """
    A master that is replaced while it still answers is left for the new one.
    """
    master, replica, options = guarded
    key = KEYS[0]

    async def work(vault: RedisVault) -> None:
        await vault.start()
        await works(vault)
        await until(lambda: _has_all(replica), "the replica")
        port = options.redis_sentinel_connection_urls[0].rpartition(":")[2]
        told = master.cli("-p", port, "SENTINEL", "FAILOVER", "main")
        assert told == "OK"
        introduce = ("-a", "secret")
        await until(
            lambda: "role:master" in replica.cli("info", introduce=introduce),
            "the new master",
        )
        for number in range(1000):
            await works(vault)
            await vault.set(key, b"%d" % number, 0)
            if replica.cli("get", key, introduce=introduce) == str(number):
                return
        raise AssertionError("the old master is still written to")

    run(options, work)


def test_dead_sentinels_are_passed_over(
    guarded: tuple[Server, Server, SessionOptions],
) -> None:
    """
    One sentinel that answers is enough.
    """
    _, _, options = guarded
    urls = (f"redis://{HOST}:1", *options.redis_sentinel_connection_urls[:1])
    options = evolve(options, redis_sentinel_connection_urls=urls)

    async def work(vault: RedisVault) -> None:
        await vault.ping()

    run(options, work)


def test_everything_behind_sentinel_over_tls(tmp_path: Path) -> None:
    """
    With rediss:// both the sentinels and the master are spoken to over verified TLS.
    """
    authority = Authority()
    cert, key = authority.sign(HOST).save(tmp_path, "redis")
    ca = tmp_path / "ca.pem"
    ca.write_bytes(authority.pem)
    with sentinels(tmp_path, tls=TLSFiles(cert, key, ca)) as (_, _, watchers):
        options = SessionOptions(
            redis_use_sentinel=True,
            redis_sentinel_master_name="main",
            redis_sentinel_connection_urls=tuple(
                f"rediss://{HOST}:{watcher.port}" for watcher in watchers
            ),
            redis_ca_path=str(ca),
        )

        async def work(vault: RedisVault) -> Any:
            await vault.check()
            await vault.set(KEYS[0], b"over tls", 0)
            return await vault.get(KEYS[0])

        async def refused(vault: RedisVault) -> None:
            with pytest.raises(StoreUnavailable, match="certificate"):
                await vault.ping()

        assert run(options, work) == b"over tls"
        run(evolve(options, redis_ca_path=""), refused)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    with cluster(tmp_path_factory.mktemp("cluster")) as made:
        yield made


def _options(nodes: list[Server]) -> SessionOptions:
    urls = tuple(f"redis://{HOST}:{node.port}" for node in nodes[:2])
    return SessionOptions(redis_use_cluster=True, redis_cluster_connection_urls=urls)


def test_cluster_keeps_everything_where_it_belongs(nodes: list[Server]) -> None:
    """
    Keys of all nodes are stored, read, locked and deleted.
    """

    async def work(vault: RedisVault) -> Any:
        await vault.check()
        traffic = Traffic(vault)
        await traffic.fill()
        found = [await vault.get(key) for key in KEYS]
        locks = [await vault.lock(key).obtain(10**9) for key in KEYS]
        again = [await vault.lock(key).obtain(10**9) for key in KEYS]
        await vault.delete(KEYS[0])
        await vault.ping()
        return found, locks, again, await vault.get(KEYS[0])

    found, locks, again, deleted = run(_options(nodes), work)

    assert found == [key.encode() for key in KEYS]
    assert all(locks)
    assert not any(again)
    assert deleted is None


def test_cluster_over_tls_with_a_password(tmp_path: Path) -> None:
    """
    Every node of a cluster is spoken to over verified TLS, and told the password.
    """
    authority = Authority()
    cert, key = authority.sign(HOST).save(tmp_path, "redis")
    ca = tmp_path / "ca.pem"
    ca.write_bytes(authority.pem)
    with cluster(tmp_path, "secret", TLSFiles(cert, key, ca), replicas=0) as nodes:
        options = SessionOptions(
            redis_use_cluster=True,
            redis_cluster_connection_urls=(f"rediss://{HOST}:{nodes[0].port}",),
            redis_password=Secret("secret"),
            redis_ca_path=str(ca),
        )

        async def work(vault: RedisVault) -> Any:
            await vault.check()
            await Traffic(vault).fill()
            return [await vault.get(key) for key in KEYS]

        async def refused(vault: RedisVault) -> None:
            with pytest.raises(StoreUnavailable, match="certificate"):
                await vault.ping()

        assert run(options, work) == [key.encode() for key in KEYS]
        run(evolve(options, redis_ca_path=""), refused)


def test_slot_moves_in_the_middle_of_traffic(nodes: list[Server]) -> None:
    """
    While a slot moves from node to node its keys are read as always, half-way too.
    """
    slot = slot_of(KEYS[0].encode())
    masters = [n for n in nodes if "role:master" in n.cli("info", "replication")]
    ids = {node: node.cli("cluster", "myid") for node in masters}
    source = next(n for n in masters if _serves(n, ids[n], slot))
    target = next(n for n in masters if n is not source)

    async def work(vault: RedisVault) -> Any:
        traffic = Traffic(vault)
        await traffic.fill()
        done = traffic.start(8)
        target.cli("cluster", "setslot", str(slot), "importing", ids[source])
        source.cli("cluster", "setslot", str(slot), "migrating", ids[target])
        await deferLater(reactor, 0.1)
        for key in source.cli("cluster", "getkeysinslot", str(slot), "100").split():
            source.cli("migrate", HOST, str(target.port), key, "0", "5000")
        await vault.set(KEYS[0], KEYS[0].encode(), 0)
        half_way = await vault.get(KEYS[0])
        for node in (target, source, *masters):
            node.cli("cluster", "setslot", str(slot), "node", ids[target])
        await deferLater(reactor, 0.2)
        traffic.running = False
        await done
        return half_way, traffic.outcomes

    half_way, outcomes = run(_options(nodes), work)

    assert half_way == KEYS[0].encode()
    assert set(outcomes) == {"right"}


def _serves(node: Server, myid: str, slot: int) -> bool:
    line = next(
        line
        for line in node.cli("cluster", "nodes").splitlines()
        if line.startswith(myid)
    )
    ranges = [part.partition("-") for part in line.split()[8:] if part[0] != "["]
    return any(int(a) <= slot <= int(b or a) for a, _, b in ranges)


def test_killed_master_of_a_cluster(nodes: list[Server]) -> None:
    """
    When a master dies its replica takes over: reads are right or unavailable, the
    watch is distrusted meanwhile, and all goes on by itself.
    """
    cache: SessionCache[int] = SessionCache(10)
    victim = next(n for n in nodes if "role:master" in n.cli("info", "replication"))

    async def work(vault: RedisVault) -> Counter[str]:
        vault.watch(cache)
        await vault.start()
        traffic = Traffic(vault)
        await traffic.fill()
        await until(lambda: keeps(cache), "the watch")
        await deferLater(reactor, 0.5)
        done = traffic.start(8)
        await deferLater(reactor, 0.2)
        victim.kill()
        await until(lambda: not keeps(cache), "the loss of the watch")
        await works(vault)
        traffic.running = False
        await done
        await until(lambda: keeps(cache), "the watch on all masters")
        return traffic.outcomes

    outcomes = run(_options(nodes), work)

    assert outcomes["right"] > 100
    assert set(outcomes) <= {"right", "unavailable"}
