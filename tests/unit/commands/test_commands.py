"""
The words of the command line, and what is printed for them.
"""

import json
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest

from oauthproxy.__main__ import COMMANDS, main
from oauthproxy.settings import help as help_room

MINIMUM = [
    "--client-id=a",
    "--client-secret=b",
    "--cookie-secret=0123456789abcdef",
    "--email-domain=*",
    "--upstream=static://200",
]


def test_version_wins_over_everything(capsys: pytest.CaptureFixture[str]):
    """--version is answered whatever else is on the line."""
    assert main(["--nonsense", "--version"]) == 0
    assert capsys.readouterr().out.startswith("oauthproxy v")


def test_help_names_the_commands_and_the_options(capsys: pytest.CaptureFixture[str]):
    """--help shows all there is."""
    assert main(["--help"]) == 0

    said = capsys.readouterr().out
    assert all(f"  {name} " in said for name in COMMANDS)
    assert "--cookie-secret" in said


def test_help_and_the_command_line_know_the_same_commands():
    """No command is undocumented, and none documented that does not exist."""
    assert {name for name, _ in help_room.COMMANDS} == set(COMMANDS)


@pytest.mark.parametrize("words", [[], ["--output=json"], ["nonsense"]])
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_tells_how_it_is_used(
    name: str, words: list[str], capsys: pytest.CaptureFixture[str]
):
    """--help is answered whatever else is said, and so is the word help."""
    assert main([name, *words, "--help"]) == 0
    asked = capsys.readouterr().out
    assert main(["help", name]) == 0

    assert asked.startswith(f"Usage: oauthproxy {name}")
    assert capsys.readouterr().out == asked
    assert max(map(len, asked.splitlines())) <= 82


def test_help_is_a_word_too(capsys: pytest.CaptureFixture[str]):
    """Who asks for help without dashes gets it."""
    assert main(["help"]) == 0

    assert "--cookie-secret" in capsys.readouterr().out


def test_config_test_of_what_is_valid(capsys: pytest.CaptureFixture[str]):
    """--config-test says that a configuration is valid, status 0."""
    assert main(["--config-test", *MINIMUM]) == 0
    assert capsys.readouterr().out == "configuration is valid\n"


def test_problems_are_all_told_on_standard_error(capsys: pytest.CaptureFixture[str]):
    """What is wrong is told, each in a line, and the status is 1."""
    assert main(["--config-test", *MINIMUM[2:], "--cookie-refresh=soon"]) == 1

    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert said.out == ""
    assert len(lines) > 1
    assert all(line.startswith("oauthproxy: ") for line in lines)


def test_conversion_is_printed(capsys: pytest.CaptureFixture[str]):
    """The command convert and the reference's flag print the same."""
    assert main(["convert", *MINIMUM]) == 0
    by_command = capsys.readouterr().out
    assert main(["--convert-config-to-alpha", *MINIMUM]) == 0

    assert capsys.readouterr().out == by_command
    assert "upstreamConfig:" in by_command


def test_cookie_secret_is_32_bytes(capsys: pytest.CaptureFixture[str]):
    """A fresh cookie secret is 32 bytes as base64url."""
    assert main(["cookie-secret"]) == 0

    assert len(urlsafe_b64decode(capsys.readouterr().out.strip())) == 32


def test_explanation_of_an_option(capsys: pytest.CaptureFixture[str]):
    """explain takes an option in any of its spellings."""
    assert main(["explain", "OAUTH2_PROXY_COOKIE_SECURE"]) == 0
    by_variable = capsys.readouterr().out
    assert main(["explain", "--cookie-secure"]) == 0

    assert capsys.readouterr().out == by_variable


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_of_a_shell(shell: str, capsys: pytest.CaptureFixture[str]):
    """completion prints a script for each shell."""
    assert main(["completion", shell]) == 0
    assert "cookie-secret" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["chek"], 'there is no command "chek"; did you mean check?'),
        (["wombat"], 'there is no command "wombat"; see --help'),
        (["completion"], "this command takes a shell: bash, zsh or fish"),
        (["completion", "tcsh"], '"tcsh" is not one of bash, zsh, fish'),
        ([*MINIMUM, "check"], "a command comes first: oauthproxy check …"),
        (["cookie-secret", "x"], '"x" is not expected here'),
        (["check", "--output=xml"], '--output: "xml" is not one of table, json'),
    ],
)
def test_wrong_words(words: list[str], said: str, capsys: pytest.CaptureFixture[str]):
    """What is no command, or not a command's word, is told in one line."""
    assert main(words) == 1
    assert capsys.readouterr().err == f"oauthproxy: {said}\n"


@pytest.mark.parametrize("form", [["--output=json"], ["--output", "json"]])
def test_check_as_json(form: list[str], capsys: pytest.CaptureFixture[str]):
    """check prints a JSON document on request."""
    assert main(["check", "--offline", *form, *MINIMUM]) == 0

    document = json.loads(capsys.readouterr().out)
    assert document["status"] == 0
    assert document["findings"][0]["level"] == "ok"


def test_check_finds_a_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """check tells what a start would stumble over."""
    missing = tmp_path / "no.htpasswd"

    status = main(["check", "--offline", f"--htpasswd-file={missing}", *MINIMUM])

    assert status == 1
    assert str(missing) in capsys.readouterr().out


def test_path_that_no_system_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A null byte in a path is told like any file that is not there."""
    file = tmp_path / "proxy.cfg"
    file.write_text('htpasswd_file = "a\\u0000b"\n')

    assert main(["--config-test", *MINIMUM, f"--config={file}"]) == 1

    assert "no such file or directory" in capsys.readouterr().err
