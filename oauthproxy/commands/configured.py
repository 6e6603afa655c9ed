"""
From the words of a command line to settings, with the real files and environment.
"""

import os
from collections.abc import Callable, Sequence

from oauthproxy.errors import SettingsError
from oauthproxy.settings.files import read_file
from oauthproxy.settings.model import Settings

Load = Callable[[], Settings]
"""Read the configuration (again); raises SettingsError."""


def loader(arguments: Sequence[str], *, checked: bool = True) -> Load:
    """
    Return what reads the configuration that a command line names.
    """
    from oauthproxy.settings.load import load

    return lambda: load(arguments, os.environ, read_file, checked=checked)


def refuse_words(arguments: Sequence[str]) -> None:
    """
    Raise SettingsError where a word among the options is no option: a start ignores
    it, but who asks about a file must not hear about another configuration.
    """
    from oauthproxy.settings.commandline import read_command_line

    for word in read_command_line(arguments).words:
        hint = f"did you mean --config={word}?"
        raise SettingsError([f'"{word}" is not expected here; {hint}'])
