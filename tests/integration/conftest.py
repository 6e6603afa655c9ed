"""
The parties of the tutorials, and those of a login at each type of provider.
"""

from collections.abc import Iterator

import pytest

from tests.integration.fakes.scene import FAKES, Scene, options
from tests.integration.fakes.world import World
from tests.integration.harness.authority import Authority
from tests.integration.harness.program import Program, free_address
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
def opened(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    authority: Authority,
) -> Iterator[Scene]:
    """
    A program for one provider, shared by its tests.
    """
    fake = FAKES[request.param]()
    world = World(authority, tuple(fake.hosts), fake.reply).start()
    upstream, address = Upstream(), free_address()
    folder = tmp_path_factory.mktemp("provider")
    for name, content in fake.files().items():
        (folder / name).write_bytes(content)
    text = options(fake, folder, authority, upstream)
    text += f'http_address = "127.0.0.1:{address[1]}"\n'
    environment = {**world.environment(), **fake.environment()}
    program = Program(text, folder=folder, address=address, environment=environment)
    with program:
        yield Scene(fake, program, upstream)
    upstream.close()
    world.stop()
    assert world.unknown == []
    assert upstream.violations == []


@pytest.fixture
def scene(opened: Scene) -> Iterator[Scene]:
    """
    The provider of a test, honest again afterwards.
    """
    opened.upstream.forget()
    yield opened
    opened.fake.restore()
