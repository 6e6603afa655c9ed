"""
Which answers of a provider to a refresh end a session at once.
"""

import re
from pathlib import Path

import pytest

from oauthproxy.errors import ProxyError, RefreshRefused
from oauthproxy.ports import FetchResponse
from oauthproxy.providers.table import make_provider
from oauthproxy.session.session import Session
from tests.conformance.casebook import Case, cases
from tests.unit.driver import CountingEntropy, FakeClock, RecordingLog, run
from tests.unit.providers.gates import FakeGate
from tests.unit.providers.idp import ISSUER, IdP, json_answer, provider_settings

HERE = Path(__file__).parent


def answer_behind(text: str) -> FetchResponse | None:
    """
    Return the answer that makes the reference report an error in this text; none for
    a provider that does not answer.
    """
    if coded := re.fullmatch(r'oauth2: "(\w+)"(?: "(.*)")?', text):
        code, reason = coded.groups()
        told = {"error": code, "error_description": reason}
        return json_answer({k: v for k, v in told.items() if v}, 400)
    if plain := re.fullmatch(r'unexpected status "(\d+)": (.*)', text):
        status, body = plain.groups()
        return FetchResponse(status=int(status), fields=(), body=body.encode())
    assert text.startswith("dial tcp ")
    return None


@cases("fatal_refresh_error")
def test_refused_refresh(case: Case) -> None:
    """
    A grant or client that is refused ends the session; any other failure does not.
    """
    idp = IdP.usual()
    answer = answer_behind(case["input"]["error"])
    if answer is not None:
        idp.at(f"{ISSUER}/token", answer, method="POST")
    provider = make_provider(
        provider_settings(),
        idp,
        FakeClock(),
        CountingEntropy(),
        RecordingLog(),
        lambda path: b"",
        FakeGate,
    )

    with pytest.raises(ProxyError) as caught:
        run(provider.refresh(Session(refresh_token="RT")))

    assert (caught.type is RefreshRefused) == case["expect"]["fatal"]
