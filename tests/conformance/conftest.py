"""
What the tests over real sockets share.
"""

from collections.abc import Iterator

import pytest

from tests.conformance.houses import Houses
from tests.conformance.internet import Internet
from tests.integration.harness.authority import Authority
from tests.integration.harness.upstream import Upstream


@pytest.fixture(scope="session")
def the_internet(authority: Authority) -> Iterator[Internet]:
    """
    All hosts of the cases.
    """
    internet = Internet.of(authority)
    yield internet
    internet.world.stop()


@pytest.fixture
def internet(the_internet: Internet) -> Internet:
    """
    The same, with nothing scripted and nothing asked yet.
    """
    the_internet.forget()
    return the_internet


@pytest.fixture(scope="module")
def houses(the_internet: Internet) -> Iterator[Houses]:
    """
    Running houses; they stop with the last test of a file.
    """
    houses = Houses(the_internet)
    yield houses
    houses.close()


@pytest.fixture(scope="session")
def the_application() -> Iterator[Upstream]:
    """
    An application that records what it is sent.
    """
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def application(the_application: Upstream) -> Iterator[Upstream]:
    """
    The same, with nothing recorded yet; afterwards nobody has broken the protocol.
    """
    the_application.forget()
    yield the_application
    assert not the_application.violations
