"""
Send 10,000 requests of many people to two programs while Redis Sentinel replaces a
master that was killed, and account for each.

A request may be served to whom it belongs, or be a clean 503: with `Retry-After`, and
without touching the cookie. Nobody may see another's page, or be signed out. One of the
two programs remembers no session, so that it reads each from Redis. It ends with
status 1 when something else happened.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.integration.redis_crowd import (
    SERVED,
    SIGNED_OUT,
    TRY_AGAIN,
    WRONG_USER,
    Ending,
    survive,
)

OPTIONS = """\
store_timeout = "{timeout}"
cookie_refresh = "{refresh}"
"""


def main() -> int:
    """
    Run once, print the account, and return 1 when it does not hold.
    """
    given = read_options()
    options = OPTIONS.format(timeout=given.store_timeout, refresh=given.refresh)
    with tempfile.TemporaryDirectory(prefix="oauthproxy-bench-") as folder:
        ending = survive(
            Path(folder), total=given.requests, people=given.people, options=options
        )
    print(account(ending))
    return 0 if holds(ending) else 1


def read_options() -> argparse.Namespace:
    """
    Read the command line.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument(
        "--store-timeout",
        default="5s",
        help="a short one shows more of the outage, a long one sits it out",
    )
    parser.add_argument(
        "--refresh", default="0s", help="how often sessions are refreshed meanwhile"
    )
    return parser.parse_args()


def account(ending: Ending) -> str:
    """
    Return what became of all requests, in lines.
    """
    ended = ending.all
    failed = sum(n for what, n in ended.items() if what.startswith("failed"))
    lines = [
        ("requests", ended.total()),
        ("  while there was no master", ending.meanwhile.total()),
        ("served", ended[SERVED]),
        ("clean 503", ended[TRY_AGAIN]),
        ("wrong user", ended[WRONG_USER]),
        ("signed out", ended[SIGNED_OUT]),
        ("failed otherwise", failed),
        ("people", ending.people),
        ("  still signed in afterwards", ending.still_signed_in),
        ("refreshes", ending.refreshes),
        ("  refused", ending.refused_refreshes),
    ]
    text = [f"{what:32}{number:8,}" for what, number in lines]
    return "\n".join([*text, f"{'outage, s':32}{ending.outage:8.1f}"])


def holds(ending: Ending) -> bool:
    """
    Tell whether nothing happened that may not.
    """
    return (
        set(ending.all) <= {SERVED, TRY_AGAIN}
        and ending.still_signed_in == ending.people
    )


if __name__ == "__main__":
    sys.exit(main())
