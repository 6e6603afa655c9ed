"""
What visitors notice, whichever neighbour asks the proxy about each request.
"""

import pytest

from tests.integration.harness.client import Answer
from tests.integration.harness.visitor import Visitor
from tests.neighbours.front import HOST, Parties
from tests.neighbours.sessions import old_session


class Visits:
    """
    Rules for a neighbour; a subclass names the fields it tells the identity in, and
    the status of its sign-in page.
    """

    identity = ("", "")
    page_status = 0

    @pytest.fixture(autouse=True)
    def forget(self, party_at_work: Parties) -> None:
        """
        Begin with an honest provider and an application that saw nothing.
        """
        party_at_work.provider.restore()
        party_at_work.upstream.forget()

    def test_stranger_sees_how_to_sign_in(self, party_at_work: Parties) -> None:
        """
        A page without a session is the sign-in page, which leads back to it.
        """
        answer = party_at_work.visitor().ask("/page?a=1&b=%2F2")

        assert answer.status == self.page_status
        assert b"Sign in with" in answer.body
        assert b'name="rd" value="/page?a=1&amp;b=%2F2"' in answer.body
        assert party_at_work.upstream.seen == []

    def test_stranger_who_posts_sees_it_as_well(self, party_at_work: Parties) -> None:
        """
        A body does not stand in the way of the sign-in page, nor reach anybody.
        """
        answer = party_at_work.visitor().ask("/page", method="POST", body=b"x" * 9000)

        assert answer.status == self.page_status
        assert b"Sign in with" in answer.body
        assert party_at_work.upstream.seen == []

    def test_script_of_a_stranger_gets_401(self, party_at_work: Parties) -> None:
        """
        A script is told that a login is missing.
        """
        answer = party_at_work.visitor().ask("/page", "Sec-Fetch-Mode: cors")

        assert answer.status == 401
        assert answer.all("Set-Cookie") == []
        assert party_at_work.upstream.seen == []

    def test_sign_in_leads_back(self, party_at_work: Parties) -> None:
        """
        A login through the neighbour sets cookies for its host and leads back.
        """
        visitor = party_at_work.visitor()

        answer = visitor.login("/page?a=1")

        assert (answer.status, answer.one("Location")) == (302, "/page?a=1")
        (line,) = (x for x in answer.all("Set-Cookie") if "proxy=" in x)
        assert {"Path=/", "HttpOnly", "Secure"} <= set(line.split("; "))

    def test_application_knows_who_is_signed_in(self, party_at_work: Parties) -> None:
        """
        The application gets the request and the identity; a forged one is replaced.
        """
        visitor = party_at_work.visitor().signed_in()
        user, email = self.identity
        forged = (f"{user}: mallory", f"{email}: mallory@evil.test")

        answer = visitor.ask("/page?a=1", *forged, method="POST", body=b"hello")

        assert answer.status == 200
        seen = party_at_work.upstream.last()
        assert (seen.method, seen.target) == ("POST", "/page?a=1")
        assert bytes(seen.body) == b"hello"
        assert seen.all(user) == ["user-1"]
        assert seen.all(email) == ["alice@example.com"]
        assert seen.all("Host") == [HOST]

    def test_forged_fields_open_nothing(self, party_at_work: Parties) -> None:
        """
        A stranger cannot tell the proxy another host, path, scheme or address.
        """
        visitor = party_at_work.visitor()
        forged = (
            "X-Forwarded-Host: evil.test",
            "X-Forwarded-Proto: http",
            "X-Forwarded-Uri: /oauth2/sign_in",
            "X-Auth-Request-Redirect: https://evil.test/",
            "X-Real-IP: 198.51.100.7",
            "X-Forwarded-For: 198.51.100.7",
            "X-Auth-Request-User: mallory",
        )

        answer = visitor.ask("/page", *forged)

        assert answer.status == self.page_status
        assert b"evil.test" not in answer.body
        assert b'name="rd" value="/page"' in answer.body
        assert party_at_work.upstream.seen == []

    def test_cookie_of_a_refreshed_session_comes_through(
        self, party_at_work: Parties
    ) -> None:
        """
        The session that was refreshed for the neighbour's question is the browser's.
        """
        visitor = party_at_work.visitor()
        visitor.cookies = old_session(visitor.host)

        answer, again = visitor.ask("/page"), visitor.ask("/page")

        refreshes = party_at_work.provider.called("/token")
        assert [call.value("grant_type") for call in refreshes] == ["refresh_token"]
        assert _session_cookies(answer) == ["_oauth2_proxy"]
        assert (again.status, _session_cookies(again)) == (200, [])
        fields = party_at_work.upstream.last().pairs
        assert not [name for name, _ in fields if "session-cookie" in name.lower()]

    def test_cookie_of_the_application_stays_beside_it(
        self, party_at_work: Parties
    ) -> None:
        """
        A refreshed session does not take the place of the application's own cookies.
        """
        visitor = party_at_work.visitor()
        visitor.cookies = old_session(visitor.host)

        visitor.ask("/setcookie")

        assert {"app", "two", "_oauth2_proxy"} <= visitor.cookies.keys()

    def test_sign_out_ends_the_session(self, party_at_work: Parties) -> None:
        """
        After signing out the visitor is a stranger.
        """
        visitor = party_at_work.visitor().signed_in()

        answer = visitor.ask("/oauth2/sign_out?rd=/bye")

        assert (answer.status, answer.one("Location")) == (302, "/bye")
        assert _stranger(visitor)


def _session_cookies(answer: Answer) -> list[str]:
    names = (line.partition("=")[0] for line in answer.all("Set-Cookie"))
    return [name for name in names if name.startswith("_oauth2_proxy")]


def _stranger(visitor: Visitor) -> bool:
    return b"Sign in with" in visitor.ask("/page").body
