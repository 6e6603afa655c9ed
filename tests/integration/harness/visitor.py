"""
A browser without a screen: keeps cookies, follows the login, reads answers strictly.
"""

import http.client
import ssl
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

from attrs import define, field

from tests.integration.harness.client import Address, Answer, RawClient, request


@define
class Visitor:
    """
    One person's browser.
    """

    address: Address
    host: str = "app.test"
    cookies: dict[str, str] = field(factory=dict)
    tls: ssl.SSLContext | None = None
    provider_tls: ssl.SSLContext | None = None

    def ask(
        self, target: str, *fields: str, method: str = "GET", body: bytes = b""
    ) -> Answer:
        """
        Send one request with the cookies held, and keep those that come back.
        """
        sent = [*fields, *self.cookie_field()]
        data = request(method, target, sent, host=self.host, body=body, close=True)
        with RawClient(self.address, tls=self.tls) as client:
            answer = client.ask(data)
        self.keep(answer)
        return answer

    def cookie_field(self) -> list[str]:
        """
        The Cookie field line, if there is any cookie.
        """
        if not self.cookies:
            return []
        pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return [f"Cookie: {pairs}"]

    def keep(self, answer: Answer) -> None:
        """
        Keep or drop cookies as an answer says.
        """
        self.keep_lines(answer.all("Set-Cookie"))

    def keep_lines(self, lines: Iterable[str]) -> None:
        """
        Keep or drop cookies as values of Set-Cookie say.
        """
        for line in lines:
            pair, _, attributes = line.partition(";")
            name, _, value = pair.partition("=")
            if "max-age=0" in attributes.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value

    def authorize(self, location: str) -> str:
        """
        Follow a redirect to the provider; where it sends the browser back to.
        """
        parts = urlsplit(location)
        assert parts.hostname is not None
        if parts.scheme == "https":
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=15, context=self.provider_tls
            )
        else:
            connection = http.client.HTTPConnection(
                parts.hostname, parts.port, timeout=15
            )
        connection.request("GET", f"{parts.path}?{parts.query}")
        response = connection.getresponse()
        assert response.status == 302, response.read()
        back = urlsplit(response.headers["Location"])
        connection.close()
        return f"{back.path}?{back.query}"

    def begin(self, target: str = "/") -> str:
        """
        Start a login; the callback target that the provider answered with.
        """
        started = self.ask(f"/oauth2/start?rd={target}")
        assert started.status == 302, started
        location = started.one("Location")
        assert location is not None
        return self.authorize(location)

    def login(self, target: str = "/") -> Answer:
        """
        Sign in through the provider; the answer to the callback.
        """
        return self.follow(self.ask(f"/oauth2/start?rd={target}"))

    def follow(self, started: Answer) -> Answer:
        """
        Go to the provider and back as a started login says; the answer to the callback.
        """
        assert started.status == 302, started
        location = started.one("Location") or ""
        back = self.authorize(location)
        if parameters(location).get("response_mode") == ["form_post"]:
            return self.post(back)
        return self.ask(back)

    def post(self, back: str) -> Answer:
        """
        Send the provider's answer as a form on one of its pages does.
        """
        path, _, answer = back.partition("?")
        return self.ask(
            path,
            "Content-Type: application/x-www-form-urlencoded",
            "Origin: https://idp.test",
            "Sec-Fetch-Site: cross-site",
            "Sec-Fetch-Mode: navigate",
            method="POST",
            body=answer.encode(),
        )

    def signed_in(self) -> "Visitor":
        """
        Sign in and insist on it.
        """
        answer = self.login()
        assert answer.status == 302, answer
        assert {"_oauth2_proxy", "_oauth2_proxy_0"} & set(self.cookies), answer
        return self


def parameters(location: str) -> dict[str, list[str]]:
    """
    The query parameters of a URL.
    """
    return parse_qs(urlsplit(location).query, keep_blank_values=True)
