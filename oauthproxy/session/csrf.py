"""
The login's own cookie: it ties the answer of the identity provider to this browser.

Its value is a signed, AES-CFB encrypted MessagePack map (`reference/sessions.md`, 13).
"""

import re
from collections.abc import Iterable

from attrs import field, frozen

from oauthproxy.crypto.base64 import encode_raw_url
from oauthproxy.crypto.ciphers import IV_SIZE, cfb_decrypt, cfb_encrypt
from oauthproxy.crypto.nonce import hash_nonce
from oauthproxy.errors import SessionRefused
from oauthproxy.ports import Clock, Entropy
from oauthproxy.session.codec import read_binary, read_text
from oauthproxy.session.msgpack import MessagePackError, pack, unpack
from oauthproxy.session.secrets import CookieSecrets
from oauthproxy.session.times import SECOND
from oauthproxy.settings.groups.cookie import CookieOptions
from oauthproxy.wire.cookies import Cookies, CookieWriter

NONCE_BYTES = 32
VERIFIER_BYTES = 96
HASH_IN_NAME = 8
"""So many characters of the state's hash stand in a cookie name of one's own."""

USUAL_LIMIT = 10
"""So many logins under way a browser keeps beside a new one, if not told otherwise."""


@frozen
class CSRF:
    """
    What a login must remember until the provider answers.
    """

    state: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    code_verifier: str = field(default="", repr=False)

    @property
    def state_hash(self) -> str:
        """
        What the provider gets in the state parameter.
        """
        return hash_nonce(self.state)

    @property
    def nonce_hash(self) -> str:
        """
        What the provider gets as the OpenID Connect nonce.
        """
        return hash_nonce(self.nonce)

    def encode(self) -> bytes:
        """
        Return the stored form.
        """
        fields = {"s": self.state, "n": self.nonce, "cv": self.code_verifier}
        return pack({key: value for key, value in fields.items() if value})

    @classmethod
    def decode(cls, octets: bytes) -> "CSRF":
        """
        Read the stored form; raise MessagePackError (a ValueError).
        """
        stored = unpack(octets)
        if stored is None:
            stored = {}
        if not isinstance(stored, dict):
            raise MessagePackError("not a map")
        return cls(
            read_binary(stored.get("s")) or b"",
            read_binary(stored.get("n")) or b"",
            read_text(stored.get("cv")),
        )


def new_code_verifier(entropy: Entropy) -> str:
    """
    Return a PKCE verifier of 128 characters (RFC 7636, 4.1).
    """
    return encode_raw_url(entropy(VERIFIER_BYTES))


@frozen
class _Found:
    csrf: CSRF
    timestamp: int


class CSRFJar:
    """
    Make, find and remove the cookies of logins under way. `unlimited` is the
    reference's way: without a limit of the options they pile up.
    """

    def __init__(
        self,
        options: CookieOptions,
        secrets: CookieSecrets,
        writer: CookieWriter,
        clock: Clock,
        entropy: Entropy,
        *,
        unlimited: bool = False,
    ) -> None:
        self._options = options
        self._limit = options.cookie_csrf_per_request_limit
        if self._limit <= 0 and not unlimited:
            self._limit = USUAL_LIMIT
        self._ours = re.compile(rf"{re.escape(options.cookie_name)}_[\w-]{{8}}_csrf")
        self._same_site = options.cookie_csrf_samesite or options.cookie_samesite
        self._secrets = secrets
        self._writer = writer
        self._clock = clock
        self._entropy = entropy

    def create(self, code_verifier: str) -> CSRF:
        """
        Return what a new login must remember; no verifier is the empty text.
        """
        state = self._entropy(NONCE_BYTES)
        return CSRF(state, self._entropy(NONCE_BYTES), code_verifier)

    def name(self, state_nonce: str) -> str:
        """
        Return the name of the cookie that belongs to a state's hash.
        """
        base = self._options.cookie_name
        if not self._options.cookie_csrf_per_request or len(state_nonce) < HASH_IN_NAME:
            return f"{base}_csrf"
        return f"{base}_{state_nonce[:HASH_IN_NAME]}_csrf"

    def cookies(
        self, csrf: CSRF, request_cookies: Cookies, host: str
    ) -> tuple[str, ...]:
        """
        Return the `Set-Cookie` values that start a login: deletions of the oldest
        logins beyond the limit, then the new cookie.
        """
        deletions = (
            self._writer.delete(name, host, self._same_site)
            for name in self._surplus(request_cookies.pairs)
        )
        return (*deletions, self._cookie(csrf, host))

    def load(self, request_cookies: Cookies, state_nonce: str) -> CSRF | None:
        """
        Return what the login of this state remembers, or None.

        A browser can send several cookies of one name. One that belongs to the state
        is preferred; else the first readable one is returned, whose hash will differ.
        """
        name = self.name(state_nonce)
        found = [
            each.csrf
            for value in request_cookies.all(name)
            if (each := self._read(name, value)) is not None
        ]
        matching = (csrf for csrf in found if csrf.state_hash == state_nonce)
        return next(matching, found[0] if found else None)

    def clear(self, csrf: CSRF | str, host: str) -> str:
        """
        Return the `Set-Cookie` value that ends a login, given by its CSRF or by the
        hash of its state.
        """
        state_nonce = csrf if isinstance(csrf, str) else csrf.state_hash
        return self._writer.delete(self.name(state_nonce), host, self._same_site)

    def _cookie(self, csrf: CSRF, host: str) -> str:
        name = self.name(csrf.state_hash)
        key = self._secrets.current.key
        payload = cfb_encrypt(key, csrf.encode(), self._entropy(IV_SIZE))
        value = self._secrets.sign(name, payload, self._clock.now() // SECOND)
        lifetime = self._options.cookie_csrf_expire
        return self._writer.set(name, value, lifetime, host, self._same_site)

    def _read(self, name: str, value: str) -> _Found | None:
        lifetime = self._options.cookie_csrf_expire
        try:
            found = self._secrets.verify(name, value, self._clock.now(), lifetime)
            csrf = CSRF.decode(cfb_decrypt(found.key, found.payload))
        except (SessionRefused, ValueError):
            return None
        return _Found(csrf, found.timestamp)

    def _surplus(self, pairs: Iterable[tuple[str, str]]) -> list[str]:
        """
        Return the names of cookies beyond the limit: those in our form that cannot be
        read any more, and the oldest.
        """
        if not self._options.cookie_csrf_per_request or self._limit <= 0:
            return []
        start = f"{self._options.cookie_name}_"
        counted = [
            (name, value)
            for name, value in pairs
            if name.startswith(start) and name.endswith("_csrf")
        ]
        if len(counted) <= self._limit:
            return []
        found = [(name, self._read(name, value)) for name, value in counted]
        lost = [n for n, each in found if each is None and self._ours.fullmatch(n)]
        read = [each for _, each in found if each is not None]
        read.sort(key=lambda each: each.timestamp)
        oldest = read[: max(len(read) - self._limit, 0)]
        return [*lost, *(self.name(each.csrf.state_hash) for each in oldest)]
