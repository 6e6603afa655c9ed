"""
Options that ask for something else than serving, and one that asks for nothing.
"""

import json
from pathlib import Path

import pytest

from oauthproxy.__main__ import main
from oauthproxy.commands.configured import loader
from oauthproxy.settings.load import load

MINIMUM = """
client_id = "a"
client_secret = "b"
cookie_secret = "fb1a0c7f2e9d4635"
email_domains = ["*"]
upstreams = ["http://app.test/"]
"""

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """
    A valid configuration.
    """
    path = tmp_path / "proxy.cfg"
    path.write_text(MINIMUM)
    return path


def test_the_file_is_read(file: Path) -> None:
    """Without --config there is no client id, with it there is."""
    nothing = loader([], checked=False)()
    settings = loader([f"--config={file}"])()

    assert nothing.providers[0].client_id == ""
    assert settings.providers[0].client_id == "a"


def test_the_alpha_file_is_read(file: Path, tmp_path: Path) -> None:
    """What it says takes the place of the flat options."""
    file.write_text('cookie_secret = "fb1a0c7f2e9d4635"\nemail_domains = ["*"]\n')
    alpha = tmp_path / "alpha.yaml"
    alpha.write_text(
        "providers: [{id: p, clientID: c, clientSecret: s}]\n"
        "server: {bindAddress: '127.0.0.1:0'}\n"
    )

    settings = loader([f"--config={file}", f"--alpha-config={alpha}"])()

    assert (settings.providers[0].id, settings.upstreams) == ("p", ())
    assert settings.server.bind_address == "127.0.0.1:0"


def test_converting_prints_and_ends(file: Path, capsys: Printed) -> None:
    """--convert-config-to-alpha prints YAML that means the same."""
    assert main([f"--config={file}", "--convert-config-to-alpha"]) == 0

    printed = capsys.readouterr().out.encode()
    core = MINIMUM.replace("client_id", "#").replace("client_secret", "#")
    core = core.replace("upstreams", "#")
    files = {"a": printed, "f": core.encode()}
    again = load(["--config=f", "--alpha-config=a"], {}, files.__getitem__)
    assert again == loader([f"--config={file}"])()


def test_testing_says_so_and_ends(file: Path, capsys: Printed) -> None:
    """--config-test is a line and status 0, or the problems and status 1."""
    assert main([f"--config={file}", "--config-test"]) == 0
    valid = capsys.readouterr()
    assert main([f"--config={file}", "--config-test", "--client-id="]) == 1
    broken = capsys.readouterr()

    assert (valid.out, valid.err) == ("configuration is valid\n", "")
    assert broken.out == ""
    assert broken.err.startswith("oauthproxy: client_id (--client-id): ")


def test_the_version_is_printed(capsys: Printed) -> None:
    """--version is one line."""
    assert main(["--version"]) == 0

    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("oauthproxy v")


def test_help_is_printed(capsys: Printed) -> None:
    """--help is all options, however it is written."""
    assert main(["--help"]) == 0
    long = capsys.readouterr().out
    assert main(["-h"]) == 0

    assert "--cookie-secret" in long
    assert capsys.readouterr().out == long


def test_a_flush_interval_is_no_promise_of_ours(file: Path, capsys: Printed) -> None:
    """Nothing waits to be flushed here, and who sets an interval is told so."""
    arguments = ["check", "--offline", "--output=json", f"--config={file}"]
    assert main(arguments) == 0
    usual = _remarks(capsys)
    assert main([*arguments, "--flush-interval=10s"]) == 0

    (remark,) = set(_remarks(capsys)) - set(usual)
    assert remark.startswith("flush_interval (--flush-interval): has no effect: ")


def _remarks(capsys: Printed) -> list[str]:
    document = json.loads(capsys.readouterr().out)
    return [finding["message"] for finding in document["findings"]]
