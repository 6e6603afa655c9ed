"""
The cookie secret in use, and those in use before it.
"""

from collections.abc import Sequence

from attrs import field, frozen

from oauthproxy.crypto.cookie_secret import cookie_key, seed_bytes, usable
from oauthproxy.crypto.signed_value import SignedValueError, sign, verify
from oauthproxy.errors import SessionRefused
from oauthproxy.settings.files import ReadFile
from oauthproxy.settings.groups.cookie import CookieOptions


@frozen
class SecretKeys:
    """
    What one secret becomes: `seed` keys signatures, `key` is for AES.
    """

    seed: bytes = field(repr=False)
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: str) -> "SecretKeys":
        """
        Return the keys of a configured secret; raise ValueError when its length is of
        no use.
        """
        key = cookie_key(secret)
        if not usable(key):
            raise ValueError(
                "cookie_secret must be 16, 24, or 32 bytes to create an AES cipher, "
                f"but is {len(key)} bytes"
            )
        return cls(seed_bytes(secret), key)


@frozen
class Verified:
    """
    A signed value of ours: what was signed, when (Unix seconds), and the AES key that
    belongs to the secret it was signed with.
    """

    payload: bytes = field(repr=False)
    timestamp: int
    key: bytes = field(repr=False)


@frozen
class CookieSecrets:
    """
    `current` is written and read, `previous` ones are only read.
    """

    current: SecretKeys
    previous: tuple[SecretKeys, ...] = ()

    def sign(self, name: str, payload: bytes, timestamp: int) -> str:
        """
        Return the signed value of `payload`, with the current secret.
        """
        return sign(self.current.seed, name, payload, timestamp)

    def verify(self, name: str, value: str, now: int, lifetime: int) -> Verified:
        """
        Return what a value signed with any of the secrets holds; raise SessionRefused.
        """
        reason = ""
        for keys in (self.current, *self.previous):
            try:
                signed = verify(keys.seed, name, value, now, lifetime)
            except SignedValueError as refusal:
                reason = reason or str(refusal)
            else:
                return Verified(signed.payload, signed.timestamp, keys.key)
        raise SessionRefused(f"cookie refused: {reason}")

    @classmethod
    def of(cls, secret: str, previous: Sequence[str] = ()) -> "CookieSecrets":
        """
        Return the keys of configured secrets; raises ValueError.
        """
        return cls(SecretKeys.of(secret), tuple(map(SecretKeys.of, previous)))

    @classmethod
    def from_options(
        cls, options: CookieOptions, previous: Sequence[str], read: ReadFile
    ) -> "CookieSecrets":
        """
        Return the secrets that are configured, from a file when no text is given.

        The whole content of the file counts, a final newline included. Raises
        ValueError for a secret of the wrong length, OSError for the file.
        """
        secret = options.cookie_secret.reveal()
        if not secret and options.cookie_secret_file:
            content = read(options.cookie_secret_file)
            secret = content.decode("utf-8", "surrogateescape")
        return cls.of(secret, previous)
