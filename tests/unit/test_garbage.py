"""
What a start made is left alone by the garbage collector, until it is replaced.
"""

import gc
from collections.abc import Iterator

import pytest

from oauthproxy.service.garbage import loosen, settle


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)
    gc.enable()


def test_what_a_start_made_is_not_looked_at() -> None:
    """
    A program that has started collects again, but leaves alone what is there already.
    """
    gc.disable()

    settle()

    assert gc.isenabled()
    assert gc.get_freeze_count() > 10_000


def test_old_configuration_can_go() -> None:
    """
    Before a configuration is replaced everything may be collected again.
    """
    settle()

    loosen()

    assert gc.get_freeze_count() == 0
