"""
URLs as Go reads them.
"""

import pytest

from oauthproxy.wire.gourl import escaped_path, parse, split_port, unescape


@pytest.mark.parametrize(
    ("text", "host", "path"),
    [
        ("https://app.test/a%20b", "app.test", "/a b"),
        ("https://user:pw@app.test:8443/", "app.test:8443", "/"),
        ("//app.test/x", "app.test", "/x"),
        ("///app.test/x", "", "///app.test/x"),
        ("https://[2001:db8::7]:9000/", "[2001:db8::7]:9000", "/"),
        ("https://[fe80::1%25eth0]/", "[fe80::1%eth0]", "/"),
        ("https://b%C3%BCcher.test", "bücher.test", ""),
        ("/a?b=//c", "", "/a"),
        ("", "", ""),
    ],
)
def test_host_and_path_are_told_apart(text: str, host: str, path: str) -> None:
    """A URL is cut where Go cuts it, and its path is decoded."""
    url = parse(text)

    assert (url.host, url.path) == (host, path)


@pytest.mark.parametrize(
    "text",
    [
        "https://app.test\\@evil.test/",
        "https://evil.test\\.app.test/",
        "https://app.test /",
        "https://app.test/\x7f",
        "https://app.test:abc/",
        "https://a:b:c/",
        "https://[::1",
        "https://[192.0.2.1]/",
        "https://x[::1]/",
        "https://good.test%40evil.test",
        "https://us er@app.test/",
        "https://app.test/%zz",
        "/%4",
        ":nothing",
        "1a:b/c",
    ],
)
def test_what_is_no_url_is_refused(text: str) -> None:
    """What Go refuses to parse raises ValueError."""
    with pytest.raises(ValueError, match=r"its? |percent"):
        parse(text)


def test_undecodable_bytes_survive() -> None:
    """Escapes of bytes that are no UTF-8 come out as surrogates, not as errors."""
    assert unescape("/%ff") == "/\udcff"


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("/a%2Fb", "/a%2Fb"),
        ('/a%2Fb"', "/a/b%22"),
        ("/é", "/%C3%A9"),
        ("/a(b)!*'", "/a(b)!*'"),
    ],
)
def test_path_with_a_wrong_character_is_encoded_anew(raw: str, seen: str) -> None:
    """A path that holds a character it must not is decoded and encoded again."""
    assert escaped_path(raw) == seen


@pytest.mark.parametrize(
    ("host", "name", "port"),
    [
        ("a.test:80", "a.test", "80"),
        ("a.test:", "a.test", ""),
        ("a.test:x", "a.test:x", ""),
        ("[::1]:80", "::1", "80"),
        ("[::1]", "::1", ""),
    ],
)
def test_port_is_split_off(host: str, name: str, port: str) -> None:
    """Only digits behind the last colon are a port, and brackets go."""
    assert split_port(host) == (name, port)
