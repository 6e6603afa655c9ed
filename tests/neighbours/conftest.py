"""
The parties around a neighbour.
"""

from collections.abc import Iterator

import pytest

from tests.integration.harness.authority import Authority
from tests.integration.harness.provider import Provider
from tests.integration.harness.upstream import Upstream
from tests.neighbours.front import Parties, parties


@pytest.fixture(scope="module")
def party(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Parties]:
    """
    A provider, an application, and room for a neighbour and the proxy.
    """
    provider = Provider().start()
    upstream = Upstream()
    folder = tmp_path_factory.mktemp("neighbour")
    yield parties(folder, authority, provider, upstream)
    provider.stop()
    upstream.close()
    assert not upstream.violations
