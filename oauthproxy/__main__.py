"""
The command line: which command is asked for, and its exit status.

Each command is imported only when it is asked for, so that a start is quick.
"""

import gc
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from oauthproxy.errors import SettingsError

COMMANDS = {
    "check": "oauthproxy.commands.check:check",
    "completion": "oauthproxy.commands.inform:completion",
    "convert": "oauthproxy.commands.inform:convert",
    "cookie-secret": "oauthproxy.commands.inform:cookie_secret",
    "demo": "oauthproxy.demo:run",
    "explain": "oauthproxy.commands.inform:explain",
}
HELP = {"-h", "--help"}
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """
    Do what the words after the program's name say; return the exit status.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["help"]:
        words = [*words[1:2], "--help"]
    try:
        if words and not words[0].startswith("-"):
            return _do(words[0], words[1:])
        return _run(words)
    except SettingsError as problem:
        for line in problem.problems:
            print(f"oauthproxy: {line}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _do(name: str, words: Sequence[str]) -> int:
    command = _command(name)
    if HELP.intersection(words):
        from oauthproxy.commands.usage import USAGES

        if name in USAGES:
            print(USAGES[name], end="")
            return 0
    return command(words) or 0


def _command(name: str) -> Callable[[Sequence[str]], int | None]:
    """
    Return the function of a command; without a status, all went well.
    """
    if name not in COMMANDS:
        from oauthproxy.settings.given import nearest

        hint = nearest(name, list(COMMANDS)) or "; see --help"
        raise SettingsError([f'there is no command "{name}"{hint}'])
    module, _, function = COMMANDS[name].partition(":")
    found: Callable[[Sequence[str]], int | None]
    found = getattr(import_module(module), function)
    return found


def _run(arguments: Sequence[str]) -> int:
    from oauthproxy.commands.inform import answered_at_once

    if answered_at_once(arguments):
        return 0
    _refuse_late_command(arguments)
    # A start makes no garbage, and looking for it would take a tenth of its time.
    gc.disable()
    try:
        from oauthproxy.workers import serve

        return serve(arguments)
    finally:
        gc.enable()


def _refuse_late_command(arguments: Sequence[str]) -> None:
    """
    Serve nobody when a command stands behind the options; other words are ignored.
    """
    from oauthproxy.settings.commandline import read_command_line

    for word in read_command_line(arguments).words:
        if word in COMMANDS:
            raise SettingsError([f"a command comes first: oauthproxy {word} …"])


if __name__ == "__main__":
    sys.exit(main())
