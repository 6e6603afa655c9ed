"""
The public keys of an identity provider (RFC 7517).

Rule 1: a key that cannot be read, is weak, symmetric or not for signatures is left
out; the others stay usable.
Rule 2: keys are fetched when first needed and again when they are an hour old. A
token that none of them verifies may bring one renewal, shared by all that wait for
it; renewals are rationed, so that a flood of bad tokens is not a flood of calls.
Rule 3: a header never chooses where keys come from: `jku`, `x5u`, `jwk` and `x5c`
are not looked at.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from attrs import frozen
from cryptography.exceptions import UnsupportedAlgorithm
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK

from oauthproxy.errors import ProviderRefused, ProviderUnavailable, SettingsError
from oauthproxy.ports import Clock, Fetcher, FetchRequest, NewGate
from oauthproxy.providers import jsontext
from oauthproxy.providers.calls import ask_json
from oauthproxy.providers.flight import Flight
from oauthproxy.settings.kinds import HOUR, SECOND

KEYS_AGE = HOUR
RENEWALS_AT_ONCE = 5
RENEWAL_EVERY = 10 * SECOND
SMALLEST_RSA = 2048
MOST_KEYS = 100

_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
_PUBLIC = frozenset(("kty", "n", "e", "crv", "x", "y"))
_UNREADABLE = (JWException, ValueError, TypeError, KeyError, UnsupportedAlgorithm)


@frozen(kw_only=True)
class Key:
    """
    One public key; `id` is the empty text when it has none.
    """

    id: str
    type: str
    jwk: JWK


class KeySet(Protocol):
    """
    Where a verifier finds keys. Both methods raise ProviderUnavailable and
    ProviderRefused.
    """

    async def candidates(self, key_id: str, algorithm: str) -> Sequence[Key]:
        """
        Return the known keys that may have signed a token.
        """

    async def renew(self) -> bool:
        """
        Fetch the keys again; False when that cannot or may not be done now.
        """


class FixedKeys:
    """
    Keys from PEM files: all are tried, whatever the token says about its key. Raises
    SettingsError.
    """

    def __init__(self, pems: Iterable[bytes]) -> None:
        self._keys = tuple(map(_pem_key, pems))

    async def candidates(self, key_id: str, algorithm: str) -> Sequence[Key]:  # noqa: ARG002
        """
        Return all keys of the right type.
        """
        return [key for key in self._keys if fits(key, algorithm)]

    async def renew(self) -> bool:
        """
        Return False: files are read once.
        """
        return False


class RemoteKeys:
    """
    Keys behind a URL.
    """

    def __init__(
        self, url: str, fetcher: Fetcher, clock: Clock, new_gate: NewGate
    ) -> None:
        self._url = url
        self._fetcher = fetcher
        self._clock = clock
        self._flight: Flight[None] = Flight(new_gate)
        self._ration = _Ration(clock.now())
        self._keys: tuple[Key, ...] | None = None
        self._fetched_at = 0

    async def candidates(self, key_id: str, algorithm: str) -> Sequence[Key]:
        """
        Return the keys of that id, or all when the token names none.
        """
        keys = await self._current()
        return [
            key
            for key in keys
            if fits(key, algorithm) and (not key_id or key.id == key_id)
        ]

    async def renew(self) -> bool:
        """
        Fetch the keys again, within the ration.
        """
        if not self._flight.running and not self._ration.take(self._clock.now()):
            return False
        await self._flight.join(self._fetch)
        return True

    async def _current(self) -> tuple[Key, ...]:
        if self._keys is None:
            if not await self.renew():
                raise ProviderUnavailable(f"the keys at {self._url} are not known yet")
        elif self._clock.now() - self._fetched_at > KEYS_AGE:
            await self._renew_old()
        return self._keys or ()

    async def _renew_old(self) -> None:
        try:
            await self.renew()
        except (ProviderUnavailable, ProviderRefused):
            return

    async def _fetch(self) -> None:
        value = await ask_json(self._fetcher, FetchRequest(url=self._url))
        found = jsontext.member(value, "keys")
        if not isinstance(found, list):
            raise ProviderRefused(f"{self._url} holds no list of keys")
        readable = map(read_key, found[:MOST_KEYS])
        self._keys = tuple(key for key in readable if key is not None)
        self._fetched_at = self._clock.now()


class _Ration:
    """
    So many at once, one more as time goes by.
    """

    def __init__(self, now: int) -> None:
        self._left = RENEWALS_AT_ONCE
        self._since = now

    def take(self, now: int) -> bool:
        gained = (now - self._since) // RENEWAL_EVERY
        if gained > 0:
            self._left = min(RENEWALS_AT_ONCE, self._left + gained)
            self._since += gained * RENEWAL_EVERY
        if self._left <= 0:
            return False
        self._left -= 1
        return True


def fits(key: Key, algorithm: str) -> bool:
    """
    Return whether a key is of the type that an algorithm works with.
    """
    return _TYPES.get(algorithm[:2]) == key.type


def read_key(value: Any) -> Key | None:
    """
    Return the usable public key in a member of a key set, or None.
    """
    if not isinstance(value, Mapping) or value.get("use", "sig") != "sig":
        return None
    try:
        jwk = JWK(**{name: value[name] for name in _PUBLIC & value.keys()})
        return _usable(jwk, jsontext.as_text(value.get("kid", "")))
    except _UNREADABLE:
        return None


def _usable(jwk: JWK, key_id: str) -> Key | None:
    key_type = str(jwk["kty"])
    if key_type not in _TYPES.values():
        return None
    public = jwk.get_op_key("verify")
    if key_type == "RSA":
        numbers = public.public_numbers()
        if numbers.n.bit_length() < SMALLEST_RSA or numbers.e < 3 or numbers.e % 2 == 0:
            return None
    return Key(id=key_id, type=key_type, jwk=jwk)


def _pem_key(pem: bytes) -> Key:
    try:
        jwk = JWK.from_pem(pem)
        key = None if jwk.has_private else _usable(jwk, "")
    except _UNREADABLE as error:
        raise SettingsError(["oidc_public_key_files: not a PEM public key"]) from error
    if key is None:
        raise SettingsError(["oidc_public_key_files: no public key for signatures"])
    return key
