"""
Sessions are renewed once, and outages cost nobody a session.
"""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import define, evolve, field

from oauthproxy.errors import (
    NoSession,
    ProviderUnavailable,
    RefreshRefused,
    SessionRefused,
    StoreUnavailable,
)
from oauthproxy.ports import Lock
from oauthproxy.session.cookie_store import CookieStore
from oauthproxy.session.memory import MemoryVault
from oauthproxy.session.refresh import Refresher, Renewed
from oauthproxy.session.secrets import CookieSecrets
from oauthproxy.session.session import Session
from oauthproxy.session.store import SessionStore
from oauthproxy.session.ticket_store import TicketStore
from oauthproxy.session.times import SECOND
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.wire.cookies import Cookies
from tests.unit.driver import CountingEntropy, RecordingLog
from tests.unit.session.virtual import World

HOST = "app.example.com"
OPTIONS = CookieOptions(cookie_refresh=60 * SECOND)
SECRETS = CookieSecrets.of("0123456789abcdef")
HOUR = 3600 * SECOND


@define
class RotatingProvider:
    """
    A provider whose refresh tokens work once, as `delay` passes.
    """

    world: World
    delay: int = 0
    token: str = "r0"
    refreshes: int = 0
    validations: int = 0
    valid: bool = True
    fails: Exception | None = None
    lifetime: int = HOUR

    async def refresh(self, session: Session) -> Session | None:
        self.refreshes += 1
        if self.delay:
            await self.world.sleep(self.delay)
        if self.fails is not None:
            raise self.fails
        if not session.refresh_token:
            return None
        if session.refresh_token != self.token:
            raise RefreshRefused("invalid_grant")
        self.token = f"r{self.refreshes}"
        return evolve(
            session,
            refresh_token=self.token,
            access_token=f"a{self.refreshes}",
            expires_on=self.world.now() + self.lifetime,
        )

    async def validate(self, session: Session) -> bool:
        self.validations += 1
        return self.valid


class FragileVault(MemoryVault):
    """
    A vault that can be down, for some or for all operations.
    """

    down: frozenset[str] = frozenset()

    def _check(self, operation: str) -> None:
        if operation in self.down:
            raise StoreUnavailable(f"{operation} failed")

    async def get(self, key: str) -> bytes | None:
        self._check("get")
        return await super().get(key)

    async def set(self, key: str, value: bytes, lifetime: int) -> None:
        self._check("set")
        await super().set(key, value, lifetime)

    async def delete(self, key: str) -> None:
        self._check("delete")
        await super().delete(key)


@define(slots=False)
class Bench:
    """
    A browser with a session that is due, and processes that serve it.
    """

    server_side: bool = True
    options: CookieOptions = OPTIONS
    enforce_expiry: bool = True
    world: World = field(factory=World)
    entropy: CountingEntropy = field(factory=CountingEntropy)
    log: RecordingLog = field(factory=RecordingLog)

    def __attrs_post_init__(self) -> None:
        self.vault = FragileVault(self.world)
        self.provider = RotatingProvider(self.world)
        self.store = self.new_store()
        self.refresher = self.new_process()

    def new_store(self) -> SessionStore:
        if self.server_side:
            return TicketStore(
                self.vault, self.options, SECRETS, self.world, self.entropy
            )
        return CookieStore(self.options, SECRETS, self.world, self.entropy, self.log)

    def new_process(self) -> Refresher:
        return Refresher(
            self.store,
            self.provider,
            self.world,
            self.options,
            self.log,
            new_gate=self.world.gate,
            background=self.world.background,
            enforce_expiry=self.enforce_expiry,
        )

    def sign_in(self, **changes: Any) -> Cookies:
        """
        Store a session made two minutes ago and return the browser's cookies.
        """
        session = Session(
            created_at=self.world.now() - 120 * SECOND,
            expires_on=self.world.now() + HOUR,
            user="alice",
            refresh_token="r0",
        )
        session = evolve(session, **changes)
        saving = self.store.save(session, Cookies(), HOST)
        return browser(self.world.run(saving)[0].result)

    async def view(self, cookies: Cookies, process: Refresher | None = None) -> Renewed:
        """
        Serve a page: load, and renew when due.
        """
        process = process or self.refresher
        session = await self.store.load(cookies)
        if not process.due(session):
            return Renewed(session)
        return await process.renew(session, cookies, HOST)

    def views(self, cookies: Cookies, count: int = 1, **kw: Any) -> list[Renewed]:
        tasks = self.world.run(*(self.view(cookies, **kw) for _ in range(count)))
        for task in tasks:
            if task.error is not None:
                raise task.error
        return [task.result for task in tasks]


