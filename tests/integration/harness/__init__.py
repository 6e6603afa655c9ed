"""
Real servers and raw sockets around the installed program.
"""

import pytest

pytest.register_assert_rewrite(
    "tests.attacks.outcome",
    "tests.attacks.raw",
    "tests.integration.harness.program",
    "tests.integration.harness.recording",
    "tests.integration.harness.stage",
    "tests.integration.harness.visitor",
)
