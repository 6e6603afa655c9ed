"""
JSON as Go writes it.
"""

import pytest

from oauthproxy.wire.gojson import go_json


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("<b>&amp;</b>", '"\\u003cb\\u003e\\u0026amp;\\u003c/b\\u003e"'),
        ("a\u2028b\u2029", '"a\\u2028b\\u2029"'),
        ('é\t"\\', '"é\\t\\"\\\\"'),
        ("\udcff", '"\\ufffd"'),
        ({"b": [1, None], "a": True}, '{"b":[1,null],"a":true}'),
    ],
)
def test_texts_are_safe_inside_html(value: object, text: str) -> None:
    """What could end a script or a line is escaped, and nothing else."""
    assert go_json(value) == text


def test_keys_can_be_sorted() -> None:
    """The order of members is kept, or that of their names."""
    assert go_json({"b": 1, "a": 2}, sort_keys=True) == '{"a":2,"b":1}'


def test_what_json_does_not_know() -> None:
    """A foreign value is what `default` makes of it."""
    assert go_json([b"x"], default=lambda value: value.decode()) == '["x"]'
