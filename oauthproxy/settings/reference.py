"""
The pages that are made from the declarations, and what keeps them from drifting.

    python -m oauthproxy.settings.reference FOLDER           writes them
    python -m oauthproxy.settings.reference --check FOLDER   fails when they differ
"""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from types import MappingProxyType

from oauthproxy.settings import forms
from oauthproxy.settings.table import Option

WIDTH = 88
_TRAILING_UNDERSCORE = re.compile(r"(?<=\w)_(?!\w)")

_INTRODUCTION = """\
Reference of options
====================

.. Made by "python -m oauthproxy.settings.reference ."; do not edit.

Every option is a flag, a key of the configuration file and an environment variable; see
:doc:`overview` for how their values are written. Options marked *ours* are not known to
oauth2-proxy. Those marked *alpha* are refused beside an alpha configuration, which says
the same at the place named.
"""

_EXAMPLE = """\
# Example configuration of oauthproxy: every option with its default.
#
# Made by "python -m oauthproxy.settings.reference ."; do not edit the original.
#
# A start needs at least: provider, oidc_issuer_url (for OpenID Connect), client_id,
# client_secret, cookie_secret, email_domains and upstreams. Each option can also be
# given as the environment variable OAUTH2_PROXY_ and its key in capitals, or as a flag.
#
# Put secrets into files that only the service can read: cookie_secret_file and
# client_secret_file.
"""


def reference_rst() -> str:
    """
    Return the page that documents every option.
    """
    parts = [_INTRODUCTION]
    for section in forms.sections():
        parts.append(f"\n{section.title}\n{'-' * len(section.title)}\n")
        parts.extend(_entry(option) for option in section.options)
    return "".join(parts)


def _entry(option: Option) -> str:
    declared = option.declared
    value = forms.usage(option).partition("=")[2]
    words = ", ".join(f"``{word}``" if word else "empty" for word in declared.accepted)
    default = forms.default_text(option)
    rows = [
        ("Key", f"``{option.key}``" if option.key else ""),
        ("Older key", f"``{declared.alias}``" if declared.alias else ""),
        ("Variable", f"``{option.variable}``" if option.variable else ""),
        ("Type", forms.type_name(option)),
        ("Default", f"``{default}``" if default else "none"),
        ("One of", words),
        ("Alpha", f"``{declared.alpha}``" if declared.alpha else ""),
        ("Deprecated", _deprecated(option)),
        ("Ours", "not known to oauth2-proxy" if declared.ours else ""),
    ]
    text = wrap(escaped(declared.help), WIDTH - 3, break_on_hyphens=False)
    lines = [f".. option:: --{option.flag}{f' <{value}>' if value else ''}", ""]
    lines += [f"   {line}" for line in text]
    lines += [""]
    lines += [f"   :{title}: {row}" for title, row in rows if row]
    return "\n" + "\n".join(lines) + "\n"


def _deprecated(option: Option) -> str:
    if not option.declared.deprecated:
        return ""
    instead = option.declared.replaced_by
    return f"use {escaped(instead)}" if instead else "yes"


def escaped(text: str) -> str:
    """
    Return plain text as reStructuredText.
    """
    text = re.sub(r"([\\*`|])", r"\\\1", text)
    return _TRAILING_UNDERSCORE.sub(r"\\_", text)


def example_file() -> str:
    """
    Return a configuration file with every option, each commented out.
    """
    parts = [_EXAMPLE]
    for section in forms.sections():
        options = [option for option in section.options if option.key]
        if not options:
            continue
        parts.append(f"\n\n## {section.title}\n")
        for option in options:
            parts.append("\n")
            text = wrap(option.declared.help, WIDTH - 2, break_on_hyphens=False)
            parts.extend(f"# {line}\n" for line in text)
            parts.append(f"#{option.key} = {forms.toml_default(option)}\n")
    return "".join(parts)


PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "docs/configuration/reference.rst": reference_rst,
        "systemd/oauthproxy.cfg.example": example_file,
    }
)


def drifted(folder: Path) -> list[str]:
    """
    Return the pages below a folder that differ from the declarations.
    """
    return [
        name
        for name, make in PAGES.items()
        if not (folder / name).is_file()
        or (folder / name).read_text(encoding="utf-8") != make()
    ]


def main(arguments: Sequence[str]) -> int:
    """
    Write the pages, or with --check compare them; return the exit status.
    """
    *options, folder = arguments
    if options == ["--check"]:
        different = drifted(Path(folder))
        for name in different:
            print(f"{name} differs from the declarations", file=sys.stderr)
        return int(bool(different))
    for name, make in PAGES.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
