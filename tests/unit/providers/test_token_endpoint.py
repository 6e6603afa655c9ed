"""
Answers of token endpoints, and how we authenticate there.
"""

from typing import Any

import pytest

from oauthproxy.errors import ProviderRefused, ProviderUnavailable
from oauthproxy.ports import FetchResponse
from oauthproxy.providers.client import Announced
from oauthproxy.providers.token_endpoint import (
    LAST_SECOND,
    GrantRefused,
    TokenEndpoint,
    read_grant,
)
from oauthproxy.settings.kinds import SECOND
from tests.unit.driver import FakeClock, run
from tests.unit.providers.idp import IdP, json_answer, tokens
from tests.unit.providers.making import client

URL = "https://idp.test/token"
PLACE = "https://idp.test/token"


def endpoint(*answers: Any, secret: str = "s&1") -> tuple[TokenEndpoint, IdP]:
    idp = IdP()
    idp.at(URL, *answers, method="POST")
    return TokenEndpoint(idp, FakeClock(), client(secret)), idp


def ways(idp: IdP) -> list[str]:
    return [
        "post" if "client_secret" in dict(request.form or ()) else "basic"
        for request in idp.requests
    ]


REFUSED = json_answer({"error": "invalid_client"}, 401)
FORM = (("grant_type", "refresh_token"), ("refresh_token", "RT"))


def test_basic_comes_first() -> None:
    """
    Id and secret are form-encoded before they are joined (RFC 6749, 2.3.1).
    """
    found, idp = endpoint(tokens())

    run(found.ask(URL, FORM))

    (request,) = idp.requests
    assert request.fields == (("Authorization", "Basic bXkrY2xpZW50OnMlMjYx"),)
    assert request.form == FORM


def test_what_worked_is_remembered() -> None:
    """
    Only the first login costs two calls.
    """
    found, idp = endpoint(REFUSED, tokens())

    run(found.ask(URL, FORM))
    run(found.ask(URL, FORM))

    assert ways(idp) == ["basic", "post", "post"]


def test_what_worked_may_stop_working() -> None:
    """
    A provider that was set up anew is asked in the other way again.
    """
    found, idp = endpoint(REFUSED, tokens(), REFUSED, tokens())

    run(found.ask(URL, FORM))
    run(found.ask(URL, FORM))

    assert ways(idp) == ["basic", "post", "post", "basic"]


def test_discovery_chooses() -> None:
    """
    A provider that takes credentials in the body alone is asked that way at once.
    """
    found, idp = endpoint(tokens())

    methods = ("client_secret_post", "private_key_jwt")
    run(found.ask(URL, FORM, Announced(methods=methods)))

    assert ways(idp) == ["post"]


def test_a_refused_grant_is_sent_once() -> None:
    """
    A grant that was refused as such is not sent again.
    """
    found, idp = endpoint(json_answer({"error": "invalid_grant"}, 400))

    with pytest.raises(GrantRefused) as caught:
        run(found.ask(URL, FORM))

    assert caught.value.code == "invalid_grant"
    assert len(idp.requests) == 1


def test_an_outage_is_not_tried_twice() -> None:
    """
    A code that may have been used is not sent again.
    """
    found, idp = endpoint(json_answer({}, 503))

    with pytest.raises(ProviderUnavailable):
        run(found.ask(URL, FORM))

    assert len(idp.requests) == 1


def test_a_public_client_sends_its_id() -> None:
    """
    Without a secret the client only says who it is.
    """
    found, idp = endpoint(tokens(), secret="")

    run(found.ask(URL, FORM))

    (request,) = idp.requests
    assert request.fields == ()
    assert request.form == (*FORM, ("client_id", "my client"))


def answer(body: bytes, status: int = 200, kind: str = "text/html") -> FetchResponse:
    return FetchResponse(status=status, fields=(("Content-Type", kind),), body=body)


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(answer(b""), id="nothing"),
        pytest.param(answer(b"<html>please sign in</html>"), id="html"),
        pytest.param(answer(b"[1]"), id="list"),
        pytest.param(answer(b'{"access_token": 5}'), id="number"),
        pytest.param(answer(b'{"access_token": ""}'), id="empty"),
        pytest.param(answer(b'{"access_token": "A"}', 302), id="redirect"),
        pytest.param(answer(b"access_token=A", 400), id="form with an error status"),
        pytest.param(answer(b'{"access_token": "A", "error": "x"}'), id="error member"),
        pytest.param(answer(b"error=bad_verification_code"), id="error in a form"),
        pytest.param(answer(b"\xff\xfe{}"), id="no text"),
    ],
)
def test_d22_answers_that_are_no_grants_are_refused(response: FetchResponse) -> None:
    """
    Nonsense of a token endpoint makes no session.
    """
    with pytest.raises(ProviderRefused):
        read_grant(response, PLACE, 0)


def test_errors_say_what_happened_and_no_secret() -> None:
    """
    The log gets the provider's words, escaped; not the tokens beside them.
    """
    body = b'{"error": "a\\nb", "error_description": "c", "access_token": "SECRET"}'

    with pytest.raises(GrantRefused) as caught:
        read_grant(answer(body), PLACE, 0)

    assert caught.value.detail == f'{PLACE} refused: "a\\nb" "c"'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"access_token": "A"}', "application/json"),
        (b'{"access_token": "A"}', "text/plain"),
        (b"access_token=A&scope=", "application/x-www-form-urlencoded"),
    ],
)
def test_json_and_forms_are_read(body: bytes, kind: str) -> None:
    """
    Providers answer in JSON, whatever they call it, or with a form.
    """
    assert read_grant(answer(body, kind=kind), PLACE, 0).access_token == "A"


@pytest.mark.parametrize(
    ("value", "expiry"),
    [
        (b"300", 300 * SECOND),
        (b'"300"', 300 * SECOND),
        (b"0", None),
        (b"null", None),
        (b'"soon"', None),
        (b"true", None),
        (b"9007199254740000", LAST_SECOND * SECOND),
        (b"1e300", None),
    ],
)
def test_expires_in_is_read_with_care(value: bytes, expiry: int | None) -> None:
    """
    A lifetime is a number or its text; an absurd one does no harm.
    """
    body = b'{"access_token": "A", "expires_in": %b}' % value

    assert read_grant(answer(body), PLACE, 0).expires_on == expiry


def test_grants_are_not_shown() -> None:
    """
    The repr of a grant has no token.
    """
    shown = repr(read_grant(tokens("ID", refresh_token="RT"), PLACE, 0))

    assert not [token for token in ("AT", "RT", "ID") if f"'{token}'" in shown]
