"""
Options by their configuration names.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import fields

from oauthproxy.crypto.secret import Secret
from oauthproxy.settings.option import OPTION

T = TypeVar("T")


def options(group: type[T], given: Mapping[str, Any]) -> T:
    """
    Return a group of options with those of the given ones that it has.
    """
    return group(
        **{
            each.name: _value(given[_key(each)], each.default)
            for each in fields(group)  # type: ignore[arg-type]
            if _key(each) in given
        }
    )


def _key(attribute: Any) -> str:
    key: str | None = attribute.metadata[OPTION].key
    return str(attribute.name) if key is None else key


def _value(value: Any, default: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return Secret(value) if isinstance(default, Secret) else value
