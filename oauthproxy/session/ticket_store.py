"""
Keep sessions in a vault, and a ticket to each in its browser's cookie.

What is stored is AES-GCM over MessagePack under the ticket's own secret: who can read
the vault cannot read a session (`reference/sessions.md`, 8).
"""

from oauthproxy.crypto.ciphers import (
    NONCE_SIZE,
    CipherError,
    gcm_decrypt,
    gcm_encrypt,
)
from oauthproxy.errors import (
    LoginNotStored,
    NoSession,
    SessionRefused,
    StoreUnavailable,
)
from oauthproxy.ports import Clock, Entropy, Index, Lock, Vault
from oauthproxy.session import codec
from oauthproxy.session.candidates import likeliest
from oauthproxy.session.labels import labels
from oauthproxy.session.secrets import CookieSecrets
from oauthproxy.session.session import Session
from oauthproxy.session.ticket import Ticket
from oauthproxy.session.times import SECOND, with_creation
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.wire.cookies import Cookies, CookieWriter


class TicketStore:
    """
    Keep sessions on a server. With an `index` they are found by their labels too.
    """

    def __init__(
        self,
        vault: Vault,
        options: CookieOptions,
        secret: CookieSecrets,
        clock: Clock,
        entropy: Entropy,
        *,
        writer: CookieWriter | None = None,
        index: Index | None = None,
    ) -> None:
        self._vault = vault
        self._name = options.cookie_name
        self._lifetime = options.cookie_expire
        self._writer = writer or CookieWriter(options)
        self._index = index
        self._secret = secret
        self._clock = clock
        self._entropy = entropy

    def key(self, cookies: Cookies) -> str | None:
        """
        Return the value of the ticket's cookie.
        """
        return likeliest(cookies.all(self._name), self._read)

    def tag(self, cookies: Cookies) -> str | None:
        """
        Return the id of the request's ticket, None when there is no valid one.
        """
        try:
            return self._ticket(cookies).id
        except SessionRefused:
            return None

    async def load(self, cookies: Cookies) -> Session:
        """
        Return the session that a request's ticket opens.
        """
        ticket = self._ticket(cookies)
        stored = await self._vault.get(ticket.id)
        if stored is None:
            raise SessionRefused("the session is not in the store")
        try:
            return codec.decode(gcm_decrypt(ticket.secret, stored))
        except ValueError as cause:
            raise SessionRefused(f"stored session refused: {cause}") from cause

    async def save(
        self, session: Session, cookies: Cookies, host: str, *, fresh: bool = False
    ) -> tuple[str, ...]:
        """
        Store a session under the request's ticket, or under a new one when there is
        none or `fresh` is given; the session behind the old one is then deleted. Raise
        LoginNotStored when a fresh one cannot be stored.
        """
        try:
            return await self._save(session, cookies, host, fresh=fresh)
        except StoreUnavailable as error:
            if not fresh:
                raise
            raise LoginNotStored(error.detail) from error

    async def _save(
        self, session: Session, cookies: Cookies, host: str, *, fresh: bool
    ) -> tuple[str, ...]:
        session = with_creation(session, self._clock.now())
        ticket = await self._ticket_for_writing(cookies, fresh=fresh)
        try:
            stored = gcm_encrypt(
                ticket.secret, codec.encode(session), self._entropy(NONCE_SIZE)
            )
        except CipherError as cause:
            raise SessionRefused(f"ticket refused: {cause}") from cause
        await self._vault.set(ticket.id, stored, self._lifetime)
        await self._label(ticket, session)
        return (self._cookie(ticket, (session.created_at or 0) // SECOND, host),)

    async def clear(self, cookies: Cookies, host: str) -> tuple[str, ...]:
        """
        Delete the session behind a request's ticket, if any, and always the cookie.
        """
        await self._forget(cookies)
        return (self._writer.delete(self._name, host),)

    async def end(self, label: str) -> int:
        """
        Delete all sessions with a label (see `session.labels`), and return how many;
        raise StoreUnavailable.
        """
        found = () if self._index is None else await self._index.find(label)
        for key in found:
            await self._vault.delete(key)
        return len(found)

    def lock(self, cookies: Cookies) -> Lock | None:
        """
        Return the lock of the request's ticket, None when there is no valid one.
        """
        tag = self.tag(cookies)
        return None if tag is None else self._vault.lock(tag)

    async def ping(self) -> None:
        """
        Return when the vault answers.
        """
        await self._vault.ping()

    def _ticket(self, cookies: Cookies) -> Ticket:
        value = self.key(cookies)
        if value is None:
            raise NoSession
        return self._read(value)

    def _read(self, value: str) -> Ticket:
        found = self._secret.verify(
            self._name, value, self._clock.now(), self._lifetime
        )
        return Ticket.decode(found.payload.decode("utf-8", "surrogateescape"))

    async def _ticket_for_writing(self, cookies: Cookies, *, fresh: bool) -> Ticket:
        if fresh:
            await self._forget(cookies)
        else:
            try:
                return self._ticket(cookies)
            except SessionRefused:
                pass
        return Ticket.new(self._name, self._entropy)

    async def _forget(self, cookies: Cookies) -> None:
        tag = self.tag(cookies)
        if tag is not None:
            await self._vault.delete(tag)

    async def _label(self, ticket: Ticket, session: Session) -> None:
        if self._index is None:
            return
        try:
            for label in labels(session):
                await self._index.add(label, ticket.id, self._lifetime)
        except StoreUnavailable:
            # The session itself is stored; no login fails for its index.
            return

    def _cookie(self, ticket: Ticket, timestamp: int, host: str) -> str:
        value = self._secret.sign(self._name, ticket.encode().encode(), timestamp)
        return self._writer.set(self._name, value, self._lifetime, host)