def browser(lines: tuple[str, ...]) -> Cookies:
    """
    Return the cookies of a browser that was sent these lines.
    """
    pairs = (line.partition(";")[0].partition("=")[::2] for line in lines)
    return Cookies(tuple((name, value) for name, value in pairs if value))


both_stores = pytest.mark.parametrize("server_side", [True, False])


@both_stores
def test_due_session_gets_new_tokens(server_side: bool) -> None:
    """
    A session older than the refresh period is refreshed and saved.
    """
    bench = Bench(server_side)
    cookies = bench.sign_in()

    (renewed,) = bench.views(cookies)

    assert renewed.session is not None
    assert renewed.session.access_token == "a1"
    assert renewed.session.refreshed
    stored = bench.world.run(bench.store.load(browser(renewed.set_cookies)))[0].result
    assert stored == evolve(renewed.session, refreshed=False)
    assert stored.created_at == bench.world.now()


@both_stores
def test_concurrent_requests_share_one_refresh(server_side: bool) -> None:
    """
    200 requests at once lead to one call of the provider, and all get its outcome.
    """
    bench = Bench(server_side)
    bench.provider.delay = 5 * SECOND
    cookies = bench.sign_in()

    outcomes = bench.views(cookies, 200)

    assert bench.provider.refreshes == 1
    assert {each.session.access_token for each in outcomes if each.session} == {"a1"}
    assert all(each.set_cookies for each in outcomes)


def test_processes_share_one_refresh() -> None:
    """
    Processes with one vault call the provider once, however long it takes.
    """
    bench = Bench()
    bench.provider.delay = 9 * SECOND
    cookies = bench.sign_in()
    processes = [bench.new_process() for _ in range(4)]

    tasks = bench.world.run(
        *(bench.view(cookies, process) for process in processes for _ in range(10))
    )

    assert bench.provider.refreshes == 1
    tokens = [task.result.session.access_token for task in tasks]
    assert tokens == ["a1"] * 40


@both_stores
def test_late_request_with_old_cookie_is_served(server_side: bool) -> None:
    """
    A request that left the browser before the new cookie came does not use the old
    refresh token again.
    """
    bench = Bench(server_side)
    cookies = bench.sign_in()
    bench.views(cookies)
    bench.world.time += 2 * SECOND

    (late,) = bench.views(cookies)

    assert bench.provider.refreshes == 1
    assert late.session is not None
    assert late.session.access_token == "a1"


def test_refresh_goes_on_without_the_one_who_began_it() -> None:
    """
    A client that leaves does not break the refresh for the others.
    """
    bench = Bench()
    bench.provider.delay = SECOND
    cookies = bench.sign_in()
    first = bench.world.start(bench.view(cookies))
    first.stop()

    (second,) = bench.views(cookies)

    assert bench.provider.refreshes == 1
    assert second.session is not None


@both_stores
def test_refused_refresh_ends_the_session(server_side: bool) -> None:
    """
    A refresh token that the provider refuses ends the session cleanly.
    """
    bench = Bench(server_side)
    bench.provider.fails = RefreshRefused("invalid_grant")
    cookies = bench.sign_in()

    (ended,) = bench.views(cookies)

    assert ended.session is None
    assert "Max-Age=0" in ended.set_cookies[0]
    assert "invalid_grant" in ended.reason
    if server_side:
        with pytest.raises(SessionRefused):
            bench.views(cookies)


