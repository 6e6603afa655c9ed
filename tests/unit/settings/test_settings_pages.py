"""
Help, explanations, completion and the pages made from the declarations.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import oauthproxy
from oauthproxy.errors import SettingsError
from oauthproxy.settings.completion import completion
from oauthproxy.settings.help import explain, help_text, version_text
from oauthproxy.settings.load import load
from oauthproxy.settings.reference import drifted, escaped, example_file, reference_rst
from oauthproxy.settings.table import table

ROOT = Path(oauthproxy.__file__).parent.parent


def test_the_pages_do_not_drift() -> None:
    """Run "python -m oauthproxy.settings.reference ." after changing an option."""
    assert drifted(ROOT) == []


def test_every_option_is_in_help_and_reference() -> None:
    """Nothing is hidden."""
    text, page = help_text(), reference_rst()

    for option in table().options:
        assert f"  --{option.flag}" in text
        assert f".. option:: --{option.flag}" in page


def test_help_is_readable_on_a_terminal() -> None:
    """No line is longer than 80 columns, but for words that cannot be broken."""
    assert all(
        len(line) <= 80 or " " not in line.strip() for line in help_text().splitlines()
    )


def test_the_example_file_holds_the_defaults() -> None:
    """All options, each commented out; with the signs removed it changes nothing."""
    lines = example_file().splitlines()
    options = [
        line[1:]
        for line in lines
        if line[:1] == "#" and line[:2] not in ("# ", "##", "#")
    ]
    text = "\n".join(options)

    settings = load(["--config=f"], {}, lambda _: text.encode(), checked=False)

    assert set(tomllib.loads(text)) == set(table().by_key)
    # This option is safer where nothing is said about it than at its listed default.
    said = ["--insecure-oidc-skip-nonce=true"]
    assert settings == load(said, {}, lambda _: b"", checked=False)


@pytest.mark.parametrize(
    "name",
    [
        "cookie-domain",
        "--cookie-domain",
        "--cookie-domain=x",
        "cookie_domains",
        "OAUTH2_PROXY_COOKIE_DOMAINS",
    ],
)
def test_an_option_is_explained_by_any_of_its_names(name: str) -> None:
    """With all of them, its type and its default."""
    text = explain(name)

    assert text.startswith("cookie_domains\n")
    assert "--cookie-domain=DOMAIN" in text
    assert "OAUTH2_PROXY_COOKIE_DOMAINS" in text
    assert "list of texts" in text


def test_a_wrong_name_gets_the_nearest() -> None:
    """As everywhere."""
    with pytest.raises(SettingsError, match="did you mean cookie_name"):
        explain("cookie-nmae")


def test_the_version_is_one_line() -> None:
    """It starts with our name."""
    assert version_text().startswith(f"oauthproxy v{oauthproxy.__version__} (")
    assert version_text().count("\n") == 1


def test_rst_signs_are_escaped() -> None:
    """So that help reads the same on the page."""
    assert escaped("a_ *b* `c` |d| e_f") == r"a\_ \*b\* \`c\` \|d\| e_f"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_flag(shell: str) -> None:
    """In each of the three shells."""
    script = completion(shell)

    for option in table().options:
        assert option.flag in script


def test_another_shell_is_refused() -> None:
    """With the names of those we know."""
    with pytest.raises(SettingsError, match="bash, zsh, fish"):
        completion("csh")


def completed(line: str) -> list[str]:
    """
    Ask a real bash for the completions of a line.
    """
    program = f"""
{completion("bash")}
COMP_LINE={line!r}
COMP_POINT=${{#COMP_LINE}}
COMP_WORDS=({line.replace("=", " = ")} "")
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
[[ $COMP_LINE == *" " ]] || COMP_CWORD=$((COMP_CWORD - 1))
_oauthproxy
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    ran = subprocess.run(
        ["/bin/bash", "-c", program], capture_output=True, text=True, check=True
    )
    return ran.stdout.split()


def test_bash_completes_flags_words_and_commands() -> None:
    """The script works in the shell it is for."""
    assert completed("oauthproxy --cookie-sam") == ["--cookie-samesite="]
    assert completed("oauthproxy --cookie-samesite=st") == ["strict"]
    assert completed("oauthproxy --cookie-samesite l") == ["lax"]
    assert completed("oauthproxy co") == ["completion", "convert", "cookie-secret"]
    assert completed("oauthproxy completion z") == ["zsh"]


def completed_by_fish(line: str) -> list[str]:
    """
    Ask a real fish for the completions of a line.
    """
    program = f"{completion('fish')}\ncomplete -C {line!r}"
    ran = subprocess.run(
        ["fish", "--no-config", "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    return [each.partition("\t")[0] for each in ran.stdout.splitlines()]


def test_fish_completes_flags_words_files_and_commands(tmp_path: Path) -> None:
    """The script works in the shell it is for."""
    file = tmp_path / "proxy.cfg"
    file.touch()
    commands = ["completion", "convert", "cookie-secret"]

    assert completed_by_fish("oauthproxy --cookie-sam") == ["--cookie-samesite"]
    assert completed_by_fish("oauthproxy --cookie-samesite l") == ["lax"]
    assert completed_by_fish("oauthproxy --cookie-name ") == []
    assert completed_by_fish(f"oauthproxy --config {tmp_path}/pr") == [str(file)]
    assert completed_by_fish("oauthproxy co") == commands
    assert completed_by_fish("oauthproxy completion z") == ["zsh"]


ZSH = r"""
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PROMPT=; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -d $1/dump"
zpty -w z 'compadd() {
  local -a hits; local all=" $* "
  if [[ $all == *" -"[OAD]" "* ]]; then builtin compadd "$@"; return; fi
  builtin compadd -A hits "$@"; (( $#hits )) && print -rl -- "<"${^hits}">"
}'
zpty -w z 'show() { _main_complete; print "<<end>>"; exit }'
zpty -w z 'zle -C show complete-word show; bindkey "^I" show; print "<<""ready>>"'
zpty -r z out "*<<ready>>*"
zpty -w -n z "$2"$'\t'
zpty -r z out "*<<end>>*"
print -r -- "$out"
"""


def completed_by_zsh(folder: Path, line: str) -> list[str]:
    """
    Ask a real zsh, at a terminal of its own, for the completions of a line.
    """
    (folder / "_oauthproxy").write_text(completion("zsh"))
    ran = subprocess.run(
        ["zsh", "-f", "-c", ZSH, "zsh", str(folder), line],
        capture_output=True,
        text=True,
        check=True,
    )
    return re.findall(r"(?<!<)<([^<>]+)>(?!>)", ran.stdout)


def test_zsh_completes_flags_words_and_commands(tmp_path: Path) -> None:
    """The script works in the shell it is for."""
    commands = ["completion", "convert", "cookie-secret"]

    assert completed_by_zsh(tmp_path, "oauthproxy --cookie-sam") == [
        "--cookie-samesite"
    ]
    assert completed_by_zsh(tmp_path, "oauthproxy --cookie-samesite=l") == ["lax"]
    assert completed_by_zsh(tmp_path, "oauthproxy co") == commands
    assert completed_by_zsh(tmp_path, "oauthproxy completion z") == ["zsh"]


def test_loading_pulls_in_nothing_heavy() -> None:
    """No YAML, no cryptography, no Twisted for a plain start of the settings."""
    program = """
import sys
from oauthproxy.settings.load import load
load([], {}, None, checked=False)
print([m for m in ("yaml", "cryptography", "twisted", "jinja2") if m in sys.modules])
"""
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert ran.stdout == "[]\n"
