"""
What visitors notice, whichever neighbour stands in front and passes everything on.
"""

import re

import pytest

from tests.integration.harness.client import RawClient, request
from tests.integration.harness.upstream import Exchange
from tests.neighbours.front import HOST, Parties

SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


def _echo(exchange: Exchange) -> None:
    exchange.seen.complete = True
    exchange.send(SWITCHED)
    exchange.send(exchange.stream.exactly(7))
    exchange.close()


class Entrance:
    """
    Rules for a neighbour that ends TLS.
    """

    @pytest.fixture(autouse=True)
    def forget(self, party_at_work: Parties) -> None:
        """
        Begin with an application that saw nothing.
        """
        party_at_work.upstream.forget()

    def test_stranger_sees_how_to_sign_in(self, party_at_work: Parties) -> None:
        """
        A page without a session is the sign-in page, which leads back to it.
        """
        answer = party_at_work.visitor().ask("/page?a=1")

        assert answer.status == 403
        assert b'name="rd" value="/page?a=1"' in answer.body

    def test_sign_in_leads_back(self, party_at_work: Parties) -> None:
        """
        A login through the neighbour sets a cookie for https and leads back.
        """
        answer = party_at_work.visitor().login("/page")

        assert (answer.status, answer.one("Location")) == (302, "/page")
        (line,) = (x for x in answer.all("Set-Cookie") if "proxy=" in x)
        assert {"Path=/", "HttpOnly", "Secure"} <= set(line.split("; "))

    def test_request_arrives_as_it_was_sent(self, party_at_work: Parties) -> None:
        """
        Target, host and body reach the application unchanged.
        """
        visitor = party_at_work.visitor().signed_in()

        answer = visitor.ask("/a%2Fb/c?d=%2f&e", method="POST", body=b"hello")

        assert answer.status == 200
        seen = party_at_work.upstream.last()
        assert (seen.method, seen.target) == ("POST", "/a%2Fb/c?d=%2f&e")
        assert (seen.all("Host"), bytes(seen.body)) == ([HOST], b"hello")
        assert seen.all("X-Forwarded-Email") == ["alice@example.com"]

    def test_visitor_is_known_by_address(self, party_at_work: Parties) -> None:
        """
        The log tells the visitor's own address, whatever the visitor says.
        """
        forged = {"X-Real-IP": "198.51.100.7", "X-Forwarded-For": "198.51.100.7"}

        party_at_work.ask_from("127.0.0.2", "/from-two", **forged)

        line = party_at_work.logged("/from-two")
        assert re.match(r"127\.0\.0\.2[ :]", line)

    def test_application_knows_the_visitor_too(self, party_at_work: Parties) -> None:
        """
        The application is told the visitor's address.
        """
        (cookie,) = party_at_work.visitor().signed_in().cookie_field()
        held = cookie.removeprefix("Cookie: ")

        status, _ = party_at_work.ask_from("127.0.0.2", "/page", Cookie=held)

        assert status == 200
        (told,) = party_at_work.upstream.last().all("X-Forwarded-For")
        assert "127.0.0.2" in told.split(", ")

    def test_websocket_passes(self, party_at_work: Parties) -> None:
        """
        An upgrade goes through both.
        """
        party_at_work.upstream.on("/ws", _echo)
        visitor = party_at_work.visitor().signed_in()
        fields = [*UPGRADE, *visitor.cookie_field()]

        with RawClient(visitor.address, tls=visitor.tls) as client:
            client.send(request("GET", "/ws", fields, host=HOST))
            status = client.answer().status
            client.send(b"\x81\x05hello")
            echo = client.exactly(7)

        assert (status, echo) == (101, b"\x81\x05hello")


class Believed:
    """
    Rules for a neighbour that tells about the visitor in header fields.
    """

    def test_forged_fields_open_nothing(self, party_at_work: Parties) -> None:
        """
        A stranger cannot tell the proxy another host, path or scheme.
        """
        forged = (
            "X-Forwarded-Host: evil.test",
            "X-Forwarded-Proto: http",
            "X-Forwarded-Uri: /evil",
        )

        answer = party_at_work.visitor().ask("/page", *forged)

        assert answer.status == 403
        assert b"evil" not in answer.body
        assert b'name="rd" value="/page"' in answer.body

    def test_application_is_told_the_scheme(self, party_at_work: Parties) -> None:
        """
        The application knows that the visitor speaks https.
        """
        visitor = party_at_work.visitor().signed_in()

        visitor.ask("/page", "X-Forwarded-Proto: http")

        assert party_at_work.upstream.last().all("X-Forwarded-Proto") == ["https"]