def test_refused_refresh_is_not_asked_again_for_old_cookies() -> None:
    """
    Requests still under way with the refused cookie do not bother the provider.
    """
    bench = Bench(server_side=False)
    bench.provider.fails = RefreshRefused("invalid_grant")
    cookies = bench.sign_in()
    bench.views(cookies)

    (again,) = bench.views(cookies)

    assert again.session is None
    assert bench.provider.refreshes == 1


@both_stores
def test_provider_outage_keeps_the_session(server_side: bool) -> None:
    """
    While the provider is down the session goes on, and it is asked only now and then.
    """
    bench = Bench(server_side)
    bench.provider.fails = ProviderUnavailable("connection refused")
    cookies = bench.sign_in()

    outcomes = bench.views(cookies, 5) + bench.views(cookies)

    assert all(each.session is not None for each in outcomes)
    assert not any(each.set_cookies for each in outcomes)
    assert bench.provider.refreshes == 1
    bench.world.time += 6 * SECOND
    bench.provider.fails = None
    assert bench.views(cookies)[0].set_cookies


def test_provider_outage_past_expiry_is_an_error() -> None:
    """
    A session that has expired while the provider is down is neither used nor deleted.
    """
    bench = Bench()
    bench.provider.fails = ProviderUnavailable("connection refused")
    cookies = bench.sign_in(expires_on=bench.world.now() - SECOND)

    with pytest.raises(ProviderUnavailable):
        bench.views(cookies)

    assert bench.world.run(bench.store.load(cookies))[0].result.user == "alice"


def test_lock_that_stays_taken_keeps_the_session() -> None:
    """
    A lock that somebody else holds on to costs no session.
    """
    bench = Bench()
    cookies = bench.sign_in()
    lock = bench.store.lock(cookies)
    assert lock is not None
    bench.world.run(lock.obtain(60 * SECOND))

    (kept,) = bench.views(cookies)

    assert kept.session is not None
    assert bench.provider.refreshes == 0
    assert bench.world.run(bench.store.load(cookies))[0].error is None


def test_lock_left_behind_runs_out() -> None:
    """
    The lock of a process that died is waited for, then taken.
    """
    bench = Bench()
    cookies = bench.sign_in()
    lock = bench.store.lock(cookies)
    assert lock is not None
    bench.world.run(lock.obtain(2 * SECOND))

    (renewed,) = bench.views(cookies)

    assert renewed.set_cookies
    assert bench.provider.refreshes == 1


class DownLock:
    """
    The lock of a vault that is down.
    """

    async def obtain(self, lifetime: int) -> bool:
        raise StoreUnavailable("obtain failed")

    extend = obtain

    async def release(self) -> None:
        raise StoreUnavailable("release failed")


