"""
All hosts that the cases name, behind one proxy: each answers what a test scripts.
"""

from collections.abc import Callable
from typing import Any

from attrs import define, field

from tests.integration.fakes.world import World
from tests.integration.harness.authority import Authority
from tests.integration.harness.provider import Call, Reply, reply_json

HOSTS = (
    "idp.test",
    "two.test",
    "api.test",
    "c.test",
    "k.test",
    "gl.test",
    "ghe.test",
    "git.test",
    "accounts.google.com",
    "api.bitbucket.org",
    "api.github.com",
    "api.linkedin.com",
    "bitbucket.org",
    "github.com",
    "graph.facebook.com",
    "graph.microsoft.com",
    "keycloak.org",
    "login.microsoftonline.com",
    "meta.sr.ht",
    "oauth2.googleapis.com",
    "sts.windows.net",
    "www.googleapis.com",
    "www.linkedin.com",
)

Scripted = Reply | Callable[[Call], Reply]


@define(eq=False)
class Internet:
    """
    Answers by "METHOD https://host/target", else by the same without the query; of
    several answers the last one again and again. What is not scripted is 404.
    """

    world: World = field(init=False)
    scripted: dict[str, list[Scripted]] = field(factory=dict)
    calls: list[tuple[str, Call]] = field(factory=list)

    @classmethod
    def of(cls, authority: Authority) -> "Internet":
        """
        Return an Internet that is up; its certificates are the authority's.
        """
        internet = cls()
        internet.world = World(authority, HOSTS, internet._answer).start()
        return internet

    def forget(self) -> None:
        """
        Drop what was scripted and what was asked.
        """
        self.scripted.clear()
        self.calls.clear()

    def at(
        self, place: str, *values: Any, method: str = "GET", status: int = 200
    ) -> None:
        """
        Script the answers of a URL: whole ones, functions of a call, or JSON values.
        """
        self.scripted[f"{method} {place}"] = [
            value
            if isinstance(value, Reply) or callable(value)
            else reply_json(value, status)
            for value in values
        ]

    def asked(self, place: str, method: str = "GET") -> list[Call]:
        """
        Return the calls of a URL, or of all that begin with it up to a query.
        """
        wanted = f"{method} {place}"
        return [
            call
            for url, call in list(self.calls)
            if wanted in (url, url.partition("?")[0])
        ]

    def _answer(self, host: str, call: Call) -> Reply:
        url = f"{call.method} https://{host}{call.target}"
        self.calls.append((url, call))
        answers = self.scripted.get(url) or self.scripted.get(url.partition("?")[0])
        if not answers:
            return reply_json({"error": "not found"}, 404)
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return answer if isinstance(answer, Reply) else answer(call)
