"""
Put the sources together: flag over environment over file over default.
"""

from collections.abc import Mapping
from typing import Any

from attrs import define, field, frozen

from oauthproxy.settings.given import Given, Reading, wrong
from oauthproxy.settings.switches import BY_REFERENCE, SWITCHES
from oauthproxy.settings.table import GROUPS, Option, table


@frozen
class Merged:
    """
    The value of every option that was set, where from, and remarks.
    """

    values: Mapping[str, Given]
    notes: tuple[str, ...] = ()

    @property
    def origins(self) -> dict[str, str]:
        """
        Where each option was set, by its name.
        """
        return {name: given.source for name, given in self.values.items()}

    def group(self, name: str) -> Any:
        """
        Return one group of options, complete with defaults.
        """
        own = {
            option.name: self.values[option.name].value
            for option in table().options
            if option.group == name and option.name in self.values
        }
        return GROUPS[name](**own)


@define
class _Merging:
    values: dict[str, Given] = field(factory=dict)
    notes: list[str] = field(factory=list)


def merge(file: Reading, environment: Reading, flags: Reading) -> Merged:
    """
    Return what the three sources together say.
    """
    merging = _Merging({**file.values, **environment.values, **flags.values})
    for option in table().options:
        alias = option.declared.alias
        if not alias or option.name in flags.values:
            continue
        given = environment.aliases.get(alias) or file.aliases.get(alias)
        if given is not None:
            _use_alias(merging, option, given)
    _follow_reference(merging.values)
    return Merged(merging.values, tuple(merging.notes))


def _use_alias(merging: _Merging, option: Option, given: Given) -> None:
    """
    Let the older key of `google_groups` win where it says something else.
    """
    provider = merging.values.get("provider")
    if provider is not None and provider.value != "google":
        return
    present = merging.values.get(option.name)
    if not given.value or (present is not None and present.value == given.value):
        return
    merging.values[option.name] = given
    message = f"deprecated, use {option.name}"
    merging.notes.append(wrong(option.declared.alias, given.source, message))


def _follow_reference(values: dict[str, Given]) -> None:
    wanted = values.get(BY_REFERENCE)
    if wanted is None or not wanted.value:
        return
    for switch in SWITCHES:
        values.setdefault(switch.option, Given(switch.reference, BY_REFERENCE))
