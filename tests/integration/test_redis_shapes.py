"""
Sessions in Redis of every shape, on real servers.
"""

import subprocess
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field
from twisted.internet.task import deferLater

from oauthproxy.crypto.secret import Secret
from oauthproxy.errors import StoreUnavailable
from oauthproxy.net.redis.vault import RedisVault, make_vault
from oauthproxy.session.cache import SessionCache
from oauthproxy.settings.groups.limits import LimitOptions
from oauthproxy.settings.groups.session import SessionOptions
from oauthproxy.settings.kinds import MILLISECOND, MINUTE, SECOND
from tests.integration.redis_fleet import HOST, Server, TLSFiles
from tests.unit.driver import RecordingLog
from tests.unit.net.authority import Authority
from tests.unit.reactor import on_reactor, reactor

PREFIX = "_oauth2_proxy-"
KEY = f"{PREFIX}0123456789abcdef"
VALUE = b"\r\n$-1\r\n\x00\xff12345"

Work = Callable[[RedisVault], Coroutine[Any, Any, Any]]


@define
class Shape:
    """
    A server and the options that lead to it.
    """

    server: Server
    options: SessionOptions
    log: RecordingLog = field(factory=RecordingLog)

    def run(self, work: Work, **changes: Any) -> Any:
        """
        Give `work` a vault, and return what it returns.
        """
        options = evolve(self.options, **changes)

        async def go() -> Any:
            vault = make_vault(
                reactor, options, LimitOptions(), self.log, prefix=PREFIX
            )
            try:
                return await work(vault)
            finally:
                await vault.stop()

        return on_reactor(go)


def plain(folder: Path) -> Shape:
    server = Server(folder)
    url = f"redis://{HOST}:{server.port}"
    return Shape(server, SessionOptions(redis_connection_url=url))


def with_password(folder: Path) -> Shape:
    server = Server(folder, 'requirepass "p@ss/word"')
    url = f"redis://:p%40ss%2Fword@{HOST}:{server.port}"
    return Shape(server, SessionOptions(redis_connection_url=url))


REFERENCE = (
    "~_oauth2_proxy* resetchannels -@all +select +ping +set +get +del +eval +evalsha "
    "+pexpire"
)


def with_user(folder: Path, rights: str = REFERENCE) -> Shape:
    """
    A user with few rights: those that the reference needs.
    """
    server = Server(
        folder,
        f"user proxy on >secret {rights}",
        "user default off",
    )
    return Shape(
        server,
        SessionOptions(
            redis_connection_url=f"redis://{HOST}:{server.port}",
            redis_username="proxy",
            redis_password=Secret("secret"),
        ),
    )


def over_unix(folder: Path) -> Shape:
    # The path of a socket is short; that of a test's folder may not be.
    server = Server(folder, "unixsocket redis.sock", port=0)
    url = f"unix://{server.folder}/redis.sock?db=3"
    return Shape(server, SessionOptions(redis_connection_url=url))


def over_tls(folder: Path) -> Shape:
    files = tls_files(folder, Authority())
    server = Server(folder, tls=files)
    return Shape(
        server,
        SessionOptions(
            redis_connection_url=f"rediss://localhost:{server.port}/1",
            redis_ca_path=str(files.authority),
        ),
    )


def tls_files(folder: Path, authority: Authority, clients: str = "no") -> TLSFiles:
    cert, key = authority.sign(HOST, "localhost").save(folder, "redis")
    ca = folder / "ca.pem"
    ca.write_bytes(authority.pem)
    return TLSFiles(cert, key, ca, clients)


SHAPES = (plain, with_password, with_user, over_unix, over_tls)


@pytest.fixture(params=SHAPES, ids=lambda make: make.__name__)
def shape(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shape]:
    made = request.param(tmp_path)
    with made.server:
        yield made


@pytest.fixture
def single(tmp_path: Path) -> Iterator[Shape]:
    made = plain(tmp_path)
    with made.server:
        yield made


