"""
Read options from environment variables.

An empty variable counts as unset; the name must be in exact upper case.
"""

from collections.abc import Mapping

from oauthproxy.settings.convert import from_variable
from oauthproxy.settings.given import Given, Reading, nearest, refused
from oauthproxy.settings.table import ENVIRONMENT_PREFIX, Option, table


def read_environment(environment: Mapping[str, str]) -> Reading:
    """
    Return what the environment says about our options.
    """
    values: dict[str, Given] = {}
    aliases: dict[str, Given] = {}
    problems: list[str] = []
    failed: set[str] = set()
    for variable, (option, name) in _variables().items():
        text = environment.get(variable, "")
        if not text:
            continue
        try:
            given = Given(from_variable(option.kind, text), variable)
        except ValueError as error:
            problems.append(refused(option, variable, error))
            failed.add(option.name)
        else:
            (values if name == option.name else aliases)[name] = given
    return Reading(values, aliases, tuple(problems), frozenset(failed))


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """
    Return a remark for each set variable with our prefix that no option reads.
    """
    known = _variables()
    return [
        f"{name}: no option has this variable{nearest(name, known, lower=False)}"
        for name, text in sorted(environment.items())
        if name.startswith(ENVIRONMENT_PREFIX) and text and name not in known
    ]


def _variables() -> dict[str, tuple[Option, str]]:
    """
    Return the option and the name, its own or its alias, that each variable sets.
    """
    found = {
        option.variable: (option, option.name)
        for option in table().options
        if option.variable
    }
    for option in table().options:
        alias = option.declared.alias
        if alias:
            found[ENVIRONMENT_PREFIX + alias.upper()] = (option, alias)
    return found
