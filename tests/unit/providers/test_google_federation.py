"""
Borrowed identities: tokens of other platforms, and impersonated service accounts.
"""

import json
from typing import Any

import pytest

from oauthproxy.errors import ProviderRefused, SettingsError
from oauthproxy.ports import FetchResponse
from oauthproxy.providers.google_credentials import Credentials, default_credentials
from tests.unit.driver import FakeClock, run
from tests.unit.providers.idp import IdP, json_answer, tokens

STS = "https://sts.googleapis.com/v1/token"
IMPERSONATE = (
    "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"
    "robot@p.iam.test:generateAccessToken"
)
FEDERATED = {
    "type": "external_account",
    "audience": "//iam.googleapis.com/pool",
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    "token_url": STS,
    "credential_source": {"file": "/token"},
}


def google() -> IdP:
    idp = IdP()
    idp.at(STS, tokens(access_token="LENT"), method="POST")
    idp.at(IMPERSONATE, {"accessToken": "ROBOT", "expireTime": "x"}, method="POST")
    return idp


def credentials(idp: IdP, value: Any, token: bytes = b"PLATFORM\n") -> Credentials:
    files = {"/adc": json.dumps(value).encode(), "/token": token}

    def read_file(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    environment = {"GOOGLE_APPLICATION_CREDENTIALS": "/adc"}
    return default_credentials(environment, read_file, idp, FakeClock())


def test_a_platforms_token_is_exchanged() -> None:
    """
    It is read from its file when it is needed.
    """
    idp = google()
    made = credentials(idp, FEDERATED)

    grant = run(made.grant())

    assert grant.access_token == "LENT"
    form = dict(idp.asked(STS)[0].form or ())
    assert form["subject_token"] == "PLATFORM"
    assert form["audience"] == "//iam.googleapis.com/pool"
    assert form["grant_type"].endswith(":token-exchange")
    assert run(made.email()) == ""


def test_a_token_may_be_in_json_behind_a_url() -> None:
    """
    The source names the field, and header fields to send.
    """
    idp = google()
    idp.at("http://local.test/token", {"value": "PLATFORM"})
    source = {
        "url": "http://local.test/token",
        "headers": {"Metadata": "True"},
        "format": {"type": "json", "subject_token_field_name": "value"},
    }

    run(credentials(idp, FEDERATED | {"credential_source": source}).grant())

    assert dict(idp.asked(STS)[0].form or ())["subject_token"] == "PLATFORM"
    assert idp.asked("http://local.test/token")[0].fields == (("Metadata", "True"),)


@pytest.mark.parametrize(
    "answer",
    [json_answer({}), FetchResponse(status=200, body=b"x"), json_answer({}, 404)],
)
def test_a_token_that_is_not_there_is_refused(answer: FetchResponse) -> None:
    """
    Nothing is exchanged then.
    """
    idp = google()
    idp.at("http://local.test/token", answer)
    form = {"type": "json", "subject_token_field_name": "value"}
    source = {"url": "http://local.test/token", "format": form}

    with pytest.raises(ProviderRefused):
        run(credentials(idp, FEDERATED | {"credential_source": source}).grant())
    assert not idp.asked(STS)


def test_a_missing_token_file_is_refused() -> None:
    """
    The platform may write it later.
    """
    source = {"file": "/missing"}

    with pytest.raises(ProviderRefused):
        run(credentials(google(), FEDERATED | {"credential_source": source}).grant())


def test_a_federated_identity_may_impersonate_an_account() -> None:
    """
    The account's address stands in the URL.
    """
    idp = google()
    made = credentials(
        idp, FEDERATED | {"service_account_impersonation_url": IMPERSONATE}
    )

    assert run(made.grant()).access_token == "ROBOT"
    assert run(made.email()) == "robot@p.iam.test"
    (asked,) = idp.asked(IMPERSONATE)
    assert dict(asked.fields)["Authorization"] == "Bearer LENT"


def test_a_person_may_impersonate_an_account() -> None:
    """
    `gcloud` writes such files.
    """
    idp = google()
    idp.at(
        "https://oauth2.googleapis.com/token",
        tokens(access_token="PERSON"),
        method="POST",
    )
    value = {
        "type": "impersonated_service_account",
        "service_account_impersonation_url": IMPERSONATE,
        "source_credentials": {"type": "authorized_user", "refresh_token": "RT"},
    }

    assert run(credentials(idp, value).grant()).access_token == "ROBOT"
    (asked,) = idp.asked(IMPERSONATE)
    assert dict(asked.fields)["Authorization"] == "Bearer PERSON"


@pytest.mark.parametrize(
    "value",
    [
        FEDERATED | {"credential_source": {"environment_id": "aws1"}},
        FEDERATED | {"token_url": "http://sts.test"},
        FEDERATED | {"service_account_impersonation_url": "http://iam.test"},
        {"type": "impersonated_service_account"},
        {"type": "impersonated_service_account", "source_credentials": FEDERATED},
    ],
)
def test_sources_that_cannot_be_used_are_a_mistake(value: Any) -> None:
    """
    The program does not start.
    """
    with pytest.raises(SettingsError):
        credentials(google(), value)
