"""
Locations on the wire.
"""

import pytest

from oauthproxy.wire.location import location, redirect_body


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        ("/%0d%0aSet-Cookie:a=b", "/%0d%0aSet-Cookie:a=b"),
        ("/\r\nSet-Cookie: a=b", "/%0d%0aSet-Cookie:%20a=b"),
        ("/\x00\x7f", "/%00%7f"),
        ("/é", "/%c3%a9"),
        ("/\udcff", "/%ff"),
        ("https://app.test/a/../b c", "https://app.test/a/../b%20c"),
        ("relative", "/oauth2/relative"),
        ("/a/b/../?x=/../", "/a/?x=/../"),
    ],
)
def test_location_holds_in_one_line(target: str, sent: str) -> None:
    """Nothing in a location ends its line; paths are cleaned, URLs are not (C14)."""
    assert location(target, "/oauth2/start") == sent


@pytest.mark.parametrize(
    "target", ["/..//evil.test", "/./\\evil.test", "/x/..//\\evil"]
)
def test_clean_location_never_names_a_host(target: str) -> None:
    """Cleaning a path never makes two slashes of it (C13)."""
    assert not location(target, "/").startswith("//")


def test_body_is_for_get_alone() -> None:
    """GET gets a link, HEAD only its type, other methods neither."""
    html = "text/html; charset=utf-8"

    assert redirect_body("GET", location('/"><script>', "/")) == (
        html,
        '<a href="/&#34;&gt;&lt;script&gt;">Found</a>.\n\n',
    )
    assert redirect_body("HEAD", "/") == (html, "")
    assert redirect_body("POST", "/") == ("", "")
