"""
What the program does besides serving.
"""

import json
from pathlib import Path

import pytest

from tests.integration.harness.ports import PATIENCE
from tests.integration.harness.running import MODULE, Running, configured


def test_check_finds_what_does_not_answer(tmp_path: Path):
    """check asks the provider; what does not answer is an error, status 1."""
    command = [*MODULE, "check", configured(tmp_path), "--output=json"]
    with Running(command, tmp_path) as program:
        status = program.process.wait(PATIENCE)

    found = {(f["subject"], f["level"]) for f in json.loads(program.out)["findings"]}
    assert status == 1
    assert ("provider", "error") in found
    assert ("settings", "ok") in found


def test_check_without_a_network(tmp_path: Path):
    """check --offline asks nobody, prints a table without colours into a file."""
    command = [*MODULE, "check", "--offline", configured(tmp_path)]
    with Running(command, tmp_path) as program:
        status = program.process.wait(PATIENCE)

    assert status == 0
    assert program.out.startswith("ok ")
    assert "\x1b" not in program.out
    assert "provider " not in {line[9:18] for line in program.out.splitlines()}


def test_check_of_a_configuration_that_does_not_load(tmp_path: Path):
    """check lists everything that keeps a configuration from loading."""
    flag = configured(tmp_path, cookie_secret='"short"', email_domains="[]")
    with Running([*MODULE, "check", flag], tmp_path) as program:
        status = program.process.wait(PATIENCE)

    assert status == 1
    assert program.out.count("error ") == 2


@pytest.mark.parametrize("command", ["check", "convert"])
def test_file_without_its_flag(command: str, tmp_path: Path):
    """Who forgets --config is not told about a configuration without a file."""
    with Running([*MODULE, command, "proxy.cfg"], tmp_path) as program:
        status = program.process.wait(PATIENCE)

    assert status == 1
    text = program.out + program.err
    assert '"proxy.cfg" is not expected here; did you mean --config=proxy.cfg?' in text
    assert text.count("\n") == 1


def test_cookie_secret_is_fresh_and_fits(tmp_path: Path):
    """cookie-secret prints another secret each time, one that the program takes."""
    secrets = []
    for _ in range(2):
        with Running([*MODULE, "cookie-secret"], tmp_path) as program:
            assert program.process.wait(PATIENCE) == 0
        secrets.append(program.out.strip())
    flag = configured(tmp_path, cookie_secret=f'"{secrets[0]}"')
    with Running([*MODULE, "--config-test", flag], tmp_path) as program:
        status = program.process.wait(PATIENCE)

    assert secrets[0] != secrets[1]
    assert (status, program.out) == (0, "configuration is valid\n")


@pytest.mark.parametrize("words", [["chek"], ["completion"], ["explain", "nothing"]])
def test_command_that_is_none(tmp_path: Path, words: list[str]):
    """A wrong command or argument is one line and status 1."""
    with Running([*MODULE, *words], tmp_path) as program:
        status = program.process.wait(PATIENCE)

    assert status == 1
    assert len(program.err.splitlines()) == 1
    assert program.out == ""
