"""
No redirect leads away from this host, unless a listed domain does.
"""

from itertools import product
from urllib.parse import unquote

import pytest

from oauthproxy.login.redirect import Redirects
from oauthproxy.wire.location import location
from tests.unit.driver import RecordingLog

LISTED = Redirects(
    [".bar.foo", "good.test", "foo.bar", "port.test:*"], "/oauth2", RecordingLog()
)


@pytest.mark.parametrize(
    "target",
    [
        "//evil.test",
        "///evil.test",
        "////evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "/\\/evil.test",
        "/\t/evil.test",
        "/\n/evil.test",
        "/\r/evil.test",
        "/\v\\evil.test",
        "/./\\evil.test",
        "/./../../\\evil.test",
        "/\t\t/\t/evil.test",
        "/..//evil.test",
        "/;//evil.test",
        "/%2e%2e//evil.test",
        "http://evilbar.foo",
        "http://foo.bar:3838/",
        "https://good.test@evil.test/",
        "https://good.test%40evil.test",
        "https://good.test\\@evil.test",
        "https://evil.test#.good.test",
        "https://evil.test?.good.test",
        "https://good.test:80@evil.test",
        "https://good.test:443@evil.test:443/",
        "https://evil.test\\good.test",
        "https://evil.test;good.test",
        "https://port.test:80:evil.test/",
        "https://[::1].good.test/",
        "https://good.test\n.evil.test",
        "HTTPS://good.test",
        "https:good.test",
        "javascript:alert(1)",
        " https://good.test",
        "\x00/x",
        "evil.test",
        "/" + "x" * 60_000,
    ],
)
def test_published_attacks_are_refused(target: str) -> None:
    """The payloads of past advisories are no redirect targets (C01 to C14)."""
    assert not LISTED.is_valid(target)


def browser_host(sent: str) -> str:
    """
    Return the host that a browser reads in a Location of ours, by the URL Standard: it
    drops tabs and line ends, trims controls and blanks, and takes `\\` for `/`.
    """
    text = "".join(sign for sign in sent if sign not in "\t\r\n")
    text = text.strip("".join(map(chr, range(0x21)))).replace("\\", "/")
    assert text.startswith("/")
    return text[2:].lstrip("/").partition("/")[0] if text.startswith("//") else ""


ATOMS = ("/", "\\", ".", "..", "\t", "\n", " ", "%2f", "%5c", ";", "a", "?", "#")


def test_no_short_path_leads_away() -> None:
    """Of all short mixtures of what confuses, each valid one stays here (C06, C13)."""
    led_away = []
    for atoms in product(ATOMS, repeat=4):
        target = "/" + "".join(atoms) + "/evil.test"
        if LISTED.is_valid(target):
            sent = location(target, "/oauth2/callback")
            led_away += [target] if browser_host(sent) else []

    assert led_away == []


def test_valid_path_is_sent_as_it_was_meant() -> None:
    """Making a Location of a path changes none of its characters."""
    sent = location("/a b/é?x=1#y", "/oauth2/callback")

    assert unquote(sent) == "/a b/é?x=1#y"
