"""
Learning about a provider: once, again after a failure, and never too often.
"""

import traceback
from typing import Any

import pytest

from oauthproxy.errors import ProviderUnavailable, SettingsError
from oauthproxy.ports import FetchRequest, FetchResponse
from oauthproxy.providers.issuer import Issuer
from oauthproxy.providers.retry import BackOff
from oauthproxy.settings.kinds import SECOND
from tests.unit.driver import FakeClock, run
from tests.unit.providers.gates import FakeGate, pause, run_all
from tests.unit.providers.idp import (
    ISSUER,
    IdP,
    json_answer,
    metadata,
    provider_settings,
    rsa_key,
)

WELL_KNOWN = f"{ISSUER}/.well-known/openid-configuration"


def issuer(idp: IdP, clock: FakeClock | None = None, **flat: Any) -> Issuer:
    settings = provider_settings(**flat)
    return Issuer(
        settings.oidc,
        settings.client_id,
        idp,
        clock or FakeClock(),
        lambda path: rsa_key().export_to_pem(),
        FakeGate,
    )


def test_a_provider_is_asked_once() -> None:
    """
    What was learned is kept.
    """
    idp = IdP.usual()
    learned = issuer(idp)

    for _ in range(3):
        run(learned.learn())

    assert len(idp.requests) == 1


class SlowIdP(IdP):
    """
    A provider that lets others go first.
    """

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        await pause()
        return await super().fetch(request)


def test_those_who_come_at_once_share_the_answer() -> None:
    """
    A thousand logins at a cold start are one call.
    """
    idp = SlowIdP.usual()
    learned = issuer(idp)

    run_all(*(learned.learn() for _ in range(1000)))

    assert len(idp.requests) == 1


def test_those_who_come_at_once_share_the_failure() -> None:
    """
    A dead provider is asked once for all who wait.
    """
    idp = SlowIdP()
    learned = issuer(idp)

    found = run_all(*(learned.learn() for _ in range(10)))

    assert {type(each) for each in found} == {ProviderUnavailable}
    assert len(idp.requests) == 1


def test_k01_a_dead_provider_is_asked_again_later() -> None:
    """
    Between two tries there is a pause, which grows; then it recovers by itself.
    """
    idp, clock = IdP(), FakeClock()
    learned = issuer(idp, clock)

    def fails() -> bool:
        with pytest.raises(ProviderUnavailable):
            run(learned.learn())
        return True

    assert fails()
    assert fails()
    assert len(idp.requests) == 1
    clock.time += SECOND
    assert fails()
    clock.time += SECOND
    assert fails()
    assert len(idp.requests) == 2
    clock.time += SECOND
    idp.at(WELL_KNOWN, metadata())
    assert run(learned.learn()).metadata.issuer == ISSUER


def test_a_cancelled_leader_hands_over() -> None:
    """
    When the one who asks goes away, the next one asks.
    """
    idp = SlowIdP.usual()
    learned = issuer(idp)
    leader, follower = learned.learn(), learned.learn()
    leader.send(None)
    follower.send(None)

    leader.close()

    (found,) = run_all(follower)
    assert found.metadata.issuer == ISSUER


@pytest.mark.parametrize(
    "document",
    [
        pytest.param([], id="list"),
        pytest.param("text", id="text"),
        pytest.param(json_answer({}, 404), id="missing"),
        pytest.param(FetchResponse(status=200, body=b"<html>"), id="html"),
        pytest.param({}, id="empty"),
        pytest.param(metadata() | {"issuer": f"{ISSUER}/"}, id="slash"),
        pytest.param(metadata() | {"issuer": [ISSUER]}, id="issuer list"),
        pytest.param(metadata(jwks_uri="file:///etc/passwd"), id="file"),
        pytest.param(metadata(token_endpoint="http://169.254.169.254/"), id="no tls"),
        pytest.param(metadata(jwks_uri=""), id="no keys"),
        pytest.param(
            metadata(id_token_signing_alg_values_supported=["HS256"]), id="symmetric"
        ),
    ],
)
def test_e17_documents_that_cannot_be_used(document: Any) -> None:
    """
    A document of another issuer, without keys, or with endpoints that a provider may
    not name, is as good as none.
    """
    idp = IdP.usual()
    idp.at(WELL_KNOWN, document)

    with pytest.raises(ProviderUnavailable):
        run(issuer(idp).learn())


def test_a_provider_without_tls_may_have_endpoints_without() -> None:
    """
    Who configures an issuer without TLS knows it.
    """
    idp = IdP.usual("http://localhost:9000")

    learned = issuer(idp, oidc_issuer_url="http://localhost:9000")

    assert run(learned.learn()).metadata.jwks_uri == "http://localhost:9000/keys"


def test_one_slash_is_taken_from_the_issuer() -> None:
    """
    The well-known path follows the issuer without its last slash, the comparison is
    with the slash.
    """
    idp = IdP()
    idp.at(WELL_KNOWN, metadata() | {"issuer": f"{ISSUER}/"})

    learned = issuer(idp, oidc_issuer_url=f"{ISSUER}/")

    assert run(learned.learn()).metadata.issuer == f"{ISSUER}/"


def test_the_issuer_may_differ_where_that_is_configured() -> None:
    """
    Some providers serve a document of another issuer.
    """
    idp = IdP()
    idp.at(WELL_KNOWN, metadata() | {"issuer": "https://other.test"})

    learned = issuer(idp, insecure_oidc_skip_issuer_verification=True)

    assert run(learned.learn()).metadata.issuer == "https://other.test"


def test_without_discovery_nothing_is_asked() -> None:
    """
    Where discovery is skipped, the configuration says it all.
    """
    idp = IdP()

    learned = issuer(idp, skip_oidc_discovery=True, oidc_public_key_files=["key.pem"])

    assert run(learned.learn()).metadata.issuer == ISSUER
    assert idp.requests == []


@pytest.mark.parametrize(
    "flat",
    [
        pytest.param({"oidc_issuer_url": ""}, id="no issuer"),
        pytest.param({"skip_oidc_discovery": True}, id="no keys"),
        pytest.param({"oidc_enabled_signing_algs": ["XX256"]}, id="unknown algorithm"),
        pytest.param({"oidc_enabled_signing_algs": ["HS256"]}, id="symmetric only"),
    ],
)
def test_configurations_that_cannot_work_are_refused(flat: Any) -> None:
    """
    A mistake is found at the start.
    """
    with pytest.raises(SettingsError):
        issuer(IdP.usual(), **flat)


def test_failure_that_is_told_often_does_not_grow() -> None:
    """
    A provider that is down costs no memory for each login that hears of it.
    """
    back_off = BackOff()
    back_off.failed(ProviderUnavailable("it is down"), 0)

    told = [_told(back_off) for _ in range(100)]

    assert {str(each) for each in told} == {"it is down"}
    assert max(_frames(each) for each in told) == _frames(told[0])


def _told(back_off: BackOff) -> ProviderUnavailable:
    with pytest.raises(ProviderUnavailable) as told:
        back_off.check(1)
    return told.value


def _frames(error: BaseException) -> int:
    return sum(1 for _ in traceback.walk_tb(error.__traceback__))
