"""
Key sets: which keys count, and how often they are fetched.
"""

from typing import Any

import pytest
from jwcrypto.jwk import JWK

from oauthproxy.errors import ProviderRefused, ProviderUnavailable, SettingsError
from oauthproxy.ports import FetchRequest, FetchResponse
from oauthproxy.providers.keys import (
    KEYS_AGE,
    RENEWAL_EVERY,
    RENEWALS_AT_ONCE,
    FixedKeys,
    RemoteKeys,
    read_key,
)
from tests.unit.driver import FakeClock, run
from tests.unit.providers.gates import FakeGate, pause, run_all
from tests.unit.providers.idp import IdP, ec_key, json_answer, public, rsa_key

URL = "https://idp.test/keys"


def remote(*answers: Any) -> tuple[RemoteKeys, IdP, FakeClock]:
    idp, clock = IdP(), FakeClock()
    idp.at(URL, *answers)
    return RemoteKeys(URL, idp, clock, FakeGate), idp, clock


def ids(keys: RemoteKeys, key_id: str = "", algorithm: str = "RS256") -> list[str]:
    return [key.id for key in run(keys.candidates(key_id, algorithm))]


GOOD = public(rsa_key())


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(5, id="number"),
        pytest.param({}, id="empty"),
        pytest.param({"kty": "RSA"}, id="no members"),
        pytest.param(GOOD | {"n": "!!!"}, id="not base64"),
        pytest.param(GOOD | {"n": 5}, id="number for a modulus"),
        pytest.param(GOOD | {"e": "AQ"}, id="exponent one"),
        pytest.param(GOOD | {"e": "Ag"}, id="even exponent"),
        pytest.param(public(rsa_key("small", 1024)), id="1024 bits"),
        pytest.param(GOOD | {"use": "enc"}, id="for encryption"),
        pytest.param({"kty": "oct", "k": "AAAA", "kid": "x"}, id="symmetric"),
        pytest.param(
            {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, id="no point"
        ),
        pytest.param({"kty": "XYZ"}, id="unknown type"),
    ],
)
def test_e15_unusable_keys_are_left_out(value: Any) -> None:
    """
    A key that is broken, weak or not for signatures is no key, and no accident.
    """
    assert read_key(value) is None


def test_e15_good_keys_among_bad_ones_are_used() -> None:
    """
    One bad key does not spoil the set.
    """
    keys, _, _ = remote({"keys": [{"kty": "RSA"}, 5, GOOD, public(ec_key())]})

    assert ids(keys) == ["k1"]
    assert ids(keys, algorithm="ES256") == ["e1"]


@pytest.mark.parametrize("answer", [[], {}, {"keys": {}}, json_answer({}, 404)])
def test_e15_answers_that_are_no_key_sets_are_refused(answer: Any) -> None:
    """
    An answer that is not a key set is an error with a name.
    """
    keys, _, _ = remote(answer)

    with pytest.raises(ProviderRefused):
        ids(keys)


def test_a_token_with_an_id_is_checked_with_that_key_alone() -> None:
    """
    The key id chooses among the keys; without one all are candidates.
    """
    keys, _, _ = remote({"keys": [GOOD, public(rsa_key("k2"))]})

    assert ids(keys, "k2") == ["k2"]
    assert ids(keys) == ["k1", "k2"]


def test_keys_are_fetched_once() -> None:
    """
    Known keys cost no call.
    """
    keys, idp, _ = remote({"keys": [GOOD]})

    for _ in range(10):
        ids(keys)

    assert len(idp.requests) == 1


def test_old_keys_are_fetched_again() -> None:
    """
    A key that the provider withdrew is not used for ever.
    """
    keys, idp, clock = remote({"keys": [GOOD]}, {"keys": [public(rsa_key("k2"))]})
    ids(keys)

    clock.time += KEYS_AGE + 1

    assert ids(keys) == ["k2"]
    assert len(idp.requests) == 2


def test_old_keys_stay_when_the_provider_is_down() -> None:
    """
    An outage does not take the keys away.
    """
    keys, idp, clock = remote({"keys": [GOOD]})
    ids(keys)

    idp.answers.clear()
    clock.time += KEYS_AGE + 1

    assert ids(keys) == ["k1"]


def test_e13_renewals_are_rationed() -> None:
    """
    A flood of bad tokens is not a flood of calls.
    """
    keys, idp, clock = remote({"keys": [GOOD]})

    renewed = [run(keys.renew()) for _ in range(100)]
    clock.time += RENEWAL_EVERY
    later = [run(keys.renew()) for _ in range(100)]

    assert renewed.count(True) == RENEWALS_AT_ONCE
    assert later.count(True) == 1
    assert len(idp.requests) == RENEWALS_AT_ONCE + 1


def test_keys_that_were_never_fetched_are_an_outage() -> None:
    """
    While the provider is down, tokens are neither accepted nor refused.
    """
    keys, idp, _ = remote()
    idp.answers.clear()

    for _ in range(RENEWALS_AT_ONCE + 2):
        with pytest.raises(ProviderUnavailable):
            ids(keys)

    assert len(idp.requests) == RENEWALS_AT_ONCE


class SlowIdP(IdP):
    """
    A provider that lets others go first.
    """

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        await pause()
        return await super().fetch(request)


def test_e13_those_who_wait_share_one_call() -> None:
    """
    Fifty tokens at a cold start cost one call.
    """
    idp = SlowIdP()
    idp.at(URL, {"keys": [GOOD]})
    keys = RemoteKeys(URL, idp, FakeClock(), FakeGate)

    found = run_all(*(keys.candidates("k1", "RS256") for _ in range(50)))

    assert [len(each) for each in found] == [1] * 50
    assert len(idp.requests) == 1


def test_keys_of_files_are_all_tried() -> None:
    """
    Keys from PEM files have no id to choose by.
    """
    pems = [rsa_key().export_to_pem(), ec_key().export_to_pem()]
    keys = FixedKeys(pems)

    assert len(run(keys.candidates("any", "RS256"))) == 1
    assert not run(keys.renew())


@pytest.mark.parametrize(
    "pem",
    [
        pytest.param(b"nonsense", id="nonsense"),
        pytest.param(
            rsa_key().export_to_pem(private_key=True, password=None), id="private"
        ),
        pytest.param(rsa_key("small", 1024).export_to_pem(), id="weak"),
    ],
)
def test_files_without_a_usable_public_key_are_refused(pem: bytes) -> None:
    """
    A key file that cannot be used is found at the start.
    """
    with pytest.raises(SettingsError):
        FixedKeys([pem])


def test_keys_have_no_private_part() -> None:
    """
    Private members that a provider publishes by mistake are not read.
    """
    leaked = rsa_key().export_private(as_dict=True)

    key = read_key(leaked)

    assert key is not None
    assert isinstance(key.jwk, JWK)
    assert not key.jwk.has_private