def test_bytes_come_back_exactly(shape: Shape) -> None:
    """
    What was stored is read back to the byte, and deleted values are gone.
    """

    async def work(vault: RedisVault) -> Any:
        await vault.check()
        await vault.set(KEY, VALUE, MINUTE)
        stored = await vault.get(KEY)
        await vault.delete(KEY)
        await vault.ping()
        return stored, await vault.get(KEY)

    assert shape.run(work) == (VALUE, None)


def test_lock_is_held_by_one(shape: Shape) -> None:
    """
    A lock excludes others until it is given back, and only its holder can do that.
    """

    async def work(vault: RedisVault) -> Any:
        first, second = vault.lock(KEY), vault.lock(KEY)
        took = [
            await first.obtain(2 * SECOND),
            await second.obtain(2 * SECOND),
            await first.extend(2 * SECOND),
            await second.extend(2 * SECOND),
        ]
        await second.release()
        took.append(await second.obtain(2 * SECOND))
        await first.release()
        took.append(await second.obtain(2 * SECOND))
        return took

    took = shape.run(work)

    assert took == [True, False, True, False, False, True]


def test_database_number_is_selected(tmp_path: Path) -> None:
    """
    The URL's database is where sessions are, and nowhere else.
    """
    made = over_unix(tmp_path)
    with made.server as server:

        async def work(vault: RedisVault) -> None:
            await vault.set(KEY, VALUE, 0)

        made.run(work)
        introduce = ("-s", f"{server.folder}/redis.sock")

        assert server.cli("-n", "3", "exists", KEY, introduce=introduce) == "1"
        assert server.cli("-n", "0", "exists", KEY, introduce=introduce) == "0"


@pytest.mark.parametrize(
    ("lifetime", "command"),
    [
        (168 * 60 * MINUTE, '"EX" "604800"'),
        (90 * SECOND + 500 * MILLISECOND, '"PX" "90500"'),
        (0, None),
    ],
)
def test_commands_on_the_wire(
    single: Shape, lifetime: int, command: str | None
) -> None:
    """
    Values are stored by the command of the reference, with its units.
    """
    seen = _commands(single, lambda vault: vault.set(KEY, b"x", lifetime))

    stored = next(line for line in seen if '"SET"' in line)
    end = f'"SET" "{KEY}" "x"' + (f" {command}" if command else "")
    assert stored.endswith(end)


def test_lock_on_the_wire(single: Shape) -> None:
    """
    The lock is the key that the reference looks at: `.lock`, 22 characters, 2 seconds.
    """

    async def work(vault: RedisVault) -> None:
        await vault.lock(KEY).obtain(2 * SECOND)

    single.run(work)

    assert len(single.server.cli("get", f"{KEY}.lock")) == 22
    assert 0 < int(single.server.cli("pttl", f"{KEY}.lock")) <= 2000


