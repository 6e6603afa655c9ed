"""
The plain OAuth 2 provider, which the others vary.
"""

from typing import Any

import pytest

from oauthproxy.errors import ProviderRefused, ProviderUnavailable
from oauthproxy.providers.calls import ask_json, redact, without_query
from oauthproxy.providers.provider import Provider
from oauthproxy.session.session import Session
from tests.unit.driver import CountingEntropy, FakeClock, RecordingLog, run
from tests.unit.providers.gates import FakeGate
from tests.unit.providers.idp import IdP, json_answer, provider_settings, tokens

REDEEM = "https://idp.test/token"


def made(idp: IdP, **flat: Any) -> Provider:
    return Provider(
        provider_settings(redeem_url=REDEEM, **flat),
        idp,
        FakeClock(),
        CountingEntropy(),
        RecordingLog(),
        lambda path: b"",
        FakeGate,
    )


def test_a_code_becomes_an_access_token() -> None:
    """
    The credentials are in the body, a resource and a verifier where there are some.
    """
    idp = IdP()
    idp.at(REDEEM, tokens(), method="POST")

    session = run(made(idp, resource="r").redeem("https://app.test/cb", "c", "v"))

    assert session == Session(access_token="AT")
    (request,) = idp.requests
    assert request.fields == ()
    assert dict(request.form or ()) == {
        "grant_type": "authorization_code",
        "code": "c",
        "redirect_uri": "https://app.test/cb",
        "code_verifier": "v",
        "resource": "r",
        "client_id": "cid",
        "client_secret": "secret",
    }


def test_it_cannot_refresh() -> None:
    """
    A session without a way to refresh stays as it is, and is validated again.
    """
    session = Session(access_token="AT")

    assert run(made(IdP()).refresh(session)) is session


def test_it_takes_no_bearer_tokens() -> None:
    """
    Without a verifier a bearer token is refused.
    """
    with pytest.raises(ProviderRefused):
        run(made(IdP()).session_from_token("x"))


def test_a_refused_token_is_logged_without_the_token() -> None:
    """
    The log names the URL with most of the token cut away.
    """
    idp = IdP()
    idp.at("https://idp.test/me?access_token=abcdefghijkl", json_answer({}, 401))
    provider = made(idp, validate_url="https://idp.test/me")

    assert not run(provider.validate(Session(access_token="abcdefghijkl")))
    assert provider.log == RecordingLog(
        [("error", "https://idp.test/me?access_token=abcde... answered 401")]
    )


def test_signing_out_at_the_provider_never_fails() -> None:
    """
    A provider that is down, or refuses, is only a line in the log without the token.
    """
    idp = IdP()
    provider = made(idp, backend_logout_url="https://idp.test/out?t={id_token}")

    run(provider.end_session(Session(id_token="aaa.bbb.ccc")))

    assert idp.asked("https://idp.test/out?t=aaa.bbb.ccc")
    assert "aaa" not in str(provider.log)
    assert "https://idp.test/out" in str(provider.log)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, ProviderUnavailable),
        (503, ProviderUnavailable),
        (429, ProviderUnavailable),
        (404, ProviderRefused),
        (302, ProviderRefused),
        (204, ProviderRefused),
    ],
)
def test_statuses(status: int, error: type[Exception]) -> None:
    """
    A provider that is overloaded or broken is an outage, any other status a refusal.
    """
    idp = IdP()
    idp.at("https://idp.test/x?secret=1", json_answer({}, status))
    from oauthproxy.ports import FetchRequest

    with pytest.raises(error) as caught:
        run(ask_json(idp, FetchRequest(url="https://idp.test/x?secret=1")))

    assert "secret" not in str(caught.value)


def test_every_token_in_a_url_is_cut() -> None:
    """
    A second token does not slip through.
    """
    url = "https://x.test/?access_token=abcdefghijkl&access_token=mnopqrstuvwx"

    assert redact(url) == "https://x.test/?access_token=abcde...&access_token=mnopq..."


def test_a_token_in_the_path_of_a_sign_out_is_not_logged() -> None:
    """
    Where the logout URL takes the ID token in its path, a failure does not show it.
    """
    idp = IdP()
    provider = made(idp, backend_logout_url="https://idp.test/out/{id_token}")

    run(provider.end_session(Session(id_token="aaa.bbb.ccc")))

    ((_, line),) = provider.log.lines  # type: ignore[attr-defined]
    assert "does not answer" in line
    assert "aaa.bbb.ccc" not in line


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://idp.test/a?access_token=x", "https://idp.test/a"),
        ("https://user:secret@idp.test/a", "https://…@idp.test/a"),
        ("https://a:b@c:d@idp.test", "https://…@idp.test"),
        ("//secret@idp.test/a", "//…@idp.test/a"),
        ("https://idp.test/@a/b@c", "https://idp.test/@a/b@c"),
    ],
)
def test_places_in_messages_have_no_secrets(url: str, place: str) -> None:
    """
    What a message says of a URL holds neither its query nor its password.
    """
    assert without_query(url) == place
