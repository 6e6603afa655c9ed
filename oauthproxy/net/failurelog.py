"""
Twisted's own complaints as lines of our log: what was raised, and where.
"""

import sys
from collections.abc import Callable
from typing import Any

from twisted.logger import (
    ILogObserver,
    LogEvent,
    LogLevel,
    formatEvent,
    globalLogBeginner,
)
from twisted.python.failure import Failure
from zope.interface import provider


def log_failures(complain: Callable[[str], None]) -> None:
    """
    Have every failure that Twisted logs from now on written by `complain`.
    """
    observer = _observer(complain)
    globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False)


def failures_only() -> ILogObserver:
    """
    Return an observer for twistd that writes failures to standard error.
    """
    return _observer(lambda line: print(f"oauthproxy: {line}", file=sys.__stderr__))


def _observer(complain: Callable[[str], None]) -> ILogObserver:
    @provider(ILogObserver)
    def observe(event: LogEvent) -> None:
        if event.get("log_level") in (LogLevel.error, LogLevel.critical):
            complain(describe_event(event))

    made: ILogObserver = observe
    return made


def describe_event(event: LogEvent) -> str:
    """
    Return a failure's kind, text and place in one line, or the event's own words.
    """
    failure: Any = event.get("log_failure")
    if not isinstance(failure, Failure):
        return formatEvent(event).replace("\n", " ")
    text = str(failure.value).replace("\n", " ")
    return f"unexpected {type(failure.value).__name__}: {text} ({_place(failure)})"


def _place(failure: Failure) -> str:
    """
    Return `file.py:line` of the innermost call.
    """
    frames = failure.frames
    if not frames:
        return "no place"
    _function, path, line = frames[-1][:3]
    return f"{path.rpartition('/')[2]}:{line}"
