"""
Twisted's failures become one line each.
"""

from twisted.logger import LogLevel
from twisted.python.failure import Failure

from oauthproxy.net.failurelog import describe_event


def test_failure_is_one_line_with_its_place():
    """A failure is told by kind, text and place, in one line."""
    try:
        raise ValueError("two\nlines")
    except ValueError:
        failure = Failure()

    line = describe_event({"log_failure": failure, "log_level": LogLevel.critical})

    assert line.startswith("unexpected ValueError: two lines (test_failurelog.py:")
    assert "\n" not in line


def test_error_without_a_failure_is_told_in_its_own_words():
    """An error that Twisted words itself is taken as it is, in one line."""
    event = {"log_format": "no room\nfor {what}", "what": "more"}

    assert describe_event(event) == "no room for more"
