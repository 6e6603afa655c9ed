"""
The advanced steps of the WSO2 tutorial.
"""

import ssl

import pytest

from tests.integration.harness import tutorial
from tests.integration.harness.authority import Authority
from tests.integration.harness.client import RawClient
from tests.integration.harness.program import Program, free_address
from tests.integration.harness.provider import Provider
from tests.integration.harness.redis import Redis
from tests.integration.harness.upstream import Upstream
from tests.integration.harness.visitor import Visitor


def _step(step: str, program_port: int, provider: Provider, upstream: Upstream) -> str:
    base = tutorial.written(
        tutorial.WSO2, tutorial.parties(program_port, provider, upstream)
    )
    return tutorial.with_step(base, step)


def test_wso2_with_redis_keeps_the_session_on_the_server(
    wso2: Provider,
    application: Upstream,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """
    The Redis step of the tutorial: the browser gets a ticket, and signing out ends it.
    """
    address = free_address()
    folder = tmp_path_factory.mktemp("wso2-redis")
    stand_ins = tutorial.parties(address[1], wso2, application)
    with Redis(folder) as redis:
        step = tutorial.written(
            tutorial.WSO2_REDIS,
            stand_ins,
            {"127.0.0.1:6379": f"127.0.0.1:{redis.port}"},
        )
        with Program(
            _step(step, address[1], wso2, application),
            folder=folder,
            address=address,
            environment={"SSL_CERT_FILE": str(authority.root)},
        ) as program:
            trust = ssl.create_default_context(cafile=str(authority.root))
            alice = Visitor(
                program.address, f"localhost:{address[1]}", provider_tls=trust
            )

            alice.signed_in()
            ticket = dict(alice.cookies)
            page = alice.ask("/home")
            keys = redis.keys(database=1)
            alice.ask("/oauth2/sign_out")
            thief = Visitor(program.address, alice.host, dict(ticket))
            afterwards = thief.ask("/home")

            assert page.status == 200
            assert len(ticket["_oauth2_proxy"]) < 250
            assert [key for key in keys if key.startswith("_oauth2_proxy-")]
            assert afterwards.status == 403


def test_wso2_with_tls_serves_tls_1_3_only(
    wso2: Provider,
    application: Upstream,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """
    The TLS step of the tutorial: https with Secure cookies, HTTP/1.1 agreed on by ALPN;
    TLS 1.2 is refused.
    """
    address = free_address()
    folder = tmp_path_factory.mktemp("wso2-tls")
    certificate = authority.issue("localhost", "127.0.0.1")
    stand_ins = tutorial.parties(address[1], wso2, application)
    step = tutorial.written(
        tutorial.WSO2_TLS,
        stand_ins,
        {
            "/path/to/cert.pem": str(certificate.chain),
            "/path/to/cert.key": str(certificate.key),
        },
    )
    with Program(
        _step(step, address[1], wso2, application),
        folder=folder,
        address=address,
        environment={
            "SSL_CERT_FILE": str(authority.root),
            "OAUTH2_PROXY_HTTPS_ADDRESS": f"127.0.0.1:{address[1]}",
        },
    ) as program:
        trust = ssl.create_default_context(cafile=str(authority.root))
        trust.set_alpn_protocols(["h2", "http/1.1"])
        old = ssl.create_default_context(cafile=str(authority.root))
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        host = f"localhost:{address[1]}"
        alice = Visitor(program.address, host, tls=trust, provider_tls=trust)

        started = alice.ask("/oauth2/start?rd=/home")
        alice.signed_in()
        page = alice.ask("/home")
        with RawClient(address, tls=trust) as client:
            assert isinstance(client.socket, ssl.SSLSocket)
            agreed = client.socket.version(), client.socket.selected_alpn_protocol()

        assert agreed == ("TLSv1.3", "http/1.1")
        assert all("; Secure" in line for line in started.all("Set-Cookie"))
        assert page.status == 200
        assert page.json()["target"] == "/home"
        with pytest.raises(ssl.SSLError):
            Visitor(program.address, host, tls=old).ask("/home")
