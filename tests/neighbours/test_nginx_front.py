"""
nginx ends TLS in front of the proxy, as its page says.
"""

from collections.abc import Iterator

import pytest

from tests.neighbours.entrance import Believed, Entrance
from tests.neighbours.front import Front, Parties, written
from tests.neighbours.nginx import nginx


@pytest.fixture(scope="module")
def party_at_work(party: Parties) -> Iterator[Parties]:
    """
    nginx and the proxy, running.
    """
    places = {**party.fronted, "listen 443": f"listen 127.0.0.1:{party.front}"}
    command = nginx(party.folder, written("nginx/front.conf", places))
    with (
        party.proxy("nginx/oauthproxy-front.cfg", party.backed),
        Front.start(command, party),
    ):
        yield party


class TestNginxInFront(Entrance, Believed):
    """
    What holds with every neighbour that passes everything on and is believed.
    """