def _commands(shape: Shape, work: Work) -> list[str]:
    """
    Return the commands that the server received, as MONITOR shows them.
    """
    monitor = subprocess.Popen(
        ["redis-cli", "-h", HOST, "-p", str(shape.server.port), "monitor"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert monitor.stdout is not None
    try:
        assert monitor.stdout.readline().strip() == "OK"
        shape.run(work)
        shape.server.cli("echo", "the end")
        lines: list[str] = []
        for line in iter(monitor.stdout.readline, ""):
            lines.append(line.strip())
            if '"the end"' in line:
                return lines
    finally:
        monitor.kill()
        monitor.wait()
        monitor.stdout.close()
    raise AssertionError("the monitor ended")


def test_wrong_password_is_not_for_ever(single: Shape) -> None:
    """
    After a refused password we connect again as soon as the server accepts it.
    """
    single.server.cli("config", "set", "requirepass", "other")

    async def work(vault: RedisVault) -> Any:
        with pytest.raises(StoreUnavailable):
            await vault.ping()
        single.server.cli(
            "config", "set", "requirepass", "right", introduce=("-a", "other")
        )
        await vault.ping()

    single.run(work, redis_password=Secret("right"))

    assert single.log.lines[0][0] == "error"
    assert "right" not in str(single.log.lines)
    assert single.log.lines[-1] == ("info", "Redis answers again")


def test_certificate_of_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    """
    TLS is verified, and the reason is told.
    """
    made = over_tls(tmp_path)
    other = tmp_path / "other.pem"
    other.write_bytes(Authority().pem)
    with made.server:

        async def work(vault: RedisVault) -> None:
            with pytest.raises(StoreUnavailable, match="certificate"):
                await vault.ping()

        made.run(work, redis_ca_path=str(other))


def test_client_certificate_is_shown(tmp_path: Path) -> None:
    """
    A server that asks for a certificate of ours gets it, and refuses us without.
    """
    authority = Authority()
    files = tls_files(tmp_path, authority, clients="yes")
    ours, our_key = authority.sign("proxy").save(tmp_path, "proxy")
    server = Server(tmp_path, tls=files)
    made = Shape(
        server,
        SessionOptions(
            redis_connection_url=f"rediss://localhost:{server.port}",
            redis_ca_path=str(files.authority),
        ),
    )

    async def works(vault: RedisVault) -> None:
        await vault.ping()

    async def fails(vault: RedisVault) -> None:
        with pytest.raises(StoreUnavailable):
            await vault.ping()

    with server:
        made.run(fails)
        made.run(
            works,
            redis_client_cert_file=str(ours),
            redis_client_key_file=str(our_key),
        )


def test_certificate_can_be_left_unverified(tmp_path: Path) -> None:
    """
    `redis_insecure_skip_tls_verify` switches TLS on, also for redis:// URLs.
    """
    made = over_tls(tmp_path)
    url = f"redis://{HOST}:{made.server.port}"
    with made.server:

        async def work(vault: RedisVault) -> None:
            await vault.ping()

        made.run(
            work,
            redis_connection_url=url,
            redis_ca_path="",
            redis_insecure_skip_tls_verify=True,
        )


def test_server_that_is_down_is_an_error_that_passes(single: Shape) -> None:
    """
    Without a server every operation is unavailable; with it back all go on.
    """

    async def work(vault: RedisVault) -> Any:
        await vault.set(KEY, VALUE, 0)
        single.server.kill()
        for operation in (vault.get(KEY), vault.set(KEY, b"x", 0), vault.ping()):
            with pytest.raises(StoreUnavailable):
                await operation
        single.server.start()
        await vault.set(KEY, b"again", 0)
        return await vault.get(KEY)

    assert single.run(work) == b"again"
    told = [line for line in single.log.lines if "answer" in line[1]]
    assert [kind for kind, _ in told] == ["error", "info"]


def test_server_that_hangs_is_given_up_in_time(single: Shape) -> None:
    """
    A server that accepts and says nothing costs no more than the limit, and its
    connection is not used again.
    """
    limits = LimitOptions(store_timeout=SECOND)

    async def go() -> None:
        vault = make_vault(reactor, single.options, limits, single.log)
        await vault.ping()
        single.server.freeze()
        try:
            with pytest.raises(StoreUnavailable, match=r"no (answer|reply) within"):
                await vault.get(KEY)
            single.server.thaw()
            await vault.get(KEY)
        finally:
            single.server.thaw()
            await vault.stop()
        opened = single.server.cli("info", "stats").partition("connections_received:")
        assert int(opened[2].split()[0]) >= 3

    on_reactor(go)


def test_idle_connection_is_closed(single: Shape) -> None:
    """
    A connection that nobody uses is closed, and opened again when it is needed.
    """

    async def work(vault: RedisVault) -> Any:
        await vault.ping()
        during = single.server.cli("client", "list").count("name=oauthproxy")
        await deferLater(reactor, 1.3)
        after = single.server.cli("client", "list").count("name=oauthproxy")
        await vault.ping()
        return during, after

    assert single.run(work, redis_connection_idle_timeout=1) == (1, 0)


def test_sessions_are_found_by_label(single: Shape) -> None:
    """
    An index leads from a label to the sessions that are still there, for as long as
    they live.
    """

    async def work(vault: RedisVault) -> Any:
        for number in range(3):
            await vault.set(f"{KEY}{number}", VALUE, MINUTE)
            await vault.index.add("label", f"{KEY}{number}", MINUTE)
        await vault.index.add("other", f"{KEY}0", 0)
        await vault.delete(f"{KEY}1")
        return await vault.index.find("label"), await vault.index.find("nobody")

    assert single.run(work) == ((f"{KEY}0", f"{KEY}2"), ())
    assert 0 < int(single.server.cli("ttl", f"{PREFIX}index-label")) <= 60
    assert int(single.server.cli("ttl", f"{PREFIX}index-other")) == -1


async def _until(ask: Callable[[], bool], what: str) -> None:
    for _ in range(1000):
        if ask():
            return
        await deferLater(reactor, 0.01)
    raise AssertionError(f"waited for {what}")


def test_change_by_another_process_is_heard(single: Shape) -> None:
    """
    What another process deletes is forgotten here, without reading anything.
    """
    cache: SessionCache[int] = SessionCache(10)

    async def work(vault: RedisVault) -> Any:
        vault.watch(cache)
        await vault.start()
        await vault.set(KEY, VALUE, 0)
        await _until(lambda: _keeps(cache), "the watch")
        cache.put("cookie", 1, KEY)
        assert cache.get("cookie") == 1
        single.server.cli("del", KEY)
        await _until(lambda: cache.get("cookie") is None, "the invalidation")

    single.run(work)


def _keeps(cache: SessionCache[int]) -> bool:
    cache.put("probe", 0)
    return cache.get("probe") is not None


def test_nothing_is_kept_while_the_server_is_away(single: Shape) -> None:
    """
    The cache distrusts itself at once when the watch breaks, and recovers.
    """
    cache: SessionCache[int] = SessionCache(10)

    async def work(vault: RedisVault) -> Any:
        vault.watch(cache)
        await vault.start()
        await _until(lambda: _keeps(cache), "the watch")
        cache.put("cookie", 1, KEY)
        single.server.kill()
        await _until(lambda: not _keeps(cache), "the loss")
        lost = cache.get("cookie"), cache.last_known("cookie")
        single.server.start()
        await _until(lambda: _keeps(cache), "the watch to be back")
        return lost, cache.last_known("cookie")

    assert single.run(work) == ((None, 1), None)


DOCUMENTED = (
    "~_oauth2_proxy* resetchannels &__redis__:invalidate -@all +@connection +select "
    "+get +set +del +exists +eval +subscribe +pexpire +persist +zadd "
    "+zremrangebyscore +zrangebyscore"
)


def test_documented_rights_are_enough(tmp_path: Path) -> None:
    """
    A user with the rights that the documentation names can do everything.
    """
    page = Path(__file__).parent.parent.parent / "docs" / "sessions.rst"
    made = with_user(tmp_path, DOCUMENTED)
    cache: SessionCache[int] = SessionCache(10)
    with made.server:

        async def work(vault: RedisVault) -> Any:
            vault.watch(cache)
            await vault.start()
            await _until(lambda: _keeps(cache), "the watch")
            await vault.check()
            await vault.set(KEY, VALUE, MINUTE)
            await vault.index.add("label", KEY, MINUTE)
            lock = vault.lock(KEY)
            held = await lock.obtain(SECOND) and await lock.extend(SECOND)
            await lock.release()
            return held, await vault.index.find("label")

        assert made.run(work) == (True, (KEY,))
    assert made.log.lines == []
    assert DOCUMENTED in " ".join(page.read_text("utf-8").split())


def test_user_without_the_right_to_watch_reads_every_time(tmp_path: Path) -> None:
    """
    Where the server does not tell of changes, nothing is remembered; one log line.
    """
    made = with_user(tmp_path)
    cache: SessionCache[int] = SessionCache(10)
    with made.server:

        async def work(vault: RedisVault) -> Any:
            vault.watch(cache)
            await vault.start()
            await vault.set(KEY, VALUE, 0)
            await _until(lambda: bool(made.log.lines), "the complaint")
            return _keeps(cache), await vault.get(KEY)

        assert made.run(work) == (False, VALUE)
    assert len(made.log.lines) == 1
    assert "does not tell of changes" in made.log.lines[0][1]
