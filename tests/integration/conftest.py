"""
The parties of the tutorials, and those of a login at each type of provider.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from tests.integration.fakes.opening import Openings, open_scene
from tests.integration.fakes.scene import Scene
from tests.integration.harness.authority import Authority
from tests.integration.harness.provider import Provider
from tests.integration.harness.upstream import Upstream


@pytest.fixture(scope="module")
def wso2(authority: Authority) -> Iterator[Provider]:
    """
    A provider that answers as the recorded one, https with a private authority.
    """
    provider = Provider("/oauth2/token", authority.issue("localhost")).start()
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def zitadel() -> Iterator[Provider]:
    """
    A provider that answers as the recorded one, http without a path.
    """
    provider = Provider().start()
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def application() -> Iterator[Upstream]:
    """
    The echo server in the sample application's place.
    """
    upstream = Upstream()
    yield upstream
    upstream.close()
    assert not upstream.violations


@pytest.fixture(scope="module")
def openings(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    authority: Authority,
) -> Iterator[Openings]:
    """
    The scenes of a module's tests, in the order of these.
    """
    specs = [
        getattr(item, "callspec", None)
        for item in request.session.items
        if item.path == request.path
    ]
    kinds = dict.fromkeys(spec.params.get("opened") for spec in specs if spec)

    def open_one(kind: str) -> AbstractContextManager[Scene]:
        return open_scene(kind, tmp_path_factory.mktemp("provider"), authority)

    openings = Openings([kind for kind in kinds if kind], open_one)
    yield openings
    openings.close()


@pytest.fixture(scope="module")
def opened(request: pytest.FixtureRequest, openings: Openings) -> Iterator[Scene]:
    """
    A program for one provider, shared by its tests.
    """
    with openings.scene(request.param) as scene:
        yield scene


@pytest.fixture
def scene(opened: Scene) -> Iterator[Scene]:
    """
    The provider of a test, honest again afterwards.
    """
    opened.upstream.forget()
    yield opened
    opened.fake.restore()
