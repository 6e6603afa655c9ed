"""
The tutorials' configurations answer as the reference did when it was recorded.
"""

from collections.abc import Iterator

import pytest
from attrs import frozen

from tests.integration.harness import recording, tutorial
from tests.integration.harness.authority import Authority
from tests.integration.harness.program import Program, free_address
from tests.integration.harness.provider import Provider
from tests.integration.harness.recording import Comparison, Exchange, Replay
from tests.integration.harness.tutorial import parties
from tests.integration.harness.upstream import Upstream

WSO2 = recording.load("wso2")
ZITADEL = recording.load("zitadel")


@frozen
class Replayed:
    """
    A finished replay.
    """

    exchanges: list[Exchange]
    comparison: Comparison


BEHAVIOURS = ["ours", "as the reference"]
"""With the documented differences, and with those taken back that have a switch."""


def _environment(behaviour: str) -> dict[str, str]:
    as_reference = str(behaviour != "ours").lower()
    return {"OAUTH2_PROXY_REFERENCE_BEHAVIOUR": as_reference}


def _replayed(
    recorded: list[dict[str, object]],
    program: Program,
    provider: Provider,
    behaviour: str,
) -> Replayed:
    assert isinstance(program.address, tuple)
    host = f"127.0.0.1:{program.address[1]}"

    def learn(nonce: str) -> None:
        provider.claims["nonce"] = nonce

    exchanges = Replay(program.address, host, learn).run(recorded)
    provider.claims.pop("nonce", None)
    token = provider.id_tokens[-1]
    return Replayed(exchanges, Comparison(host, token, behaviour != "ours"))


@pytest.fixture(scope="module", params=BEHAVIOURS)
def wso2_replayed(
    request: pytest.FixtureRequest,
    wso2: Provider,
    application: Upstream,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Replayed]:
    """
    The WSO2 tutorial's recording against the program.
    """
    address = free_address()
    text = tutorial.written(tutorial.WSO2, parties(address[1], wso2, application))
    with Program(
        text,
        folder=tmp_path_factory.mktemp("wso2"),
        address=address,
        environment={
            "SSL_CERT_FILE": str(authority.root),
            **_environment(request.param),
        },
    ) as program:
        yield _replayed(WSO2, program, wso2, request.param)


@pytest.fixture(scope="module", params=BEHAVIOURS)
def zitadel_replayed(
    request: pytest.FixtureRequest,
    zitadel: Provider,
    application: Upstream,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Replayed]:
    """
    The ZITADEL tutorial's recording against the program.
    """
    address = free_address()
    stand_ins = parties(address[1], zitadel, application)
    text = tutorial.written(tutorial.ZITADEL, stand_ins)
    folder = tmp_path_factory.mktemp("zitadel")
    environment = _environment(request.param)
    with Program(
        text, folder=folder, address=address, environment=environment
    ) as program:
        yield _replayed(ZITADEL, program, zitadel, request.param)


def _names(recorded: list[dict[str, object]]) -> list[str]:
    return [f"{n}-{recording.title(one)}" for n, one in enumerate(recorded)]


@pytest.mark.parametrize("number", range(len(WSO2)), ids=_names(WSO2))
def test_wso2_answers_as_recorded(wso2_replayed: Replayed, number: int) -> None:
    """
    Status, every field and the body are the reference's, in the order of the visit.
    """
    wso2_replayed.comparison.check(wso2_replayed.exchanges[number])


@pytest.mark.parametrize("number", range(len(ZITADEL)), ids=_names(ZITADEL))
def test_zitadel_answers_as_recorded(zitadel_replayed: Replayed, number: int) -> None:
    """
    Status, every field and the body are the reference's, in the order of the visit.
    """
    zitadel_replayed.comparison.check(zitadel_replayed.exchanges[number])
