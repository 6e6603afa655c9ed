"""
The forms in which an option is shown: its types, defaults, placeholders, sections.
"""

from collections.abc import Iterator

from attrs import frozen

from oauthproxy.crypto.secret import Secret
from oauthproxy.settings.durations import format_duration
from oauthproxy.settings.kinds import Kind
from oauthproxy.settings.table import GROUPS, Option, table

_TYPE_NAMES = {
    Kind.TEXT: "text",
    Kind.SECRET: "secret",
    Kind.FLAG: "true or false",
    Kind.INTEGER: "whole number",
    Kind.DURATION: "duration",
    Kind.TEXTS: "list of texts",
}
_SECTION_TITLES = {
    "provider-azure": "Type azure",
    "provider-entra-id": "Type entra-id",
    "provider-bitbucket": "Type bitbucket",
    "provider-github": "Type github",
    "provider-gitlab": "Type gitlab",
    "provider-google": "Type google",
    "provider-keycloak": "Types keycloak and keycloak-oidc",
    "provider-login.gov": "Type login.gov",
}


@frozen
class Section:
    """
    Options that are shown together.
    """

    title: str
    options: tuple[Option, ...]


def sections() -> Iterator[Section]:
    """
    Yield all options in the order of the documentation.
    """
    for group, options in GROUPS.items():
        own = [option for option in table().options if option.group == group]
        named = dict.fromkeys(option.declared.section for option in own)
        for name in named:
            title = _SECTION_TITLES.get(name) or title_of(options)
            found = tuple(o for o in own if o.declared.section == name)
            yield Section(title, found)


def title_of(options: type) -> str:
    """
    Return the sentence that a group of options is called by, without its full stop.
    """
    return " ".join((options.__doc__ or "").split()).removesuffix(".")


def type_name(option: Option) -> str:
    """
    Return what kind of value an option holds, in words.
    """
    return _TYPE_NAMES[option.kind]


def placeholder(option: Option) -> str:
    """
    Return what stands for the value in a usage line: "PATH", "DURATION".
    """
    if option.kind in (Kind.DURATION, Kind.INTEGER):
        return option.declared.holds.upper() or option.kind.name
    if option.declared.accepted and len(option.declared.accepted) <= _FEW_WORDS:
        return "|".join(word for word in option.declared.accepted if word)
    return option.declared.holds.upper() or "TEXT"


_FEW_WORDS = 5


def usage(option: Option) -> str:
    """
    Return the flag as it is typed.
    """
    if option.kind is Kind.FLAG:
        return f"--{option.flag}"
    return f"--{option.flag}={placeholder(option)}"


def default_text(option: Option) -> str:
    """
    Return the default as a person writes it; the empty text when there is none.
    """
    default = option.default
    if isinstance(default, bool):
        return "true" if default else "false"
    if option.kind is Kind.DURATION and isinstance(default, int):
        return format_duration(default)
    if isinstance(default, Secret):
        return ""
    if isinstance(default, tuple):
        return ",".join(default)
    return str(default)


def toml_default(option: Option) -> str:
    """
    Return the default as a TOML value.
    """
    default = option.default
    if isinstance(default, tuple):
        return "[" + ", ".join(f'"{item}"' for item in default) + "]"
    text = default_text(option)
    if option.kind in (Kind.FLAG, Kind.INTEGER):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
