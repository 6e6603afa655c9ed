"""
Every recorded case is run, and each that we answer differently says where and why.

Run as a program, this file prints how many there are of each.
"""

import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tests.conformance.casebook import CASES
from tests.conformance.recorded import DIFFERENT as ANSWERS

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DOCUMENTED = ROOT / "docs" / "differences"
TOPICS: dict[str, str] = {case["id"]: case["topic"] for case in CASES}
DIFFERENT: dict[str, str] = {case: page for case, (page, _) in ANSWERS.items()}
"""The page below `docs/differences/` for each case that we answer differently."""

LIVE = re.compile(r"test_live_\w+|test_http_exchanges")
"""The modules whose tests go over real sockets through a whole running house."""

INNER: dict[str, str] = {
    # Entries of the configuration: what they lead to is in the topics named here.
    "domain_entry_split": "how an entry is split: redirect_validation",
    "skip_auth_entry": "how an entry is split: skip_auth",
    "ip_network": "which entries are accepted: trusted_ip, forwarded_trust",
    "gitlab_project": "how an entry is split: provider_session",
    "signing_algs": "which lists are accepted: id_token",
    "cookie_secret": "how a secret becomes a key; no request shows a key",
    # Values that the program draws by chance, where the case gives them.
    "pkce": "the verifier is drawn by chance: callback-019",
    "nonce_hash": "the nonce is drawn by chance: login_url-004, callback-015",
    "signed_value": "what is signed is drawn by chance: set_cookie, csrf_cookie_name",
    # Single cases that no client can bring about.
    "claim-003": "an option without a name is the option's default",
    "email_validation-008": (
        "a session without an address is a password's; a login without one: "
        "provider_session-041"
    ),
    "error_message-002": "no error page has status 401: the sign-in page has",
    "error_message-003": "no error page has status 404: a line of text has",
    "error_message-007": "no error is without a text for the operator",
    "forwarded_trust-006": "a peer on a socket has an address that can be read",
    "jwt_header-002": "a blank at the end is not part of a field (RFC 9110, 5.5)",
    "log_line-005": "a request that takes this long",
    "log_line-007": "no login ends well without a user",
    "metrics_label-004": "TRACE is refused before it is counted: docs, parsing.rst",
    "redact_token-004": "an empty token is not sent anywhere",
    "request_path-003": "the path is redirected to the clean one before any rule",
}
"""Cases, or whole topics, that run against an object alone, and why."""


def collected() -> dict[str, set[str]]:
    """
    Return the modules that have a test for each identity in brackets.
    """
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", str(HERE)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    modules: dict[str, set[str]] = defaultdict(set)
    pattern = re.compile(r"(\w+)\.py::\w+\[([^\]]+)\]$", re.MULTILINE)
    for module, case in pattern.findall(listed.stdout):
        modules[case].add(module)
    return modules


@pytest.fixture(scope="module", name="modules")
def modules_of_cases() -> dict[str, set[str]]:
    """
    The modules that have a test for each case.
    """
    return collected()


def is_live(modules: set[str]) -> bool:
    """
    Tell whether one of these modules goes over real sockets.
    """
    return any(LIVE.fullmatch(module) for module in modules)


def test_every_case_is_run(modules: dict[str, set[str]]) -> None:
    """There is a test for each of the recorded cases."""
    missing = [case for case in TOPICS if not modules[case]]

    assert len(TOPICS) == 766
    assert missing == []


def test_every_case_is_run_live_or_cannot_be(modules: dict[str, set[str]]) -> None:
    """A case goes through the whole house, or the table above says why it cannot."""
    live = {case for case in TOPICS if is_live(modules[case])}
    inner = {case for case, topic in TOPICS.items() if {case, topic} & INNER.keys()}

    assert live | inner == TOPICS.keys()
    assert live & inner == set()
    assert INNER.keys() <= TOPICS.keys() | set(TOPICS.values())


@pytest.mark.parametrize(("case", "page"), sorted(DIFFERENT.items()))
def test_difference_is_documented(case: str, page: str) -> None:
    """A case that we answer differently exists, and a page tells why."""
    assert case in TOPICS
    assert (DOCUMENTED / f"{page}.rst").stat().st_size > 0


def main() -> None:
    """
    Print the figures, by topic.
    """
    modules = collected()
    total = 0
    for topic, count in sorted(Counter(TOPICS.values()).items()):
        ids = [case for case, of in TOPICS.items() if of == topic]
        run = sum(bool(modules[case]) for case in ids)
        live = sum(is_live(modules[case]) for case in ids)
        different = sum(case in DIFFERENT for case in ids)
        total += live
        counts = f"{run:4} of {count:4} run, {live:4} live, {different:2} different"
        print(f"{topic:22} {counts}")
    print(
        f"{len(TOPICS)} in all, {total} of them live, "
        f"{len(DIFFERENT)} different on purpose"
    )


if __name__ == "__main__":
    main()
