"""
What the program says about itself on a terminal.
"""

import platform
from textwrap import indent, wrap

import oauthproxy
from oauthproxy.errors import SettingsError
from oauthproxy.settings import forms
from oauthproxy.settings.given import nearest
from oauthproxy.settings.kinds import Kind
from oauthproxy.settings.table import ENVIRONMENT_PREFIX, Option, table

WIDTH = 80
COMMANDS = (
    ("check", "say what is wrong or unsafe in the configuration, and stop"),
    ("completion", "print the completion of bash, zsh or fish"),
    ("convert", "print the configuration as an alpha configuration"),
    ("cookie-secret", "print a fresh secret for --cookie-secret"),
    ("demo", "run the proxy between a demo provider and a demo application"),
    ("explain", "print everything about one option"),
)


def version_text() -> str:
    """
    Return the line that --version prints.
    """
    made = f"{platform.python_implementation()} {platform.python_version()}"
    return f"oauthproxy v{oauthproxy.__version__} (running on {made})\n"


def help_text() -> str:
    """
    Return all options with their types, defaults and variables, in groups.
    """
    lines = [
        "Usage: oauthproxy [OPTION]…",
        "       oauthproxy COMMAND [OPTION]…",
        "",
        "Without a command, serve. The commands:",
        *(f"  {name:<14} {text}" for name, text in COMMANDS),
        "Each of them takes --help.",
        "",
        *wrap(
            "Every option is a flag, a key of the file that --config names (the flag "
            "with _ for -, unless another is shown), and an environment variable (the "
            f"key in capitals after {ENVIRONMENT_PREFIX}). A flag wins over a "
            "variable, a variable over the file. Lists: repeat the flag, or separate "
            "with commas. Durations: 1h30m, 15s, 500ms.",
            WIDTH,
        ),
    ]
    for section in forms.sections():
        lines += ["", f"{section.title}:"]
        for option in section.options:
            lines += _lines(option)
    return "\n".join(lines) + "\n"


def _lines(option: Option) -> list[str]:
    facts = []
    if option.key and option.key != option.flag.replace("-", "_"):
        facts.append(f"key {option.key}")
    default = forms.default_text(option)
    if default and not (option.kind is Kind.FLAG and default == "false"):
        facts.append(f"default {default}")
    if option.declared.deprecated:
        facts.append("deprecated")
    end = f" [{'; '.join(facts)}]" if facts else ""
    text = wrap(option.declared.help + end, WIDTH - 8, break_on_hyphens=False)
    return [f"  {forms.usage(option)}", *(f"        {line}" for line in text)]


def explain(name: str) -> str:
    """
    Return everything about the option of this name: a flag, a key or a variable.

    Raises SettingsError when there is none.
    """
    option = find(name)
    declared = option.declared
    rows = [
        ("Flag", forms.usage(option)),
        ("Key", option.key or "none, only the command line has it"),
        ("Variable", option.variable or "none"),
        ("Older key", declared.alias),
        ("Type", forms.type_name(option)),
        ("Default", forms.default_text(option) or "none"),
        ("One of", ", ".join(word or '""' for word in declared.accepted)),
        ("Alpha", declared.alpha),
        ("Deprecated", _deprecated(option)),
        ("oauth2-proxy", "does not have it" if declared.ours else ""),
    ]
    text = "\n".join(wrap(declared.help, WIDTH - 2, break_on_hyphens=False))
    facts = "".join(f"  {title + ':':<14} {value}\n" for title, value in rows if value)
    return f"{option.label}\n\n{indent(text, '  ')}\n\n{facts}"


def _deprecated(option: Option) -> str:
    if not option.declared.deprecated:
        return ""
    instead = option.declared.replaced_by
    return f"use {instead}" if instead else "yes"


def find(name: str) -> Option:
    """
    Return the option that a flag, a key or a variable names.

    Raises SettingsError, with the nearest name, when there is none.
    """
    plain = name.strip().lstrip("-").partition("=")[0]
    plain = plain.removeprefix(ENVIRONMENT_PREFIX).lower().replace("-", "_")
    known = table()
    found = (
        known.by_key.get(plain)
        or known.by_flag.get(plain.replace("_", "-"))
        or _by_alias(plain)
    )
    if found is None:
        names = [*known.by_key, *known.by_name]
        raise SettingsError([f"{name}: unknown option{nearest(plain, names)}"])
    return found


def _by_alias(name: str) -> Option | None:
    for option in table().options:
        if option.declared.alias == name:
            return option
    return None
