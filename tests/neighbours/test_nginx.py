"""
nginx asks about each request (`auth_request`), as its page says.
"""

import os
from collections.abc import Iterator

import pytest

from tests.neighbours.front import Front, Parties, written
from tests.neighbours.nginx import nginx
from tests.neighbours.sessions import old_session
from tests.neighbours.visits import Visits


@pytest.fixture(scope="module")
def party_at_work(party: Parties) -> Iterator[Parties]:
    """
    nginx and the proxy, running.
    """
    places = {**party.asked, "listen 443": f"listen 127.0.0.1:{party.front}"}
    command = nginx(party.folder, written("nginx/app.conf", places))
    more = 'cookie_refresh = "1h"\n'
    back = {"127.0.0.1:4180": f"127.0.0.1:{party.back}"}
    with (
        party.proxy("nginx/oauthproxy.cfg", back, more),
        Front.start(command, party),
    ):
        yield party


class TestNginx(Visits):
    """
    What holds with every neighbour that asks, and more.
    """

    identity = ("X-Forwarded-User", "X-Forwarded-Email")
    page_status = 200

    def test_group_is_asked_for(self, party_at_work: Parties) -> None:
        """
        A location for members of a group answers 403 to others.
        """
        visitor = party_at_work.visitor().signed_in()

        member = visitor.ask("/reports/2024")
        party_at_work.provider.claims["groups"] = ["dev"]
        other = party_at_work.visitor().signed_in().ask("/reports/2024")

        assert (member.status, other.status) == (200, 403)

    def test_two_cookies_of_a_refreshed_session_come_through(
        self, party_at_work: Parties
    ) -> None:
        """
        Also the second cookie of a large session reaches the browser whole.
        """
        large = "access-" + os.urandom(2000).hex()
        party_at_work.provider.token["access_token"] = large
        visitor = party_at_work.visitor()
        visitor.cookies = old_session(visitor.host, large)

        answer = visitor.ask("/page")
        again = visitor.ask("/page")

        lines = answer.all("Set-Cookie")
        names = [line.partition("=")[0] for line in lines]
        assert names == ["_oauth2_proxy_0", "_oauth2_proxy_1"]
        assert len({line.partition("; ")[2] for line in lines}) == 1
        assert again.status == 200
        assert again.all("Set-Cookie") == []
