"""
Commands that print something and end.
"""

from collections.abc import Sequence

from oauthproxy.errors import SettingsError


def answered_at_once(arguments: Sequence[str]) -> bool:
    """
    Answer the options that ask for a text instead of a server: --help, --version,
    --config-test and --convert-config-to-alpha.

    Returns whether there was one; raises SettingsError.
    """
    from oauthproxy.settings.load import load_command

    command = load_command(arguments)
    if command.version:
        from oauthproxy.settings.help import version_text

        print(version_text(), end="")
    elif command.help:
        from oauthproxy.settings.help import help_text

        print(help_text(), end="")
    elif command.convert_config_to_alpha:
        convert(arguments)
    elif command.config_test:
        config_test(arguments)
    else:
        return False
    return True


def config_test(arguments: Sequence[str]) -> None:
    """
    Say that the configuration is valid; raises SettingsError when it is not.
    """
    from oauthproxy.commands.configured import loader

    loader(arguments)()
    print("configuration is valid")


def convert(arguments: Sequence[str]) -> None:
    """
    Print the configuration in the form of the alpha configuration, unchecked.
    """
    from oauthproxy.commands.configured import loader, refuse_words
    from oauthproxy.settings.alpha.write import convert_to_alpha

    refuse_words(arguments)
    print(convert_to_alpha(loader(arguments, checked=False)()), end="")


def cookie_secret(arguments: Sequence[str]) -> None:
    """
    Print a fresh cookie secret: 32 random bytes as base64url.
    """
    import secrets
    from base64 import urlsafe_b64encode

    _no_words(arguments)
    print(urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii"))


def completion(arguments: Sequence[str]) -> None:
    """
    Print the completion script of a shell.
    """
    from oauthproxy.settings.completion import completion as script

    print(script(_one_word(arguments, "a shell: bash, zsh or fish")), end="")


def explain(arguments: Sequence[str]) -> None:
    """
    Print everything about one option.
    """
    from oauthproxy.settings.help import explain as explained

    print(explained(_one_word(arguments, "the name of an option")), end="")


def _no_words(arguments: Sequence[str]) -> None:
    if arguments:
        raise SettingsError([f'"{arguments[0]}" is not expected here'])


def _one_word(arguments: Sequence[str], what: str) -> str:
    if len(arguments) != 1:
        raise SettingsError([f"this command takes {what}"])
    return arguments[0]
