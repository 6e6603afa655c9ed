"""
Declare an option once, as a field of an attrs class.

The flag, the configuration key, the environment name, the help text, the reference
page and the completion are all read from here (`settings.table`).
"""

from typing import Any

from attrs import field, fields_dict, frozen

from oauthproxy.settings.kinds import Kind

OPTION = "oauthproxy.option"


@frozen(kw_only=True)
class Declaration:
    """
    What is known about an option besides its name and its default.

    `flag` and `key` are None where they follow from the field's name; `key` is the
    empty text for options that only the command line takes. `scope` is "core",
    "legacy" (refused beside an alpha configuration) or "command-line-only".
    """

    kind: Kind
    help: str
    flag: str | None = None
    key: str | None = None
    alias: str = ""
    scope: str = "core"
    section: str = ""
    holds: str = ""
    accepted: tuple[str, ...] = ()
    alpha: str = ""
    deprecated: bool = False
    replaced_by: str = ""
    flag_takes_value: bool = False
    ours: bool = False


_FROM_NAME: Any = object()

# Plain texts that are or may carry a secret stay out of every repr.
_NOT_SHOWN = frozenset({"secret", "redis-url"})


def option(
    kind: Kind,
    default: object,
    *,
    help: str,
    key: str | None = _FROM_NAME,
    **rest: Any,
) -> Any:
    """
    Return an attrs field that carries an option's declaration in its metadata.

    `key=None` keeps the option out of the configuration file and the environment.
    """
    known_as = None if key is _FROM_NAME else key or ""
    declared = Declaration(kind=kind, help=help, key=known_as, **rest)
    shown = declared.holds not in _NOT_SHOWN or kind is Kind.SECRET
    return field(default=default, metadata={OPTION: declared}, repr=shown)


def accepted(group: type, name: str) -> tuple[str, ...]:
    """
    Return the words that an option of a group takes.
    """
    declared: Declaration = fields_dict(group)[name].metadata[OPTION]
    return declared.accepted
