"""
Renew one session at the identity provider, alone among all processes.

Rule 1: the lock's lease is renewed while the provider thinks. Who gets the lock later
reads the session again and finds it renewed.
Rule 2: new tokens are never lost: what could not be saved is saved as soon as the store
is back, and before this process asks the provider again. Another process that comes
first, and is refused with the old token, waits for that.
Rule 3: an outage (store, provider, lock) changes nothing. Only a refusal or an expiry
ends a session.
"""

from typing import Protocol

from attrs import evolve, field, frozen

from oauthproxy.errors import (
    ProxyError,
    RefreshRefused,
    SessionRefused,
    StoreUnavailable,
)
from oauthproxy.ports import Background, Clock, Lock, Log
from oauthproxy.session.recent import Recent
from oauthproxy.session.session import Session
from oauthproxy.session.store import SessionStore
from oauthproxy.session.times import SECOND, Times, age, expired
from oauthproxy.wire.cookies import Cookies

MILLISECOND = 1_000_000

LOCK_LIFETIME = 2 * SECOND
LOCK_LEASE = 600 * MILLISECOND
"""How often the lifetime of a held lock is started again."""
LOCK_PATIENCE = 10 * SECOND
FIRST_PAUSE = 10 * MILLISECOND
LONGEST_PAUSE = 100 * MILLISECOND

SAVE_PAUSE = 250 * MILLISECOND
"""How long at most between two attempts to save new tokens."""
LOOKS = 10
"""How often, a LONGEST_PAUSE apart, a refused session is looked at again."""

UNSAVED_ENTRIES = 1000
UNSAVED_LIFETIME = 3600 * SECOND


class Renewer(Protocol):
    """
    Ask the identity provider; both raise ProxyError when it does not answer well.
    """

    async def refresh(self, session: Session) -> Session | None:
        """
        Return the session with new tokens, None when there is nothing to refresh it
        with; raise RefreshRefused when the provider has ended it.
        """

    async def validate(self, session: Session) -> bool:
        """
        Tell whether the provider still stands by the session.
        """


@frozen
class Renewed:
    """
    What became of a session that was due: `session` is None when it has ended.
    `set_cookies` are `Set-Cookie` values, `reason` is for the log.
    """

    session: Session | None
    set_cookies: tuple[str, ...] = field(default=(), repr=False)
    reason: str = ""


@frozen
class Unchanged:
    """
    Nobody could be asked, because of `error`.
    """

    error: ProxyError


Outcome = Renewed | Unchanged


