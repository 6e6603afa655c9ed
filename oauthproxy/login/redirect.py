"""
Where a user goes after a login or a logout, and whether that is safe.

Rule 1: what is not plainly a path on this host, or a URL on a listed one, is refused.
Rule 2: a path is refused when a browser could read it as a host: slashes and
backslashes with nothing, blanks or dots between them (anywhere in the text).
Rule 3: whatever a request names is only a wish; the fallback is always "/".
"""

import re
from collections.abc import Callable, Iterable, Iterator

from oauthproxy.ports import Log
from oauthproxy.providers.calls import shown
from oauthproxy.scope import Scope
from oauthproxy.wire import gourl
from oauthproxy.wire.domains import Domain, allowed
from oauthproxy.wire.form import Form

LONGEST = 16 * 1024
HOME = "/"

_ESCAPE = re.compile(r"[/\\](?:[ \t\n\v\f\r]*|\.{1,2})[/\\]")


class Redirects:
    """
    Choose targets; `prefix` is the path of our own endpoints.
    """

    def __init__(self, domains: Iterable[str], prefix: str, log: Log) -> None:
        self._domains = tuple(map(Domain.parse, domains))
        self._below_prefix = f"{prefix}/"
        self._log = log

    def is_valid(self, target: str) -> bool:
        """
        Tell whether a browser may be sent to a target.
        """
        if not target or len(target) > LONGEST:
            return False
        if target.startswith("/"):
            return not _ESCAPE.search(target)
        if target.startswith(("http://", "https://")):
            return self._is_listed(target)
        return False

    def _is_listed(self, target: str) -> bool:
        try:
            host = gourl.parse(target).host
        except ValueError:
            return False
        return allowed(host, self._domains)

    def target(self, scope: Scope, form: Form) -> str:
        """
        Return the first valid of what the request names, or "/".
        """
        for source in self._sources(scope, form):
            if source and self.is_valid(source):
                return source
        return HOME

    def linked(self, scope: Scope, link: str) -> str:
        """
        Return a valid target that a whole URL leads to, the empty text for any other;
        a URL of the very host that was asked is taken for its path.
        """
        target = link
        for scheme in ("https", "http"):
            own = f"{scheme}://{scope.effective.host}"
            if f"{link}/".startswith(f"{own}/"):
                target = link.removeprefix(own) or HOME
        if target and not self.is_valid(target):
            message = f"Invalid redirect provided: {shown(link)}"
            self._log.error(message)
            return ""
        return target

    def _sources(self, scope: Scope, form: Form) -> Iterator[str]:
        for wish in (
            form.first("rd"),
            scope.fields.text("X-Auth-Request-Redirect"),
        ):
            if wish and not self.is_valid(wish):
                message = f"Invalid redirect provided: {shown(wish)}"
                self._log.error(message)
            yield wish
        yield self._forwarded(scope)
        yield self._own(scope)

    def _forwarded(self, scope: Scope) -> str:
        effective = scope.effective
        if not effective.trusted or effective.host == scope.host:
            return ""
        uri = self._outside_prefix(effective.uri)
        return f"{effective.scheme}://{effective.host}{uri}"

    def _own(self, scope: Scope) -> str:
        uri = scope.effective.uri
        return self._outside_prefix(uri if self.is_valid(uri) else scope.target)

    def _outside_prefix(self, uri: str) -> str:
        return HOME if uri.startswith(self._below_prefix) else uri


def redirect_uri(
    configured: str, prefix: str, *, relative: bool, secure: bool
) -> Callable[[Scope], str]:
    """
    Return how the callback's URL is told to the provider: as configured, completed
    by the path where it has none, and by scheme and host of the request where it has
    no host, unless it may be `relative`. `secure` cookies demand https.
    """
    base = _with_path(configured, f"{prefix}/callback")
    if relative or gourl.parse(configured).host:
        return lambda _scope: base
    return _on_requested_host(base, secure=secure)


def post_logout_uri(
    configured: str, prefix: str, *, secure: bool
) -> Callable[[Scope], str]:
    """
    Return how the provider is told where to send browsers that were signed out: below
    `prefix`, at the host of the `configured` callback or else of the request.
    """
    path = f"{prefix}/signed_out"
    url = gourl.parse(configured)
    if not url.host:
        return _on_requested_host(path, secure=secure)
    fixed = f"{url.scheme}://{url.host}{path}"
    return lambda _scope: fixed


def _on_requested_host(path: str, *, secure: bool) -> Callable[[Scope], str]:
    def completed(scope: Scope) -> str:
        effective = scope.effective
        scheme = "https" if secure else effective.scheme or "http"
        return f"{scheme}://{effective.host}{path}"

    return completed


def _with_path(url: str, path: str) -> str:
    if gourl.parse(url).path:
        return url
    end = next((i for i, sign in enumerate(url) if sign in "?#"), len(url))
    return url[:end] + path + url[end:]
