"""
The command line is read by the grammar of the reference.
"""

from typing import Any

import pytest

from oauthproxy.errors import SettingsError
from oauthproxy.settings.commandline import read_command_line
from oauthproxy.settings.kinds import SECOND
from oauthproxy.settings.load import load_command


def value(*arguments: str) -> Any:
    (given,) = read_command_line(arguments).reading.values.values()
    return given.value


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--cookie-name=a=b"], "a=b"),
        (["--cookie-name", "a"], "a"),
        (["--cookie-name", "--banner"], "--banner"),
        (["--cookie-name="], ""),
        (["--cookie-name=a", "--cookie-name=b"], "b"),
        (["--cookie-secure"], True),
        (["--cookie-secure=F"], False),
        (["--cookie-expire", "15s"], 15 * SECOND),
        (["--redis-connection-idle-timeout=0x10"], 16),
        (["--redis-connection-idle-timeout=010"], 8),
        (["--redis-connection-idle-timeout=1_000"], 1000),
        (["--redis-connection-idle-timeout=-3"], -3),
        (["--email-domain=a,b", "--email-domain", "c"], ("a", "b", "c")),
        (["--email-domain="], ()),
        (['--email-domain="a,b",c'], ("a,b", "c")),
        (['--email-domain="a ""b"""'], ('a "b"',)),
        (["--email-domain= a , b"], (" a ", " b")),
        (["--email-domain=a\nb"], ("a",)),
        (["--email-domain=a,"], ("a", "")),
        (["--google-use-organization-id"], True),
        (["--google-use-organization-id", "false"], False),
        (["--google-use-organization-id=0"], False),
    ],
)
def test_a_flag_has_its_value(arguments: list[str], expected: object) -> None:
    """With "=" or as the next word; lists are CSV and repeat; scalars end last."""
    assert value(*arguments) == expected


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--cookie_name=a"],
            "--cookie_name (command line): unknown option; did you mean --cookie-name?",
        ),
        (["--email-domains=a"], "did you mean --email-domain?"),
        (["--cookie-nmae=a"], "did you mean --cookie-name?"),
        (
            ["-client-id=a"],
            "-client-id (command line): unknown option; did you mean --client-id?",
        ),
        (["--cookie-secure=yes"], 'cookie_secure (--cookie-secure): "yes" is neither'),
        (["--cookie-secure="], "neither true nor false"),
        (["--cookie-expire=15"], 'write "15s" for seconds'),
        (["--logging-max-age=x"], "not a whole number"),
        (["--logging-max-age=08"], "not a whole number"),
        (["--logging-max-age=9223372036854775808"], "too large"),
        (['--email-domain=a"b'], "must be doubled"),
        (['--email-domain="a'], "must be doubled"),
        (["--cookie-name"], "--cookie-name (command line): a value is missing"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], said: str) -> None:
    """The line names the flag and what would be right."""
    (problem,) = read_command_line(arguments).reading.problems

    assert said in problem


def test_words_are_left_over() -> None:
    """A truth takes no next word, and "--" ends the options."""
    line = read_command_line(["--cookie-secure", "false", "--", "--cookie-name=x"])

    assert line.words == ("false", "--cookie-name=x")
    assert not line.reading.problems


def test_a_secret_is_not_repeated() -> None:
    """What cannot be read in a secret list is not shown."""
    (problem,) = read_command_line(
        ['--cookie-secret-previous=hush"hush']
    ).reading.problems

    assert "hush" not in problem


def test_the_command_is_read_even_beside_mistakes() -> None:
    """Version and help are found whatever else stands there."""
    command = load_command(["--nonsense", "--config=f", "--version", "-h"])

    assert (command.config, command.version, command.help) == ("f", True, True)


@pytest.mark.parametrize("other", ["--alpha-config=a", "--config-test"])
def test_converting_excludes(other: str) -> None:
    """What is converted is neither alpha already nor only tested."""
    with pytest.raises(SettingsError, match="exclude each other"):
        load_command(["--convert-config-to-alpha", other])
