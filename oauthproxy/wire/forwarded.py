"""
Forwarding headers of trusted proxies (`reference/http-behaviour.md`, 3).
"""

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from oauthproxy.scope import Scope


@frozen(kw_only=True)
class Trust:
    """
    Whose forwarding headers are believed: nobody's unless `reverse_proxy`; then
    those of peers in `networks`, or of every peer when there are none.
    """

    reverse_proxy: bool = False
    networks: tuple[str, ...] = ()


@frozen(kw_only=True)
class Effective:
    """
    What a request was before trusted proxies passed it on.

    `scheme` is empty when nobody said; `uri` is path and query.
    """

    trusted: bool
    host: str
    scheme: str
    uri: str


def effective(trust: Trust, scope: "Scope") -> Effective:
    """
    Return the effective host, scheme and URI of a request.
    """
    return Effective(trusted=False, host=scope.host, scheme="", uri=scope.target)
