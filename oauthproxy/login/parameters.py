"""
More parameters of the login URL: those configured, and what a browser may ask for.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from oauthproxy.settings.model import LoginURLParameter, ParameterRule
from oauthproxy.wire.form import Form
from oauthproxy.wire.patterns import Pattern

Parameters = Mapping[str, Sequence[str]]


class LoginParameters:
    """
    Choose parameters. Raises ValueError for a rule that is no expression.
    """

    def __init__(self, settings: Iterable[LoginURLParameter]) -> None:
        listed = tuple(settings)
        self._defaults = {each.name: each.default for each in listed if each.default}
        self._rules = {
            each.name: tuple(map(_matcher, each.allow)) for each in listed if each.allow
        }

    def chosen(self, wished: Form | None = None) -> dict[str, Sequence[str]]:
        """
        Return the defaults, replaced by those wishes that an allow rule matches.
        """
        chosen: dict[str, Sequence[str]] = dict(self._defaults)
        if wished is None:
            return chosen
        for name, rules in self._rules.items():
            values = [v for v in wished.all(name) if any(rule(v) for rule in rules)]
            if values:
                chosen[name] = values
        return chosen


def _matcher(rule: ParameterRule) -> Callable[[str], bool]:
    if rule.value is not None:
        return rule.value.__eq__
    return Pattern.compile(rule.pattern or "").search
