"""
What is asked of the servers that a configuration names.
"""

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from oauthproxy.commands.reach import PATIENCE_SECONDS, _answer
from oauthproxy.errors import ProviderUnavailable
from oauthproxy.settings.findings import Finding, Level


def asked(question: Any) -> tuple[Clock, list[Finding]]:
    """Ask a question, and return what is found when it is."""
    clock, found = Clock(), []
    Deferred.fromCoroutine(_answer("provider", question, clock)).addCallback(
        found.append
    )
    return clock, found


def test_server_that_says_nothing():
    """Who does not answer in time is an error, not the end of the check."""

    async def never() -> None:
        await Deferred()

    clock, found = asked(never())
    clock.advance(PATIENCE_SECONDS)

    assert found == [Finding(Level.ERROR, "provider", "no answer within 10 s")]


def test_server_that_answers():
    """Who answers is fine, and the time is told."""

    async def yes() -> None:
        return None

    (finding,) = asked(yes())[1]

    assert finding.level is Level.OK
    assert finding.message.startswith("answers within ")


def test_server_that_fails():
    """What went wrong is told in the operator's words."""

    async def no() -> None:
        raise ProviderUnavailable("discovery failed: refused")

    found = asked(no())[1]

    assert found == [Finding(Level.ERROR, "provider", "discovery failed: refused")]
