"""
Paths of the alpha configuration: those that there are, and those that two documents
differ in. Items of a list all have the same path.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from oauthproxy.settings.alpha.schema import ROOT, Many, Member, Scalar


def all_paths() -> set[str]:
    """
    Return the path of every field that holds a value.
    """
    return set(_below(ROOT.members, ""))


def _below(members: tuple[Member, ...], above: str) -> Iterator[str]:
    for member in members:
        path = f"{above}{member.name}"
        if isinstance(member.shape, Scalar):
            yield path
        elif isinstance(member.shape, Many):
            yield from _below(member.shape.item.members, f"{path}[].")
        else:
            yield from _below(member.shape.members, f"{path}.")


def differing(first: str, second: str) -> set[str]:
    """
    Return the paths to which a second document gives another value than the first.
    """
    one, two = (dict(_values(yaml.safe_load(text), "")) for text in (first, second))
    different = {path for path in two if one.get(path) != two[path]}
    return {_of_any_item(path) for path in different}


def _values(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _values(value, f"{path}.{name}" if path else name)
    elif isinstance(node, list) and any(isinstance(item, dict) for item in node):
        for index, item in enumerate(node):
            yield from _values(item, f"{path}[{index}]")
    else:
        yield path, node


def _of_any_item(path: str) -> str:
    parts = path.split("[")
    return parts[0] + "".join(f"[]{part.partition(']')[2]}" for part in parts[1:])
