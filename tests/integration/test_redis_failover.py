"""
Every request of a crowd is accounted for while Sentinel replaces the master of Redis.

`bench/failover.py` does the same with more requests.
"""

from pathlib import Path

from tests.integration.redis_crowd import SERVED, TRY_AGAIN, survive

TOTAL, PEOPLE = 2000, 20


def test_everybody_survives_a_failover(tmp_path: Path) -> None:
    """
    Of 2,000 requests each is served to whom it belongs, or is a clean 503; nobody is
    signed out, and afterwards everybody is served.
    """
    ending = survive(tmp_path, total=TOTAL, people=PEOPLE)

    assert ending.all.total() == TOTAL
    assert set(ending.all) <= {SERVED, TRY_AGAIN}
    assert ending.meanwhile.total() > 0
    assert ending.still_signed_in == PEOPLE
