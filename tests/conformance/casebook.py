"""
The recorded cases of the reference, read once.
"""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Case = dict[str, Any]

CASES: list[Case] = tomllib.loads(
    (Path(__file__).parent / "cases" / "cases-http.toml").read_text("utf-8")
)["case"]


def cases(
    topic: str, *, only: Callable[[Case], bool] = lambda _: True
) -> pytest.MarkDecorator:
    """
    Run a test for each case of a topic of which `only` is true.
    """
    chosen = [case for case in CASES if case["topic"] == topic and only(case)]
    assert chosen
    return pytest.mark.parametrize("case", chosen, ids=[each["id"] for each in chosen])
