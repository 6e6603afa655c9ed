"""
Read a YAML document into nodes that know their lines.

The types of plain scalars are those of YAML 1.2: "yes" and "on" are texts.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.error import MarkedYAMLError, YAMLError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from oauthproxy.settings.convert import parse_integer

_TAG = "tag:yaml.org,2002:"
NULL, BOOL, INTEGER, FLOAT, TIME, MERGE, BINARY, TEXT = (
    _TAG + name
    for name in (
        "null",
        "bool",
        "int",
        "float",
        "timestamp",
        "merge",
        "binary",
        "str",
    )
)


class _Resolver(BaseResolver):
    """
    The types of plain scalars.
    """


for _tag, _pattern in (
    (NULL, r"~|null|Null|NULL|"),
    (BOOL, r"true|True|TRUE|false|False|FALSE"),
    (INTEGER, r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)"),
    (FLOAT, r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"),
    (FLOAT, r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"),
    (TIME, r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?"),
    (MERGE, r"<<"),
):
    _Resolver.add_implicit_resolver(_tag, re.compile(rf"(?:{_pattern})\Z"), [None])


class _PlainLoader(Reader, Scanner, Parser, Composer, _Resolver):
    """
    Everything up to the composed node.
    """

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        _Resolver.__init__(self)


def _loader(text: str) -> Any:
    """
    Return a loader; libyaml's, where there is one, is faster and takes a "?" inside
    plain texts of flow lists, as the reference does.
    """
    if not yaml.__with_libyaml__:
        return _PlainLoader(text)
    from yaml import cyaml

    parser: Any = cyaml

    class Loader(parser.CParser, _Resolver):  # type: ignore[misc]  # untyped C
        def __init__(self) -> None:
            parser.CParser.__init__(self, text)
            _Resolver.__init__(self)

    return Loader()


def plain_type(text: str) -> str:
    """
    Return the tag that a plain scalar has.
    """
    resolver: Any = _Resolver()
    return str(resolver.resolve(ScalarNode, text, (True, False)))


def first_document(text: str) -> Node | None:
    """
    Return the root of the first document, or None where there is none.

    Raises ValueError with "LINE: reason".
    """
    try:
        loader = _loader(text)
        found: Node | None = loader.get_node() if loader.check_node() else None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"{mark.line + 1}: " if mark else ""
        raise ValueError(f"{line}{error.problem or error.context}") from error
    except YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error
    return found


def line(node: Node) -> int:
    """
    Return the line on which a node starts, counted from 1.
    """
    return int(node.start_mark.line) + 1


def is_null(node: Node) -> bool:
    """
    Tell whether a node says nothing.
    """
    return node.tag == NULL


def entries(node: MappingNode) -> Iterator[tuple[str, Node, Node]]:
    """
    Yield key, key node and value node of a mapping; merged mappings come last, and
    only with keys that were not there.
    """
    seen: set[str] = set()
    pending = [node]
    visited: list[MappingNode] = []
    while pending:
        mapping = pending.pop(0)
        if any(mapping is other for other in visited):
            continue
        visited.append(mapping)
        own: set[str] = set()
        for key, value in mapping.value:
            if key.tag == MERGE:
                pending.extend(_merged(value))
            elif str(key.value) not in seen:
                own.add(str(key.value))
                yield str(key.value), key, value
        seen |= own


def _merged(value: Node) -> list[MappingNode]:
    nodes = value.value if isinstance(value, SequenceNode) else [value]
    return [node for node in nodes if isinstance(node, MappingNode)]


def scalar(node: Node) -> str | bool | int | float | bytes | None:
    """
    Return the value of a scalar; None for what has no plain value here.
    """
    if not isinstance(node, ScalarNode):
        return None
    text = str(node.value)
    try:
        return _scalar(node.tag, text)
    except ValueError:
        return None


def _scalar(tag: str, text: str) -> str | bool | int | float | bytes | None:
    if tag == TEXT:
        return text
    if tag == BOOL:
        return text.lower() == "true"
    if tag == INTEGER:
        return parse_integer(text)
    if tag == FLOAT:
        return float(re.sub(r"\.(?=[iInN])", "", text.replace("_", "")))
    if tag == BINARY:
        import binascii

        return binascii.a2b_base64("".join(text.split()))
    return None
