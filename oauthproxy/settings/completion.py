"""
Completion of the command line for bash, zsh and fish.
"""

import re

from oauthproxy.errors import SettingsError
from oauthproxy.settings.help import COMMANDS
from oauthproxy.settings.kinds import Kind
from oauthproxy.settings.table import Option, table

_FILES = ("path", "path-or-url")
IN_ZSH = "\\:[]"
IN_FISH = "\\'"


def completion(shell: str) -> str:
    """
    Return a script for a shell; raises SettingsError for one that is not known.
    """
    make = _SHELLS.get(shell)
    if make is None:
        known = ", ".join(_SHELLS)
        raise SettingsError([f'"{shell}" is not one of {known}'])
    return make()


def _words(option: Option) -> tuple[str, ...]:
    """
    Return the words that may follow an option, where they are few.
    """
    if option.kind is Kind.FLAG:
        return ("true", "false")
    return tuple(w for w in option.declared.accepted if w and ":" not in w)


def _is_file(option: Option) -> bool:
    return option.declared.holds in _FILES


def _short(option: Option) -> str:
    """
    Return the first sentence of an option's help, cut where it begins to list.
    """
    return re.split(r"[.;:] ", option.declared.help)[0].rstrip(".:")


def _escaped(text: str, signs: str) -> str:
    """
    Return a text for single quotes, with a backslash before each of the signs.
    """
    text = "".join(f"\\{c}" if c in signs else c for c in text)
    return text if "'" in signs else text.replace("'", "'\\''")


def _flags() -> str:
    return " ".join(
        f"--{option.flag}" + ("" if option.kind is Kind.FLAG else "=")
        for option in table().options
    )


def _bash() -> str:
    cases = []
    files = []
    for option in table().options:
        words = _words(option)
        if words:
            cases.append(f"        --{option.flag}) words='{' '.join(words)}' ;;")
        elif _is_file(option):
            files.append(f"--{option.flag}")
    cases.append(f"        {'|'.join(files)})")
    cases.append('            COMPREPLY=($(compgen -f -- "$value")); return ;;')
    newline = "\n"
    return f"""\
# bash completion for oauthproxy
_oauthproxy() {{
    local line flag value words=''
    line="${{COMP_LINE:0:COMP_POINT}}"
    value="${{line##*[[:space:]]}}"
    COMPREPLY=()
    flag="${{COMP_WORDS[COMP_CWORD-1]}}"
    if [[ "$value" == --*=* ]]; then
        flag="${{value%%=*}}"
        value="${{value#*=}}"
    elif [[ "$value" == -* ]]; then
        compopt -o nospace 2>/dev/null
        COMPREPLY=($(compgen -W '{_flags()}' -- "$value"))
        return
    fi
    case "$flag" in
{newline.join(cases)}
        completion) words='{" ".join(_SHELLS)}' ;;
        *) words='{" ".join(name for name, _ in COMMANDS)}' ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$value"))
}}
complete -F _oauthproxy oauthproxy
"""


def _zsh() -> str:
    lines = []
    for option in table().options:
        value = f":{option.declared.holds or 'value'}:"
        if _words(option):
            value += f"({' '.join(_words(option))})"
        elif _is_file(option):
            value += "_files"
        equals = "=-" if option.kind is Kind.FLAG else "="
        value = f":{value}" if option.kind is Kind.FLAG else value
        repeat = "*" if option.kind is Kind.TEXTS else ""
        name = f"{repeat}--{option.flag}{equals}"
        lines.append(f"    '{name}[{_escaped(_short(option), IN_ZSH)}]{value}'")
    commands = " ".join(name for name, _ in COMMANDS)
    options = " \\\n".join(lines)
    return f"""\
#compdef oauthproxy
_arguments \\
{options} \\
    '1:command:({commands})' \\
    '2:argument:({" ".join(_SHELLS)})'
"""


def _fish() -> str:
    lines = ["# fish completion for oauthproxy", "complete -c oauthproxy -f"]
    for name, text in COMMANDS:
        lines.append(
            f"complete -c oauthproxy -n __fish_use_subcommand -a {name} -d '{text}'"
        )
    seen = "'__fish_seen_subcommand_from completion'"
    lines.append(f"complete -c oauthproxy -n {seen} -a '{' '.join(_SHELLS)}'")
    for option in table().options:
        line = f"complete -c oauthproxy -l {option.flag} -d "
        line += f"'{_escaped(_short(option), IN_FISH)}'"
        if option.kind is not Kind.FLAG:
            line += " -r -F" if _is_file(option) else " -x"
        if _words(option):
            line += f" -a '{' '.join(_words(option))}'"
        lines.append(line)
    return "\n".join(lines) + "\n"


_SHELLS = {"bash": _bash, "zsh": _zsh, "fish": _fish}
