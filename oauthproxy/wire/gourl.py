"""
Read URLs as Go's `net/url` does, which decides in the reference what is one.

Rule 1: text in, text out; bytes that are not UTF-8 travel as surrogates.
Rule 2: what Go refuses raises ValueError, and nothing else does.
"""

import ipaddress
import re
from urllib.parse import quote_from_bytes, unquote_to_bytes

from attrs import frozen

from oauthproxy.wire.fields import field_bytes, field_text

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_USER = re.compile(r"[A-Za-z0-9._:~!$&'()*+,;=%@-]*")
_PORT = re.compile(r"(?::[0-9]*)?")
_HOST_BAD = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:\[\]<>\"%\x80-\U0010ffff-]")
_HOST_ESCAPE_BAD = re.compile(r"%(?!25|[89A-Fa-f][0-9A-Fa-f])")
_UNRESERVED = re.compile("[A-Za-z0-9_.~-]*")
_ENCODED = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@\[\]%/-]*")
_PATH_SAFE = "$&+,/:;=@~"
_STRICT_COLONS = ("http", "https")


@frozen
class URL:
    """
    The parts of a URL: `path` and `fragment` are decoded, `raw_path` and `query` are
    as written. `host` may hold a port; user information is checked and dropped.
    """

    scheme: str = ""
    opaque: str = ""
    host: str = ""
    path: str = ""
    raw_path: str = ""
    query: str = ""
    fragment: str = ""

    @property
    def hostname(self) -> str:
        """
        The host without its port and without brackets.
        """
        return split_port(self.host)[0]

    @property
    def port(self) -> str:
        """
        The port as written, or the empty text.
        """
        return split_port(self.host)[1]


def parse(text: str) -> URL:
    """
    Return the parts of a URL or URL reference, as `url.Parse`; raises ValueError.
    """
    before, _, fragment = text.partition("#")
    if _CONTROL.search(before):
        raise ValueError("it holds a control character")
    if before == "*":
        return URL(path="*", raw_path="*", fragment=unescape(fragment))
    scheme, rest = _split_scheme(before)
    rest, _, query = rest.partition("?")
    if not rest.startswith("/"):
        if scheme:
            return URL(scheme, rest, query=query, fragment=unescape(fragment))
        if ":" in rest.partition("/")[0]:
            raise ValueError("the first part of its path holds a colon")
    host = ""
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        host, rest = _host(scheme, authority), slash + path
    return URL(scheme, "", host, unescape(rest), rest, query, unescape(fragment))


def _split_scheme(text: str) -> tuple[str, str]:
    if text.startswith(":"):
        raise ValueError("it begins with a colon")
    found = _SCHEME.match(text)
    return (found[1].lower(), text[found.end() :]) if found else ("", text)


def _host(scheme: str, authority: str) -> str:
    user, at, host = authority.rpartition("@")
    host = _bracketed(host) if "[" in host else _named(scheme, host)
    if at:
        if not _USER.fullmatch(user):
            raise ValueError(
                "its user or password holds a character that needs escaping"
            )
        unescape(user)
    return host


def _named(scheme: str, host: str) -> str:
    first, last = host.find(":"), host.rfind(":")
    if first != -1:
        start = first if scheme in _STRICT_COLONS else last
        if not _PORT.fullmatch(host[start:]):
            raise ValueError("its port is not a number")
    return _unescape_host(host)


def _bracketed(host: str) -> str:
    name, closing, port = host[1:].rpartition("]")
    if host.rfind("[") != 0 or not closing or not _PORT.fullmatch(port):
        raise ValueError("what is in its brackets is no IPv6 address")
    before, zone_mark, zone = name.partition("%25")
    address = _unescape_host(before)
    if zone_mark:
        address += "%" + _unescape_zone(zone)
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        raise ValueError("what is in its brackets is no IPv6 address") from None
    return f"[{address}]{port}"


def _unescape_host(text: str) -> str:
    if _HOST_BAD.search(text) or _HOST_ESCAPE_BAD.search(text):
        raise ValueError("its host holds a character that cannot stand there")
    return unescape(text)


def _unescape_zone(text: str) -> str:
    zone = unescape(text)
    if _HOST_BAD.search(zone.replace(" ", "")):
        raise ValueError("its zone holds a character that cannot stand there")
    return zone


def split_port(host: str) -> tuple[str, str]:
    """
    Return host and port of `host[:port]`; brackets around the host are removed.
    """
    name, colon, port = host.rpartition(":")
    if not colon or not _PORT.fullmatch(":" + port):
        name, port = host, ""
    if name.startswith("[") and name.endswith("]"):
        name = name[1:-1]
    return name, port


def unescape(text: str) -> str:
    """
    Decode percent escapes; raises ValueError for a percent sign without two
    hexadecimal digits.
    """
    if "%" not in text:
        return text
    if _BAD_ESCAPE.search(text):
        raise ValueError("a percent sign is not followed by two hexadecimal digits")
    return field_text(unquote_to_bytes(field_bytes(text)))


def unescape_query(text: str) -> str:
    """
    Decode a key or value of a query: also `+` for a space. Raises ValueError.
    """
    return unescape(text.replace("+", " "))


def escape_path(path: str) -> str:
    """
    Encode a decoded path as Go writes it.
    """
    return quote_from_bytes(field_bytes(path), safe=_PATH_SAFE)


def escape_query(text: str) -> str:
    """
    Encode a key or value of a query, a space as `+`.
    """
    if _UNRESERVED.fullmatch(text):
        return text
    return quote_from_bytes(field_bytes(text), safe=" ~").replace(" ", "+")


def escaped_path(raw_path: str) -> str:
    """
    Return the path as the reference's router sees it: as it came, or, when it holds
    a character that must not stand there, decoded and encoded anew. Raises ValueError.
    """
    if _ENCODED.fullmatch(raw_path):
        unescape(raw_path)
        return raw_path
    return escape_path(unescape(raw_path))
