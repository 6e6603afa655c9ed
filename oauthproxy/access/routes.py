"""
Decide which requests pass without a login, and which clients want JSON.

Rule 1: a rule lets a request pass only when it allows every way in which an upstream
may read the path: a fragment or a path parameter cut off, escapes decoded once more.
Rule 2: a path with dot segments, empty segments, backslashes or control characters is
let pass by no rule; upstreams disagree about where it leads. Nor is one of more than
64 KiB, which is only there to be read in all these ways.

Both can be switched off (`SkipRules.one_reading`).
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote_to_bytes

from attrs import frozen

from oauthproxy.scope import Scope
from oauthproxy.settings.groups.access import AccessOptions
from oauthproxy.wire.fields import field_bytes, field_text
from oauthproxy.wire.forwarded import decoded_uri_path, request_path, told_client
from oauthproxy.wire.networks import NOWHERE, Networks
from oauthproxy.wire.patterns import Pattern, searchable

_TRICK = re.compile(
    r"[\\\x00-\x1f\x7f]"  # backslashes and control characters
    r"|[\udcc0\udcc1]"  # bytes of overlong UTF-8, which may hide a dot or a slash
    r"|//"
    r"|(?:^|/)\.\.?(?:;[^/]*)?(?:/|$)"  # dot segments, also with a path parameter
)
_PARAMETERS = re.compile(r";[^/]*")
_DECODINGS = 3
_LONGEST = 1 << 16


@frozen
class SkipRule:
    """
    One route that needs no login: `method` is empty for any; `negated` turns the
    match of the path around.
    """

    method: str
    negated: bool
    pattern: Pattern

    @classmethod
    def parse(cls, entry: str) -> "SkipRule":
        """
        Read `PATTERN`, `METHOD=PATTERN`, `METHOD!=PATTERN`; raises ValueError.

        The entry is negated by a `!=` anywhere in it and split at the first `=`, as the
        reference does.
        """
        method, equals, pattern = entry.partition("=")
        if not equals:
            method, pattern = "", entry
        method = method.removesuffix("!").upper()
        return cls(method, "!=" in entry, Pattern.compile(pattern))

    def allows(self, method: str, subject: bytes) -> bool:
        """
        Tell whether a path, as `searchable` bytes, passes.
        """
        if self.method and self.method != method:
            return False
        return self.pattern.found_in(subject) is not self.negated


@frozen(kw_only=True)
class SkipRules:
    """
    Everything that lets a request pass without a login.

    The last two are the reference's ways: with `any_options` every OPTIONS request
    counts as a preflight, with `one_reading` a path leads where it seems to.
    """

    rules: tuple[SkipRule, ...] = ()
    preflight: bool = False
    trusted: Networks = NOWHERE
    any_options: bool = False
    one_reading: bool = False

    @classmethod
    def compile(
        cls,
        options: AccessOptions,
        *,
        trusted_ips: Iterable[str] = (),
        any_options: bool = False,
        one_reading: bool = False,
    ) -> "SkipRules":
        """
        Return the rules of the configuration; raises ValueError naming a bad entry.
        """
        by_pattern = (
            SkipRule("", negated=False, pattern=Pattern.compile(text))
            for text in options.skip_auth_regex
        )
        by_entry = (SkipRule.parse(entry) for entry in options.skip_auth_routes)
        return cls(
            rules=(*by_pattern, *by_entry),
            preflight=options.skip_auth_preflight,
            trusted=Networks.parse(trusted_ips),
            any_options=any_options,
            one_reading=one_reading,
        )

    def allows(self, scope: Scope) -> bool:
        """
        Tell whether a request passes without a login.
        """
        return (
            (self.preflight and self._is_preflight(scope))
            or (bool(self.rules) and self._route_allowed(scope))
            or (bool(self.trusted) and self._client_trusted(scope))
        )

    def _is_preflight(self, scope: Scope) -> bool:
        return scope.method == "OPTIONS" and (self.any_options or asks_by_cors(scope))

    def _route_allowed(self, scope: Scope) -> bool:
        if self.one_reading:
            return self._any_rule_allows(scope.method, searchable(request_path(scope)))
        uri = scope.effective.uri
        if uri.startswith("//") or len(uri.partition("?")[0]) > _LONGEST:
            return False
        readings = list(path_readings(decoded_uri_path(uri)))
        if any(_TRICK.search(path) for path in readings):
            return False
        subjects = {searchable(path) for path in readings}
        return all(self._any_rule_allows(scope.method, subject) for subject in subjects)

    def _any_rule_allows(self, method: str, subject: bytes) -> bool:
        return any(rule.allows(method, subject) for rule in self.rules)

    def _client_trusted(self, scope: Scope) -> bool:
        trust, peer = scope.trust, scope.peer
        if not trust.reverse_proxy:
            return peer.address in self.trusted
        if trust.client_from_anyone or trust.believes(peer.address):
            return told_client(scope) in self.trusted
        return peer.address in self.trusted


def path_readings(path: str) -> Iterator[str]:
    """
    Yield a decoded path in the ways that upstreams may read it.
    """
    for _ in range(_DECODINGS):
        yield path
        if "#" in path:
            yield path.partition("#")[0]
        if "?" in path:
            yield path.partition("?")[0]
        if ";" in path:
            yield _PARAMETERS.sub("", path)
        if "%" not in path:
            return
        path = field_text(unquote_to_bytes(field_bytes(path)))
    yield path


def asks_by_cors(scope: Scope) -> bool:
    """
    Tell whether an OPTIONS request is a CORS preflight: it says from where and for
    which method, and has no body (Fetch, 3.3.2).
    """
    fields = scope.fields
    return (
        bool(fields.first(b"origin"))
        and bool(fields.first(b"access-control-request-method"))
        and (fields.first(b"content-length") or b"0") == b"0"
        and fields.first(b"transfer-encoding") is None
    )
