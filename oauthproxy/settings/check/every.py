"""
All rules, in the order in which the reference reports them.
"""

from collections.abc import Callable, Iterator

from oauthproxy.settings.check.access import access
from oauthproxy.settings.check.cookie import cookie
from oauthproxy.settings.check.headers import headers
from oauthproxy.settings.check.limits import limits
from oauthproxy.settings.check.listeners import listeners
from oauthproxy.settings.check.problem import Draft, Problem
from oauthproxy.settings.check.providers import providers
from oauthproxy.settings.check.proxy import logs, pages, proxy
from oauthproxy.settings.check.store import store
from oauthproxy.settings.check.upstreams import upstreams

RULES: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    cookie,
    store,
    headers,
    providers,
    access,
    upstreams,
    proxy,
    pages,
    logs,
    listeners,
    limits,
)


def problems(draft: Draft) -> list[Problem]:
    """
    Return everything that is wrong with settings, nothing twice.
    """
    found = [problem for rule in RULES for problem in rule(draft)]
    return list(dict.fromkeys(found))
