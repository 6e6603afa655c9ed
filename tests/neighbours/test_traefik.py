"""
Traefik asks about each request (`forwardAuth`), as its page says.
"""

from collections.abc import Iterator

import pytest

from tests.neighbours.front import Front, Parties, executable, written
from tests.neighbours.visits import Visits


@pytest.fixture(scope="module")
def party_at_work(party: Parties) -> Iterator[Parties]:
    """
    Traefik and the proxy, running.
    """
    folder = party.folder
    places = {
        '":443"': f'"127.0.0.1:{party.front}"',
        "/etc/traefik/app.yml": str(folder / "app.yml"),
    }
    main = written("traefik/traefik.yml", places)
    (folder / "traefik.yml").write_text(main, encoding="utf-8")
    text = written("traefik/app.yml", party.asked)
    (folder / "app.yml").write_text(text, encoding="utf-8")
    command = [executable("traefik"), f"--configFile={folder / 'traefik.yml'}"]
    more = 'cookie_refresh = "1h"\n'
    back = {"127.0.0.1:4180": f"127.0.0.1:{party.back}"}
    with party.proxy("traefik/oauthproxy.cfg", back, more), Front.start(command, party):
        yield party


class TestTraefik(Visits):
    """
    What holds with every neighbour that asks.
    """

    identity = ("X-Auth-Request-User", "X-Auth-Request-Email")
    page_status = 403