def test_store_outage_at_the_lock_keeps_the_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    A store that goes down before the lock is taken costs no session.
    """
    bench = Bench()
    cookies = bench.sign_in()
    locks: Callable[[str], Lock] = lambda key: DownLock()  # noqa: E731
    monkeypatch.setattr(bench.vault, "lock", locks)

    (kept,) = bench.views(cookies)

    assert kept.session is not None
    assert not kept.set_cookies


def test_tokens_that_could_not_be_saved_are_saved_later() -> None:
    """
    A store that goes down between refresh and save does not lose the new refresh
    token: it is saved when the store is back, without asking the provider.
    """
    bench = Bench()
    cookies = bench.sign_in()
    bench.vault.down = frozenset(("set",))
    bench.views(cookies)
    bench.world.time += 6 * SECOND
    bench.vault.down = frozenset()

    (saved,) = bench.views(cookies)

    assert saved.set_cookies
    assert bench.provider.refreshes == 1
    stored = bench.world.run(bench.store.load(cookies))[0].result
    assert stored.refresh_token == "r1"


def test_tokens_that_could_not_be_saved_wait_for_no_request() -> None:
    """
    Once the store is back the new refresh token is there for every process, although
    nobody has asked this one for a page.
    """
    bench = Bench()
    cookies = bench.sign_in()
    bench.vault.down = frozenset(("set",))
    bench.views(cookies)
    bench.vault.down = frozenset()

    bench.world.run(bench.world.sleep(SECOND))

    stored = bench.world.run(bench.store.load(cookies))[0].result
    assert stored.refresh_token == "r1"


def test_tokens_saved_late_do_not_bring_a_session_back() -> None:
    """
    Who signs out while new tokens wait for the store stays signed out.
    """
    bench = Bench()
    cookies = bench.sign_in()
    bench.vault.down = frozenset(("set",))
    bench.views(cookies)
    bench.vault.down = frozenset()
    bench.world.run(bench.store.clear(cookies, HOST))

    bench.world.run(bench.world.sleep(SECOND))

    gone = bench.world.run(bench.store.load(cookies))[0].error
    assert isinstance(gone, SessionRefused)


def test_refused_token_of_another_process_ends_nothing() -> None:
    """
    A process that comes with the old refresh token, before the one that has used it
    could save the new one, waits for that.
    """
    bench = Bench()
    cookies = bench.sign_in()
    bench.vault.down = frozenset(("set",))
    bench.views(cookies)
    other = bench.world.start(bench.view(cookies, bench.new_process()))

    bench.world.run(bench.world.sleep(SECOND // 2))
    bench.vault.down = frozenset()
    bench.world.run(bench.world.sleep(SECOND))

    assert other.result.session.refresh_token == "r1"
    assert bench.world.run(bench.store.load(cookies))[0].error is None


def test_signed_out_during_refresh_stays_signed_out() -> None:
    """
    A refresh that finishes after the user signed out does not bring the session back.
    """
    bench = Bench()
    bench.provider.delay = SECOND
    cookies = bench.sign_in()
    view = bench.world.start(bench.view(cookies))
    bench.world.run(bench.store.clear(cookies, HOST))

    bench.world.run(bench.world.sleep(2 * SECOND))

    assert view.result.session is None
    gone = bench.world.run(bench.store.load(cookies))[0].error
    assert isinstance(gone, SessionRefused)


def test_session_without_refresh_token_is_validated() -> None:
    """
    A session that cannot be refreshed lasts while the provider stands by it.
    """
    bench = Bench()
    cookies = bench.sign_in(refresh_token="")
    (kept,) = bench.views(cookies)
    bench.world.time += 6 * SECOND
    bench.provider.valid = False

    (ended,) = bench.views(cookies)

    assert kept.session is not None
    assert ended.session is None


def test_expired_session_is_refreshed_even_without_a_period() -> None:
    """
    Without a refresh period a session is refreshed when it expires.
    """
    bench = Bench(options=CookieOptions())
    cookies = bench.sign_in(expires_on=bench.world.now() - 1)

    (renewed,) = bench.views(cookies)

    assert renewed.session is not None
    assert renewed.session.access_token == "a1"


def test_expired_session_that_cannot_be_refreshed_ends() -> None:
    """
    A session's own expiry is enforced.
    """
    bench = Bench(options=CookieOptions())
    cookies = bench.sign_in(expires_on=bench.world.now() - 1, refresh_token="")

    (ended,) = bench.views(cookies)

    assert ended.session is None
    assert bench.world.run(bench.store.load(cookies))[0].error is not None


def test_expiry_can_be_left_unenforced() -> None:
    """
    As in the reference, with the switch, expiry does not count between refreshes.
    """
    bench = Bench(options=CookieOptions(), enforce_expiry=False)
    cookies = bench.sign_in(expires_on=bench.world.now() - 1)

    (served,) = bench.views(cookies)

    assert served.session is not None
    assert bench.provider.refreshes == 0


@pytest.mark.parametrize("fraction", [0, 1, 999_999_999])
def test_due_at_is_the_first_moment_of_due(fraction: int) -> None:
    """
    `due_at` and `due` agree to the nanosecond.
    """
    bench = Bench()
    session = Session(created_at=bench.world.now() + fraction)
    due_at = bench.refresher.due_at(session)
    assert due_at is not None

    bench.world.time = due_at - 1
    before = bench.refresher.due(session)
    bench.world.time = due_at

    assert not before
    assert bench.refresher.due(session)


def test_no_cookie_is_no_session() -> None:
    """
    A browser without a cookie has no session to renew.
    """
    bench = Bench()

    with pytest.raises(NoSession):
        bench.views(Cookies())
