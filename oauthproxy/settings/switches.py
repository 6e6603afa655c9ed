"""
The differences from the reference that can be switched off.

`reference_behaviour = true` sets each option below to the value with which the program
answers as the reference does, unless the option itself was set.
"""

from collections.abc import Iterator

from attrs import frozen

from oauthproxy.settings.model import Settings
from oauthproxy.settings.table import GROUPS, table

BY_REFERENCE = "reference_behaviour"


@frozen
class Switch:
    """
    An option, the value that means the reference's way, and what we do otherwise.
    """

    option: str
    reference: object
    text: str


SWITCHES = (
    Switch(
        "exit_without_provider",
        reference=True,
        text="starts while the provider cannot be reached, and tries again",
    ),
    Switch(
        "insecure_skip_any_options",
        reference=True,
        text="lets only CORS preflights pass for skip-auth-preflight",
    ),
    Switch(
        "insecure_client_address_from_anyone",
        reference=True,
        text="believes the client's address only from trusted proxies",
    ),
)


def active_differences(settings: Settings) -> list[str]:
    """
    Return a line for each switch that is not at the reference's value.
    """
    return list(_active(settings))


def _active(settings: Settings) -> Iterator[str]:
    by_name = table().by_name
    for switch in SWITCHES:
        option = by_name[switch.option]
        if option.group not in GROUPS:
            continue
        value = getattr(getattr(settings, option.group), option.name)
        if value != switch.reference:
            yield f"{switch.option}: {switch.text}"
