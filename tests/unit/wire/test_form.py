"""
Forms, in queries and in bodies.
"""

import pytest

from oauthproxy.wire.form import FormError, parse_form, parse_query

FORM = "application/x-www-form-urlencoded"


def test_values_of_the_body_come_first() -> None:
    """A value of the body wins over one of the query."""
    form = parse_form("rd=/query&a=1", FORM, b"rd=%2Fbody+x", "POST")

    assert form.all("rd") == ["/body x", "/query"]
    assert form.first("a") == "1"
    assert form.first("b") == ""


@pytest.mark.parametrize(
    ("method", "content_type"),
    [("GET", FORM), ("DELETE", FORM), ("POST", "multipart/form-data; boundary=x")],
)
def test_other_bodies_are_not_read(method: str, content_type: str) -> None:
    """Only url-encoded bodies of POST, PUT and PATCH are forms."""
    assert "a" not in parse_form("", content_type, b"a=1", method)


@pytest.mark.parametrize("content_type", ["", "text", f"{FORM.upper()}; charset=utf-8"])
def test_good_content_types(content_type: str) -> None:
    """A Content-Type that can be read, or none, is no error."""
    parse_form("a=1", content_type, b"", "POST")


@pytest.mark.parametrize(
    ("query", "content_type", "body"),
    [
        ("a;b", "", b""),
        ("a=%zz", "", b""),
        ("", FORM, b"a=%4"),
        ("", "text/html; charset", b""),
        ("", "text/html; a=1; a=2", b""),
        ("", '; a="\\"', b""),
        ("&" * 10_000, "", b""),
    ],
)
def test_bad_forms_are_refused(query: str, content_type: str, body: bytes) -> None:
    """A pair or a Content-Type that cannot be read refuses the whole form."""
    with pytest.raises(FormError):
        parse_form(query, content_type, body, "POST")


def test_merely_read_query_drops_bad_pairs() -> None:
    """Outside of forms, pairs that cannot be read are left out, and remembered."""
    form = parse_query("a=1&b=%zz&c;d&=x&e")

    assert form.values == {"a": ["1"], "": ["x"], "e": [""]}
    assert form.dropped == ("b=%zz", "c;d")
