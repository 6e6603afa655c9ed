"""
Send browsers that came without TLS to the address with it.
"""

import re

from oauthproxy.answer import Redirect
from oauthproxy.scope import Scope

_WITH_PORT = re.compile(r"(\[[^\]]*\]|[^:]*):\d*")


def https_redirect(scope: Scope, port: str) -> Redirect | None:
    """
    Return the redirect of a request that did not come by https, or None.

    `port` is that of the TLS listener; it takes the place of one in the host, and is
    not added where there is none.
    """
    told = scope.effective.scheme
    if told.lower() == "https" or (scope.secure and not told):
        return None
    host = scope.effective.host
    ported = _WITH_PORT.fullmatch(host)
    if ported:
        host = f"{ported[1]}:{port}"
    return Redirect(status=308, location=f"https://{host}{scope.target}")
