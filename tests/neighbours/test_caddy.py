"""
Caddy asks about each request (`forward_auth`), as its page says.
"""

from collections.abc import Iterator

import pytest

from tests.neighbours.front import Front, Parties, executable, written
from tests.neighbours.visits import Visits

GLOBAL = """
{{
	admin off
	auto_https off
	persist_config off
	storage file_system {folder}/storage
	default_bind 127.0.0.1
}}
"""


@pytest.fixture(scope="module")
def party_at_work(party: Parties) -> Iterator[Parties]:
    """
    Caddy and the proxy, running.
    """
    places = {**party.asked, "\napp.example.com": f"\napp.example.com:{party.front}"}
    file = party.folder / "Caddyfile"
    text = GLOBAL.format(folder=party.folder) + written("caddy/Caddyfile", places)
    file.write_text(text, encoding="utf-8")
    command = [executable("caddy"), "run", "--config", str(file)]
    more = 'cookie_refresh = "1h"\n'
    back = {"127.0.0.1:4180": f"127.0.0.1:{party.back}"}
    with party.proxy("caddy/oauthproxy.cfg", back, more), Front.start(command, party):
        yield party


class TestCaddy(Visits):
    """
    What holds with every neighbour that asks.
    """

    identity = ("X-Forwarded-User", "X-Forwarded-Email")
    page_status = 200
