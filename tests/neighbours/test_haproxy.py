"""
HAProxy ends TLS in front of the proxy (PROXY protocol), as its page says.
"""

from collections.abc import Iterator

import pytest

from tests.neighbours.entrance import Entrance
from tests.neighbours.front import Front, Parties, executable, written


@pytest.fixture(scope="module", params=["send-proxy-v2", "send-proxy"])
def party_at_work(party: Parties, request: pytest.FixtureRequest) -> Iterator[Parties]:
    """
    HAProxy and the proxy, running, with either version of the protocol.
    """
    folder = party.folder
    both = folder / "both.pem"
    both.write_bytes(
        party.certificate.chain.read_bytes() + party.certificate.key.read_bytes()
    )
    places = {
        "/etc/ssl/app.example.com.both.pem": str(both),
        "bind :443": f"bind 127.0.0.1:{party.front}",
        "127.0.0.1:4180": f"127.0.0.1:{party.back}",
        "send-proxy-v2": request.param,
    }
    file = folder / "haproxy.cfg"
    file.write_text(written("haproxy/haproxy.cfg", places), encoding="utf-8")
    command = [executable("haproxy"), "-db", "-f", str(file)]
    back = {
        "haproxy:tcp:4180": f"haproxy:tcp:{party.back}",
        "127.0.0.1:8080": f"127.0.0.1:{party.upstream.port}",
    }
    with party.proxy("haproxy/oauthproxy.cfg", back), Front.start(command, party):
        yield party


class TestHAProxy(Entrance):
    """
    What holds with every neighbour that passes everything on.
    """
