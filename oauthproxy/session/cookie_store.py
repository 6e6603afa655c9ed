"""
Keep the whole session in the browser: encrypted, signed, in as many cookies as needed.

session → MessagePack → lz4 frame → AES-CFB → signed value → cookies. The signature is
made for the cookie's base name, also when the value is cut into parts `name_0`,
`name_1` … (`reference/sessions.md`, 7).
"""

import re
from collections.abc import Container, Iterator

from attrs import evolve

from oauthproxy.crypto.ciphers import IV_SIZE, cfb_decrypt, cfb_encrypt
from oauthproxy.errors import NoSession, SessionRefused
from oauthproxy.ports import Clock, Entropy, Lock, Log
from oauthproxy.session import codec, lz4frame
from oauthproxy.session.candidates import likeliest
from oauthproxy.session.secrets import CookieSecrets
from oauthproxy.session.session import Session
from oauthproxy.session.times import SECOND, with_creation
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.wire.cookies import LONGEST_NAME, Cookies, CookieWriter

LONGEST_LINE = 4000
"""The longest whole `Set-Cookie` value that browsers are sure to take."""


def part_name(name: str, index: int) -> str:
    """
    Return the name of a part; the base gives way where it would be too long.
    """
    suffix = f"_{index}"
    return name[: LONGEST_NAME - len(suffix)] + suffix


class CookieStore:
    """
    Keep sessions in cookies. With `minimal` the tokens are left out.
    """

    def __init__(
        self,
        options: CookieOptions,
        secret: CookieSecrets,
        clock: Clock,
        entropy: Entropy,
        log: Log,
        *,
        minimal: bool = False,
    ) -> None:
        self._name = options.cookie_name
        self._lifetime = options.cookie_expire
        self._ours = re.compile(re.escape(options.cookie_name) + r"(_[0-9]+)?")
        self._writer = CookieWriter(options, log.error)
        self._secret = secret
        self._clock = clock
        self._entropy = entropy
        self._log = log
        self._minimal = minimal

    def key(self, cookies: Cookies) -> str | None:
        """
        Return the cookie's value, or the joined values of its parts.
        """
        whole = self._whole(cookies)
        if whole is not None:
            return whole
        parts = self._parts(cookies)
        if len(parts) == 1:
            # A lone part is signed under another name than the same whole value.
            return f"{self._name}_0={parts[0]}"
        return "".join(parts) or None

    def tag(self, cookies: Cookies) -> None:
        """
        Return None: the cookie is all there is.
        """

    async def load(self, cookies: Cookies) -> Session:
        """
        Return the session in a request's cookies.
        """
        name, value = self._value(cookies)
        found = self._secret.verify(name, value, self._clock.now(), self._lifetime)
        return _open(found.key, found.payload)

    async def save(
        self,
        session: Session,
        cookies: Cookies,
        host: str,
        *,
        fresh: bool = False,  # noqa: ARG002 - a cookie is new every time
    ) -> tuple[str, ...]:
        """
        Return the cookies that hold the session, and the deletion of leftover ones.
        """
        session = with_creation(session, self._clock.now())
        frame = lz4frame.compress(codec.encode(self._stored(session)))
        key = self._secret.current.key
        payload = cfb_encrypt(key, frame, self._entropy(IV_SIZE))
        timestamp = (session.created_at or 0) // SECOND
        value = self._secret.sign(self._name, payload, timestamp)
        written = dict(self._cut(value, host))
        return (*written.values(), *self._deletions(cookies, host, written.keys()))

    async def clear(self, cookies: Cookies, host: str) -> tuple[str, ...]:
        """
        Return a deletion for each of our cookies that came with the request.
        """
        return tuple(self._deletions(cookies, host))

    def lock(self, cookies: Cookies) -> Lock | None:  # noqa: ARG002
        """
        Return None: no two processes share a cookie.
        """
        return None

    async def ping(self) -> None:
        """
        Return: there is nothing that could be down.
        """

    def _stored(self, session: Session) -> Session:
        if not self._minimal:
            return session
        return evolve(session, access_token="", id_token="", refresh_token="")

    def _whole(self, cookies: Cookies) -> str | None:
        return likeliest(
            cookies.all(self._name),
            lambda value: self._secret.verify(
                self._name, value, self._clock.now(), self._lifetime
            ),
        )

    def _parts(self, cookies: Cookies) -> list[str]:
        if cookies.first(part_name(self._name, 0)) is None:
            return []
        # One look at each cookie: a request may hold thousands that look like parts.
        first = dict(reversed(cookies.pairs))
        parts: list[str] = []
        while (part := first.get(part_name(self._name, len(parts)))) is not None:
            parts.append(part)
        return parts

    def _value(self, cookies: Cookies) -> tuple[str, str]:
        """
        Return the signed value of a request and the name it must be signed for.
        """
        whole = self._whole(cookies)
        if whole is not None:
            return self._name, whole
        parts = self._parts(cookies)
        if not parts:
            raise NoSession
        name = part_name(self._name, 0) if len(parts) == 1 else self._name
        return name, "".join(parts)

    def _cut(self, value: str, host: str) -> Iterator[tuple[str, str]]:
        """
        Yield names and `Set-Cookie` values: one that fits, or parts filled up.
        """
        line = self._writer.set(self._name, value, self._lifetime, host)
        if len(line) <= LONGEST_LINE:
            yield self._name, line
            return
        index = 0
        rest = value
        while rest:
            name = part_name(self._name, index)
            room = LONGEST_LINE - len(self._writer.set(name, "", self._lifetime, host))
            yield name, self._writer.set(name, rest[:room], self._lifetime, host)
            rest = rest[room:]
            index += 1
        self._log.error(
            "WARNING: Multiple cookies are required for this session as it exceeds the "
            f"4kb cookie limit ({len(value)} bytes in {index} cookies). Please use "
            "server side session storage (eg. Redis) instead."
        )

    def _deletions(
        self, cookies: Cookies, host: str, kept: Container[str] = ()
    ) -> Iterator[str]:
        for name, _ in cookies.pairs:
            if name not in kept and self._ours.fullmatch(name):
                yield self._writer.delete(name, host)


def _open(key: bytes, payload: bytes) -> Session:
    try:
        return codec.decode(lz4frame.decompress(cfb_decrypt(key, payload)))
    except ValueError as cause:
        raise SessionRefused(f"cookie refused: {cause}") from cause
