"""
Clean and unclean request targets.
"""

import pytest

from oauthproxy.wire.target import (
    clean_path,
    has_bad_escape,
    is_clean,
    without_semicolons,
)


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/.well-known/x", None),
        ("/a/..b", None),
        ("/a/./b?x=1", "/a/b?x=1"),
        ("/oauth2/../secret", "/secret"),
        ("/oauth2//auth", "/oauth2/auth"),
        ("/a//?", "/a/?"),
        ("/a%2F..%2Fb|", "/b%257C"),
        ("/%zz//", None),
    ],
)
def test_unclean_target_has_a_clean_location(target: str, location: str | None) -> None:
    """A target with empty or dot segments is sent to the one without them (A21)."""
    assert clean_path(target) == location


@pytest.mark.parametrize("target", ["//a", "/a/../b", "/.", "x", "", "/a%2F..%2Fb|"])
def test_unclean_path_is_never_called_clean(target: str) -> None:
    """The quick test says clean only of what surely is."""
    assert not is_clean(target.encode())


def test_plain_path_is_clean() -> None:
    """The quick test knows an ordinary path."""
    assert is_clean(b"/app/page.html")


def test_bad_escape_matters_only_in_the_path() -> None:
    """A broken escape is refused in the path and left alone in the query."""
    assert has_bad_escape(b"/a%2")
    assert not has_bad_escape(b"/a%20?x=%zz")


def test_semicolons_of_the_query_become_ampersands() -> None:
    """Semicolons are replaced in the query, not in the path."""
    assert without_semicolons(b"/a;b?c;d") == b"/a;b?c&d"
