"""
Lists of allowed domains.
"""

import pytest

from oauthproxy.wire.domains import Domain, allowed


@pytest.mark.parametrize(
    ("entry", "host", "fits"),
    [
        (".bar.foo", "evilbar.foo", False),
        (".bar.foo", "a.bar.foo", True),
        ("*.bar.foo", "bar.foo", True),
        ("bar.foo", "a.bar.foo", False),
        ("bar.foo", "bar.foo:3838", False),
        ("bar.foo:*", "bar.foo:3838", True),
        ("bar.foo", "bar.foo.", False),
        ("bar.foo", "BAR.foo", False),
        ("*", "bar.foo", False),
        ("", "", False),
        (".", "bar.foo", False),
    ],
)
def test_entry_fits_a_host(entry: str, host: str, fits: bool) -> None:
    """An entry fits by whole labels, and a port must be named (C05, C09)."""
    assert allowed(host, [Domain.parse(entry)]) is fits


@pytest.mark.parametrize("entry", [".", "*.", ".:*", "*.:80", "", ":80"])
def test_no_entry_allows_a_url_without_a_host(entry: str) -> None:
    """
    Browsers take the next word for the host of `http:///evil.test`.
    """
    assert not allowed("", [Domain.parse(entry)])
    assert not allowed(":80", [Domain.parse(entry)])
