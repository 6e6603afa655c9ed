"""
Regular expressions of the configuration.
"""

import pytest

from oauthproxy.wire.patterns import Pattern


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^/a\z", "/a"),
        (r"(?s)a.b", "a\nb"),
        (r"^\pN+$", "٣4"),
        (r"[[:alpha:]]", "x"),
        (r"(?P<name>a)b", "ab"),
        (r"(?U)a+b", "aab"),
        (r"^/.{1}$", "/\udcff"),
        (r"^/..$", "/\udce2\udc82"),
        (r"^/é$", "/é"),
    ],
)
def test_language_is_re2(pattern: str, text: str) -> None:
    """What Go finds is found; a byte that is no UTF-8 is one character (A13)."""
    assert Pattern.compile(pattern).search(text)


def test_dollar_is_the_very_end() -> None:
    """A newline at the end of a text does not hide behind `$` (A13)."""
    assert not Pattern.compile("^/a$").search("/a\n")


@pytest.mark.parametrize("pattern", ["(bad[", "(?=ahead)", r"(a)\1", "a{2000}"])
def test_other_languages_are_refused(pattern: str) -> None:
    """What RE2 cannot do is refused at the start, by its text (A13)."""
    with pytest.raises(ValueError, match="is not a regular expression"):
        Pattern.compile(pattern)


def test_search_is_linear() -> None:
    """A pattern that explodes elsewhere answers (A14)."""
    assert not Pattern.compile("^/(a+)+$").search("/" + "a" * 5000 + "b")
