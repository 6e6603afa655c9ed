"""
All rules, in the order in which the reference reports them.
"""

from collections.abc import Callable, Iterator

from oauthproxy.settings.check.cookie import cookie
from oauthproxy.settings.check.problem import Draft, Problem

RULES: tuple[Callable[[Draft], Iterator[Problem]], ...] = (cookie,)


def problems(draft: Draft) -> list[Problem]:
    """
    Return everything that is wrong with settings.
    """
    return [problem for rule in RULES for problem in rule(draft)]
