"""
Who sent a request.
"""

from collections.abc import Callable

import pytest
from attrs import define, field, frozen

from oauthproxy.access.identify import (
    FORBIDDEN,
    NOBODY,
    Basic,
    Bearer,
    Identified,
    Identifier,
)
from oauthproxy.errors import (
    NoSession,
    ProviderRefused,
    ProviderUnavailable,
    SessionRefused,
    StoreUnavailable,
)
from oauthproxy.ports import Lock
from oauthproxy.session.session import Session
from oauthproxy.wire.cookies import Cookies
from tests.unit.driver import RecordingLog, run
from tests.unit.requests import a_request

KIM = Session(user="kim", email="kim@example.test")
LEE = Session(user="lee")
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln"
WITH_TOKEN = ("Authorization", f"Bearer {JWT}")
WITH_PASSWORD = ("Authorization", "Basic a2ltOnB3")


@define
class FakeStore:
    """
    A store that has one session, or fails.
    """

    outcome: Session | Exception = field(factory=NoSession)
    cleared: list[str] = field(factory=list)

    def key(self, cookies: Cookies) -> str | None:
        raise NotImplementedError

    def tag(self, cookies: Cookies) -> str | None:
        raise NotImplementedError

    async def load(self, cookies: Cookies) -> Session:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    async def save(
        self, session: Session, cookies: Cookies, host: str, *, fresh: bool = False
    ) -> tuple[str, ...]:
        raise NotImplementedError

    async def clear(self, cookies: Cookies, host: str) -> tuple[str, ...]:
        self.cleared.append(host)
        return ("s=; Max-Age=0",)

    def lock(self, cookies: Cookies) -> Lock | None:
        return None

    async def ping(self) -> None:
        raise NotImplementedError


@frozen
class FakeRenewal:
    session: Session | None
    set_cookies: tuple[str, ...] = ()


@define
class FakeRefresher:
    renewal: FakeRenewal | None = None

    def due(self, session: Session) -> bool:
        return self.renewal is not None

    async def renew(self, session: Session, cookies: Cookies, host: str) -> FakeRenewal:
        assert self.renewal is not None
        return self.renewal


@frozen
class FakeVerifier:
    outcome: Session | Exception

    async def session_from_token(self, token: str) -> Session:
        assert token == JWT
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


async def check(user: str, password: str) -> bool:
    return (user, password) == ("kim", "pw")


@define
class Desk:
    """
    An identifier and what it was made of.
    """

    store: FakeStore = field(factory=FakeStore)
    refresher: FakeRefresher = field(factory=FakeRefresher)
    log: RecordingLog = field(factory=RecordingLog)
    bearer: Callable[[RecordingLog], Bearer] | None = None
    basic: bool = False

    def identify(self, *fields: tuple[str, str]) -> Identified:
        identifier = Identifier(
            store=self.store,
            refresher=self.refresher,
            log=self.log,
            bearer=self.bearer(self.log) if self.bearer else None,
            basic=Basic(check, self.log, ("staff",)) if self.basic else None,
        )
        return run(identifier.identify(a_request("/", *fields), Cookies()))


def bearer(
    *outcomes: Session | Exception, fallback: bool = True
) -> Callable[[RecordingLog], Bearer]:
    verifiers = tuple(map(FakeVerifier, outcomes))
    return lambda log: Bearer(verifiers, log, fallback)


def test_nobody_without_a_cookie() -> None:
    """Without a session cookie nobody is known, and nothing is cleared."""
    desk = Desk()

    assert desk.identify() is NOBODY
    assert desk.store.cleared == []


def test_stored_session() -> None:
    """A session that the store has is that of the request."""
    assert Desk(FakeStore(KIM)).identify() == Identified(KIM, stored=True)


def test_session_that_cannot_be_used_is_cleared() -> None:
    """A refused cookie is deleted and named in the log; the request goes on."""
    desk = Desk(FakeStore(SessionRefused("bad signature")))

    identified = desk.identify()

    assert identified == Identified(set_cookies=("s=; Max-Age=0",))
    assert desk.store.cleared == ["app.test"]
    assert "bad signature" in desk.log.lines[0][1]


def test_store_that_is_down_signs_nobody_out() -> None:
    """A store that does not answer is an error for the user, not a sign-out."""
    desk = Desk(FakeStore(StoreUnavailable()))

    with pytest.raises(StoreUnavailable):
        desk.identify()

    assert desk.store.cleared == []


@pytest.mark.parametrize("session", [LEE, None])
def test_session_that_is_due_is_renewed(session: Session | None) -> None:
    """What the refresher makes of a session, and its cookies, is what counts."""
    renewal = FakeRenewal(session, ("s=new",))
    desk = Desk(FakeStore(KIM), FakeRefresher(renewal))

    identified = desk.identify()

    assert identified == Identified(session, ("s=new",), stored=session is not None)


def test_first_verifier_that_knows_a_token_is_believed() -> None:
    """Verifiers are asked in order, and one that fails does not stop the next."""
    desk = Desk(bearer=bearer(ProviderUnavailable(), ProviderRefused(), KIM, LEE))

    assert desk.identify(WITH_TOKEN) == Identified(KIM)


def test_token_comes_before_the_cookie() -> None:
    """A bearer token that is good is believed before any stored session."""
    desk = Desk(FakeStore(LEE), bearer=bearer(KIM))

    assert desk.identify(WITH_TOKEN).session is KIM


@pytest.mark.parametrize("authorization", [WITH_TOKEN, WITH_PASSWORD])
def test_bad_token_falls_back(authorization: tuple[str, str]) -> None:
    """A token that nobody knows is nothing, when that is how it is configured (A27)."""
    desk = Desk(FakeStore(LEE), bearer=bearer(ProviderRefused("no")))

    assert desk.identify(authorization).session is LEE


@pytest.mark.parametrize("authorization", [WITH_TOKEN, WITH_PASSWORD])
def test_bad_token_is_the_end_without_fallback(authorization: tuple[str, str]) -> None:
    """Without fallback what is no good token is answered 403 at once (A27)."""
    desk = Desk(FakeStore(LEE), bearer=bearer(ProviderRefused("no"), fallback=False))

    assert desk.identify(authorization) == Identified(refused=FORBIDDEN)


def test_token_is_not_logged() -> None:
    """The log line about a refused token does not hold the token."""
    desk = Desk(bearer=bearer(ProviderRefused("expired")))

    desk.identify(WITH_TOKEN)

    assert JWT not in desk.log.lines[0][1]


def test_right_password() -> None:
    """Right Basic credentials make a session with the configured groups."""
    desk = Desk(basic=True)

    identified = desk.identify(WITH_PASSWORD)

    assert identified == Identified(Session(user="kim", groups=("staff",)))
    assert desk.log.lines[0][1].startswith("AuthSuccess kim")


def test_wrong_password_leaves_the_cookie() -> None:
    """Wrong Basic credentials are logged, and the stored session is asked for."""
    desk = Desk(FakeStore(LEE), basic=True)

    identified = desk.identify(("Authorization", "Basic a2ltOnB4"))

    assert identified.session is LEE
    assert desk.log.lines[0][1].startswith("AuthFailure kim")


def test_email_can_be_the_user_name() -> None:
    """Where e-mail is preferred, the user name of Basic credentials is one."""
    basic = Basic(check, RecordingLog(), prefer_email=True)

    session = run(basic.identify(a_request(), WITH_PASSWORD[1]))

    assert session is not None
    assert session.email == "kim"
