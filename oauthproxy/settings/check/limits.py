"""
Rules for options of ours with a smallest value or a set of words.
"""

from collections.abc import Iterator

from attrs import fields

from oauthproxy.settings.check.problem import Draft, Problem
from oauthproxy.settings.durations import format_duration
from oauthproxy.settings.groups.limits import LimitOptions
from oauthproxy.settings.groups.ours import OurOptions
from oauthproxy.settings.kinds import Kind
from oauthproxy.settings.option import OPTION

_MAY_BE_ZERO = ("session_cache_entries", "max_idle_upstream_connections")


def limits(draft: Draft) -> Iterator[Problem]:
    """
    Yield what is wrong with the limits and with our own words.
    """
    for attribute in fields(LimitOptions):
        value = getattr(draft.settings.limits, attribute.name)
        least = 0 if attribute.name in _MAY_BE_ZERO else 1
        if value < least:
            declared = attribute.metadata[OPTION]
            timed = declared.kind is Kind.DURATION
            shown = format_duration(value) if timed else value
            yield Problem(attribute.name, f"{shown} is too small")
    for attribute in fields(OurOptions):
        words = attribute.metadata[OPTION].accepted
        value = getattr(draft.settings.ours, attribute.name)
        if words and value not in words:
            message = f'"{value}" is not one of {", ".join(words)}'
            yield Problem(attribute.name, message)
