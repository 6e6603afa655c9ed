"""
Read URLs of the configuration as the reference's library does.

It is stricter than Python's `urllib.parse` in some places (control characters, bad
percent escapes, ports) and looser in others (blanks in the path).
"""

import re

from attrs import frozen

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST_SIGNS = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:\[\]<>\"%-]|[^\x00-\x7f]")
_HOST_ESCAPE = re.compile(r"%(?:25|[89A-Fa-f][0-9A-Fa-f])")
_PORT = re.compile(r"(?::[0-9]*)?")
_USER = re.compile(r"[A-Za-z0-9._:~!$&'()*+,;=%@-]*")


@frozen
class URL:
    """
    The parts of a URL; host (with its port), path and fragment are decoded.
    """

    scheme: str = ""
    host: str = ""
    path: str = ""
    query: str = ""
    fragment: str = ""
    opaque: str = ""

    @property
    def hostname(self) -> str:
        """
        The host without port and brackets.
        """
        if self.host.startswith("["):
            return self.host[1:].partition("]")[0]
        return self.host.rpartition(":")[0] if ":" in self.host else self.host

    @property
    def port(self) -> str:
        """
        The port as written, or the empty text.
        """
        return self.host.rpartition("]")[2].partition(":")[2]


def parse_url(text: str) -> URL:
    """
    Return the parts of a URL; raises ValueError with the reason it is none.
    """
    if _CONTROL.search(text):
        raise ValueError("a control character in a URL")
    before, _, fragment = text.partition("#")
    found = _SCHEME.match(before)
    scheme = found[1].lower() if found else ""
    rest = before[found.end() :] if found else before
    if rest.startswith(":"):
        raise ValueError("the scheme in front of the colon is missing")
    rest, _, query = rest.partition("?")
    if not rest.startswith("/") and scheme:
        return URL(scheme=scheme, opaque=rest, query=query, fragment=_decode(fragment))
    if ":" in rest.partition("/")[0]:
        raise ValueError("the first part of the path has a colon; is a scheme missing?")
    host = ""
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        host, rest = _host(authority), slash + path
    return URL(scheme, host, _decode(rest), query, _decode(fragment))


def _host(authority: str) -> str:
    user, _, host = authority.rpartition("@")
    if not _USER.fullmatch(user) or _BAD_ESCAPE.search(user):
        raise ValueError("a character in the user name must be escaped")
    bracket = host.rpartition("]")
    if host.startswith("[") and not bracket[1]:
        raise ValueError('the "]" of the address is missing')
    tail = bracket[2] if host.startswith("[") else host[_last_colon(host) :]
    if not _PORT.fullmatch(tail):
        raise ValueError(f'"{tail}" is not a port')
    for sign in _HOST_SIGNS.sub("", host):
        raise ValueError(f'"{sign}" cannot be in a host name')
    if "%" in _HOST_ESCAPE.sub("", host):
        raise ValueError("a percent sign in the host name")
    return _decode(host)


def _last_colon(host: str) -> int:
    found = host.rfind(":")
    return len(host) if found < 0 else found


def _decode(text: str) -> str:
    if _BAD_ESCAPE.search(text):
        raise ValueError("a percent sign without two hexadecimal digits")
    if "%" not in text:
        return text
    from urllib.parse import unquote

    return unquote(text, errors="surrogateescape")
