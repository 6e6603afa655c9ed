"""
What every place that keeps sessions can do.
"""

from typing import Protocol

from oauthproxy.ports import Lock
from oauthproxy.session.session import Session
from oauthproxy.wire.cookies import Cookies


class SessionStore(Protocol):
    """
    Keep the sessions of browsers.

    `host` is the host that the browser sees, port included: it decides the Domain of
    cookies. Whatever returns texts returns `Set-Cookie` values in sending order.
    """

    def key(self, cookies: Cookies) -> str | None:
        """
        Return the exact text that identifies the session of a request, or None when
        there is none. Equal texts mean equal outcomes of `load`, but for time.
        """

    def tag(self, cookies: Cookies) -> str | None:
        """
        Return the vault key whose change makes a loaded session stale, or None when
        no vault is involved.
        """

    async def load(self, cookies: Cookies) -> Session:
        """
        Return the session of a request; raise NoSession, SessionRefused or
        StoreUnavailable.
        """

    async def save(
        self, session: Session, cookies: Cookies, host: str, *, fresh: bool = False
    ) -> tuple[str, ...]:
        """
        Store a session. `fresh` is for a new login: whatever identified the browser
        before is forgotten, here and on the server. Raise StoreUnavailable.
        """

    async def clear(self, cookies: Cookies, host: str) -> tuple[str, ...]:
        """
        Forget the session of a request; raise StoreUnavailable.
        """

    def lock(self, cookies: Cookies) -> Lock | None:
        """
        Return the lock of a request's session, None where there is nothing to lock.
        """

    async def ping(self) -> None:
        """
        Return when the store works; raise StoreUnavailable.
        """
