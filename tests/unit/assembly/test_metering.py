"""
Wrappers that count.
"""

import contextlib
from typing import Any

import pytest

from oauthproxy.answer import Page, Redirect
from oauthproxy.assembly.metering import (
    Meter,
    MeteredFetcher,
    MeteredLock,
    MeteredLogin,
    MeteredRenewer,
    MeteredStore,
    endpoint_of,
    metered_check,
)
from oauthproxy.errors import (
    FetchError,
    NoSession,
    ProviderUnavailable,
    RefreshRefused,
    StoreUnavailable,
)
from oauthproxy.login.flow import Login
from oauthproxy.metrics import Metrics
from oauthproxy.ports import FetchRequest, FetchResponse
from oauthproxy.session.session import Session
from oauthproxy.settings.kinds import SECOND
from tests.unit.driver import FakeClock, run


def a_meter() -> Meter:
    """
    Return a meter with everything at zero.
    """
    clock = FakeClock()
    return Meter(Metrics(now=clock.now), clock, "idp")


class Slow:
    """
    Whatever is awaited takes two seconds, and ends with `outcome`.
    """

    def __init__(self, meter: Meter, outcome: Any) -> None:
        self._meter = meter
        self._outcome = outcome

    async def _work(self, *arguments: Any, **named: Any) -> Any:
        await self._meter.clock.sleep(2 * SECOND)
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome

    fetch = refresh = validate = load = save = clear = ping = obtain = _work


GRANT = (("grant_type", "authorization_code"),)


@pytest.mark.parametrize(
    ("url", "form", "endpoint"),
    [
        ("https://i.test/.well-known/openid-configuration", None, "discovery"),
        ("https://i.test/.well-known/jwks.json", None, "keys"),
        ("https://i.test/oauth2/jwks", None, "keys"),
        ("https://i.test/oauth/v2/keys?x=token", None, "keys"),
        ("https://i.test/oauth2/token", GRANT, "token"),
        ("https://i.test/login", GRANT, "token"),
        ("https://i.test/oidc/v1/userinfo", None, "userinfo"),
        ("https://i.test/user", None, "other"),
    ],
)
def test_calls_are_named_by_what_they_are_about(
    url: str, form: Any, endpoint: str
) -> None:
    """
    A label is one of few words, never an address.
    """
    assert endpoint_of(FetchRequest(url=url, form=form)) == endpoint


def test_a_call_is_counted_with_its_time() -> None:
    """
    One observation of two seconds.
    """
    meter = a_meter()
    fetcher = MeteredFetcher(Slow(meter, FetchResponse(status=200)), meter)

    run(fetcher.fetch(FetchRequest(url="https://i.test/userinfo")))

    assert meter.metrics.provider.seconds.at("idp", "userinfo").sum == 2
    assert meter.metrics.provider.errors.values == {}


@pytest.mark.parametrize("outcome", [FetchError("no"), FetchResponse(status=503)])
def test_a_failed_call_is_counted_as_such(outcome: Any) -> None:
    """
    No answer, or one that says that the provider is broken.
    """
    meter = a_meter()
    fetcher = MeteredFetcher(Slow(meter, outcome), meter)

    with contextlib.suppress(FetchError):
        run(fetcher.fetch(FetchRequest(url="https://i.test/userinfo")))

    assert meter.metrics.provider.errors.values == {("idp", "userinfo"): 1}
    assert meter.metrics.provider.seconds.at("idp", "userinfo").sum == 2


@pytest.mark.parametrize(
    ("outcome", "result"),
    [
        (Session(), "succeeded"),
        (None, "impossible"),
        (RefreshRefused(), "refused"),
        (ProviderUnavailable(), "failed"),
    ],
)
def test_refreshes_are_counted_by_what_came_of_them(outcome: Any, result: str) -> None:
    """
    An answer goes on as it came.
    """
    meter = a_meter()
    renewer = MeteredRenewer(Slow(meter, outcome), meter)

    with contextlib.suppress(RefreshRefused, ProviderUnavailable):
        assert run(renewer.refresh(Session())) is outcome

    assert meter.metrics.session.refreshes.values == {("idp", result): 1}


