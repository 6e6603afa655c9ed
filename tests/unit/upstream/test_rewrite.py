"""
Rewritten targets.
"""

import pytest

from oauthproxy.upstream.rewrite import Rewrite
from oauthproxy.wire.patterns import Pattern


@pytest.mark.parametrize(
    ("pattern", "template", "path", "out"),
    [
        ("a*", "-", "/baac", "-/-b-c-"),
        ("", "-", "é", "-é-"),
        ("^/(?P<who>[^/]+)/", "/u/${who}/$who/$0", "/kim/x", "/u/kim/kim//kim/x"),
        ("b", "$9$-$", "/abc", "/a$-$c"),
        ("^/x", "/é", "/x\udcff", "/é\udcff"),
    ],
)
def test_matches_are_replaced(pattern: str, template: str, path: str, out: str) -> None:
    """Every match is replaced as Go's ReplaceAllString would."""
    assert Rewrite(Pattern.compile(pattern), template).path(path) == out


def test_unchanged_path_keeps_its_escapes() -> None:
    """A rewrite that changes nothing sends the path as it came."""
    rewrite = Rewrite(Pattern.compile("^/a/(.*)$"), "/a/$1")

    assert rewrite.target("/a/b%2Fc", "") == "/a/b%2Fc"


def test_path_without_a_slash_gets_one() -> None:
    """What goes out is always a path."""
    assert Rewrite(Pattern.compile("^/"), "").target("/a", "") == "/a"


def test_query_of_the_template_comes_behind() -> None:
    """Values of one key keep their order: the client's, then the template's."""
    rewrite = Rewrite(Pattern.compile("^/x$"), "/y?b=2&a=3")

    assert rewrite.target("/x", "b=1&c") == "/y?a=3&b=1&b=2&c="
