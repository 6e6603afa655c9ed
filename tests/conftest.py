"""
What the tests that run the real program share.
"""

from collections.abc import Callable, Iterator

import pytest

from tests.integration.harness.authority import Authority
from tests.integration.harness.provider import Provider
from tests.integration.harness.stage import Stage, Stages

OpenStage = Callable[..., Stage]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """
    A private certificate authority.
    """
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def the_provider() -> Iterator[Provider]:
    """
    The identity provider behind all shared proxies.
    """
    provider = Provider().start()
    yield provider
    provider.stop()


@pytest.fixture(scope="session")
def stages(
    tmp_path_factory: pytest.TempPathFactory, the_provider: Provider
) -> Iterator[Stages]:
    """
    The shared proxies.
    """
    stages = Stages(tmp_path_factory.mktemp("stages"), the_provider)
    yield stages
    stages.close()


@pytest.fixture
def open_stage(stages: Stages) -> Iterator[OpenStage]:
    """
    Give a shared proxy by its options, with nothing recorded yet.
    """
    used: list[Stage] = []

    def open_stage(options: str = "") -> Stage:
        stage = stages.get(options)
        stage.upstream.forget()
        used.append(stage)
        return stage

    yield open_stage
    stages.provider.restore()
    for stage in used:
        stage.check()


@pytest.fixture
def stage(open_stage: OpenStage) -> Stage:
    """
    The shared proxy with nothing but the usual options.
    """
    return open_stage("")
