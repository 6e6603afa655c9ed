"""
Open redirects (attack list, C): nothing leads away from here.
"""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauthproxy.login.redirect import LONGEST, Redirects
from oauthproxy.wire.form import Form
from oauthproxy.wire.location import location
from tests.unit.driver import RecordingLog
from tests.unit.login.desk import scope_of

REDIRECTS = Redirects([".good.test", "app.test"], "/oauth2", RecordingLog())

ATTACKS = """
//evil.test
///evil.test
////evil.test
/\\evil.test
\\\\evil.test
/\\/evil.test
\\/evil.test
/%09/evil.test
/%0a/evil.test
/%0d/evil.test
/%0b\\evil.test
/./\\evil.test
/./../../\\evil.test
/%09%09/%09/evil.test
/..//evil.test
/%2e%2e//evil.test
/;//evil.test
/ /evil.test
http:evil.test
http:/evil.test
http:///evil.test
https:evil.test
HTTPS://evil.test
javascript:alert(1)
java%0ascript:alert(1)
data:text/html,x
vbscript:x
file:///etc/passwd
%00//evil.test
 //evil.test
http://evilgood.test
http://good.test.evil.test
https://good.test@evil.test/
https://good.test%40evil.test
https://good.test\\@evil.test
https://evil.test#.good.test
https://evil.test?.good.test
https://good.test:80@evil.test
https://good.test:443
https://good.test.
https://evil.test\\.good.test
https://[::1]
https://evil.test/.good.test
https://evil%2etest%23.good.test
https://evil.test%00.good.test
https://evil.test%5c.good.test
https://
/@/../../@//evil.test
""".strip("\n").split("\n")


@pytest.mark.parametrize("raw", ATTACKS)
def test_attacks_lead_home(raw: str) -> None:
    """
    From `rd`, from the header, and from forwarded fields: the answer is "/".
    """
    text = unquote(raw)
    headers = [("X-Auth-Request-Redirect", text)]

    assert REDIRECTS.target(scope_of("/"), Form({"rd": [text]})) == "/"
    assert REDIRECTS.target(scope_of("/", headers=headers), Form()) == "/"


@pytest.mark.parametrize(
    "text", ["/", "/a?b=c#d", "https://good.test/x", "https://a.good.test", "/%2f"]
)
def test_good_targets(text: str) -> None:
    """
    Plain paths, and URLs of listed hosts, are followed.
    """
    assert REDIRECTS.target(scope_of("/other"), Form({"rd": [text]})) == text


@given(st.text(alphabet="/\\.%@:?#\t\n\r evil09af;", max_size=24))
def test_no_path_becomes_a_host(text: str) -> None:
    """
    Whatever path is followed, a browser that reads it as URL specifications say stays
    on this host.
    """
    if not text.startswith("/") or not REDIRECTS.is_valid(text):
        return

    sent = location(text, "/oauth2/callback")

    read = sent.replace("\\", "/").replace("\t", "").replace("\n", "").replace("\r", "")
    assert urlsplit(read).netloc == ""
    assert not read.startswith("//")


def test_c14_targets_have_a_length() -> None:
    """
    A target of any size would be carried around in headers.
    """
    assert REDIRECTS.is_valid("/" + "a" * (LONGEST - 1))
    assert not REDIRECTS.is_valid("/" + "a" * LONGEST)


def test_refused_wishes_are_logged_in_one_line() -> None:
    """
    A refused target cannot write lines of its own into the log.
    """
    log = RecordingLog()
    redirects = Redirects([], "/oauth2", log)

    redirects.target(scope_of("/"), Form({"rd": ["//evil\nAuthSuccess root"]}))

    assert log.lines == [
        ("error", 'Invalid redirect provided: "//evil\\nAuthSuccess root"')
    ]
