"""
What all fakes have in common: a person, codes, tokens, and trouble on demand.

Rule 1: a fake is honest until told otherwise: tokens are only for codes and refresh
tokens that it gave out, to a client that proves itself, and data only for its tokens.
Rule 2: only pages together hold what lets the person in: the first one is not enough.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.integration.harness.provider import (
    CLIENT,
    CLIENT_SECRET,
    Call,
    Reply,
    reply_json,
)

ACCESS_TOKEN = "access-1"
REFRESH_TOKEN = "refresh-1"

Trouble = Callable[[str, Call], Reply | None]
Routes = Mapping[str, Callable[[Call], Reply]]


class Fake:
    """
    One provider. `options` are its lines of configuration, `told` the headers that an
    application gets about the person, `hosts` those that it plays, `paged` a place with
    several pages, `asked` what a login cannot do without besides the token endpoint.
    """

    hosts: ClassVar[tuple[str, ...]] = ()
    login = ""
    token = ""
    options = ""
    told: ClassVar[dict[str, str]] = {}
    groups_matter = True
    paged = ""
    asked = ""

    def __init__(self) -> None:
        self.restore()

    def restore(self) -> None:
        """
        Be honest again, about a person who is a member.
        """
        self.member = True
        self.known = True
        self.revoked = False
        self.trouble: Trouble | None = None
        self.calls: list[str] = []
        self.codes: dict[str, Mapping[str, list[str]]] = {}

    def environment(self) -> Mapping[str, str]:
        """
        Return what the program's environment must say besides.
        """
        return {}

    def files(self) -> Mapping[str, bytes]:
        """
        Return files that the options name, by name.
        """
        return {}

    # What a browser does.

    def authorize(self, location: str) -> str:
        """
        Sign the person in; the target of the callback.
        """
        parts = urlsplit(location)
        assert f"{parts.hostname}{parts.path}" == self.login, location
        asked = parse_qs(parts.query, keep_blank_values=True)
        assert asked["client_id"] == [CLIENT]
        assert asked["response_type"] == ["code"]
        assert asked["redirect_uri"] == ["http://app.test/oauth2/callback"]
        self.check_login(asked)
        code = f"code-{len(self.codes) + 1}"
        self.codes[code] = asked
        back = {"code": code, "state": self.state(asked["state"][0])}
        return f"/oauth2/callback?{urlencode(back)}"

    def check_login(self, asked: Mapping[str, list[str]]) -> None:
        """
        Fail for what the provider would not accept.
        """

    def state(self, given: str) -> str:
        """
        Return the state as it is given back.
        """
        return given

    # What the program asks.

    def reply(self, host: str, call: Call) -> Reply:
        """
        Answer by the trouble of the test, or honestly.
        """
        place = f"{call.method} {host}{call.path}"
        self.calls.append(place)
        caused = self.trouble(host, call) if self.trouble else None
        if caused is not None:
            return caused
        if place == f"POST {self.token}":
            return self.redeem(call)
        honest = self.routes().get(place)
        return honest(call) if honest else reply_json({"message": "Not Found"}, 404)

    def routes(self) -> Routes:
        """
        Return the answers by "METHOD host/path".
        """
        return {}

    def redeem(self, call: Call) -> Reply:
        """
        Answer tokens for a code or a refresh token.
        """
        if not self.client_proved(call):
            return reply_json({"error": "invalid_client"}, 401)
        if call.value("grant_type") == "refresh_token":
            known = call.value("refresh_token") == REFRESH_TOKEN and not self.revoked
            asked: Mapping[str, list[str]] = {}
        else:
            known = call.value("code") in self.codes
            asked = self.codes.pop(call.value("code"), {})
        if not known:
            return reply_json({"error": "invalid_grant"}, 400)
        return reply_json(self.grant(asked))

    def client_proved(self, call: Call) -> bool:
        """
        Return whether the client proved itself in its body.
        """
        given = (call.value("client_id"), call.value("client_secret"))
        return given == (CLIENT, CLIENT_SECRET)

    def grant(self, asked: Mapping[str, list[str]]) -> dict[str, Any]:
        """
        Return the tokens for a login that asked for this.
        """
        return {"access_token": ACCESS_TOKEN, "token_type": "bearer"}

    def guarded(self, call: Call, value: Any, scheme: str = "Bearer") -> Reply:
        """
        Answer JSON to whoever holds the access token.
        """
        given = call.fields.get("authorization", "")
        if self.revoked or given != f"{scheme} {ACCESS_TOKEN}":
            return reply_json({"error": "invalid_token"}, 401)
        return reply_json(value)

    # Trouble.

    def fail(self, status: int, place: str = "") -> None:
        """
        Answer with a status from now on, at places that contain a text.
        """

        def broken(host: str, call: Call) -> Reply | None:
            if place not in f"{call.method} {host}{call.path}":
                return None
            return reply_json({"error": "server_error"}, status)

        self.trouble = broken

    def hang(self, place: str = "") -> threading.Event:
        """
        Answer no more, at places that contain a text, until the event is set.
        """
        over = threading.Event()

        def silent(host: str, call: Call) -> Reply | None:
            if place not in f"{call.method} {host}{call.path}":
                return None
            over.wait(20)
            return Reply(500, {}, b"")

        self.trouble = silent
        return over


def email_of(fake: Fake) -> str:
    """
    Return the person's address, if the provider knows one.
    """
    return "alice@example.com" if fake.known else ""