class Renewal:
    """
    Renew sessions, one call each.
    """

    def __init__(
        self,
        store: SessionStore,
        renewer: Renewer,
        clock: Clock,
        times: Times,
        log: Log,
        background: Background,
    ) -> None:
        self._store = store
        self._renewer = renewer
        self._clock = clock
        self._times = times
        self._log = log
        self._background = background
        self._unsaved: Recent[str, Session] = Recent(UNSAVED_ENTRIES)

    async def attempt(self, session: Session, cookies: Cookies, host: str) -> Outcome:
        """
        Renew a session that is due, as `cookies` gave it.
        """
        lock = self._store.lock(cookies)
        try:
            if lock is None:
                return await self._renew(session, cookies, host)
            if not await self._obtain(lock):
                return Unchanged(StoreUnavailable("the session stayed locked"))
            return await self._renew_locked(lock, cookies, host)
        except RefreshRefused as refusal:
            return await self._refused(refusal, cookies, host)
        except SessionRefused as refusal:
            return await self._end(cookies, host, f"it is gone: {refusal}")
        except ProxyError as error:
            self._log.error(f"Unable to refresh session: {error.detail}")
            return Unchanged(error)

    async def _obtain(self, lock: Lock) -> bool:
        deadline = self._clock.now() + LOCK_PATIENCE
        pause = FIRST_PAUSE
        while not await lock.obtain(LOCK_LIFETIME):
            if self._clock.now() > deadline:
                return False
            await self._clock.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        return True

    async def _renew_locked(self, lock: Lock, cookies: Cookies, host: str) -> Outcome:
        stop = self._background(self._lease(lock))
        try:
            session = await self._store.load(cookies)
            if not self._times.due(session, self._clock.now()):
                return Renewed(session, reason="another process renewed it")
            return await self._renew(session, cookies, host)
        finally:
            stop()
            await self._release(lock)

    async def _lease(self, lock: Lock) -> None:
        """
        Keep a lock until this coroutine is ended or the lock is lost.
        """
        kept = True
        while kept:
            await self._clock.sleep(LOCK_LEASE)
            try:
                kept = await lock.extend(LOCK_LIFETIME)
            except StoreUnavailable:
                # It may be back before the lock has run out.
                continue

    async def _release(self, lock: Lock) -> None:
        try:
            await lock.release()
        except StoreUnavailable as error:
            self._log.error(f"A session lock is left to run out: {error.detail}")

    async def _renew(self, session: Session, cookies: Cookies, host: str) -> Outcome:
        tag = self._store.tag(cookies)
        renewed = None if tag is None else self._unsaved.get(tag, self._clock.now())
        if renewed is None:
            renewed = await self._refresh(session)
        if renewed is None:
            return await self._judge(Renewed(session), cookies, host)
        if expired(renewed, self._clock.now()):
            return await self._end(cookies, host, "it has expired")
        saved = await self._save(renewed, cookies, host)
        return await self._judge(saved, cookies, host)

    async def _refresh(self, session: Session) -> Session | None:
        now = self._clock.now()
        self._log.info(
            f"Refreshing session - User: {session.user}; "
            f"SessionAge: {age(session, now) // SECOND}s"
        )
        renewed = await self._renewer.refresh(session)
        if renewed is None:
            return None
        return evolve(renewed, created_at=self._clock.now(), refreshed=True)

    async def _save(self, session: Session, cookies: Cookies, host: str) -> Renewed:
        """
        Save new tokens, or keep them for the next attempt.
        """
        tag = self._store.tag(cookies)
        try:
            if tag is not None:
                # Nobody signed out while the provider was thinking?
                await self._store.load(cookies)
            lines = await self._store.save(session, cookies, host)
        except StoreUnavailable as error:
            if tag is not None:
                until = self._clock.now() + UNSAVED_LIFETIME
                self._unsaved.put(tag, session, until)
                self._background(self._save_later(tag, session, cookies, host))
            self._log.error(f"A refreshed session is not saved yet: {error.detail}")
            return Renewed(session, reason="refreshed, not saved yet")
        if tag is not None:
            self._unsaved.drop(tag)
        return Renewed(session, lines, "refreshed")

    async def _save_later(
        self, tag: str, session: Session, cookies: Cookies, host: str
    ) -> None:
        """
        Save new tokens as soon as the store is back, unless somebody has done so or has
        signed out.
        """
        pause = FIRST_PAUSE
        while self._unsaved.get(tag, self._clock.now()) is session:
            await self._clock.sleep(pause)
            pause = min(2 * pause, SAVE_PAUSE)
            try:
                stored = await self._store.load(cookies)
                if (stored.created_at or 0) < (session.created_at or 0):
                    await self._store.save(session, cookies, host)
            except StoreUnavailable:
                continue
            except SessionRefused:
                self._log.info("A refreshed session is not saved: it has ended")
            self._unsaved.drop(tag)

    async def _refused(
        self, refusal: RefreshRefused, cookies: Cookies, host: str
    ) -> Outcome:
        """
        End a session whose refresh token is good no more, unless another process has
        used it and saves late what it got, because the store was down.
        """
        looks = 0 if self._store.tag(cookies) is None else LOOKS
        for _ in range(looks):
            await self._clock.sleep(LONGEST_PAUSE)
            try:
                session = await self._store.load(cookies)
            except StoreUnavailable:
                continue
            except SessionRefused:
                break
            if not self._times.due(session, self._clock.now()):
                return Renewed(session, reason="another process renewed it")
        return await self._end(cookies, host, f"refresh refused: {refusal.detail}")

    async def _judge(self, outcome: Renewed, cookies: Cookies, host: str) -> Outcome:
        """
        Ask whether a session still holds, and end one that does not.
        """
        session = outcome.session
        assert session is not None
        if expired(session, self._clock.now()):
            return await self._end(cookies, host, "it has expired")
        try:
            valid = await self._renewer.validate(session)
        except ProxyError as error:
            self._log.error(f"Unable to validate session: {error.detail}")
            return outcome if session.refreshed else Unchanged(error)
        if not valid:
            return await self._end(cookies, host, "the provider does not validate it")
        return outcome

    async def _end(self, cookies: Cookies, host: str, reason: str) -> Renewed:
        self._log.error(f"Removing session: {reason}")
        try:
            lines = await self._store.clear(cookies, host)
        except StoreUnavailable as error:
            self._log.error(f"The session stays in the store: {error.detail}")
            lines = ()
        return Renewed(None, lines, reason)
