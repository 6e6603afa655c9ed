"""
Which proxy an outgoing call takes, by the environment: HTTPS_PROXY and its relatives.

The rules are those of Go programs, which differ from curl's in places: lower case
names count as well, a name in NO_PROXY covers its subdomains, and this machine is
never asked through a proxy.
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from attrs import field, frozen

from oauthproxy.errors import FetchError

PORTS = {"http": 80, "https": 443}


@frozen(kw_only=True)
class ProxyServer:
    """
    A proxy for outgoing calls; `credentials` is "user:password" or empty.
    """

    secure: bool
    host: str
    port: int
    credentials: str = field(default="", repr=False)


@frozen(kw_only=True)
class OutgoingProxies:
    """
    The proxies that the environment names, as it spells them, and the exceptions.
    """

    http: str = field(default="", repr=False)
    https: str = field(default="", repr=False)
    exceptions: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "OutgoingProxies":
        """
        Read the environment's variables, upper case before lower case.
        """

        def named(name: str) -> str:
            return environment.get(name) or environment.get(name.lower(), "")

        exceptions = (e.strip().lower() for e in named("NO_PROXY").split(","))
        return cls(
            http=named("HTTP_PROXY"),
            https=named("HTTPS_PROXY"),
            exceptions=tuple(e for e in exceptions if e),
        )

    def choose(self, *, secure: bool, host: str, port: int) -> ProxyServer | None:
        """
        Return the proxy for a call to `host`, or None to connect directly.

        Raises FetchError when the proxy's address cannot be used.
        """
        text = self.https if secure else self.http
        if not text or self._is_exempt(host.lower(), port):
            return None
        return _read_proxy(text, "HTTPS_PROXY" if secure else "HTTP_PROXY")

    def _is_exempt(self, host: str, port: int) -> bool:
        address = _address(host)
        if host == "localhost" or (address is not None and address.is_loopback):
            return True
        return any(_covers(e, host, address, port) for e in self.exceptions)


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _covers(exception: str, host: str, address: Address | None, port: int) -> bool:
    if exception == "*":
        return True
    if "/" in exception:
        return address is not None and _in_network(address, exception)
    name, asked_port = _split_port(exception)
    if asked_port and asked_port != str(port):
        return False
    if address is not None:
        return address == _address(name)
    if name.startswith("*."):
        name = name[1:]
    return host.endswith(name if name.startswith(".") else f".{name}") or host == name


def _split_port(text: str) -> tuple[str, str]:
    if text.startswith("["):
        name, _, port = text[1:].partition("]")
        return name, port.removeprefix(":")
    if text.count(":") == 1:
        name, _, port = text.partition(":")
        return name, port
    return text, ""


def _in_network(address: Address, text: str) -> bool:
    try:
        return address in ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _read_proxy(text: str, variable: str) -> ProxyServer:
    url = urlsplit(text if "://" in text else f"http://{text}")
    try:
        port = url.port or PORTS.get(url.scheme, 0)
    except ValueError:
        port = 0
    if url.scheme not in PORTS or not url.hostname or not port:
        supported = "an http:// or https:// address"
        raise FetchError(f"the environment's {variable} is not {supported}")
    credentials = ""
    if url.username is not None:
        credentials = f"{unquote(url.username)}:{unquote(url.password or '')}"
    return ProxyServer(
        secure=url.scheme == "https",
        host=url.hostname,
        port=port,
        credentials=credentials,
    )
