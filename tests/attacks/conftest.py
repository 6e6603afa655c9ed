"""
What the attacks share.
"""

import pytest

from tests.attacks.bearers import BEARERS
from tests.conftest import OpenStage
from tests.integration.harness.stage import Stage


@pytest.fixture
def bearers(open_stage: OpenStage) -> Stage:
    """
    A proxy that takes bearer tokens.
    """
    return open_stage(BEARERS)