def test_the_store_is_counted_with_its_time() -> None:
    """
    Also where there is nothing to load: that is no failure.
    """
    meter = a_meter()
    cookies: Any = None
    store = MeteredStore(Slow(meter, NoSession()), meter)  # type: ignore[arg-type]

    with pytest.raises(NoSession):
        run(store.load(cookies))

    assert meter.metrics.session.store_seconds.at("load").sum == 2
    assert meter.metrics.session.store_errors.values == {}


@pytest.mark.parametrize("operation", ["load", "save", "clear"])
def test_a_store_that_does_not_answer_is_counted(operation: str) -> None:
    """
    By what was asked of it.
    """
    meter = a_meter()
    cookies: Any = None
    store = MeteredStore(
        Slow(meter, StoreUnavailable()),  # type: ignore[arg-type]
        meter,
    )
    work = {
        "load": lambda: store.load(cookies),
        "save": lambda: store.save(Session(), cookies, "a"),
        "clear": lambda: store.clear(cookies, "a"),
    }

    with pytest.raises(StoreUnavailable):
        run(work[operation]())

    assert meter.metrics.session.store_errors.values == {(operation,): 1}


class Lock:
    """
    A lock that is free at the third attempt.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._attempts = 0

    async def obtain(self, lifetime: int) -> bool:
        self._attempts += 1
        await self._meter.clock.sleep(SECOND)
        return self._attempts >= 3

    async def extend(self, lifetime: int) -> bool:
        return True

    async def release(self) -> None:
        """
        Nothing.
        """


def test_waiting_for_a_lock_is_counted() -> None:
    """
    From the first attempt to the one that succeeded.
    """
    meter = a_meter()
    lock = MeteredLock(Lock(meter), meter)

    while not run(lock.obtain(SECOND)):
        pass

    assert meter.metrics.session.lock_seconds.at().sum == 3


def test_a_lock_that_is_free_is_no_wait() -> None:
    """
    The first attempt succeeds: nobody waited.
    """
    meter = a_meter()
    lock: Any = MeteredLock(Slow(meter, True), meter)  # type: ignore[arg-type]

    run(lock.obtain(SECOND))

    assert sum(meter.metrics.session.lock_seconds.at().counts) == 0


def a_login(monkeypatch: pytest.MonkeyPatch, answer: Any) -> tuple[Any, Meter]:
    """
    Return a login that always gives one answer, and its meter.
    """

    async def answers(self: Login, *arguments: Any, **named: Any) -> Any:
        return answer

    for name in ("start", "callback", "sign_out"):
        monkeypatch.setattr(Login, name, answers)
    monkeypatch.setattr(Login, "__init__", lambda self: None)
    meter = a_meter()
    return MeteredLogin(meter=meter), meter


PAGE = Page(status=403, name="error", values={})


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (Redirect(location="/", cookies=("a=b",)), "succeeded"),
        (PAGE, "denied"),
        (Page(status=500, name="error", values={}), "failed"),
    ],
)
def test_callbacks_are_counted_by_their_answers(
    monkeypatch: pytest.MonkeyPatch, answer: Any, result: str
) -> None:
    """
    A redirect with a session, a refusal, or an error.
    """
    login, meter = a_login(monkeypatch, answer)

    run(login.callback(None, None, None))

    assert meter.metrics.login.logins.values == {("idp", result): 1}


def test_a_callback_of_somebody_signed_in_is_no_login(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    Who comes back a second time is only sent on.
    """
    login, meter = a_login(monkeypatch, Redirect(location="/"))

    run(login.callback(None, None, None))

    assert meter.metrics.login.logins.values == {}


def test_starts_and_ends_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Logins that begin, and sign-outs.
    """
    login, meter = a_login(monkeypatch, Redirect(location="/"))

    run(login.start(None, None, None, overrides=False))
    run(login.sign_out(None, None, None, None))

    assert meter.metrics.login.logins.values == {("idp", "started"): 1}
    assert meter.metrics.login.sign_outs.values == {("idp",): 1}


@pytest.mark.parametrize(("right", "result"), [(True, "succeeded"), (False, "failed")])
def test_passwords_are_counted(right: bool, result: str) -> None:
    """
    By the way they came and whether they were right.
    """
    meter = a_meter()

    async def check(user: str, password: str) -> bool:
        return right

    answer: bool = run(metered_check(check, "form", meter)("user", "password"))  # type: ignore[arg-type]

    assert answer is right
    assert meter.metrics.login.passwords.values == {("form", result): 1}
