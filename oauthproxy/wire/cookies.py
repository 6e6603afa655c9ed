"""
Cookies as browsers send them and as we set them.

Reading follows Go's net/http: a name must be a token, a value printable ASCII without
quote, semicolon and backslash; what is not is skipped, nothing is percent-decoded.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import Protocol

from attrs import field, frozen

MOST_COOKIES = 3000
"""A request with more cookies than this is read as having none."""

SECOND = 1_000_000_000
LONGEST_NAME = 256

_NOT_VALUE = bytes(b for b in range(256) if not 0x20 <= b < 0x7F or b in b'";\\')
_NOT_PATH = bytes(b for b in range(256) if not 0x20 <= b < 0x7F or b == 0x3B)
_BLANK = b" \t\r\n"
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TOKEN_TEXT = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = bytes(b for b in range(256) if b not in _NOT_VALUE)
_SAME_SITE = {"": "", "lax": "Lax", "strict": "Strict", "none": "None"}
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)

Pair = tuple[str, str]


@frozen
class Cookies:
    """
    The cookies of one request, in the order they came.
    """

    pairs: tuple[Pair, ...] = field(default=(), repr=False)

    @classmethod
    def parse(cls, values: Iterable[bytes]) -> "Cookies":
        """
        Read the values of all `Cookie` fields of a request, in order.
        """
        parts = [part for value in values for part in value.split(b";")]
        if len(parts) > MOST_COOKIES:
            return cls()
        return cls(tuple(pair for pair in map(_pair, parts) if pair is not None))

    def first(self, name: str) -> str | None:
        """
        Return the value of the first cookie of this name, or None.
        """
        for each, value in self.pairs:
            if each == name:
                return value
        return None

    def all(self, name: str) -> list[str]:
        """
        Return the values of all cookies of this name, in order.
        """
        return [value for each, value in self.pairs if each == name]


def _pair(part: bytes) -> Pair | None:
    part = part.strip(_BLANK)
    name, _, value = part.partition(b"=")
    name = name.rstrip(_BLANK)
    if not _TOKEN.fullmatch(name):
        return None
    if len(value) > 1 and value[0] == value[-1] == 0x22:
        value = value[1:-1]
    if value.translate(None, _VALUE):
        return None
    return name.decode("ascii"), value.decode("ascii")


class CookieAttributes(Protocol):
    """
    What is configured about the cookies we set (`settings` has it all).
    """

    @property
    def cookie_domains(self) -> tuple[str, ...]:
        """
        Domains, in the order they are tried.
        """

    @property
    def cookie_path(self) -> str:
        """
        The Path attribute; empty for none.
        """

    @property
    def cookie_secure(self) -> bool:
        """
        Whether cookies go over TLS only.
        """

    @property
    def cookie_httponly(self) -> bool:
        """
        Whether scripts may not read cookies.
        """

    @property
    def cookie_samesite(self) -> str:
        """
        "lax", "strict", "none" or the empty text.
        """


class CookieWriter:
    """
    Write `Set-Cookie` values.

    The attributes come in the order of Go's net/http: Path, Domain, Max-Age, HttpOnly,
    Secure, SameSite. `warn` is told when no configured domain fits a host.
    """

    def __init__(
        self, options: CookieAttributes, warn: Callable[[str], None] | None = None
    ) -> None:
        self._domains = options.cookie_domains
        self._path = _path_attribute(options.cookie_path)
        self._flags = ("; HttpOnly" if options.cookie_httponly else "") + (
            "; Secure" if options.cookie_secure else ""
        )
        self._same_site = options.cookie_samesite
        self._warn = warn

    def set(
        self,
        name: str,
        value: str,
        lifetime_ns: int,
        host: str,
        same_site: str | None = None,
    ) -> str:
        """
        Return the whole value of a `Set-Cookie` field, or the empty text when `name`
        cannot be a cookie's name.

        A lifetime of 0 lasts as long as the browser runs. `host` is the host that the
        browser sees, its port included; `same_site` overrides the configured one.
        """
        seconds = lifetime_ns // SECOND if lifetime_ns > 0 else 0
        max_age = f"; Max-Age={seconds}" if seconds else ""
        if lifetime_ns < 0:
            max_age = "; Max-Age=0"
        return self._line(name, value, max_age, host, same_site)

    def delete(self, name: str, host: str, same_site: str | None = None) -> str:
        """
        Return the `Set-Cookie` value that makes a browser forget a cookie.
        """
        return self._line(name, "", "; Max-Age=0", host, same_site)

    def _line(
        self, name: str, value: str, max_age: str, host: str, same_site: str | None
    ) -> str:
        if not _TOKEN_TEXT.fullmatch(name):
            return ""
        site = _SAME_SITE.get(self._same_site if same_site is None else same_site, "")
        return "".join(
            (
                f"{name}={_value(value)}{self._path}",
                _domain_attribute(self._domain(host)),
                max_age,
                self._flags,
                f"; SameSite={site}" if site else "",
            )
        )

    def _domain(self, host: str) -> str:
        """
        Return the first domain that `host` ends with, else the last one.
        """
        for domain in self._domains:
            if host.endswith(domain):
                return domain
        if not self._domains:
            return ""
        if self._warn is not None:
            self._warn(
                f'Warning: request host "{host}" did not match any of the specific '
                f'cookie domains of "{",".join(self._domains)}"'
            )
        return self._domains[-1]


def _value(value: str) -> str:
    octets = value.encode("utf-8", "surrogateescape")
    text = octets.translate(None, _NOT_VALUE).decode("ascii")
    return f'"{text}"' if " " in text or "," in text else text


def _path_attribute(path: str) -> str:
    octets = path.encode("utf-8", "surrogateescape")
    kept = octets.translate(None, _NOT_PATH).decode("ascii")
    return f"; Path={kept}" if kept else ""


def _domain_attribute(domain: str) -> str:
    """
    Return the attribute for a name or an IPv4 address, nothing for anything else.
    """
    if not (_is_name(domain) or _is_ipv4(domain)):
        return ""
    return f"; Domain={domain.removeprefix('.')}"


def _is_name(domain: str) -> bool:
    bare = domain.removeprefix(".")
    if not bare or len(domain) > 255 or not any(c.isalpha() for c in bare):
        return False
    return all(_LABEL.fullmatch(label) for label in bare.split("."))


def _is_ipv4(domain: str) -> bool:
    try:
        ipaddress.IPv4Address(domain)
    except ValueError:
        return False
    return True
