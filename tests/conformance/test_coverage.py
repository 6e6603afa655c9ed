"""
Every recorded case is run, and each that we answer differently says where and why.

Run as a program, this file prints how many there are of each.
"""

import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from tests.conformance import (
    test_http_decisions,
    test_http_exchanges,
    test_http_login,
    test_http_providers,
)

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DOCUMENTED = ROOT / "docs" / "differences"
TOPICS: dict[str, str] = {
    case["id"]: case["topic"]
    for case in tomllib.loads((HERE / "cases/cases-http.toml").read_text("utf-8"))[
        "case"
    ]
}
DIFFERENT: dict[str, str] = {
    case: page
    for table in (
        test_http_decisions.DIFFERENT,
        test_http_exchanges.DIFFERENT,
        test_http_login.DIFFERENCES,
        test_http_providers.DIFFERENCES,
    )
    for case, (page, _) in table.items()
}
"""The page below `docs/differences/` for each case that we answer differently."""


def collected() -> Counter[str]:
    """
    Return how many tests there are for each identity in brackets.
    """
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", str(HERE)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return Counter(re.findall(r"::\w+\[([^\]]+)\]$", listed.stdout, re.MULTILINE))


def test_every_case_is_run() -> None:
    """There is a test for each of the recorded cases."""
    tests = collected()

    missing = [case for case in TOPICS if not tests[case]]

    assert len(TOPICS) == 766
    assert missing == []


@pytest.mark.parametrize(("case", "page"), sorted(DIFFERENT.items()))
def test_difference_is_documented(case: str, page: str) -> None:
    """A case that we answer differently exists, and a page tells why."""
    assert case in TOPICS
    assert (DOCUMENTED / f"{page}.rst").stat().st_size > 0


def main() -> None:
    """
    Print the figures, by topic.
    """
    tests = collected()
    for topic, count in sorted(Counter(TOPICS.values()).items()):
        ids = [case for case, of in TOPICS.items() if of == topic]
        run = sum(tests[case] > 0 for case in ids)
        different = sum(case in DIFFERENT for case in ids)
        print(f"{topic:22} {run:4} of {count:4} run, {different:2} different")
    print(f"{len(TOPICS)} in all, {len(DIFFERENT)} different on purpose")


if __name__ == "__main__":
    main()
