"""
A browser at a live house: it starts a login, comes back from the provider, signs out.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from attrs import define, field

from oauthproxy.session.session import Session
from oauthproxy.wire.cookies import Cookies
from tests.conformance.internet import Internet
from tests.conformance.peers import ask, login_query
from tests.integration.harness.provider import Call, Reply, reply_json
from tests.live import Answered, LiveHouse, await_
from tests.set_cookies import cookie_of, names_cleared, names_set
from tests.unit.providers.idp import public, rsa_key, sign

ISSUER = "https://idp.test"
FORM = "application/x-www-form-urlencoded"
GOOD = {"email": "kim@example.test", "email_verified": True, "groups": ["dev"]}


@define
class Visit:
    """
    A browser and its cookies.
    """

    house: LiveHouse
    cookies: dict[str, str] = field(factory=dict)

    def ask(self, target: str, **given: Any) -> Answered:
        """
        Send a request with the cookies held, or `cookie`, and keep what comes back.
        """
        pairs = [f"{name}={value}" for name, value in self.cookies.items()]
        cookie = given.pop("cookie", "; ".join(pairs))
        fields = [("Cookie", cookie)] if cookie else []
        answered = ask(self.house, {"input": {"target": target, **given}}, fields)
        for line in answered.all("Set-Cookie"):
            name, value = cookie_of(line)
            self.cookies.pop(name, None)
            if value:
                self.cookies[name] = value
        return answered

    def begin(self, query: str = "") -> dict[str, str]:
        """
        Start a login; the parameters that the browser takes to the provider.
        """
        return login_query(self.ask(f"/oauth2/start?{query}"))

    def come_back(
        self, parameters: Mapping[str, str], method: str = "GET", **given: Any
    ) -> Answered:
        """
        Come back from the provider; a POST carries the parameters in its body.
        """
        query = urlencode(parameters)
        target, headers = "/oauth2/callback", given.pop("headers", [])
        if method == "POST":
            headers = [*headers, ["Content-Type", FORM]]
            return self.ask(target, method=method, body=query, headers=headers, **given)
        return self.ask(f"{target}?{query}", method=method, headers=headers, **given)

    def session(self) -> Session:
        """
        Return the session that the browser has.
        """
        cookies = Cookies(tuple(self.cookies.items()))
        return await_(self.house.house.store.load(cookies))


def log_in(visit: Visit) -> Answered:
    """
    Start a login and come back with a code.
    """
    query = visit.begin()
    return visit.come_back({"state": query["state"], "code": "good"})


def sets(answered: Answered) -> list[str]:
    """
    Return the names of cookies that an answer gives a value.
    """
    return names_set(answered.all("Set-Cookie"))


def clears(answered: Answered) -> list[str]:
    """
    Return the names of cookies that an answer deletes.
    """
    return names_cleared(answered.all("Set-Cookie"))


def publish(internet: Internet, issuer: str = ISSUER, **metadata: Any) -> None:
    """
    Let an issuer have a discovery document and one key.
    """
    document = {
        "issuer": issuer,
        "authorization_endpoint": f"{ISSUER}/authorize",
        "token_endpoint": f"{ISSUER}/token",
        "userinfo_endpoint": "",
        "jwks_uri": f"{issuer}/keys",
        **metadata,
    }
    well_known = f"{issuer.removesuffix('/')}/.well-known/openid-configuration"
    internet.at(well_known, document)
    internet.at(f"{issuer}/keys", {"keys": [public(rsa_key())]})


def completed(claims: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """
    Return the claims of a token for our client, with what every token has.
    """
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": "cid", "sub": "u", "iat": now, "exp": now + 300}
    return {**usual, **claims, **more}


def granting(claims: Mapping[str, Any]) -> Callable[[Call], Reply]:
    """
    Return a token endpoint that knows one code, "good".
    """

    def answer(call: Call) -> Reply:
        if call.value("code") != "good":
            return reply_json({"error": "invalid_grant"}, 400)
        return reply_json(
            {
                "access_token": "AT",
                "token_type": "Bearer",
                "expires_in": 300,
                "id_token": sign(dict(claims)),
            }
        )

    return answer
