"""
The parties of the tutorials.
"""

from collections.abc import Iterator

import pytest

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
