"""
Envoy asks about each request (`ext_authz`), as its page says.
"""

from collections.abc import Iterator

import pytest

from tests.neighbours.front import Front, Parties, executable, written
from tests.neighbours.visits import Visits


@pytest.fixture(scope="module")
def party_at_work(party: Parties) -> Iterator[Parties]:
    """
    Envoy and the proxy, running.
    """
    places = {
        **party.fronted,
        "{address: 127.0.0.1, port_value: 4180}": (
            f"{{address: 127.0.0.1, port_value: {party.back}}}"
        ),
        "{address: 127.0.0.1, port_value: 8080}": (
            f"{{address: 127.0.0.1, port_value: {party.upstream.port}}}"
        ),
        "{address: 0.0.0.0, port_value: 443}": (
            f"{{address: 127.0.0.1, port_value: {party.front}}}"
        ),
    }
    file = party.folder / "envoy.yaml"
    file.write_text(written("envoy/envoy.yaml", places), encoding="utf-8")
    command = [
        *(executable("envoy"), "-c", str(file)),
        *("--concurrency", "1", "--use-dynamic-base-id", "--log-level", "warning"),
    ]
    more = 'cookie_refresh = "1h"\n'
    back = {"127.0.0.1:4180": f"127.0.0.1:{party.back}"}
    with party.proxy("envoy/oauthproxy.cfg", back, more), Front.start(command, party):
        yield party


class TestEnvoy(Visits):
    """
    What holds with every neighbour that asks.
    """

    identity = ("X-Auth-Request-User", "X-Auth-Request-Email")
    page_status = 403
