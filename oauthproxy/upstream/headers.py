"""
Say who is signed in: fields that go to the upstream and into responses.

Rule 1: what we say about a user, a client cannot say: its fields of these names go no
further, in any case and with any other sign for `-`, because CGI, PHP and others read
them as one. That holds without a session too.
Rule 2: a value is what a header line can hold: control characters become blanks.
Rule 3: a list becomes one line joined by commas; a comma inside of an element is
percent-encoded, so that no element can pass for two.
Rule 4: a value that no upstream could take, or that would say something else than
meant, is not sent at all.
"""

import base64
import re
from collections.abc import Callable, Iterable, Iterator

from attrs import frozen

from oauthproxy.session.claims import claim_values
from oauthproxy.session.session import Session
from oauthproxy.settings.model import (
    ClaimSource,
    HeaderSettings,
    SecretSource,
)
from oauthproxy.upstream.hop import HOP_BY_HOP, flattened
from oauthproxy.wire.fields import Pair, field_bytes

Pairs = tuple[Pair, ...]

MOST_VALUE_BYTES = 1 << 16
IDENTITY_FIELDS = frozenset(
    {
        "gap-auth",
        "gap-signature",
        "x-auth-request-access-token",
        "x-auth-request-email",
        "x-auth-request-groups",
        "x-auth-request-preferred-username",
        "x-auth-request-user",
        "x-forwarded-access-token",
        "x-forwarded-email",
        "x-forwarded-groups",
        "x-forwarded-preferred-username",
        "x-forwarded-user",
    }
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FOLDED = bytes(
    ord(chr(b).lower()) if chr(b).isascii() and chr(b).isalnum() else 0x2D
    for b in range(256)
)
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_LONE = re.compile("[\ud800-\udbff]|[\udc00-\udc7f\udd00-\udfff]")
_NOT_OURS = HOP_BY_HOP | {b"connection", b"te", b"host", b"content-length"}
_LISTS = ("groups",)


def normalised(name: bytes) -> bytes:
    """
    Return a field name as CGI-like interfaces see it, with dashes: some of them turn
    every sign that is no letter or digit into the same one.
    """
    return name.translate(_FOLDED)


def canonical(name: str) -> str:
    """
    Return a field name with each part capitalised, as Go writes it; raises ValueError
    when it is none.
    """
    if not _TOKEN.fullmatch(name):
        raise ValueError(f'"{name}" is not the name of a header field')
    return "-".join(part.capitalize() for part in name.split("-"))


@frozen
class Stripped:
    """
    The lower-case field names that a client may not set: `exact` as they are, the
    others in every spelling that is normalised to them.
    """

    every_spelling: frozenset[bytes] = frozenset()
    exact: frozenset[bytes] = frozenset()

    def __call__(self, lowered: bytes) -> bool:
        return lowered in self.exact or normalised(lowered) in self.every_spelling


@frozen(kw_only=True)
class Indulgence:
    """
    What is let pass as by the reference: a client's `identity_fields` that are not
    injected, `upstream_fields` beside ours of the same name, commas in elements of
    lists, and Basic credentials with a colon in the user's name.
    """

    identity_fields: bool = False
    upstream_fields: bool = False
    raw_commas: bool = False
    colons_in_users: bool = False


STRICT = Indulgence()


@frozen
class _Secret:
    value: bytes

    def values(self, _: Session | None) -> Iterator[bytes]:
        yield self.value


@frozen
class _Claim:
    """
    A value from the session: Basic credentials when there is a password, else the
    claim with its prefix.
    """

    source: ClaimSource
    password: str | None
    indulgence: Indulgence

    def values(self, session: Session | None) -> Iterator[bytes]:
        if session is None:
            return
        claims = [value for value in claim_values(session, self.source.claim) if value]
        escape = not self.indulgence.raw_commas and self._is_list(session)
        for claim in claims:
            if self.password is not None:
                yield from self._basic(claim, self.password)
            else:
                text = claim.replace(",", "%2C") if escape else claim
                yield value_bytes(self.source.prefix + text)

    def _is_list(self, session: Session) -> bool:
        name = self.source.claim
        claim = session.additional_claims.get(name)
        return name in _LISTS or isinstance(claim, list | tuple)

    def _basic(self, user: str, password: str) -> Iterator[bytes]:
        if ":" in user and not self.indulgence.colons_in_users:
            return
        credentials = value_bytes(user, keep_controls=True) + b":"
        credentials += value_bytes(password, keep_controls=True)
        yield b"Basic " + base64.b64encode(credentials)


def value_bytes(text: str, *, keep_controls: bool = False) -> bytes:
    """
    Return a text as bytes that a field value can hold.
    """
    raw = field_bytes(_LONE.sub("\ufffd", text))
    return raw if keep_controls else _CONTROL.sub(b" ", raw).strip(b" ")


@frozen
class _Header:
    """
    One header to inject, with the sources of its values.
    """

    name: bytes
    sources: tuple[_Secret | _Claim, ...]

    def pairs(self, session: Session | None) -> Iterator[Pair]:
        for source in self.sources:
            for value in source.values(session):
                if value and len(value) <= MOST_VALUE_BYTES:
                    yield self.name, value


class Injector:
    """
    Make the fields that say who is signed in.

    Secrets are read once, here.
    """

    def __init__(
        self,
        request_headers: Iterable[HeaderSettings],
        response_headers: Iterable[HeaderSettings],
        read_secret: Callable[[SecretSource], str],
        *,
        indulgence: Indulgence = STRICT,
    ) -> None:
        self._read_secret = read_secret
        self._indulgence = indulgence
        to_upstream = tuple(request_headers)
        to_client = tuple(response_headers)
        self._request = tuple(self._headers(to_upstream))
        self._response = tuple(self._headers(to_client))
        self.stripped = _stripped(to_upstream, family=not indulgence.identity_fields)
        self.merging = _merging(to_upstream)
        self.replaced = (
            frozenset() if indulgence.upstream_fields else _replaced(to_client)
        )

    def _headers(self, settings: Iterable[HeaderSettings]) -> Iterator[_Header]:
        for header in settings:
            name = canonical(header.name).encode()
            if name.lower() not in _NOT_OURS:
                yield _Header(name, tuple(self._sources(header)))

    def _sources(self, header: HeaderSettings) -> Iterator[_Secret | _Claim]:
        for value in header.values:
            if value.secret_source is not None:
                yield _Secret(value_bytes(self._read_secret(value.secret_source)))
            if value.claim_source is not None:
                stored = value.claim_source.basic_auth_password
                password = None if stored is None else self._read_secret(stored)
                yield _Claim(value.claim_source, password, self._indulgence)

    def request_block(self, session: Session | None) -> Pairs:
        """
        Return the fields for the upstream, one line for each name.
        """
        return _block(self._request, session)

    def response_block(self, session: Session | None) -> Pairs:
        """
        Return the fields for the client, one line for each name but `Set-Cookie`.
        """
        return _block(self._response, session)

    def injected(self, fields: list[Pair], block: Pairs) -> list[Pair]:
        """
        Return forwardable fields with a request block behind them; where a client's
        field was preserved, ours is added to its line.
        """
        return flattened([*fields, *block]) if self.merging else [*fields, *block]


def _block(headers: Iterable[_Header], session: Session | None) -> Pairs:
    pairs = [pair for header in headers for pair in header.pairs(session)]
    return tuple(flattened(pairs))


def _stripped(headers: Iterable[HeaderSettings], *, family: bool) -> Stripped:
    ours = [header for header in headers if not header.preserve_request_value]
    exact = {
        header.name.lower().encode()
        for header in ours
        if header.insecure_skip_header_normalization
    }
    every = {
        normalised(header.name.encode())
        for header in ours
        if not header.insecure_skip_header_normalization
    }
    if every and family:
        kept = {normalised(header.name.encode()) for header in headers} - every
        every |= {name.encode() for name in IDENTITY_FIELDS} - kept
    return Stripped(frozenset(every), frozenset(exact))


def _merging(headers: Iterable[HeaderSettings]) -> bool:
    return any(
        header.preserve_request_value or header.name.lower() == "x-forwarded-for"
        for header in headers
    )


def _replaced(headers: Iterable[HeaderSettings]) -> frozenset[bytes]:
    """
    Return the lower-case names of response fields that only we may set: those that
    speak of the session.
    """
    return frozenset(
        header.name.lower().encode()
        for header in headers
        if any(value.claim_source is not None for value in header.values)
        and header.name.lower() != "set-cookie"
    )
