"""
What a start has to tell although the settings are valid.
"""

from oauthproxy.settings.contradictions import contradictions
from oauthproxy.settings.model import Settings
from oauthproxy.settings.unsafe import unsafe
from oauthproxy.settings.unused import unused


def warnings(settings: Settings) -> list[str]:
    """
    Return a line for each thing that its owner should know, nothing twice.
    """
    lines = [
        *settings.notes,
        *unsafe(settings),
        *contradictions(settings),
        *unused(settings),
    ]
    return list(dict.fromkeys(lines))
