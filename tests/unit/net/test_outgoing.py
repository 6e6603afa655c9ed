"""
Which proxy an outgoing call takes.
"""

import pytest

from oauthproxy.errors import FetchError
from oauthproxy.net.outgoing import OutgoingProxies, ProxyServer


def chosen(environment: dict[str, str], host: str, port: int = 443) -> str:
    proxies = OutgoingProxies.from_environment(environment)
    proxy = proxies.choose(secure=port != 80, host=host, port=port)
    return "" if proxy is None else f"{proxy.host}:{proxy.port}"


def test_each_scheme_has_its_variable():
    """HTTPS_PROXY is for https, HTTP_PROXY for http, in either case."""
    environment = {"HTTPS_PROXY": "http://a:1", "http_proxy": "b:2"}

    assert chosen(environment, "idp.example") == "a:1"
    assert chosen(environment, "idp.example", 80) == "b:2"
    assert chosen({}, "idp.example") == ""


def test_address_of_the_proxy_is_read_whole():
    """Scheme, port and escaped credentials are understood; the port has a default."""
    proxies = OutgoingProxies(https="https://me:p%40ss@[::1]")

    assert proxies.choose(secure=True, host="idp.example", port=443) == ProxyServer(
        secure=True, host="::1", port=443, credentials="me:p@ss"
    )


@pytest.mark.parametrize(
    "text", ["socks5://secret:1", "http://", "http://secret:99999"]
)
def test_useless_address_is_an_error_of_the_call(text: str):
    """A proxy that cannot be used is named by its variable, never by its address."""
    with pytest.raises(FetchError, match="HTTPS_PROXY") as caught:
        chosen({"HTTPS_PROXY": text}, "idp.example")

    assert "secret" not in str(caught.value)


def test_credentials_do_not_show():
    """Neither the proxies nor a proxy show credentials in their repr."""
    proxies = OutgoingProxies(https="https://me:p4ss@proxy.example")

    assert "p4ss" not in repr(proxies)
    assert "p4ss" not in repr(proxies.choose(secure=True, host="a", port=443))


@pytest.mark.parametrize(
    ("exceptions", "host", "direct"),
    [
        ("*", "idp.example", True),
        ("idp.example", "idp.example", True),
        ("idp.example", "sub.idp.example", True),
        ("idp.example", "notidp.example", False),
        (".idp.example", "idp.example", False),
        (".idp.example", "sub.idp.example", True),
        ("*.idp.example", "idp.example", False),
        ("*.idp.example", "sub.idp.example", True),
        ("IDP.example", "idp.EXAMPLE", True),
        ("idp.example:443", "idp.example", True),
        ("idp.example:8443", "idp.example", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "idp.example", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3:444", "10.1.2.3", False),
        ("2001:db8::1", "2001:db8:0::1", True),
        ("[2001:db8::1]:443", "2001:db8::1", True),
        ("nonsense/8, a.example", "a.example", True),
        ("", "localhost", True),
        ("", "127.9.9.9", True),
        ("", "::1", True),
    ],
)
def test_exceptions_are_reached_directly(exceptions: str, host: str, direct: bool):
    """NO_PROXY holds names with their subdomains, addresses, networks and ports."""
    environment = {"HTTPS_PROXY": "p:1", "NO_PROXY": exceptions}

    assert (chosen(environment, host) == "") is direct
