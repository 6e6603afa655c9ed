"""
Count what goes through the ports: thin wrappers, put around them once.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from attrs import define, frozen

from oauthproxy.answer import Answer, Redirect
from oauthproxy.errors import FetchError, RefreshRefused, StoreUnavailable
from oauthproxy.login.flow import Login
from oauthproxy.metrics import Metrics
from oauthproxy.ports import Clock, Fetcher, FetchRequest, FetchResponse, Lock
from oauthproxy.scope import Scope
from oauthproxy.session.csrf import CSRF, CSRFJar
from oauthproxy.session.recent import Recent
from oauthproxy.session.renewal import Renewer
from oauthproxy.session.session import Session
from oauthproxy.session.store import SessionStore
from oauthproxy.settings.kinds import HOUR, SECOND
from oauthproxy.wire.cookies import Cookies
from oauthproxy.wire.form import Form

LOGINS_REMEMBERED = 10_000
_ENDPOINTS = ("userinfo", "introspect", "revo", "token")
_KEYS = ("jwks", "keys", "certs")

T = TypeVar("T")


@frozen
class Meter:
    """
    The counters of one configuration and the clock that they need.
    """

    metrics: Metrics
    clock: Clock
    provider: str

    def seconds_since(self, began: int) -> float:
        """
        Return the seconds since a time in nanoseconds.
        """
        return max(self.clock.now() - began, 0) / SECOND


def endpoint_of(request: FetchRequest) -> str:
    """
    Return a short name for what a call to a provider is about.
    """
    path = request.url.partition("?")[0].lower()
    if "/.well-known/" in path and not any(word in path for word in _KEYS):
        return "discovery"
    if any(word in path for word in _KEYS):
        return "keys"
    if request.form is not None and any(n == "grant_type" for n, _ in request.form):
        return "token"
    return next((word for word in _ENDPOINTS if word in path), "other")


@frozen
class MeteredFetcher:
    """
    Count calls to the provider and the time they take.
    """

    fetcher: Fetcher
    meter: Meter

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        """
        Make a call.
        """
        meter, series = self.meter, self.meter.metrics.provider
        labels = (meter.provider, endpoint_of(request))
        began = meter.clock.now()
        try:
            response = await self.fetcher.fetch(request)
        except FetchError:
            series.errors.add(*labels)
            raise
        finally:
            series.seconds.at(*labels).add(meter.seconds_since(began))
        if response.status >= 500:
            series.errors.add(*labels)
        return response


@frozen
class MeteredRenewer:
    """
    Count refreshes by what came of them.
    """

    renewer: Renewer
    meter: Meter

    async def refresh(self, session: Session) -> Session | None:
        """
        Refresh a session.
        """
        result = "failed"
        try:
            renewed = await self.renewer.refresh(session)
            result = "impossible" if renewed is None else "succeeded"
        except RefreshRefused:
            result = "refused"
            raise
        finally:
            meter = self.meter
            meter.metrics.session.refreshes.add(meter.provider, result)
        return renewed

    async def validate(self, session: Session) -> bool:
        """
        Ask whether a session is still good.
        """
        return await self.renewer.validate(session)


@define(eq=False)
class MeteredLock:
    """
    Count the time from the first attempt to the one that succeeds, if it is another.
    """

    lock: Lock
    meter: Meter
    _first: int | None = None

    async def obtain(self, lifetime: int) -> bool:
        """
        Try once.
        """
        began = self.meter.clock.now()
        obtained = await self.lock.obtain(lifetime)
        if not obtained:
            self._first = began if self._first is None else self._first
        elif self._first is not None:
            waited = self.meter.seconds_since(self._first)
            self.meter.metrics.session.lock_seconds.at().add(waited)
        return obtained

    async def extend(self, lifetime: int) -> bool:
        """
        Start its lifetime again.
        """
        return await self.lock.extend(lifetime)

    async def release(self) -> None:
        """
        Give it back.
        """
        await self.lock.release()


@frozen
class MeteredStore:
    """
    Count operations of the session store, their time and their failures.
    """

    store: SessionStore
    meter: Meter

    def key(self, cookies: Cookies) -> str | None:
        """
        Return what identifies a session.
        """
        return self.store.key(cookies)

    def tag(self, cookies: Cookies) -> str | None:
        """
        Return whose change makes a session stale.
        """
        return self.store.tag(cookies)

    async def load(self, cookies: Cookies) -> Session:
        """
        Return a session.
        """
        return await self._count("load", self.store.load(cookies))

    async def save(
        self, session: Session, cookies: Cookies, host: str, *, fresh: bool = False
    ) -> tuple[str, ...]:
        """
        Store a session.
        """
        saving = self.store.save(session, cookies, host, fresh=fresh)
        return await self._count("save", saving)

    async def clear(self, cookies: Cookies, host: str) -> tuple[str, ...]:
        """
        Forget a session.
        """
        return await self._count("clear", self.store.clear(cookies, host))

    def lock(self, cookies: Cookies) -> Lock | None:
        """
        Return the lock of a session.
        """
        lock = self.store.lock(cookies)
        return None if lock is None else MeteredLock(lock, self.meter)

    async def ping(self) -> None:
        """
        Return when the store works.
        """
        await self.store.ping()

    async def _count(self, operation: str, work: Awaitable[T]) -> T:
        series, began = self.meter.metrics.session, self.meter.clock.now()
        try:
            return await work
        except StoreUnavailable:
            series.store_errors.add(operation)
            raise
        finally:
            seconds = self.meter.seconds_since(began)
            series.store_seconds.at(operation).add(seconds)


class MeteredJar(CSRFJar):
    """
    Note how long logins take that begin and end in this process.
    """

    meter: Meter

    def __init__(self, *arguments: Any, meter: Meter, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.meter = meter
        self._begun: Recent[str, int] = Recent(LOGINS_REMEMBERED)

    def create(self, code_verifier: str) -> CSRF:
        """
        Return the CSRF values of a new login.
        """
        csrf = super().create(code_verifier)
        now = self.meter.clock.now()
        self._begun.put(csrf.state_hash, now, now + HOUR)
        return csrf

    def load(self, request_cookies: Cookies, state_nonce: str) -> CSRF | None:
        """
        Return the CSRF values of a login that comes back.
        """
        csrf = super().load(request_cookies, state_nonce)
        if csrf is not None:
            self._note(csrf.state_hash)
        return csrf

    def _note(self, state_hash: str) -> None:
        meter = self.meter
        began = self._begun.get(state_hash, meter.clock.now())
        if began is not None:
            self._begun.drop(state_hash)
            took = meter.seconds_since(began)
            meter.metrics.login.seconds.at(meter.provider).add(took)


class MeteredLogin(Login):
    """
    Count logins by what came of them.
    """

    meter: Meter

    def __init__(self, *arguments: Any, meter: Meter, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.meter = meter

    async def start(
        self, scope: Scope, cookies: Cookies, form: Form, *, overrides: bool
    ) -> Answer:
        """
        Send the browser to the provider.
        """
        answer = await super().start(scope, cookies, form, overrides=overrides)
        self._count("started" if isinstance(answer, Redirect) else "failed")
        return answer

    async def callback(
        self,
        scope: Scope,
        cookies: Cookies,
        form: Form,
        session: Session | None = None,
    ) -> Answer:
        """
        Finish a login.
        """
        answer = await super().callback(scope, cookies, form, session)
        if not isinstance(answer, Redirect):
            self._count("denied" if answer.status == 403 else "failed")
        elif answer.cookies:
            self._count("succeeded")
        return answer

    async def sign_out(
        self, scope: Scope, cookies: Cookies, form: Form, session: Session | None
    ) -> Answer:
        """
        Sign a browser out.
        """
        answer = await super().sign_out(scope, cookies, form, session)
        self.meter.metrics.login.sign_outs.add(self.meter.provider)
        return answer

    def _count(self, result: str) -> None:
        self.meter.metrics.login.logins.add(self.meter.provider, result)


CheckPassword = Callable[[str, str], Awaitable[bool]]


def metered_check(check: CheckPassword, kind: str, meter: Meter) -> CheckPassword:
    """
    Count checks of passwords; `kind` is "form" or "basic".
    """
    passwords = meter.metrics.login.passwords

    async def metered(user: str, password: str) -> bool:
        right = await check(user, password)
        passwords.add(kind, "succeeded" if right else "failed")
        return right

    return metered
