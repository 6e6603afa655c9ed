"""
Addresses that look like others (attack list, E22 and E23).
"""

import pytest

from oauthproxy.access.emails import KELVIN, EmailRule

RULE = EmailRule.of(
    ["company.com", ".below.com", "kompany.com"], frozenset({"k@x.com"})
)


@pytest.mark.parametrize(
    "email",
    [
        "a@company.com",
        "A@COMPANY.COM",
        "a.b+c@sub.below.com",
        "ü@company.com",
        "K@x.com",
        "k@X.com",
        "a@kompany.com",
    ],
)
def test_addresses_that_come_in(email: str) -> None:
    """
    Case does not count.
    """
    assert RULE.admits(email)


@pytest.mark.parametrize(
    "email",
    [
        "",
        "@",
        "@company.com",
        "company.com",
        "a@evil.com@company.com",
        '"a@evil.com"@company.com',
        "a@company.com\n",
        "a@company.com\0",
        "a@company.com.",
        "a@company.com ",
        " a@company.com",
        "a @company.com",
        "a@evil.com\n.below.com",
        "a@evil.com\0.below.com",
        "a@evil.com .below.com",
        "a@evil.com\u2028.below.com",
        "a@evil.com\t.below.com",
        "a@below.com",
        "a@xbelow.com",
        "a@cоmpany.com",  # a Cyrillic o
        "a@xn--cmpany-yqf.com",
        "a@company.com.evil.com",
        f"a@{KELVIN}ompany.com",
        f"{KELVIN}@x.com",
    ],
)
def test_addresses_that_do_not(email: str) -> None:
    """
    Nothing is taken for what it looks like, and nothing hides in an address.
    """
    assert not RULE.admits(email)


def test_everybody_is_everybody() -> None:
    """
    With `*` only the empty address stays outside.
    """
    rule = EmailRule.of(["*"])

    assert rule.admits(KELVIN)
    assert rule.admits("a@b@c")
    assert not rule.admits("")
