"""
Which pages may read that a login is missing.
"""

import pytest

from oauthproxy.access.origins import Origins
from tests.unit.requests import a_request

ORIGINS = Origins([".example.com", "app.test:8443"])


@pytest.mark.parametrize(
    "origin", ["https://app.example.com", "http://example.com", "https://app.test:8443"]
)
def test_listed_origin_may_read(origin: str) -> None:
    """The origin itself is named, never a wildcard, and caches are told."""
    assert ORIGINS.fields(a_request("/x", ("Origin", origin))) == (
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Vary", "Origin"),
    )


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.test",
        "https://app.test",
        "https://evilexample.com",
        "https://app.example.com.evil.test",
        "https://app.example.com/",
        "https://u@app.example.com",
        "https://app.example.com\\.evil.test",
        "ftp://app.example.com",
        "app.example.com",
        "null",
        "*",
        "",
    ],
)
def test_other_origin_may_not(origin: str) -> None:
    """What is not exactly an origin of a listed domain is told nothing."""
    fields = ORIGINS.fields(a_request("/x", ("Origin", origin)))

    assert fields == (("Vary", "Origin"),)


def test_two_origins_may_not() -> None:
    """Two lines are nobody's."""
    both = [("Origin", "https://app.example.com")] * 2

    assert ORIGINS.fields(a_request("/x", *both)) == (("Vary", "Origin"),)


def test_nothing_is_said_without_domains() -> None:
    """Without a list the answer is the reference's."""
    origin = ("Origin", "https://app.example.com")

    assert Origins([]).fields(a_request("/x", origin)) == ()
