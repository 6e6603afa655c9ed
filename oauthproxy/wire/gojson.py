"""
JSON as Go writes it: characters that mean something in HTML or end lines are escaped.
"""

import json
from collections.abc import Callable
from typing import Any

_ESCAPES = str.maketrans(
    {
        "<": "\\u003c",
        ">": "\\u003e",
        "&": "\\u0026",
        "\u2028": "\\u2028",
        "\u2029": "\\u2029",
        **{chr(code): "\\ufffd" for code in range(0xD800, 0xE000)},
    }
)


def go_json(
    value: Any,
    *,
    sort_keys: bool = False,
    default: Callable[[Any], Any] | None = None,
) -> str:
    """
    Return a value as JSON without blanks, halves of surrogate pairs as U+FFFD.
    `default` makes something of what JSON does not know.
    """
    text = json.dumps(
        value,
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=sort_keys,
        default=default,
    )
    return text.translate(_ESCAPES)
