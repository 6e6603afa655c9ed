"""
Users and passwords from an htpasswd file.

Only `{SHA}` and bcrypt entries are known. As in the reference, an entry of another
kind is overlooked unless it is the last one, which then refuses the file.
"""

import base64
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping

import bcrypt
from attrs import field, frozen

from oauthproxy.access.records import RecordError, read_records
from oauthproxy.crypto.base64 import Base64Error, decode_std
from oauthproxy.ports import Entropy

BCRYPT_LONGEST = 72
"""bcrypt looks at so many bytes of a password."""

REMEMBERED = 1000

_SHA = "{SHA}"
_BCRYPT = ("$2a$", "$2b$", "$2x$", "$2y$")
_SHORTEST = 6
_DIGEST = 28


class HtpasswdError(ValueError):
    """
    An htpasswd file cannot be used.
    """


@frozen
class Credentials:
    """
    A user's name and password.
    """

    user: str
    password: str = field(repr=False)


def read_basic(authorization: str) -> Credentials | None:
    """
    Return the credentials of an `Authorization` value, or None when it has none.

    The scheme is exactly `Basic` and one space, what follows padded standard base64;
    the first colon ends the user's name (RFC 7617, 2, but for the scheme's case).
    """
    scheme, _, encoded = authorization.partition(" ")
    if scheme != "Basic":
        return None
    try:
        text = decode_std(encoded).decode("utf-8", "surrogateescape")
    except Base64Error:
        return None
    user, colon, password = text.partition(":")
    return Credentials(user, password) if colon else None


class Htpasswd:
    """
    The users of one reading of the file.

    Passwords that were right once are remembered by a keyed hash, because bcrypt is
    slow on purpose and browsers send their credentials with every request. Users who
    are not in the file are refused as slowly as those who are, lest the time tell who
    is. Threads may check at the same time.
    """

    def __init__(self, entries: Mapping[str, str], entropy: Entropy) -> None:
        self._checks = {user: _check(entry) for user, entry in entries.items()}
        self._key = entropy(32)
        slow = (each for each in entries.values() if each.startswith(_BCRYPT))
        self._decoy = _check(next(slow, f"{_SHA}{'A' * _DIGEST}"))
        self._right: OrderedDict[bytes, None] = OrderedDict()

    @classmethod
    def parse(cls, content: bytes, entropy: Entropy) -> "Htpasswd":
        """
        Read the content of a file; raise HtpasswdError.
        """
        text = content.decode("utf-8", "surrogateescape")
        try:
            records = read_records(text, ":")
        except RecordError as cause:
            raise HtpasswdError(str(cause)) from cause
        return cls(_entries(records), entropy)

    def __len__(self) -> int:
        return len(self._checks)

    def check(self, user: str, password: str) -> bool:
        """
        Tell whether this is the password of this user.
        """
        octets = password.encode("utf-8", "surrogateescape")
        check = self._checks.get(user)
        if check is None:
            self._decoy(octets)
            return False
        mark = self._mark(user, octets)
        if mark in self._right:
            return True
        right = check(octets)
        if right:
            self._remember(mark)
        return right

    def _mark(self, user: str, password: bytes) -> bytes:
        name = user.encode("utf-8", "surrogateescape")
        message = len(name).to_bytes(4) + name + password
        return hmac.digest(self._key, message, "sha256")

    def _remember(self, mark: bytes) -> None:
        if len(self._right) >= REMEMBERED:
            self._right.popitem(last=False)
        self._right[mark] = None


def _entries(records: list[list[str]]) -> dict[str, str]:
    if not records:
        raise HtpasswdError("no users")
    if len(records[0]) != 2:
        raise HtpasswdError("every line must be USER:HASH")
    if not _known(records[-1][1]):
        raise HtpasswdError(
            f"the password of {records[-1][0]!r} is neither {{SHA}} nor bcrypt"
        )
    return {user: entry for user, entry in records if _known(entry)}


def _known(entry: str) -> bool:
    if entry.startswith(_SHA):
        return len(entry) > _SHORTEST
    return entry.startswith(_BCRYPT) and len(entry) >= _SHORTEST


def _check(entry: str) -> Callable[[bytes], bool]:
    if entry.startswith(_SHA):
        return _sha1_check(entry.removeprefix(_SHA).encode("utf-8", "surrogateescape"))
    return _bcrypt_check(entry.encode("utf-8", "surrogateescape"))


def _sha1_check(expected: bytes) -> Callable[[bytes], bool]:
    def check(password: bytes) -> bool:
        digest = hashlib.sha1(password, usedforsecurity=False).digest()
        return hmac.compare_digest(base64.b64encode(digest), expected)

    return check


def _bcrypt_check(hashed: bytes) -> Callable[[bytes], bool]:
    def check(password: bytes) -> bool:
        try:
            return bcrypt.checkpw(password[:BCRYPT_LONGEST], hashed)
        except ValueError:
            # The entry only looks like bcrypt.
            return False

    return check
