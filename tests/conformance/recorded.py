"""
The recorded cases with what is expected of us, for tests over real sockets.
"""

from collections.abc import Callable, Container
from typing import Any

import pytest

from tests.conformance import (
    test_http_decisions,
    test_http_exchanges,
    test_http_login,
    test_http_providers,
)
from tests.conformance.casebook import CASES, Case

DIFFERENT: dict[str, tuple[str, Any]] = {
    **test_http_decisions.DIFFERENT,
    **test_http_exchanges.DIFFERENT,
    **test_http_login.DIFFERENCES,
    **test_http_providers.DIFFERENCES,
}
"""For each case that we answer differently, the page that says why, and our answer."""


def of(
    topic: str,
    *,
    but: Container[str] = (),
    only: Callable[[Case], bool] = lambda _: True,
) -> pytest.MarkDecorator:
    """
    Run a test for each case of a topic, `but` those with these identities and `only`
    those of which something is true.
    """
    chosen = [
        expecting(case)
        for case in CASES
        if case["topic"] == topic and case["id"] not in but and only(case)
    ]
    assert chosen
    return pytest.mark.parametrize("case", chosen, ids=[c["id"] for c in chosen])


def expecting(case: Case) -> Case:
    """
    Return a case with what is expected of us.
    """
    if case["id"] in DIFFERENT:
        return {**case, "expect": DIFFERENT[case["id"]][1]}
    return case
