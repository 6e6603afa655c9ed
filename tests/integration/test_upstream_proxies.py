"""
Applications that are reached through a proxy of the environment.
"""

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.integration.fakes.world import World
from tests.integration.harness.authority import Authority
from tests.integration.harness.provider import Call, Reply
from tests.live import live

HOST = "app.example.test"
CONFIG = f"""\
provider = "oidc"
oidc_issuer_url = "http://127.0.0.1:9/"
client_id = "a"
client_secret = "b"
cookie_secret = "0123456789abcdef"
email_domains = ["*"]
skip_auth_routes = ["^/"]
http_address = "127.0.0.1:0"
upstreams_through_proxy = true
upstreams = ["{{scheme}}://{HOST}/"]
"""


@pytest.fixture
def world(authority: Authority) -> Iterator[World]:
    """
    Yield a proxy that leads to the application alone.
    """

    def reply(host: str, call: Call) -> Reply:
        return Reply(200, {"X-Seen": f"{call.method} {host}{call.path}"}, b"hello")

    playing = World(authority, (HOST,), reply).start()
    yield playing
    playing.stop()


def test_https_goes_through_a_tunnel(world: World, authority: Authority) -> None:
    """
    The proxy sees host and port only (RFC 9110, 9.3.6); the certificate is that of the
    application.
    """
    environment = {**world.environment(), "SSL_CERT_FILE": str(authority.root)}

    with live([], CONFIG.format(scheme="https"), environment=environment) as house:
        answer = house.ask("GET", "/page")

    assert (answer.status, answer.body) == (200, b"hello")
    assert ("X-Seen", f"GET {HOST}/page") in answer.fields


def test_http_asks_the_proxy_and_says_who_asks() -> None:
    """
    The target is absolute (RFC 9112, 3.2.2); credentials are for the proxy alone.
    """
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:

        def serve() -> None:
            connection, _ = proxy.accept()
            with connection:
                heard.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
                connection.recv(1)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        url = f"http://kim:s%40fe@127.0.0.1:{proxy.getsockname()[1]}"

        config = CONFIG.format(scheme="http")
        with live([], config, environment={"HTTP_PROXY": url}) as house:
            answer = house.ask("GET", "/page?a=1")
        serving.join(10)

    head = heard[0].decode().split("\r\n")
    assert answer.status == 204
    assert head[0] == f"GET http://{HOST}/page?a=1 HTTP/1.1"
    assert "Proxy-Authorization: Basic a2ltOnNAZmU=" in head
